"""deep plane: loss and accuracy over the affine plane through three minima (the memo's Figs. 7 and 8)."""

import math
from collections.abc import Sequence
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
    """Barycentric coordinates [points, 3] of a triangular lattice: multiples of 1/divisions, each >= -margin, of sum 1."""
    low = -int(np.floor(margin * divisions + 1e-9))
    high = divisions - 2 * low
    found = [(i, j, divisions - i - j) for i in range(low, high + 1) for j in range(low, high + 1) if divisions - i - j >= low]
    return np.array(found) / divisions


def area(sides: Sequence[float]) -> float:
    """Of a triangle with these three sides, by Heron's formula in Kahan's order, which rounding does not harm."""
    a, b, c = sorted(sides, reverse=True)
    product = (a + (b + c)) * (c - (a - b)) * (c + (a - b)) * (a + (b - c))
    return 0.25 * math.sqrt(max(product, 0.0))


def check(minima: list[Minima], spec: PlaneSpec) -> None:
    """Raise InputError for a training without the minima that are asked for."""
    for trained in minima:
        found = len(trained.run["results"])
        if found <= max(spec.replicas):
            raise InputError(
                f"{trained.folder} has {found} minima, numbered from 0: replicas {','.join(map(str, spec.replicas))} need a "
                f"training with --replicas {max(spec.replicas) + 1}"
            )
        for replica in spec.replicas:
            trained.load(replica)


class _Plane:
    """The plane through three minima of one training."""

    def __init__(self, trained: Minima, triple: tuple[int, int, int], spec: PlaneSpec) -> None:
        corners, remembered = [], []
        for replica in triple:
            self._walker = trained.load(replica)
            corners.append(self._walker.weights.clone())
            remembered.append(self._walker.statistics.clone())
        self._weights, self._statistics = torch.stack(corners), torch.stack(remembered)
        perturbed = spec.batch_norm == "perturbed"
        self._states = torch.cat([self._weights, self._statistics], dim=1) if perturbed else self._weights
        self._trained, self._spec = trained, spec
        self.data = trained.setup.training.first(spec.images)
        self.batch_norm = self._surface().batch_norm

    def _surface(self) -> Surface:
        return Surface(self._walker, self.data, self._trained.loss, self._spec.batch_norm, self._trained.setup.spec.chunk)

    def at(self, point: np.ndarray) -> tuple[float, float]:
        """(loss, accuracy) at barycentric coordinates point [3]."""
        if self._spec.batch_norm == "fixed":  # the points around a minimum share its statistics
            self._walker.statistics.copy_(self._statistics[int(np.argmax(point))])
        surface = self._surface()
        mixed = torch.tensor(point, dtype=torch.float64, device=self._states.device) @ self._states.double()
        size = self._states.shape[1] if surface.batch_norm == "perturbed" else self._weights.shape[1]
        loss, error = surface.at(mixed[:size].to(self._states.dtype)[None])
        return float(loss[0]), 1.0 - float(error[0])

    def distances(self) -> list[float]:
        """Between w_1 and w_2, w_2 and w_3, w_3 and w_1."""
        pairs = ((0, 1), (1, 2), (2, 0))
        return [float((self._weights[a] - self._weights[b]).double().norm()) for a, b in pairs]


def measure(minima: list[Minima], spec: PlaneSpec, progress: Progress) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Return the results, one for every training, and the values at the lattice's points.

    The plane of the first triple is evaluated on the whole lattice, margin and all, for the picture; those of further triples
    inside their triangles alone, for the share and the area of what is flat.
    """
    points = lattice(spec.divisions, spec.margin)
    inside = (points >= 0).all(axis=1)
    each = len(points) + (len(spec.triples) - 1) * int(inside.sum())
    results: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    done = 0
    for number, trained in enumerate(minima):
        triples: list[dict[str, Any]] = []
        for triple in spec.triples:
            plane = _Plane(trained, triple, spec)
            here = points[inside] if triples else points
            values = []
            for point in here:
                values.append(plane.at(point))
                done += 1
                progress(f"plane: {trained.setup.spec.title}", done, len(minima) * each)
            losses, accuracies = np.array(values).T
            if not triples:
                arrays |= {f"{number}_barycentric": points, f"{number}_loss": losses, f"{number}_accuracy": accuracies}
            triples.append(_triple(triple, here, losses, accuracies, plane.distances()))
        results.append(
            {
                "run": number,
                "labels": trained.setup.spec.labels,
                "batch_norm": plane.batch_norm,
                "images": len(plane.data),
                **{key: value for key, value in triples[0].items() if key not in ("replicas", "area")},
                "triples": triples,
                "share": _over_triples([t["share_below"] for t in triples]),
                "area": _over_triples([t["area"] for t in triples]),
            }
        )
    return results, arrays


def _triple(
    replicas: tuple[int, int, int], points: np.ndarray, losses: np.ndarray, accuracies: np.ndarray, distances: list[float]
) -> dict[str, Any]:
    """What is seen at the corners and the centre, and how much of the triangle is flat: its share and its area."""
    at = [int(np.argmin(np.abs(points - corner).sum(axis=1))) for corner in (*np.eye(3), np.full(3, 1 / 3))]
    seen = [{"loss": float(losses[k]), "accuracy": float(accuracies[k])} for k in at]
    flat = float((accuracies[(points >= 0).all(axis=1)] > FITTED).mean())
    return {
        "replicas": list(replicas),
        "vertices": seen[:3],
        "centre": seen[3],
        "share_below": flat,
        "distances": distances,
        "area": flat * area(distances),
    }


def _over_triples(values: list[float]) -> dict[str, float | None]:
    """Mean over triples, which share no minimum, and its standard error; none of a single one."""
    count = len(values)
    return {"mean": float(np.mean(values)), "stderr": float(np.std(values, ddof=1) / math.sqrt(count)) if count > 1 else None}
