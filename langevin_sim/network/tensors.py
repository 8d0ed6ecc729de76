"""Weights on disk: safetensors, which holds arrays and text and can run no code."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from langevin_sim.errors import CheckpointError
from langevin_sim.runs.folder import write_whole


def snapshot(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of the weights and of what batch norm remembers, by name."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def write(path: Path, tensors: dict[str, torch.Tensor], notes: dict[str, Any] | None = None) -> None:
    """Tensors, and JSON-able notes, into one file, whole or not at all."""
    held = {name: tensor.contiguous() for name, tensor in tensors.items()}
    content = save(held, {key: json.dumps(value) for key, value in (notes or {}).items()})
    write_whole(path, lambda stream: stream.write(content))


def read(path: Path, device: torch.device) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """What ``write`` wrote; CheckpointError in one line if it is not that."""
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            notes = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
            return {name: file.get_tensor(name) for name in file.keys()}, notes  # noqa: SIM118
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise CheckpointError(f"cannot read {path}: {error}; it is left as it is") from error


def restore(network: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Put a snapshot back; CheckpointError if it is another network's."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{path} does not fit this network: {reason[:200]}") from error
