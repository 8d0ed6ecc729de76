"""The loss of a single image, whose mean over the training images is the potential."""

from collections.abc import Callable

import torch
from torch.nn import functional

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def cross_entropy(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """-log softmax(outputs)[label], [n] from outputs [n, classes] and labels [n]."""
    return functional.cross_entropy(outputs, labels, reduction="none")


def squared(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """|outputs - onehot(label)|^2 / 2, [n] from outputs [n, classes] and labels [n]."""
    target = functional.one_hot(labels, outputs.shape[-1]).to(outputs.dtype)
    return 0.5 * (outputs - target).square().sum(-1)


LOSSES: dict[str, Loss] = {"cross-entropy": cross_entropy, "squared": squared}
