"""Weights on disk as safetensors, a format of arrays and text that cannot run code."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from langevin_sim.errors import CheckpointError
from langevin_sim.storage.folder import write_whole

_SEAL = "sha256"


def snapshot(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of the weights and of batch norm's statistics, by name."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def write(path: Path, tensors: dict[str, torch.Tensor], notes: dict[str, Any] | None = None, sealed: bool = False) -> None:
    """Write tensors and JSON-able notes to one file atomically; sealed: with their hash, because the format has none."""
    held = {name: tensor.contiguous() for name, tensor in tensors.items()}
    texts = {key: json.dumps(value) for key, value in (notes or {}).items()}
    content = save(held, texts | ({_SEAL: json.dumps(_hash(held, texts))} if sealed else {}))
    write_whole(path, lambda stream: stream.write(content))


def read(path: Path, device: torch.device, sealed: bool = False) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read what ``write`` wrote; CheckpointError in one line if the file is anything else."""
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            texts = dict(file.metadata() or {})
            held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        seal = texts.pop(_SEAL, "null")
        if sealed and json.loads(seal) != _hash(held, texts):
            raise ValueError("its content does not match its checksum")
        return held, {key: json.loads(value) for key, value in texts.items()}
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        raise CheckpointError(f"cannot read {path}: {error}; it has not been changed") from error


def _hash(tensors: dict[str, torch.Tensor], texts: dict[str, str]) -> str:
    sha256 = hashlib.sha256(json.dumps(texts, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        sha256.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        sha256.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return sha256.hexdigest()


def restore(network: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Put a snapshot back; CheckpointError if it belongs to another network."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{path} does not fit this network: {reason[:200]}") from error
