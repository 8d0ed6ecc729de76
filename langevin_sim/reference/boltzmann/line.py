"""Integrate exp(-U/T) on a line: Gauss-Legendre panels, graded about minima and towards infinity, and halved as necessary.

Every panel has a polynomial, so the total, the masses, the mean energy and the bins come from one rule.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.adaptive import NODES, Panels, refine
from langevin_sim.reference.boltzmann.integrals import Integrals
from langevin_sim.reference.boltzmann.piecewise import Piecewise
from langevin_sim.reference.moments import Moments
from langevin_sim.reference.quadrature import panel_rule

_BULK = 64  # number of initial panels over the bulk, the part of the line where the weight is expected
_TOLERANCE = 1e-13  # tolerance of a panel, relative to the whole
_MOST = 1_000_000  # number of nodes after which panels are no longer halved
_ROUGH = 1e-4  # a larger relative error of the integral means that the energy is not resolved
_NEGLIGIBLE = 42.0  # a mass of e^-42 of the whole is left out
_OUTMOST = 1e150  # tails are followed up to here
_SLOWEST = 1.002  # a density that falls as |x|^-1.002 or slower cannot be distinguished from one without an integral
_AT_A_TIME = 4  # number of places of a tail that are evaluated at a time
_BISECTIONS = 60
_ROUNDING = 8.0 * float(np.finfo(float).eps)
_SAFETY = 2.0


@dataclass(frozen=True)
class Line:
    """The weight exp(-U/T) of a potential in one dimension."""

    potential: Potential
    temperature: float

    def log_weight(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The log of the weight, and U/T, at points of any shape; where U is nan, the weight is 0."""
        with np.errstate(all="ignore"):
            energy = self.potential.energy(x[..., None]) / self.temperature
            energy = np.where(np.isnan(energy), np.inf, energy)
        return -energy, np.where(np.isfinite(energy), energy, 0.0)

    def label(self, x: np.ndarray) -> np.ndarray:
        """Index of the region."""
        return self.potential.label(x[..., None])


class _Tail(NamedTuple):
    """Ends of panels beyond the bulk, outwards; the power of |x| by which the density falls (inf if faster than any power);
    the place beyond which nothing is integrated, and the log of the density there."""

    ends: np.ndarray
    power: float = math.inf
    place: float = 0.0
    log: float = -math.inf

    def beyond(self, moment: int = 0) -> float:
        """The log of the integral of |x|^moment times the density that is left out."""
        slower = self.power - moment - 1.0
        if self.log == -math.inf or slower == math.inf:
            return -math.inf
        return math.inf if slower <= 0.0 else self.log + (moment + 1.0) * math.log(abs(self.place)) - math.log(slower)

    def energy(self) -> float:
        """The mean of |U|/T beyond that place, if exp(-U/T) goes as |x|^-power."""
        return abs(self.log) + self.power / (self.power - 1.0)


def _about_minima(potential: Potential, temperature: float, low: float, high: float) -> np.ndarray:
    """Ends of panels that double in width away from every minimum, from an eighth of the distance at which U rises by T."""
    width = high - low
    halvings = width * 0.5 ** np.arange(100)
    ends = []
    for minimum in potential.minima[:, 0]:
        around = np.clip(np.stack([minimum - halvings, minimum + halvings]), potential.domain.low, potential.domain.high)
        with np.errstate(all="ignore"):
            rise = potential.energy(around[..., None]) - potential.energy(np.array([minimum]))
        far = np.flatnonzero(~(rise <= temperature).all(axis=0))
        scale = halvings[min(far[-1] + 1, halvings.size - 1)] if far.size else width
        away = 0.125 * scale * 2.0 ** np.arange(math.ceil(math.log2(8.0 * width / scale)) + 1)
        ends += [np.array([minimum]), minimum - away, minimum + away]
    found = np.concatenate(ends)
    return found[(found > potential.domain.low) & (found < potential.domain.high)]


def _tail(line: Line, origin: float, width: float, sign: float, log_total: float) -> _Tail:
    """Panels that double in width from the bulk's end at ``origin`` until the remainder is negligible."""
    places, logs = np.zeros(0), np.zeros(0)
    while True:
        away = 0.125 * width * 2.0 ** np.arange(places.size, places.size + _AT_A_TIME)
        places = np.append(places, origin + sign * away)
        logs = np.append(logs, line.log_weight(places[-_AT_A_TIME:])[0])
        if (logs[-_AT_A_TIME:] + np.log(away) < log_total - _NEGLIGIBLE).all() or away[-1] > _OUTMOST:
            break
    finite = np.flatnonzero(np.isfinite(logs))
    if not finite.size:
        return _Tail(places)
    last = int(finite[-1])
    first = last // 3 if last >= 12 else max(last - 1, 0)
    distance = math.log(abs(places[last] - origin) / abs(places[first] - origin)) if last > first else 0.0
    power = (logs[first] - logs[last]) / distance if distance else math.inf
    if power <= _SLOWEST:
        falls = f"falls only as |x|^{-power:.3g}" if power > 0.01 else "does not fall off"
        raise ReferenceUnavailable(
            f"exp(-U/T) of {line.potential.name} at T = {line.temperature:g} {falls} towards {'+' if sign > 0 else '-'}infinity: "
            "it cannot be normalised, so there is no Boltzmann law"
        )
    return _Tail(places, float(power), float(places[last]), float(logs[last]))


