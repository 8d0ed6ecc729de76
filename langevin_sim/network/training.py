"""One epoch of training: the updates of the dynamics on the weight vector, step by step."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from langevin_sim import dynamics as records
from langevin_sim.dynamics import Dynamics
from langevin_sim.network.device import memory
from langevin_sim.network.objective import Loss
from langevin_sim.network.streams import Purpose, generator
from langevin_sim.network.walker import Walker
from langevin_sim.settings.network import TrainSpec
from langevin_sim.storage.signals import stop_if_requested


@dataclass(frozen=True)
class Images:
    """The data that a loss is a mean over: images [n, channels, height, width] and labels int64 [n], on one device."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int | None) -> "Images":
        """The first ``count`` images; all for None."""
        return Images(self.images[:count], self.labels[:count])


def dynamics_of(spec: TrainSpec) -> Dynamics:
    """The dynamics record of a spec."""
    noise = None if spec.noise_schedule == "temperature" else records.parse_schedule(spec.noise_schedule)
    return records.make(
        spec.dynamics,
        spec.step_size,
        spec.temperature,
        step_schedule=records.parse_schedule(spec.schedule),
        noise_schedule=noise,
        batch_size=spec.batch_size,
    )


def batch_size(spec: TrainSpec, images: int) -> int:
    """Number of images in a batch: all of them for gd and gdl."""
    return spec.batch_size if dynamics_of(spec).stochastic_gradient else images


def steps_per_epoch(spec: TrainSpec, images: int) -> int:
    """Number of minibatches in an epoch; the last may be smaller."""
    return math.ceil(images / batch_size(spec, images))


def batches(spec: TrainSpec, images: int, device: torch.device, *key: int) -> Iterator[torch.Tensor]:
    """Indices of the minibatches of an epoch; ``key`` = (seed, replica, epoch).

    epochs: a random permutation of all images, cut into pieces. independent: each batch is a random subset.
    Drawn on the CPU, so that they are the same on every device.
    """
    size = batch_size(spec, images)
    draw = generator(torch.device("cpu"), Purpose.BATCHES, *key)
    if size >= images:
        yield torch.arange(images, device=device)
    elif spec.sampling == "epochs":
        yield from torch.randperm(images, generator=draw).to(device).split(size)
    else:
        for _ in range(steps_per_epoch(spec, images)):
            yield torch.randperm(images, generator=draw)[:size].to(device)


class Trainer:
    """Moves a walker by x <- x - eta v + gamma' xi, with v <- momentum v + (minibatch gradient + weight_decay x).

    GDL and SGDL add the noise; SGD and SGDL take minibatch gradients instead of the full one. With momentum 0,
    the default, v is the gradient, and these are the dynamics of the toy potentials. Noise and batches of an
    epoch are functions of (seed, replica, epoch) alone.
    """

    def __init__(self, walker: Walker, data: Images, loss: Loss, spec: TrainSpec, replica: int) -> None:
        assert spec.seed is not None, "a spec is resolved before it is trained"
        self.walker, self.data, self.loss, self.spec = walker, data, loss, spec
        self.dynamics = dynamics_of(spec)
        self.key = (spec.seed, replica)
        self.velocity = torch.zeros_like(walker.weights) if spec.momentum else None
        self._noise = torch.empty_like(walker.weights) if self.dynamics.noisy else None

    def epoch(self, number: int) -> tuple[float, float]:
        """Train for epoch ``number`` = 0, 1, ..; returns mean loss and accuracy of its minibatches, each before its update."""
        count, device = len(self.data), self.walker.weights.device
        per_epoch = steps_per_epoch(self.spec, count)
        step_sizes = self.dynamics.step_sizes(number * per_epoch, per_epoch).tolist()
        noises = self.dynamics.noises(number * per_epoch, per_epoch).tolist()
        draw = generator(device, Purpose.NOISE, *self.key, number)
        self.walker.network.train()
        totals, seen = torch.zeros(2, dtype=torch.float64, device=device), 0
        for step, batch in enumerate(batches(self.spec, count, device, *self.key, number)):
            totals += minibatch_gradient(self.walker, self.data, self.loss, batch, self.spec.chunk)
            self._move(step_sizes[step], noises[step], draw)
            seen += len(batch)
        loss, accuracy = (totals / seen).tolist()
        return loss, accuracy

    def _move(self, step_size: float, noise: float, draw: torch.Generator) -> None:
        weights, change = self.walker.weights, self.walker.gradient
        if self.spec.weight_decay:
            change.add_(weights, alpha=self.spec.weight_decay)
        if self.velocity is not None:
            change = self.velocity.mul_(self.spec.momentum).add_(change)
        weights.add_(change, alpha=-step_size)
        if noise:
            assert self._noise is not None
            weights.add_(self._noise.normal_(generator=draw), alpha=noise)


def minibatch_gradient(walker: Walker, data: Images, loss: Loss, batch: torch.Tensor, chunk: int) -> torch.Tensor:
    """Set walker.gradient to that of the mean loss over ``batch``; returns (sum of losses, number correct), float64 [2].

    A batch of more than ``chunk`` images is evaluated in pieces that fit in memory; batch norm, in training
    mode, then uses the statistics of the pieces.
    """
    stop_if_requested()
    walker.gradient.zero_()
    totals = torch.zeros(2, dtype=torch.float64, device=batch.device)
    with memory("training", min(chunk, len(batch)), "use a smaller --batch-size or --chunk"):
        for piece in batch.split(chunk):
            labels = data.labels[piece]
            outputs = walker.network(data.images[piece])
            total = loss(outputs, labels).sum()
            (total / len(batch)).backward()
            totals += torch.stack([total.detach(), (outputs.detach().argmax(-1) == labels).sum()])
    return totals


@torch.no_grad()
def evaluate(network: nn.Module, data: Images, loss: Loss, chunk: int) -> tuple[float, float]:
    """Return (mean loss, accuracy), with batch norm's running statistics."""
    network.eval()
    totals = torch.zeros(2, dtype=torch.float64, device=data.labels.device)
    with memory("evaluating", min(chunk, len(data)), "use a smaller --chunk"):
        for images, labels in zip(data.images.split(chunk), data.labels.split(chunk), strict=True):
            outputs = network(images)
            totals += torch.stack([loss(outputs, labels).sum(dtype=torch.float64), (outputs.argmax(-1) == labels).sum()])
    mean, accuracy = (totals / len(data)).tolist()
    return mean, accuracy
