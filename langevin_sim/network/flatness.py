"""deep flatness: the radius of eq. 11 at minima; whatever the memo leaves open is a setting."""

import itertools
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from langevin_sim.analysis.radius import Change, Crossings, crossings
from langevin_sim.network.directions import Directions
from langevin_sim.network.minima import Minima
from langevin_sim.network.surface import Surface
from langevin_sim.network.top import TopSurface, top_layer, top_surface
from langevin_sim.network.train import Progress
from langevin_sim.network.training import Images
from langevin_sim.network.walker import Walker
from langevin_sim.settings.network import FlatnessSpec

_LARGEST = 1e6  # times the norm of w (or of each filter): the search ends there
_BELOW = 3.0  # factor below the radii found so far at which the next ladders start
_NAMES = ("first", "last", "open", "evaluations")
_HELD = 2**26  # numbers held at a time, in all directions together


@dataclass(frozen=True)
class Case:
    """One reading of eq. 11."""

    quantity: str
    batch_norm: str
    direction: str
    layers: str


def cases(spec: FlatnessSpec, statistics: bool) -> list[Case]:
    """All cases of a spec; without batch norm, or at the top layer, settings that make no difference are left out."""
    found = []
    for quantity, layers, direction, batch_norm in itertools.product(spec.quantity, spec.layers, spec.direction, spec.batch_norm):
        if not statistics:
            batch_norm = "fixed"
        elif layers == "top" and batch_norm == "perturbed":  # no statistic depends on the top layer's weights
            continue
        found.append(Case(quantity, batch_norm, direction, layers))
    return list(dict.fromkeys(found))


def measure(minima: list[Minima], spec: FlatnessSpec, progress: Progress) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Return the results, one for every training and case, and the radii along single directions."""
    assert spec.seed is not None, "a spec is resolved before it is measured"
    results: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for number, trained in enumerate(minima):
        data = trained.setup.training.first(spec.images)
        for case in cases(spec, len(trained.walker.statistics) > 0):
            entries, found = [], []
            for entry in trained.run["results"]:
                replica = entry["replica"]
                walker = trained.load(replica)
                label = f"{trained.setup.spec.title}: {case.layers}, {case.direction}, {case.quantity}, {case.batch_norm}"
                norm = float(_moved(walker, case).double().norm()) if case.direction == "raw" else None
                radii = flatness(walker, data, trained, case, spec, (spec.seed, replica))
                progress(label, replica + 1, len(trained.run["results"]))
                found.append(radii)
                entries.append(_minimum(replica, radii, norm))
            key = f"{number}_{case.quantity}_{case.batch_norm}_{case.direction}_{case.layers}"
            arrays |= {f"{key}_{name}": np.stack([getattr(radii, name) for radii in found]) for name in _NAMES}
            results.append(_over_minima(number, case, spec, entries, found))
    return results, arrays


def flatness(walker: Walker, data: Images, trained: Minima, case: Case, spec: FlatnessSpec, key: tuple[int, ...]) -> Crossings:
    """Radii along ``spec.directions`` directions at the walker's weights; each direction is a function of (key, its number)."""
    rays = _rays(walker, data, trained, case, key)
    # radii differ little between directions: search for the first from afar, and for the others from near it
    scale = float(_moved(walker, case).double().norm()) if case.direction == "raw" else 1.0
    start = max(1e-3 * scale, 1e-9)
    found: list[Crossings] = []
    first = 0
    while first < spec.directions:
        count = 1 if not found else min(rays.group, spec.directions - first)
        change = rays.group_from(first)
        found.append(crossings(change, count, spec.epsilon, start, spec.reach, spec.tolerance, _LARGEST * max(scale, 1.0)))
        if not found[0].open[0]:
            start = float(np.median(np.concatenate([radii.first for radii in found]))) / _BELOW
        first += count
    return Crossings(*(np.concatenate([getattr(radii, name) for radii in found]) for name in _NAMES))


def _rays(walker: Walker, data: Images, trained: Minima, case: Case, key: tuple[int, ...]) -> "_Rays | _TopRays":
    chunk, column = trained.setup.spec.chunk, 0 if case.quantity == "loss" else 1
    surface = Surface(walker, data, trained.loss, case.batch_norm, chunk)
    if case.layers == "all":
        everything = torch.ones_like(walker.weights, dtype=torch.bool)
        return _Rays(surface, Directions(walker, everything, case.direction, surface.batch_norm == "perturbed"), column, key)
    layer = top_layer(walker.network)
    directions = Directions(walker, walker.of(layer), case.direction, False)
    if surface.batch_norm == "recomputed":
        surface.recompute()
    above = top_surface(walker, layer, data, trained.loss, chunk)
    return _Rays(surface, directions, column, key) if above is None else _TopRays(above, directions, column, key)