def _borders(line: Line, x: np.ndarray) -> np.ndarray:
    """The places between neighbours of x[n] where the region changes, to rounding."""
    if len(line.potential.regions) == 1:
        return np.zeros(0)
    labels = line.label(x)
    at = np.flatnonzero(labels[1:] != labels[:-1])
    left, right, before = x[at], x[at + 1], labels[at]
    for _ in range(_BISECTIONS if at.size else 0):
        middle = 0.5 * (left + right)
        same = line.label(middle) == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return np.asarray(0.5 * (left + right))


def _refined(line: Line, ends: np.ndarray) -> Panels:
    """Panels that are halved until their polynomials fit."""

    def evaluate(_: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log, energy = line.log_weight(x)
        return log, energy[..., None]

    zero = np.zeros(ends.size - 1, int)
    panels = refine(evaluate, zero, ends[:-1], ends[1:], np.full(2, _TOLERANCE), lines=1, interpolated=True, budget=_MOST)
    if _SAFETY * panels.error[:, 0].sum() > _ROUGH:
        raise ReferenceUnavailable(
            f"the energy of {line.potential.name} is too rough for quadrature at T = {line.temperature:g}, or only "
            "rounding noise in its wells"
        )
    return panels


def integrals(potential: Potential, temperature: float) -> Integrals:
    """All integrals, on the domain or on R; errors are the change in the last halving plus what the tails leave out.

    Raises ReferenceUnavailable if exp(-U/T) has no integral.
    """
    return along(Line(potential, temperature))


def along(line: Line) -> Integrals:
    """The same for a weight on a line."""
    potential, temperature = line.potential, line.temperature
    domain, tails = potential.domain, []
    low, high = domain.low, domain.high
    space = domain.kind == "space"
    if space:
        low, high = (float(end) for end in potential.extent(temperature)[0])
        low, high = min(low, potential.minima.min()), max(high, potential.minima.max())
    ends = np.unique(np.concatenate([np.linspace(low, high, _BULK + 1), _about_minima(potential, temperature, low, high)]))
    if space:
        x, weight = panel_rule(ends, NODES)
        log_total = float(logsumexp(line.log_weight(x)[0], b=weight))
        tails = [_tail(line, end, high - low, sign, log_total) for end, sign in ((low, -1.0), (high, 1.0))]
        ends = np.unique(np.concatenate([ends, *(tail.ends for tail in tails)]))
    ends = np.union1d(ends, _borders(line, np.union1d(ends, panel_rule(ends, NODES)[0])))
    panels = _refined(line, ends)
    scale = panels.log.max(initial=-math.inf, keepdims=True).ravel()[:1]
    if not math.isfinite(scale[0]):
        raise ReferenceUnavailable(f"exp(-U/T) of {potential.name} at T = {temperature:g} is 0 at all places tried")
    mass = panels.weights(scale)
    total = float(mass.sum())
    beyond = [
        [math.exp(tail.beyond(k) - scale[0]) / total if tail.beyond(k) < math.inf else math.inf for k in range(3)]
        for tail in tails
    ]
    left_out = np.sum(beyond, axis=0) if beyond else np.zeros(3)
    errors = _SAFETY * panels.error
    density = np.exp(panels.log - scale[0]) / total
    law = Piecewise(panels.low, panels.high, density, errors[:, 0], tuple(left_out.tolist()))
    relative = float(errors[:, 0].sum()) + left_out[0] + _ROUNDING
    energy = float((mass * panels.values[..., 0]).sum()) / total
    far = sum(part[0] * tail.energy() for part, tail in zip(beyond, tails, strict=True) if part[0] > 0.0)
    x = np.union1d(np.concatenate([panels.low, panels.high[-1:]]), law.nodes()[0].ravel())
    cuts = np.concatenate([x[:1], _borders(line, x), x[-1:]])
    pieces, piece_errors = law.bins(cuts)
    labels = line.label(0.5 * (cuts[1:] + cuts[:-1]))
    regions = len(potential.regions)
    return Integrals(
        np.bincount(labels, pieces, regions),
        np.bincount(labels, piece_errors, regions) + left_out[0] + 1e-15,
        temperature * energy,
        temperature * (float(errors[:, 1].sum()) + abs(energy) * relative + far),
        {0: law},
        "quadrature",
        Moments(*(np.array([number]) for number in (*law.moment(1), *law.moment(2)))),
        law,
    )
