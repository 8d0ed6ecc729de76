"""Integrate exp(-U/T) on a line: Gauss-Legendre panels, graded about minima and towards infinity, and halved as necessary.

Every panel has a polynomial, so the total, the masses, the mean energy and the bins come from one rule.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann.integrals import Integrals
from langevin_sim.reference.boltzmann.piecewise import Piecewise
from langevin_sim.reference.moments import Moments
from langevin_sim.reference.quadrature import halving_matrix, legendre, panel_rule

_NODES = 12  # number of nodes of a panel
_BULK = 64  # number of initial panels over the bulk, the part of the line where the weight is expected
_TOLERANCE = 1e-13  # tolerance of a panel, relative to the whole
_ROUNDS, _MOST = 60, 1_000_000  # limits on halvings and on nodes
_NARROWEST = 4e-15  # least width of a panel relative to its distance from the origin, because of rounding
_EDGES = 500  # limit on jumps of U: if there are more, they are rounding
_NEGLIGIBLE = 42.0  # a mass of e^-42 of the whole is left out
_OUTMOST = 1e150  # tails are followed up to here
_SLOWEST = 1.002  # a density that falls as |x|^-1.002 or slower cannot be distinguished from one without an integral
_AT_A_TIME = 4  # number of places of a tail that are evaluated at a time
_BISECTIONS = 60
_ROUNDING = 8.0 * float(np.finfo(float).eps)
_SAFETY = 2.0


class _Sampled(NamedTuple):
    """Panels [low, high], with -U/T and U at their nodes [panels, nodes]."""

    low: np.ndarray
    high: np.ndarray
    log: np.ndarray
    energy: np.ndarray

    def take(self, which: np.ndarray) -> "_Sampled":
        return _Sampled(*(array[which] for array in self))

    def weighted(self, scale: float) -> np.ndarray:
        """exp(log - scale), and U times it: [2, panels, nodes]."""
        weight = np.exp(self.log - scale)
        return np.stack([weight, np.where(weight > 0.0, weight * np.where(weight > 0.0, self.energy, 0.0), 0.0)])

    def integrals(self, scale: float) -> np.ndarray:
        """The integrals of those two over each panel: [2, panels]."""
        return np.asarray((self.high - self.low) * (self.weighted(scale) @ legendre(_NODES)[1]))


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


def _log_weight(potential: Potential, temperature: float, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-U/T and U at x; where U is nan, the weight is 0."""
    with np.errstate(all="ignore"):
        energy = potential.energy(x[..., None])
        energy = np.where(np.isnan(energy), np.inf, energy)
        return -energy / temperature, energy


def _sample(potential: Potential, temperature: float, low: np.ndarray, high: np.ndarray) -> _Sampled:
    t, _ = legendre(_NODES)
    return _Sampled(low, high, *_log_weight(potential, temperature, low[:, None] + (high - low)[:, None] * t))


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


def _tail(potential: Potential, temperature: float, origin: float, width: float, sign: float, log_total: float) -> _Tail:
    """Panels that double in width from the bulk's end at ``origin`` until the remainder is negligible."""
    places, logs = np.zeros(0), np.zeros(0)
    while True:
        away = 0.125 * width * 2.0 ** np.arange(places.size, places.size + _AT_A_TIME)
        places = np.append(places, origin + sign * away)
        logs = np.append(logs, _log_weight(potential, temperature, places[-_AT_A_TIME:])[0])
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
            f"exp(-U/T) of {potential.name} at T = {temperature:g} {falls} towards {'+' if sign > 0 else '-'}infinity: it cannot "
            "be normalised, so there is no Boltzmann law"
        )
    return _Tail(places, float(power), float(places[last]), float(logs[last]))


def _borders(potential: Potential, x: np.ndarray) -> np.ndarray:
    """The places between neighbours of x[n] where the region changes, to rounding."""
    if len(potential.regions) == 1:
        return np.zeros(0)
    labels = potential.label(x[:, None])
    at = np.flatnonzero(labels[1:] != labels[:-1])
    left, right, before = x[at], x[at + 1], labels[at]
    for _ in range(_BISECTIONS if at.size else 0):
        middle = 0.5 * (left + right)
        same = potential.label(middle[:, None]) == before
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return np.asarray(0.5 * (left + right))


