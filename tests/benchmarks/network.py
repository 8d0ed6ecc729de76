"""The network commands' costs, side by side in one run.

    python tests/benchmarks/network.py [--images N] [--rounds N] [--data-dir MNIST]

1. An epoch of `mlp` on images of MNIST's shape (or MNIST itself): the trainer behind `deep train` beside a
   loop written by hand with torch.optim.SGD on the same tensors and batches; rounds interleaved, the median
   of the rounds' ratios. At most 1.1.
2. Evaluations of the loss that a radius over all parameters takes, to the relative error 1e-3: the median
   over 20 directions. At most 12.
3. Radii of the top layer from the kept activations beside full passes, 10 directions. At least 20 times faster.

Prints JSON; exit code 1 if one of the three is missed.
"""

import argparse
import json
import statistics
import sys
import time
from types import SimpleNamespace
from unittest import mock

import numpy as np
import torch
from torch import nn

from langevin_sim.network import flatness as radii
from langevin_sim.network.data import load
from langevin_sim.network.flatness import Case, flatness
from langevin_sim.network.models import build
from langevin_sim.network.objective import LOSSES
from langevin_sim.network.training import Images, Trainer, batches
from langevin_sim.network.walker import Walker
from langevin_sim.settings.network import DataSpec, FlatnessSpec, TrainSpec

CPU = torch.device("cpu")


def images(count: int, data_dir: str | None) -> Images:
    """MNIST's images, or noise of their shape."""
    if data_dir:
        data = load(DataSpec(data="mnist", data_dir=data_dir, train_size=count))
        return Images(torch.from_numpy(data.images), torch.from_numpy(data.labels))
    draw = torch.Generator().manual_seed(0)
    return Images(torch.randn((count, 1, 28, 28), generator=draw), torch.randint(0, 10, (count,), generator=draw))


def by_hand(network: nn.Module, optimiser: torch.optim.Optimizer, data: Images, spec: TrainSpec, epoch: int) -> float:
    """What a person would write; returns the mean loss, as the trainer does."""
    network.train()
    total = torch.zeros(())
    correct = torch.zeros((), dtype=torch.int64)
    for batch in batches(spec, len(data), CPU, 0, 0, epoch):
        optimiser.zero_grad()
        labels = data.labels[batch]
        outputs = network(data.images[batch])
        loss = nn.functional.cross_entropy(outputs, labels)
        loss.backward()
        optimiser.step()
        total += loss.detach() * len(batch)
        correct += (outputs.argmax(1) == labels).sum()
    return float(total) / len(data)


def training(data: Images, rounds: int) -> dict[str, float]:
    """Seconds an epoch, of both, and the median ratio."""
    spec = TrainSpec(seed=0, step_size=0.01)
    trainer = Trainer(Walker(build("mlp", (1, 28, 28), 10, CPU, torch.float32, 0)), data, LOSSES[spec.loss], spec, 0)
    network = build("mlp", (1, 28, 28), 10, CPU, torch.float32, 0)
    optimiser = torch.optim.SGD(network.parameters(), spec.step_size)
    ours, theirs = [], []
    for epoch in range(rounds + 1):
        pair = [(lambda e=epoch: trainer.epoch(e)[0], ours), (lambda e=epoch: by_hand(network, optimiser, data, spec, e), theirs)]
        losses = []
        for run, times in pair if epoch % 2 else pair[::-1]:
            began = time.perf_counter()
            losses.append(run())
            times.append(time.perf_counter() - began)
        assert abs(losses[0] - losses[1]) < 1e-3 * losses[0], f"the two do not train alike: {losses}"
    ours, theirs = ours[1:], theirs[1:]
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return {"trainer_s": statistics.median(ours), "by_hand_s": statistics.median(theirs), "ratio": ratio}


def flat(data: Images) -> dict[str, float]:
    """Evaluations of a radius, and the top layer's speed, at weights after three epochs."""
    spec = TrainSpec(seed=0)
    walker = Walker(build("mlp", (1, 28, 28), 10, CPU, torch.float32, 0))
    trainer = Trainer(walker, data, LOSSES[spec.loss], spec, 0)
    for epoch in range(3):
        trainer.epoch(epoch)
    setup = SimpleNamespace(setup=SimpleNamespace(spec=spec), loss=LOSSES[spec.loss])
    few = data.first(2000)

    def timed(layers: str, directions: int) -> tuple[float, np.ndarray]:
        asked = FlatnessSpec(directions=directions, seed=1)
        began = time.perf_counter()
        found = flatness(walker, few, setup, Case("loss", "fixed", "raw", layers), asked, (1, 0))
        return time.perf_counter() - began, found.evaluations

    _, evaluations = timed("all", 20)
    timed("top", 1)
    quick, _ = timed("top", 10)
    with mock.patch.object(radii, "top_surface", return_value=None):
        slow, _ = timed("top", 10)
    return {"evaluations": float(np.median(evaluations)), "top_s": quick, "full_s": slow, "speedup": slow / quick}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000, help="training images (default 10,000)")
    parser.add_argument("--rounds", type=int, default=9, help="paired epochs (default 9)")
    parser.add_argument("--data-dir", help="folder with MNIST's files")
    asked = parser.parse_args()
    data = images(asked.images, asked.data_dir)
    found = {"threads": torch.get_num_threads(), "torch": torch.__version__, **training(data, asked.rounds), **flat(data)}
    print(json.dumps(found, indent=1))
    return 0 if found["ratio"] <= 1.1 and found["evaluations"] <= 12 and found["speedup"] >= 20 else 1


if __name__ == "__main__":
    sys.exit(main())