class _Rays:
    """|I(w) - I(w + r dw)|, computed by passes through the network."""

    def __init__(self, surface: Surface, directions: Directions, column: int, key: tuple[int, ...]) -> None:
        self.surface, self.directions, self.column, self.key = surface, directions, column, key
        self.state = surface.state()
        self.middle = surface.at(self.state[None])[column][0]
        self.group = max(surface.together, _HELD // directions.size, 1)

    def group_from(self, first: int) -> Change:
        """The change along the rays first, first + 1, ..; the returned function holds their directions."""
        drawn: dict[int, torch.Tensor] = {}

        def change(radii: np.ndarray, rays: np.ndarray) -> np.ndarray:
            found = []
            for begin in range(0, len(rays), self.surface.together):
                some = slice(begin, begin + self.surface.together)
                states = []
                for radius, ray in zip(radii[some], rays[some], strict=True):
                    if ray not in drawn:
                        drawn[ray] = self.directions.draw(*self.key, first + int(ray))
                    states.append(torch.add(self.state, drawn[ray], alpha=float(radius)))
                found.append(self.surface.at(torch.stack(states))[self.column])
            return (torch.cat(found) - self.middle).abs().cpu().numpy()

        return change


class _TopRays:
    """The same for directions that move only the top layer, computed from its stored inputs."""

    def __init__(self, surface: TopSurface, directions: Directions, column: int, key: tuple[int, ...]) -> None:
        self.surface, self.directions, self.column, self.key = surface, directions, column, key
        self.middle = surface.at(torch.zeros_like(surface.outputs), 0.0)[column]
        self.group = max(1, _HELD // surface.outputs.numel())

    def group_from(self, first: int) -> Change:
        """The change along the rays first, first + 1, .."""
        slopes: dict[int, torch.Tensor] = {}
        layer = self.surface.layer

        def change(radii: np.ndarray, rays: np.ndarray) -> np.ndarray:
            found = []
            for radius, ray in zip(radii, rays, strict=True):
                if ray not in slopes:
                    part = self.directions.moved_part(*self.key, first + int(ray))
                    count = layer.weight.numel()
                    bias = part[count:] if layer.bias is not None else None
                    slopes[ray] = self.surface.slope(part[:count].view_as(layer.weight), bias)
                found.append(self.surface.at(slopes[ray], float(radius))[self.column])
            return (torch.stack(found) - self.middle).abs().cpu().numpy()

        return change


def _moved(walker: Walker, case: Case) -> torch.Tensor:
    return walker.weights[walker.of(top_layer(walker.network))] if case.layers == "top" else walker.weights


def _minimum(replica: int, radii: Crossings, norm: float | None) -> dict[str, Any]:
    """Results at one minimum: means and standard deviations over directions."""
    entry: dict[str, Any] = {"replica": replica}
    for name in ("first", "last"):
        values = getattr(radii, name)
        entry[name] = {"mean": float(values.mean()), "sd": float(values.std(ddof=1)) if len(values) > 1 else None}
    entry["first_over_norm"] = float(radii.first.mean() / norm) if norm else None
    entry["at_least"] = int(radii.open.sum())
    return entry


def _over_minima(
    number: int, case: Case, spec: FlatnessSpec, minima: list[dict[str, Any]], radii: list[Crossings]
) -> dict[str, Any]:
    """Results of one training and case: the mean over minima of the means over directions, and their spread."""

    def spread(values: list[float]) -> dict[str, Any]:
        return {"mean": float(np.mean(values)), "spread": float(np.std(values, ddof=1)) if len(values) > 1 else None}

    over_norm = [entry["first_over_norm"] for entry in minima]
    return {
        "run": number,
        **asdict(case),
        "epsilon": spec.epsilon,
        "directions": spec.directions,
        "minima": minima,
        "first": spread([entry["first"]["mean"] for entry in minima]),
        "last": spread([entry["last"]["mean"] for entry in minima]),
        "first_over_norm": None if None in over_norm else spread(over_norm),
        "at_least": sum(entry["at_least"] for entry in minima),
        "evaluations": float(np.median(np.concatenate([found.evaluations for found in radii]))),
    }
