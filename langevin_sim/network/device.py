"""Where tensors live, and the message when they do not fit. Everything that depends on the device is here."""

import contextlib
from collections.abc import Iterator

import torch

from langevin_sim.errors import InputError


def choose(name: str) -> torch.device:
    """The device with this name; auto takes cuda, then mps, then the CPU.

    'auto:3' and 'cuda:3' name the fourth GPU; with fewer GPUs the number wraps around, which spreads tasks evenly.
    """
    kind, _, number = name.partition(":")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        kind = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if not available.get(kind, False):
        there = ", ".join(kind for kind, is_there in available.items() if is_there)
        raise InputError(f"--device {name}: expected auto or one of this machine's devices: {there}")
    if kind == "cuda" and number:
        return torch.device(kind, int(number) % torch.cuda.device_count())
    return torch.device(kind)


def accelerators() -> int:
    """Number of GPUs of this machine; 0 if torch computes on the CPU."""
    return torch.cuda.device_count() if torch.cuda.is_available() else int(torch.backends.mps.is_available())


def seeded_devices(device: torch.device) -> list[torch.device]:
    """The devices besides the CPU whose global random state torch.random.fork_rng must restore."""
    return [device] if device.type == "cuda" else []


def weights_at_once(device: torch.device, numbers: int) -> int:
    """How many weight vectors of this length are evaluated together.

    One on the CPU: a batch of networks took 1.2 to 2 times as long as one after another when measured.
    On an accelerator, as many as fit in a quarter of the free memory.
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
    """Turn a device's out-of-memory error into one line that names the batch that was tried."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is a RuntimeError; the CPU's allocator raises a plain one
        text = str(error)
        if isinstance(error, torch.OutOfMemoryError) or "not enough memory" in text or "can't allocate memory" in text:
            raise InputError(f"out of memory while {doing}, with {images:,} images at a time; {remedy}") from error
        raise
