"""The training loss, and the error, as functions of the weight vector."""

import torch
from torch import nn
from torch.func import functional_call, vmap

from langevin_sim.network.device import memory, weights_at_once
from langevin_sim.network.objective import Loss
from langevin_sim.network.training import Images
from langevin_sim.network.walker import Walker
from langevin_sim.storage.signals import stop_if_requested


class Surface:
    """I(w) for states w: the weights, followed by batch norm's statistics if these are perturbed too.

    batch_norm: 'fixed' (the walker's statistics when the surface is created), 'perturbed' (the statistics are
    part of the state; variances below 0 are taken as 0), 'recomputed' (from the training images at each w,
    in an additional pass: the mean of the statistics over pieces of ``chunk`` images). Without batch norm
    all three are the same.
    """

    def __init__(self, walker: Walker, data: Images, loss: Loss, batch_norm: str, chunk: int) -> None:
        self.walker, self.data, self.loss, self.chunk = walker, data, loss, chunk
        self.batch_norm = batch_norm if len(walker.statistics) else "fixed"
        self._statistics = walker.statistics.clone()
        self._norms = [m for m in walker.network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        together = weights_at_once(walker.weights.device, len(walker.weights) + 2 * chunk * data.images[0].numel())
        self.together = together if self.batch_norm == "fixed" else 1

    def state(self) -> torch.Tensor:
        """The walker's current state, [p] or, if batch norm's statistics are perturbed, [p + q]."""
        if self.batch_norm == "perturbed":
            return torch.cat([self.walker.weights, self.walker.statistics])
        return self.walker.weights.clone()

    @torch.no_grad()
    def at(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(loss, error) [k], float64, at states [k, p]; the walker is moved for this, and then put back."""
        stop_if_requested()
        before = self.walker.weights.clone()
        try:
            if self.together > 1:
                pieces = [self._together(piece) for piece in states.split(self.together)]
                return torch.cat([loss for loss, _ in pieces]), torch.cat([error for _, error in pieces])
            values = torch.stack([self._one(state) for state in states])
            return values[:, 0], values[:, 1]
        finally:
            self.walker.weights.copy_(before)
            self.walker.statistics.copy_(self._statistics)

    def _one(self, state: torch.Tensor) -> torch.Tensor:
        walker, count = self.walker, len(self.walker.weights)
        walker.weights.copy_(state[:count])
        if self.batch_norm == "perturbed":
            walker.statistics.copy_(torch.where(walker.variances, state[count:].clamp(min=0.0), state[count:]))
        elif self.batch_norm == "recomputed":
            self.recompute()
        walker.network.eval()
        totals = torch.zeros(2, dtype=torch.float64, device=state.device)
        with memory("evaluating", min(self.chunk, len(self.data)), "train with a smaller --chunk"):
            for images, labels in zip(self.data.images.split(self.chunk), self.data.labels.split(self.chunk), strict=True):
                totals += sums(walker.network(images), labels, self.loss)
        return totals / len(self.data)

    @torch.no_grad()
    def recompute(self) -> None:
        """Set batch norm's statistics to those of the training images at the walker's weights."""
        momenta = [norm.momentum for norm in self._norms]
        for norm in self._norms:
            norm.reset_running_stats()
            norm.momentum = None  # None: a cumulative mean
        self.walker.network.train()
        for images in self.data.images.split(self.chunk):
            self.walker.network(images)
        for norm, momentum in zip(self._norms, momenta, strict=True):
            norm.momentum = momentum
        self.walker.network.eval()

    def _together(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Evaluate several weight vectors in one pass."""
        walker, network = self.walker, self.walker.network
        network.eval()
        parameters = {
            name: states[:, first:end].reshape(len(states), *shape)
            for name, shape, first, end in zip(walker.names, walker.shapes, walker.offsets, walker.offsets[1:], strict=False)
        }
        buffers = dict(network.named_buffers())

        def one(weights: dict[str, torch.Tensor], images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            return sums(functional_call(network, (weights, buffers), (images,)), labels, self.loss)

        totals = torch.zeros((len(states), 2), dtype=torch.float64, device=states.device)
        with memory("evaluating", len(states) * min(self.chunk, len(self.data)), "train with a smaller --chunk"):
            for images, labels in zip(self.data.images.split(self.chunk), self.data.labels.split(self.chunk), strict=True):
                totals += vmap(one, in_dims=(0, None, None))(parameters, images, labels)
        totals /= len(self.data)
        return totals[:, 0], totals[:, 1]


def sums(outputs: torch.Tensor, labels: torch.Tensor, loss: Loss) -> torch.Tensor:
    """(sum of losses, number wrong), float64 [2]."""
    wrong = (outputs.argmax(-1) != labels).sum()
    return torch.stack([loss(outputs, labels).sum(dtype=torch.float64), wrong.to(torch.float64)])
