"""Where tensors live, and what is said when they do not fit. All that depends on the device is here."""

import contextlib
from collections.abc import Iterator

import torch

from langevin_sim.errors import InputError


def choose(name: str) -> torch.device:
    """The device of that name; auto takes cuda, then mps, then the CPU.

    'auto:3', 'cuda:3': the fourth GPU; of fewer GPUs it goes round, so that neighbours in number share as little as can be.
    """
    kind, _, number = name.partition(":")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        kind = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if not available.get(kind, False):
        there = ", ".join(kind for kind, is_there in available.items() if is_there)
        raise InputError(f"--device {name}: expected auto or what this machine has: {there}")
    if kind == "cuda" and number:
        return torch.device(kind, int(number) % torch.cuda.device_count())
    return torch.device(kind)


def accelerators() -> int:
    """How many GPUs this machine has: 0 if torch computes on the CPU."""
    return torch.cuda.device_count() if torch.cuda.is_available() else int(torch.backends.mps.is_available())


def seeded_devices(device: torch.device) -> list[torch.device]:
    """The devices besides the CPU whose global random state torch.random.fork_rng must put back."""
    return [device] if device.type == "cuda" else []


def weights_at_once(device: torch.device, numbers: int) -> int:
    """How many weight vectors of so many numbers are evaluated together.

    On the CPU one: a batch of networks was measured to take 1.2 to 2 times as long as one after another.
    On an accelerator, a quarter of the memory that is free.
    """
    if device.type != "cuda":
        return 1
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, min(64, int(free // 4 // (8 * numbers))))


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[int]:
    """Within it torch computes on so many threads (0: on as many as before), which it yields; after it, on as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def memory(doing: str, images: int, remedy: str) -> Iterator[None]:
    """Turn what a device says when its memory is used up into one line with the batch that was tried."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU's allocator raises a plain one
        text = str(error)
        if isinstance(error, torch.OutOfMemoryError) or "not enough memory" in text or "can't allocate memory" in text:
            raise InputError(f"out of memory while {doing}, with {images:,} images at a time: {remedy}") from error
        raise
