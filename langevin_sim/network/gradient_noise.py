"""deep noise: the law of the minibatch gradient's components at fixed weights (the memo's Fig. 1)."""

import math
from typing import Any

import numpy as np
import torch

from langevin_sim.analysis.normality import normality
from langevin_sim.errors import InputError
from langevin_sim.network.minima import Minima
from langevin_sim.network.streams import Purpose, generator, seed_of
from langevin_sim.network.train import Progress
from langevin_sim.network.training import Images, minibatch_gradient
from langevin_sim.network.walker import Walker
from langevin_sim.settings.network import NoiseSpec

_PROBES = 32  # number of minibatches from which varying components are found


def check(trained: Minima, spec: NoiseSpec) -> None:
    """Raise InputError for what cannot be measured."""
    trained.load(spec.replica)
    if max(spec.batch_sizes) >= len(trained.setup.training):
        count = len(trained.setup.training)
        raise InputError(f"batch-sizes {max(spec.batch_sizes)}: expected fewer than the run's {count:,} training images")


def measure(trained: Minima, spec: NoiseSpec, progress: Progress) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Return the results, one for every batch size, and the samples [batches, components] of the components shown."""
    assert spec.seed is not None, "a spec is resolved before it is measured"
    data, chunk = trained.setup.training, trained.setup.spec.chunk
    walker = trained.load(spec.replica)
    walker.network.train()
    probe = generator(torch.device("cpu"), Purpose.COMPONENTS, spec.seed)
    varied = torch.zeros_like(walker.weights)
    for _ in range(_PROBES):
        minibatch_gradient(walker, data, trained.loss, torch.randperm(len(data), generator=probe)[: spec.batch_sizes[0]], chunk)
        varied += walker.gradient != 0
    eligible = torch.nonzero(varied > _PROBES / 2).flatten().cpu().numpy()
    if not len(eligible):
        raise InputError(f"{trained.folder}: the minibatch gradient vanishes at this minimum, so there is nothing to show")
    chosen = _spread(walker, eligible, spec.components, np.random.default_rng(seed_of(Purpose.COMPONENTS, spec.seed, 1)))
    full = _full_gradient(walker, data, trained, chunk)
    results, arrays = [], {}
    for place, size in enumerate(spec.batch_sizes):
        entry, samples = _one_size(walker, data, trained, spec, size, chosen, full)
        results.append(entry)
        arrays[f"b{size}_samples"] = samples
        progress(f"gradients of minibatches, {trained.setup.spec.title}", place + 1, len(spec.batch_sizes))
    return results, arrays


def _spread(walker: Walker, eligible: np.ndarray, count: int, chooser: np.random.Generator) -> np.ndarray:
    """Choose ``count`` eligible components at random, from each parameter in turn, so that not only the largest layer is seen."""
    owner = np.searchsorted(walker.offsets, eligible, side="right")
    piles = [chooser.permutation(eligible[owner == which]).tolist() for which in np.unique(owner)]
    chosen: list[int] = []
    while len(chosen) < min(count, len(eligible)):
        chosen += [pile.pop() for pile in piles if pile][: count - len(chosen)]
    return np.sort(chosen)


def _full_gradient(walker: Walker, data: Images, trained: Minima, chunk: int) -> torch.Tensor:
    """grad U, float64 [p]; batch norm is in training mode, with the statistics of ``chunk`` images."""
    minibatch_gradient(walker, data, trained.loss, torch.arange(len(data), device=data.labels.device), chunk)
    return walker.gradient.double().clone()


def _one_size(
    walker: Walker, data: Images, trained: Minima, spec: NoiseSpec, size: int, chosen: np.ndarray, full: torch.Tensor
) -> tuple[dict[str, Any], np.ndarray]:
    """Sample complete epochs of minibatches of one size, reshuffled each time; smaller ones at an epoch's end are left out."""
    assert spec.seed is not None
    per_epoch = len(data) // size
    epochs = math.ceil(spec.batches / per_epoch)
    count = epochs * per_epoch
    where = torch.from_numpy(chosen).to(walker.weights.device)
    samples = np.empty((count, len(chosen)))
    # powers of the distance to the full gradient, which is close to the mean, give moments without cancellation
    powers = torch.zeros((4, len(full)), dtype=torch.float64, device=full.device)
    row = 0
    for epoch in range(epochs):
        order = torch.randperm(len(data), generator=generator(torch.device("cpu"), Purpose.BATCHES, spec.seed, size, epoch))
        for batch in order[: per_epoch * size].to(full.device).split(size):
            minibatch_gradient(walker, data, trained.loss, batch, trained.setup.spec.chunk)
            away = walker.gradient.double() - full
            power = away.clone()
            for moment in powers:
                moment += power
                power *= away
            samples[row] = walker.gradient[where].double().cpu().numpy()
            row += 1
    mean, second, third, fourth = (powers / count).cpu().numpy()
    variance = second - mean**2
    live = variance > 1e-12 * second.max()
    m, v = mean[live], variance[live]
    skewness = (third[live] - 3 * m * second[live] + 2 * m**3) / v**1.5
    kurtosis = (fourth[live] - 4 * m * third[live] + 6 * m**2 * second[live] - 3 * m**4) / v**2 - 3.0
    quantiles = (16, 50, 84)
    entry = {
        "run": 0,
        "batch_size": size,
        "batches": count,
        "whole_epochs": len(data) % size == 0,
        "components": [_component(walker, int(c), samples[:, k], float(full[c])) for k, c in enumerate(chosen)],
        "live": int(live.sum()),
        "skewness_quantiles": np.percentile(skewness, quantiles).tolist(),
        "kurtosis_quantiles": np.percentile(kurtosis, quantiles).tolist(),
        "mean_error": float(np.abs(mean).max()),
        "full_gradient_norm": float(full.norm()),
        "noise_norm": float(np.sqrt(variance.clip(0).sum())),
    }
    return entry, samples


def _component(walker: Walker, index: int, sample: np.ndarray, full: float) -> dict[str, Any]:
    """Statistics of one component."""
    seen = normality(sample)._asdict()
    return {"parameter": walker.name_of(index), "full_gradient": full, **seen, "anderson_pvalue": seen.pop("pvalue")}
