"""The chain law of SGD and SGDL on finite sums in one or two dimensions, with the actual law of the batches.

And that of GDL with steps that are too small for a kernel between nodes, as that of a chain without batches.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
import scipy.fft
from scipy.special import bernoulli
from threadpoolctl import threadpool_limits

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import borders
from langevin_sim.reference.chain import convolution
from langevin_sim.reference.chain.irreversibility import Flow, flow
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.chain.marginal import IMAGES, Joint, Projected
from langevin_sim.reference.chain.spectral import (
    CUT,
    Nodes,
    Series,
    SpectralKernel,
    Window,
    kernel,
    projected,
    single_gradients,
    solve,
)
from langevin_sim.reference.chain.stationary import Stationary
from langevin_sim.reference.moments import Moments
from langevin_sim.reference.panels import integrate
from langevin_sim.reference.quadrature import panel_rule

_OVERSAMPLING = {1: 3.0, 2: 1.05}  # nodes over the 2 M + 1 coefficients of an axis, by dimension; one dimension costs nothing
_TILTS_MORE = 2.0  # times as many nodes, where they cost less
_EVENLY = 1.1  # nodes over the coefficients without batches, which move a walker by less than a node or two
_END_POINTS = 10  # of an even rule, whose weights differ at the ends
_FINER = 1.25  # ratio of nodes of the two solutions whose distance is the error, and from one attempt to the next
_FINER_EVENLY = 1.08  # likewise without batches: the rougher law's frequencies, too, are cut off where little is left
_CLOSE = 1e-7  # distance between the two at which no finer one is tried
_SCOUTING_CUT = 17.0  # frequencies kept while the window is looked for: to 4e-8
_OPEN = 3e-6  # probability in the outer twentieths of a window that calls for a larger one
_GROWTH, _ROUNDS = 1.4, 10
_SLOWLY = 0.8  # of what is in the outer twentieths, after a growth that is of no use
_MARGIN = 1.4  # from a window that holds all but _OPEN to one that holds all
_DEVIATIONS = 7.0  # of the added noise, that a window reaches beyond walls
_PANELS = 12  # of y_2, at first
_TOLERANCE = 1e-10  # of a panel's part of a mass
_SAFETY, _ROUNDING = 2.0, 1e-13
_LOPSIDED = np.array([0.5, 0.3])  # a guess that is as symmetric as U never meets a slow mode that is not
_LOOKS = (257, 129)  # places along y_1 and y_2 where borders are looked for


@dataclass(frozen=True)
class BatchLaw:
    """The stationary density p of y (before the projection) as a Series, and the kernel that it belongs to.

    A region's mass is the integral of p over all y with P(y) in it; on walls of a box that is what is clipped onto them.
    """

    potential: Potential
    series: Series
    step: Nodes
    found: Stationary

    def masses(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the regions, and the errors of the integral: exact integrals along y_1 between the borders, at every y_2."""
        window, domain, regions = self.series.window, self.potential.domain, len(self.potential.regions)
        places = self._places(0)
        if self.series.coefficients.ndim == 1:
            masses = self._on_line(self.series, np.zeros(1), places)
            return masses / masses.sum(), np.zeros(regions)

        def on_lines(seconds: np.ndarray) -> np.ndarray:
            return np.stack([self._on_line(self._line(second), np.array([second]), places) for second in seconds])

        scan = self._places(1)
        cuts = borders.pieces(self._label, scan, places)
        walls = [wall for wall in (domain.low, domain.high) if scan[0] < wall < scan[-1]]
        even = np.linspace(scan[0], scan[-1], _PANELS + 1)
        ends = np.unique(np.concatenate([cuts, walls, even]))
        ends = ends[np.concatenate([[True], np.diff(ends) > 1e-12 * window.width[1]])]
        masses, errors = integrate(on_lines, ends, np.isin(ends, cuts[1:-1]), _TOLERANCE)
        return masses / masses.sum(), errors / masses.sum()

    def _on_line(self, line: Series, second: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The integrals along y_1 at one y_2: [regions]."""
        cut = borders.segments(self._label, second, places)
        below = line.below(np.clip(np.concatenate([cut.low, cut.high]), places[0], places[-1]))
        share = below[cut.low.size :] - below[: cut.low.size]
        return np.bincount(cut.region, share, len(self.potential.regions))

    def _places(self, axis: int) -> np.ndarray:
        """Where borders are looked for along one axis of y: also at minima, and at walls, where a region may end."""
        window, domain = self.series.window, self.potential.domain
        low, marks = window.low[axis], borders.marks(self.potential, axis).tolist()
        return borders.grid(low, low + window.width[axis], _LOOKS[axis], [*marks, domain.low, domain.high])

    def mean(self, function: Callable[[np.ndarray], np.ndarray]) -> float:
        """E f(x), f a vectorised function of points [n, dim], by the kernel's own rule."""
        points = projected(self.potential, self.step.points)
        weight = self.step.weights * self.step.at_nodes(self.series)
        return float(weight @ function(points) / weight.sum())

    def along(self, axis: int) -> np.ndarray:
        """The probabilities of the nodes of one axis."""
        shape = [points.size for points, _ in self.step.axes]
        share = (self.step.weights * self.step.at_nodes(self.series)).reshape(shape)
        return share if share.ndim == 1 else share.sum(axis=1 - axis)

    def outer(self) -> np.ndarray:
        """The probability, without its sign, in the first and last twentieth of the window, for every axis: [d]."""
        found = []
        for axis, (points, _) in enumerate(self.step.axes):
            place = (points - self.series.window.low[axis]) / self.series.window.width[axis]
            found.append(float(np.abs(self.along(axis)[(place < 0.05) | (place > 0.95)]).sum()))
        return np.array(found)

    def support(self) -> np.ndarray:
        """[d, 2]: the intervals outside which each axis has _OPEN or less."""
        found = []
        for axis, (points, _) in enumerate(self.step.axes):
            below = np.cumsum(self.along(axis))
            held = np.flatnonzero((below > 0.5 * _OPEN) & (below < 1.0 - 0.5 * _OPEN))
            found.append((points[max(held[0] - 1, 0)], points[min(held[-1] + 2, points.size - 1)]))
        return np.array(found)

    def coordinate(self, axis: int) -> tuple[float, float]:
        """E x and E x^2 of one coordinate."""
        return self.mean(lambda points: points[:, axis]), self.mean(lambda points: points[:, axis] ** 2)

    def marginal(self, axis: int) -> Projected:
        """The law of one coordinate."""
        return Projected(self.series.marginal(axis), self.potential.domain)

    def energy(self) -> float:
        """Mean of U."""
        return self.mean(self.potential.energy)

    def _line(self, second: float) -> Series:
        """p along y_1 at one y_2, as a series of one dimension."""
        window, coefficients = self.series.window, self.series.coefficients
        phase = np.exp(1j * (second - window.low[1]) * self.series.orders[1] * window.spacing[1])
        return Series(Window(window.low[:1], window.width[:1]), coefficients @ phase / window.width[1])

    def _label(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The regions of P(y), a labelling of y."""
        points = np.column_stack([first, second][: self.potential.dim])
        return self.potential.label(projected(self.potential, points))


def batch_law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    """The stationary law of SGDL on a potential that is a finite sum, and of SGD on tilts.

    Errors: the distance between two numbers of nodes (on tilts, of frequencies too), the probability at the ends of the
    window, and rounding times the relaxation time. Raises ReferenceUnavailable where there is no added noise (the law then
    has no density; on tilts it is smooth all the same where steps are small), in more than two dimensions, where the window
    does not close, and where the kernel is too large.
    """
    dynamics = _with_density(potential, dynamics)
    return _refined(potential, dynamics, "transition kernel of the batches")


def convolved_law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    """The stationary law of GDL in two dimensions where a step's noise is small beside the law.

    Errors as for batch_law. Raises ReferenceUnavailable where the window does not close; convolution.TooManyNodes.
    """
    return _refined(replace(potential, terms=None), dynamics, "transition kernel, by Fourier transforms")


def _refined(potential: Potential, dynamics: Dynamics, method: str) -> ChainLaw:
    window = _window(potential, dynamics)
    guess = _Guess(potential, _temperature(potential, dynamics))
    ratio = _FINER if potential.terms is not None else _FINER_EVENLY
    rougher = _solved(potential, dynamics, window, 1.0 / ratio, guess)
    fine, share = _solved(potential, dynamics, window, 1.0, guess, start=rougher), 1.0
    while abs(fine.energy() - rougher.energy()) > _CLOSE * abs(fine.energy()):
        share *= _FINER
        try:
            rougher, fine = fine, _solved(potential, dynamics, window, share, guess, start=fine)
        except ReferenceUnavailable:  # too large: the error is what it is
            break
    return _law(potential, dynamics, fine, rougher, method)


def batch_step(potential: Potential, dynamics: Dynamics, refinement: float) -> Nodes:
    """One step between the nodes of the law; refinement: of the nodes, _FINER for those of the law's second solution."""
    dynamics = _with_density(potential, dynamics)
    return _step(potential, dynamics, _window(potential, dynamics), refinement / _FINER)


def after(potential: Potential, dynamics: Dynamics, step: Nodes, point: np.ndarray) -> np.ndarray:
    """The probabilities of the nodes a step after a point [d]: [nodes]."""
    assert isinstance(dynamics, SGDL), "only what draws batches declares this kernel"
    axes = [(np.array([place]), np.ones(1)) for place in point]
    largest = np.array([int(step.orders_along(axis).max()) for axis in range(len(axes))])
    one = _kernel(potential, dynamics, step.window, axes, largest, CUT)
    return step.weights * step.at_nodes(one.push(np.ones(1)))


def _with_density(potential: Potential, dynamics: Dynamics) -> SGDL:
    """The dynamics, or ReferenceUnavailable where its law has no density or more than two dimensions."""
    assert isinstance(dynamics, SGDL), "only what draws batches declares this kernel"
    if potential.dim > 2:
        raise ReferenceUnavailable(
            f"the gradient noise of {potential.name} depends on x: there is a chain law in one or two dimensions, not in "
            f"{potential.dim}"
        )
    if not _variance(potential, dynamics).all():
        raise ReferenceUnavailable(
            f"{dynamics.name} on {potential.name} has no noise but that of the batches, so that the law has no density. With "
            "a small temperature, sgdl has one"
        )
    return dynamics


def _law(potential: Potential, dynamics: Dynamics, fine: BatchLaw, rougher: BatchLaw, method: str) -> ChainLaw:
    outside = 0.0 if potential.domain.kind == "torus" else float(fine.outer().sum())
    relaxation = fine.found.relaxation_steps
    everywhere = outside + (fine.found.residual + _ROUNDING) * max(relaxation, 1.0)
    (masses, wrong), (others, _) = fine.masses(), rougher.masses()
    names = [region.name for region in potential.regions]
    energy = fine.energy()
    scale = max(abs(energy), _temperature(potential, dynamics))
    points = [fine.coordinate(axis) for axis in range(potential.dim)]
    coarse = [rougher.coordinate(axis) for axis in range(potential.dim)]
    means, squares = np.array(points).T
    mean_error, square_error = _SAFETY * np.abs(np.array(points) - np.array(coarse)).T
    return ChainLaw(
        potential,
        dynamics,
        dict(zip(names, masses.tolist(), strict=True)),
        dict(zip(names, (_SAFETY * np.abs(masses - others) + wrong + everywhere).tolist(), strict=True)),
        energy,
        _SAFETY * abs(energy - rougher.energy()) + everywhere * scale,
        relaxation,
        method,
        Moments(means, mean_error + everywhere * np.sqrt(squares), squares, square_error + everywhere * squares),
        tuple(fine.marginal(axis) for axis in range(potential.dim)),
        tuple(rougher.marginal(axis) for axis in range(potential.dim)),
        everywhere + 1e-12,
        _flow=partial(_flow, potential, dynamics),
        _joint=Joint(fine.series) if potential.dim == 2 and potential.domain.kind in ("space", "torus") else None,
    )


def _flow(potential: Potential, dynamics: Dynamics) -> Flow:
    """Entropy production and current, from a law that is solved again: its kernel is too large to be kept."""
    if _same_everywhere(potential):
        raise ReferenceUnavailable("with this noise the law is found without the kernel between points, and so without a current")
    with threadpool_limits(1, user_api="blas"):
        window = _window(potential, dynamics)
        guess = _Guess(potential, _temperature(potential, dynamics))
        fine, rough = (_solved(potential, dynamics, window, share, guess) for share in (1.0, 1.0 / _FINER))
        found, other = (_flow_of(law) for law in (fine, rough))
    error = found.entropy_production_error + _SAFETY * abs(found.entropy_production - other.entropy_production)
    return found._replace(entropy_production_error=error)


def _flow_of(law: BatchLaw) -> Flow:
    assert isinstance(law.step, SpectralKernel)
    return flow(law.step, law.step.at_nodes(law.series), law.potential.domain)


@dataclass(frozen=True)
class _Guess:
    potential: Potential
    temperature: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        energy = self.potential.energy(projected(self.potential, points))
        return np.exp(-(energy - energy.min()) / self.temperature)


def _solved(
    potential: Potential,
    dynamics: Dynamics,
    window: Window,
    share: float,
    guess: _Guess,
    cut: float = CUT,
    start: BatchLaw | None = None,
) -> BatchLaw:
    """The law with a share of the nodes; start: one with other nodes, whose two eigenvectors are nearly those of this one."""
    step = _step(potential, dynamics, window, share, cut)
    if start is None:
        place = 2.0 * (step.points - window.low) / window.width - 1.0
        first = guess(step.points) * (1.0 + place @ _LOPSIDED[: potential.dim])
    else:
        first = step.at_nodes(start.step.push(start.found.probabilities + start.found.mode))
    series, found = solve(step, first)
    return BatchLaw(potential, series, step, found)


def _step(potential: Potential, dynamics: Dynamics, window: Window, share: float, cut: float = CUT) -> Nodes:
    """One step between nodes; share: of the nodes."""
    same = _same_everywhere(potential)
    largest = np.floor(np.sqrt(2.0 * cut / _variance(potential, dynamics)) / window.spacing).astype(int)
    if same:  # without added noise phi falls to a small number, not to 0: the rougher law has fewer frequencies too
        largest = np.ceil(share * largest).astype(int)
    nodes = _OVERSAMPLING[potential.dim] * (2 * largest + 1) * (_TILTS_MORE if same else share)
    rule = _rule
    if potential.terms is None and potential.domain.kind in ("space", "torus"):
        nodes, rule = _EVENLY * (2 * largest + 1), _even_rule
    axes = [
        rule(potential, low, width, max(16, math.ceil(count)))
        for low, width, count in zip(window.low, window.width, nodes, strict=True)
    ]
    return _kernel(potential, dynamics, window, axes, largest, cut)


def _kernel(
    potential: Potential,
    dynamics: Dynamics,
    window: Window,
    axes: list[tuple[np.ndarray, np.ndarray]],
    largest: np.ndarray,
    cut: float,
) -> Nodes:
    if _same_everywhere(potential):
        even = potential.terms is None and potential.domain.kind in ("space", "torus")
        return convolution.kernel(potential, dynamics, window, axes, largest, 0.5 if even else None)
    assert isinstance(dynamics, SGDL), "without batches the noise is the same everywhere"
    return kernel(potential, dynamics, window, axes, cut)


def _same_everywhere(potential: Potential) -> bool:
    return potential.terms is None or potential.terms.covariance is not None


def _variance(potential: Potential, dynamics: Dynamics) -> np.ndarray:
    """Of a step's noise along each axis, where it is the same everywhere; else of the added noise alone: [d]."""
    terms, added = potential.terms, np.full(potential.dim, dynamics.noise**2)
    if terms is None or terms.covariance is None:
        return added
    assert isinstance(dynamics, SGDL), "only what draws batches has terms here"
    return added + dynamics.step_size**2 * dynamics.variance_factor(terms.n_terms) * np.diag(terms.covariance)


def _rule(potential: Potential, low: float, width: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights over a window: equally spaced on R^d, where p vanishes at both ends; else Gauss-Legendre's between walls.

    On a torus the energy may not match at the seam, which is where the one panel ends.
    """
    if potential.domain.kind == "space":
        return low + width * np.arange(nodes) / nodes, np.full(nodes, width / nodes)
    ends = rule_ends(potential, low, width)
    counts = np.maximum(8, np.ceil(nodes * np.diff(ends) / width)).astype(int)
    parts = [panel_rule(ends[k : k + 2], int(count)) for k, count in enumerate(counts)]
    return np.concatenate([points for points, _ in parts]), np.concatenate([weights for _, weights in parts])


def _even_rule(potential: Potential, low: float, width: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints of at least ``nodes`` equal cells; weights of high order at the ends of a torus, where U may not match."""
    count = scipy.fft.next_fast_len(max(nodes, 4 * _END_POINTS))
    weights = np.ones(count)
    if potential.domain.kind == "torus":
        more = end_corrections(_END_POINTS)
        weights[:_END_POINTS] += more
        weights[-_END_POINTS:] += more[::-1]
    return low + width * (np.arange(count) + 0.5) / count, width / count * weights


@cache
def end_corrections(count: int) -> np.ndarray:
    """What is added to the first ``count`` weights of the midpoint rule so that it is exact for polynomials of lower degree.

    sum_j c_j (j + 1/2)^k = B_(k+1)(1/2) / (k + 1), the terms of Euler and Maclaurin's formula; B_n(1/2) = (2^(1-n) - 1) B_n.
    """
    k = np.arange(count)
    constants = (2.0**-k - 1.0) * bernoulli(count)[1:] / (k + 1)
    scale = (k + 0.5) / count
    return np.linalg.solve(scale[None, :] ** k[:, None], constants / float(count) ** k)


def rule_ends(potential: Potential, low: float, width: float) -> np.ndarray:
    """Ends of the panels of the rule on a domain with ends: the window's, and the walls between them."""
    walls = [wall for wall in (potential.domain.low, potential.domain.high) if low < wall < low + width]
    return np.array([low, *walls, low + width])


def _temperature(potential: Potential, dynamics: Dynamics) -> float:
    """A rough temperature, for guesses alone: T + eta tr C / (2 d), C the batch mean's covariance where walkers start."""
    terms = potential.terms
    if terms is None:
        return float(dynamics.noise**2 / (2.0 * dynamics.step_size))
    assert isinstance(dynamics, SGDL), "only what draws batches has terms here"
    starts = np.array([region.start for region in potential.regions])
    single = single_gradients(terms, potential, starts)
    spread = ((single - single.mean(axis=1, keepdims=True)) ** 2).mean(axis=(1, 2)).max()
    factor = dynamics.variance_factor(terms.n_terms)
    return dynamics.temperature + 0.5 * dynamics.step_size * factor * float(spread)


def _window(potential: Potential, dynamics: Dynamics) -> Window:
    """A window that p does not fill."""
    domain, dim = potential.domain, potential.dim
    if domain.kind == "torus":
        return Window(np.full(dim, domain.low), np.full(dim, domain.width))
    if domain.kind != "space":
        reach = _farthest(potential, dynamics)
        if domain.kind == "reflecting" and reach > 2 * IMAGES * domain.width:
            raise ReferenceUnavailable(f"a step may be {reach / domain.width:.0f} times as long as the domain is wide")
        return Window(np.full(dim, domain.low - reach), np.full(dim, domain.width + 2.0 * reach))
    temperature = _temperature(potential, dynamics)
    extent = potential.extent(temperature)
    middle, width = extent.mean(axis=1), 1.2 * (extent[:, 1] - extent[:, 0])
    before = np.inf
    for _ in range(_ROUNDS):
        window = Window(middle - 0.5 * width, width)
        law = _solved(potential, dynamics, window, 1.0, _Guess(potential, temperature), _SCOUTING_CUT)
        outer = law.outer()
        open_axes = outer > _OPEN
        if not open_axes.any():
            low, high = law.support().T
            return Window(0.5 * (low + high) - 0.5 * _MARGIN * (high - low), _MARGIN * (high - low))
        if outer.max() > _SLOWLY * before:
            break
        before = outer.max()
        width = np.where(open_axes, _GROWTH * width, width)
    raise ReferenceUnavailable(
        f"the law of {dynamics.name} on {potential.name} does not fall off within {width.max():.3g} of its middle: its tails are "
        "heavy, walkers escape, or it has no smooth density"
    )


def _farthest(potential: Potential, dynamics: Dynamics) -> float:
    """How far one step may leave the domain: eta times the largest batch mean that is likely, and its noise."""
    terms, domain = potential.terms, potential.domain
    line = np.linspace(domain.low, domain.high, 33)
    points = np.stack(np.meshgrid(*[line] * potential.dim, indexing="ij"), axis=-1).reshape(-1, potential.dim)
    if terms is None:
        return float(dynamics.step_size * np.abs(potential.gradient(points)).max() + _DEVIATIONS * dynamics.noise)
    assert isinstance(dynamics, SGDL), "only what draws batches has terms here"
    single = single_gradients(terms, potential, points)
    mean = single.mean(axis=1)
    factor = max(dynamics.variance_factor(terms.n_terms), 0.0)
    spread = np.sqrt(((single - mean[:, None]) ** 2).mean(axis=1) * factor)
    return float(dynamics.step_size * (np.abs(mean) + _DEVIATIONS * spread).max() + _DEVIATIONS * dynamics.noise)
