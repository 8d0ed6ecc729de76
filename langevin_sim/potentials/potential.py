"""The records Potential, Region and FiniteSum."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from langevin_sim.dynamics.domain import Domain
from langevin_sim.errors import InputError

_SPACE = Domain()
Arguments = ParamSpec("Arguments")


def rebuildable(factory: Callable[Arguments, "Potential"]) -> Callable[Arguments, "Potential"]:
    """Decorate a factory so that its potentials are pickled by the factory's name and its arguments.

    Compiled functions and closures are thus rebuilt, and never copied.
    """

    @wraps(factory)
    def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> "Potential":
        potential = factory(*args, **kwargs)
        object.__setattr__(potential, "_recipe", (made, args, kwargs))
        return potential

    return made


def _rebuild(factory: Callable[..., "Potential"], args: tuple[Any, ...], kwargs: dict[str, Any]) -> "Potential":
    return factory(*args, **kwargs)


@dataclass(frozen=True)
class Region:
    """A part of space with a rule of membership; ``start`` is the point where its walkers begin.

    factor_regions: if the potential is a sum over groups of coordinates (``Potential.factors``) and the region is the
    product of one region of each factor, their indices; else None.
    """

    name: str
    membership: str
    start: np.ndarray
    factor_regions: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Factor:
    """One term of a sum over disjoint groups of coordinates: ``potential`` acts only on x[coordinates]."""

    coordinates: tuple[int, ...]
    potential: "Potential"


@dataclass(frozen=True)
class Quadratic:
    """U(x) = minimum + (x - centre)^T curvature (x - centre) / 2, exactly; curvature [dim, dim] is positive definite."""

    centre: np.ndarray
    curvature: np.ndarray
    minimum: float = 0.0


@dataclass(frozen=True)
class FiniteSum:
    """U = (1/n) sum_i V_i, the form that SGD needs.

    data [n, columns] describes the terms. block_batch_gradient(X, B, G, gradient, p, data), compiled
    (engine.block.BATCH_GRADIENT), writes into G[dim, m] the mean of grad V_i over each walker's
    terms B[b, m]. tilts [n, dim]: grad V_i - grad U, where it is the same everywhere, and covariance [dim, dim] that of
    the tilts; else None.
    """

    data: np.ndarray
    block_batch_gradient: Any
    covariance: np.ndarray | None = None
    tilts: np.ndarray | None = None

    @property
    def n_terms(self) -> int:
        """Number of terms."""
        return int(self.data.shape[0])

    @property
    def tilted(self) -> bool:
        """Whether the terms are U + z_i . x with tilts z_i that were made for U and can be rescaled."""
        return self.tilts is not None and self.tilts is self.data


@dataclass(frozen=True, eq=False, repr=False)
class Potential:
    """An energy U on a domain in R^dim, with its known properties.

    block_energy(X, E, p), block_gradient(X, G, p) and block_label(X, L, p) are compiled functions on
    float64[dim, n] arrays; p is ``constants``. block_label gives each walker the index of its region.
    extent(T) gives the interval of each coordinate, [dim, 2], that histograms cover.
    stability bound: the step size beyond which GD near a minimum diverges, 2 / largest curvature.
    symmetry: "axial" if U depends only on (x_1, |(x_2..x_d)|).
    exact_masses(T), if the masses of the regions under Boltzmann have a closed form: [regions].
    exact_marginal(T, edges), likewise for the masses of bins of x_1: [edges - 1].
    exact_energy(T), likewise for the mean of U.
    terms: the finite sum from which SGD draws, if there is one.
    smooth: whether the gradient is that of the energy (False: replaced, by a difference over a finite distance for example).
    confining: whether exp(-U/T) can be normalised.
    cold_masses: the limit of the masses of the regions as T -> 0, [regions], if it is known.
    factors: U as a sum over disjoint groups that cover all coordinates: Boltzmann's law, and the law
    of any chain whose noise does not couple the groups, is the product of the factors' laws.
    quadratic: the form, if U is a quadratic form with a minimum.
    given: the index of a coordinate given which U is quadratic in all others (conditional.py), if there is one.
    no_boltzmann: why the forces sample exp(-U/T) at no step, if they are not the slope of U (a driven system); else
    empty.
    """

    name: str
    dim: int
    parameters: Mapping[str, float]
    constants: np.ndarray
    block_energy: Any
    block_gradient: Any
    block_label: Any
    minima: np.ndarray
    regions: tuple[Region, ...]
    extent: Callable[[float], np.ndarray]
    stability_bound: float
    symmetry: str = ""
    domain: Domain = _SPACE
    exact_masses: Callable[[float], np.ndarray] | None = None
    exact_marginal: Callable[[float, np.ndarray], np.ndarray] | None = None
    terms: FiniteSum | None = None
    smooth: bool = True
    exact_energy: Callable[[float], float] | None = None
    confining: bool = True
    cold_masses: np.ndarray | None = None
    factors: tuple[Factor, ...] | None = None
    quadratic: Quadratic | None = None
    given: int | None = None
    no_boltzmann: str = ""

    def on(self, domain: Domain) -> "Potential":
        """The same energy on another domain, without the exact properties of its own domain.

        A potential made for a bounded domain is not known to confine on R^dim.
        """
        if domain == self.domain:
            return self
        return self._on(domain)

    @rebuildable
    def _on(self, domain: Domain) -> "Potential":
        bounded = domain.kind != "space"
        own = self.extent
        cube = np.tile([domain.low, domain.high], (self.dim, 1))
        return replace(
            self,
            domain=domain,
            symmetry="" if bounded else self.symmetry,
            confining=bounded or (self.confining and self.domain.kind == "space"),
            exact_masses=None,
            exact_marginal=None,
            exact_energy=None,
            cold_masses=None,
            factors=None
            if self.factors is None
            else tuple(replace(factor, potential=factor.potential.on(domain)) for factor in self.factors),
            quadratic=None if bounded else self.quadratic,
            given=None if bounded else self.given,
            extent=(lambda temperature: cube) if bounded else own,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        if not hasattr(self, "_recipe"):
            raise InputError(f"{self.name} cannot be pickled: it was not made by a function of ls.potentials")
        return _rebuild, self._recipe

    def __repr__(self) -> str:
        parameters = "".join(f", {key}={value:g}" for key, value in self.parameters.items())
        return f"<Potential {self.name}, d={self.dim}{parameters}>"

    def _columns(self, x: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
        points = np.asarray(x, dtype=float)
        if points.shape[-1:] != (self.dim,):
            raise InputError(f"points of shape {points.shape}: expected (..., {self.dim})")
        return np.ascontiguousarray(points.reshape(-1, self.dim).T), points.shape[:-1]

    def energy(self, x: np.ndarray) -> np.ndarray:
        """U at points x[..., dim], shape [...]."""
        columns, shape = self._columns(x)
        values = np.empty(columns.shape[1])
        self.block_energy(columns, values, self.constants)
        return values.reshape(shape)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """grad U at points x[..., dim], shape [..., dim]."""
        columns, shape = self._columns(x)
        values = np.empty_like(columns)
        self.block_gradient(columns, values, self.constants)
        return values.T.reshape(*shape, self.dim)

    def batch_gradient(self, x: np.ndarray, batch: np.ndarray) -> np.ndarray:
        """(1/b) sum over the batch of grad V_i at points x[n, dim], batch[n, b] of indices: [n, dim]."""
        if self.terms is None:
            raise InputError(f"{self.name} is not a finite sum; use potentials.tilted to make it one")
        columns, _ = self._columns(x)
        values = np.empty_like(columns)
        chosen = np.ascontiguousarray(np.asarray(batch, dtype=np.int64).T)
        self.terms.block_batch_gradient(columns, chosen, values, self.block_gradient, self.constants, self.terms.data)
        return values.T

    def label(self, x: np.ndarray) -> np.ndarray:
        """Index of the region of points x[..., dim], int64[...]."""
        columns, shape = self._columns(x)
        values = np.empty(columns.shape[1], dtype=np.int64)
        self.block_label(columns, values, self.constants)
        return values.reshape(shape)


def checked(name: str, dim: int, at_least: int = 1, at_most: int | None = None, **positive: float) -> None:
    """Raise InputError unless dim is an integer in its range and every parameter a positive finite number."""
    if isinstance(dim, bool) or not isinstance(dim, int | np.integer):
        raise InputError(f"{name}: dim = {dim!r}: expected an integer")
    if dim < at_least or (at_most is not None and dim > at_most):
        expected = f"an integer of at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
        raise InputError(f"{name}: dimension {dim}: expected {str(at_least) if at_most == at_least else expected}")
    for key, value in positive.items():
        if not (isinstance(value, int | float | np.number) and math.isfinite(value) and value > 0):
            raise InputError(f"{name}: {key} = {value!r}: expected a positive number")


def whole(name: str, key: str, value: float, at_least: int, at_most: float = math.inf) -> int:
    """The value as an integer; InputError for a fraction, or out of bounds."""
    if not (math.isfinite(value) and value == int(value) and at_least <= value <= at_most):
        most = "" if at_most == math.inf else f" and at most {at_most:,}"
        raise InputError(f"{name}: {key} = {value}: expected an integer of at least {at_least}{most}")
    return int(value)