def _halved(potential: Potential, temperature: float, ends: np.ndarray) -> tuple[_Sampled, np.ndarray]:
    """Panels, halved until their polynomials fit; and the errors [2, panels] of the integrals of the weight and of the energy,
    relative to exp(largest log)."""
    _, quadrature = legendre(_NODES)
    both, halves = 0.5 * np.concatenate([quadrature, quadrature]), halving_matrix(_NODES)
    parent = _sample(potential, temperature, ends[:-1], ends[1:])
    kept = [parent.take(np.zeros(0, int))]
    errors: list[tuple[float, np.ndarray]] = []
    scale, spent, edges = float(parent.log.max()), parent.log.size, 0
    for turn in range(_ROUNDS):
        middle = 0.5 * (parent.low + parent.high)
        low, high = np.stack([parent.low, middle], 1).ravel(), np.stack([middle, parent.high], 1).ravel()
        child = _sample(potential, temperature, low, high)
        spent += child.log.size
        scale = max(scale, float(child.log.max()))
        width = parent.high - parent.low
        pairs = child.weighted(scale).reshape(2, len(width), 2 * _NODES)
        change = width * (np.abs(parent.weighted(scale) @ halves.T - pairs) @ both)
        size = width * (np.abs(pairs) @ both)
        whole = size.sum(axis=1) + sum(np.abs(part.integrals(scale)).sum(axis=1) for part in kept)
        energies = np.where(pairs[0] > 0.0, child.energy.reshape(pairs[0].shape), 0.0)
        square = width * (energies * pairs[1] @ both)
        noise = _ROUNDING * (size + np.stack([size[1], square]) / temperature)  # rounding of U itself, relative to its size
        narrow = width <= _NARROWEST * np.maximum(np.abs(parent.low), np.abs(parent.high))
        enough = (change <= _TOLERANCE * whole[:, None] + noise).all(axis=0) | narrow | (turn == _ROUNDS - 1)
        edges += int((narrow & (size[0] > _TOLERANCE * whole[0])).sum())
        if edges > _EDGES or spent > _MOST:
            raise ReferenceUnavailable(
                f"the energy of {potential.name} is too rough for quadrature at T = {temperature:g}, or only rounding "
                "noise in its wells"
            )
        change = np.where(narrow, np.maximum(change, size), change + noise)
        kept.append(child.take(np.repeat(enough, 2)))
        errors.append((scale, np.repeat(0.5 * change[:, enough], 2, axis=1)))
        parent = child.take(np.repeat(~enough, 2))
        if not parent.low.size:
            break
    found = _Sampled(*(np.concatenate(parts) for parts in zip(*kept, strict=True)))
    order = np.argsort(found.low)
    return found.take(order), np.concatenate([error * math.exp(then - scale) for then, error in errors], axis=1)[:, order]


def integrals(potential: Potential, temperature: float) -> Integrals:
    """All integrals, on the domain or on R; errors are the change in the last halving plus what the tails leave out.

    Raises ReferenceUnavailable if exp(-U/T) has no integral.
    """
    domain, tails = potential.domain, []
    low, high = domain.low, domain.high
    space = domain.kind == "space"
    if space:
        low, high = (float(end) for end in potential.extent(temperature)[0])
        low, high = min(low, potential.minima.min()), max(high, potential.minima.max())
    ends = np.unique(np.concatenate([np.linspace(low, high, _BULK + 1), _about_minima(potential, temperature, low, high)]))
    if space:
        x, weight = panel_rule(ends, _NODES)
        log_total = float(logsumexp(_log_weight(potential, temperature, x)[0], b=weight))
        tails = [_tail(potential, temperature, end, high - low, sign, log_total) for end, sign in ((low, -1.0), (high, 1.0))]
        ends = np.unique(np.concatenate([ends, *(tail.ends for tail in tails)]))
    ends = np.union1d(ends, _borders(potential, np.union1d(ends, panel_rule(ends, _NODES)[0])))
    panels, errors = _halved(potential, temperature, ends)
    scale = float(panels.log.max())
    weighted = panels.weighted(scale)
    mass, of_energy = panels.integrals(scale)
    total = float(mass.sum())
    if not (total > 0.0 and math.isfinite(total)):
        raise ReferenceUnavailable(f"exp(-U/T) of {potential.name} at T = {temperature:g} is 0 at all places tried")
    beyond = [
        [math.exp(tail.beyond(k) - scale) / total if tail.beyond(k) < math.inf else math.inf for k in range(3)] for tail in tails
    ]
    left_out = np.sum(beyond, axis=0) if beyond else np.zeros(3)
    panel_errors = _SAFETY * errors / total
    law = Piecewise(panels.low, panels.high, weighted[0] / total, panel_errors[0], tuple(left_out.tolist()))
    relative = float(panel_errors[0].sum()) + left_out[0] + _ROUNDING
    energy = float(of_energy.sum()) / total
    far = sum(temperature * part[0] * tail.energy() for part, tail in zip(beyond, tails, strict=True) if part[0] > 0.0)
    x = np.union1d(np.concatenate([panels.low, panels.high[-1:]]), law.nodes()[0].ravel())
    cuts = np.concatenate([x[:1], _borders(potential, x), x[-1:]])
    pieces, piece_errors = law.bins(cuts)
    labels = potential.label(0.5 * (cuts[1:] + cuts[:-1])[:, None])
    regions = len(potential.regions)
    return Integrals(
        np.bincount(labels, pieces, regions),
        np.bincount(labels, piece_errors, regions) + left_out[0] + 1e-15,
        energy,
        float(panel_errors[1].sum()) + abs(energy) * relative + far,
        {0: law},
        "quadrature",
        Moments(*(np.array([number]) for number in (*law.moment(1), *law.moment(2)))),
        law,
    )
