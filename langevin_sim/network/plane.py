"""deep plane: loss and accuracy over the affine plane through three minima (the memo's Figs. 7 and 8)."""

from typing import Any

import numpy as np
import torch

from langevin_sim.errors import InputError
from langevin_sim.network.minima import Minima
from langevin_sim.network.surface import Surface
from langevin_sim.network.train import Progress
from langevin_sim.settings.network import PlaneSpec

FITTED = 0.99  # a point of this training accuracy counts as fitted


def lattice(divisions: int, margin: float) -> np.ndarray:
    """Barycentric coordinates [points, 3] of a triangular lattice: multiples of 1/divisions, each >= -margin, that sum to 1."""
    low = -int(np.floor(margin * divisions + 1e-9))
    high = divisions - 2 * low
    found = [(i, j, divisions - i - j) for i in range(low, high + 1) for j in range(low, high + 1) if divisions - i - j >= low]
    return np.array(found) / divisions


def check(minima: list[Minima], spec: PlaneSpec) -> None:
    """Raise InputError for a training without the three minima."""
    for trained in minima:
        found = len(trained.run["results"])
        if found < 3:
            raise InputError(f"{trained.folder} has {found} minima, and a plane needs three; train with --replicas 3")
        for replica in spec.replicas:
            trained.load(replica)


def measure(minima: list[Minima], spec: PlaneSpec, progress: Progress) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Return the results, one for every training, and the values at the lattice's points."""
    points = lattice(spec.divisions, spec.margin)
    inside = (points >= 0).all(axis=1)
    results: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for number, trained in enumerate(minima):
        data = trained.setup.training.first(spec.images)
        corners, remembered = [], []
        for replica in spec.replicas:
            walker = trained.load(replica)
            corners.append(walker.weights.clone())
            remembered.append(walker.statistics.clone())
        weights, statistics = torch.stack(corners), torch.stack(remembered)
        state = torch.cat([weights, statistics], dim=1) if spec.batch_norm == "perturbed" else weights
        values = []
        for count, point in enumerate(points):
            if spec.batch_norm == "fixed":  # the points around a minimum share its statistics
                walker.statistics.copy_(statistics[int(np.argmax(point))])
            surface = Surface(walker, data, trained.loss, spec.batch_norm, trained.setup.spec.chunk)
            mixed = torch.tensor(point, dtype=torch.float64, device=state.device) @ state.double()
            size = state.shape[1] if surface.batch_norm == "perturbed" else weights.shape[1]
            loss, error = surface.at(mixed[:size].to(state.dtype)[None])
            values.append((float(loss[0]), 1.0 - float(error[0])))
            progress(f"plane: {trained.setup.spec.title}", number * len(points) + count + 1, len(minima) * len(points))
        losses, accuracies = np.array(values).T
        arrays |= {f"{number}_barycentric": points, f"{number}_loss": losses, f"{number}_accuracy": accuracies}
        at = [int(np.argmin(np.abs(points - corner).sum(axis=1))) for corner in (*np.eye(3), np.full(3, 1 / 3))]
        seen = [{"loss": float(losses[k]), "accuracy": float(accuracies[k])} for k in at]
        pairs = ((0, 1), (1, 2), (2, 0))
        results.append(
            {
                "run": number,
                "labels": trained.setup.spec.labels,
                "batch_norm": surface.batch_norm,
                "images": len(data),
                "vertices": seen[:3],
                "centre": seen[3],
                "share_below": float((accuracies[inside] > FITTED).mean()),
                "distances": [float((weights[a] - weights[b]).double().norm()) for a, b in pairs],
            }
        )
    return results, arrays
