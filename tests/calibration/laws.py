"""Claimed against true errors of Boltzmann's law and of the chain law, on landscapes of every kind. Minutes on one core.

    python tests/calibration/laws.py > tests/calibration/laws.md

The truth is a closed form, or comes from truth.py, which shares no rule with the program. Of every law three things are
compared: the masses of the regions, the mean energy, and the masses of twenty bins of x_1 (for a chain law the first two). Of
masses the worst counts, in units of what is claimed of it. The settings were chosen before anything was run; a shorter list is
in tests/test_laws.py.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammainc
from scipy.stats import chi2, norm

sys.path.insert(0, str(Path(__file__).parent.parent))

from calibration import truth

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, parse_domain
from langevin_sim.errors import LangevinSimError
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import boltzmann, chain_law

BINS = 20
ROUNDING = 1e-13  # of the truth and of the claim alike


@dataclass(frozen=True)
class Setting:
    """One landscape at one temperature; step None: no chain law is asked for.

    how: "line" (d = 1), "plane", "axial" (on (x_1, rho)), "product" (of the laws of its factors), or closed(U, T, edges) ->
    (masses or None, energy, bins or None). box: of truth.plane and the chain's truth. features: see truth.chain_plane.
    """

    name: str
    dim: int
    temperature: float
    how: Any
    step: float | None = None
    parameters: dict[str, float] = field(default_factory=dict)
    box: tuple[tuple[float, float], ...] = ()
    features: tuple[float, float] = (0.1, 0.1)
    domain: str = ""
    smooth: bool = True

    def potential(self) -> Potential:
        """As ``run`` would make it."""
        domain = parse_domain(self.domain) if self.domain else None
        return potentials.get(self.name, self.dim, domain=domain, temperature=self.temperature, **self.parameters)


class Claim(NamedTuple):
    """One number that a law tells, or the worst of several: how far it is from the truth, and what was claimed."""

    law: str
    quantity: str
    claimed: float
    true: float

    @property
    def ratio(self) -> float:
        """True error over claimed error."""
        return self.true / self.claimed


def gaussian(mean: float, variance: float, dim: int) -> Callable[..., Any]:
    """x_1 ~ N(mean, T variance), E U = d T / 2."""
    return lambda U, T, edges: (
        None,
        dim * T / 2,
        np.diff(norm.cdf(edges, mean, math.sqrt(T * variance))),
    )


def core(U: Potential, T: float, edges: np.ndarray) -> tuple[np.ndarray, float, None]:
    """A quadratic form with a core of U < dim/2."""
    mass = chi2.cdf(U.dim / T, U.dim)
    return np.array([mass, 1 - mass]), U.dim * T / 2, None


def student_energy(U: Potential, T: float, edges: np.ndarray) -> tuple[None, float, None]:
    """The multivariate t of 5 degrees of freedom, T = 1: E log(1 + r^2/nu) by one integral over r."""
    s, weight = truth.rule(np.linspace(-12.0, 14.0, 2000))
    r = np.exp(s)
    log_weight = U.dim * s - 0.5 * (5 + U.dim) * np.log1p(r * r / 5)
    weight = weight * np.exp(log_weight - log_weight.max())
    return None, 0.5 * (5 + U.dim) * float((weight * np.log1p(r * r / 5)).sum() / weight.sum()), None


def _shell(U: Potential, T: float, edges: np.ndarray) -> tuple[None, float, None]:
    """(|x|^2 - 1)^2: E U by one integral over the radius."""
    r, weight = truth.rule(np.linspace(0.0, 6.0, 2000))
    energy = (r * r - 1.0) ** 2
    weight = weight * r ** (U.dim - 1) * np.exp(-energy / T)
    return None, float((weight * energy).sum() / weight.sum()), None


def twice(pair: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """A square."""
    return (pair, pair)


ONES = ((-9.0, 8.0), (-8.0, 8.0))
TWOWELL = "expr: -0.25*log(exp(-((x1+2)^2+x2^2)/0.5)+exp(-4*((x1-2)^2+x2^2)/0.5))"
TILTED = "expr: sum((x^2-1)^2)+tilt*x1"

BUILT_IN = [
    Setting("twowell", 1, 0.1, "line", 0.001),
    Setting("twowell", 1, 1.0, "line", 0.05),
    Setting("twowell", 1, 1.0, "line", 1e-4),
    Setting("twowell", 1, 5.0, "line", 0.4),
    Setting("twowell", 1, 1.0, "line", 0.02, {"ratio": 4.0, "depth": 0.5}),
    Setting("twowell", 2, 1.0, "plane", 0.05, box=ONES, features=(0.03, 0.12)),
    Setting("twowell", 2, 0.3, "plane", box=((-6, 5), (-5, 5))),
    Setting("twowell", 3, 1.0, "axial", 0.05, box=((-9, 6), (0, 8)), features=(0.03, 0.12)),
    Setting("twowell", 5, 1.0, "axial", 0.05, box=((-9, 6), (0, 9)), features=(0.03, 0.12)),
    Setting("twowell", 10, 1.0, "axial", 0.02, box=((-9, 6), (0, 10)), features=(0.03, 0.1)),
    Setting("twowell", 10, 4.0, "axial", box=((-17, 12), (0, 18))),
    Setting("twowell", 100, 1.0, "axial", box=((-10, 8), (2, 18))),
    Setting("twowell", 1000, 1.0, "axial", box=((-10, 8), (12, 40))),
    Setting("doublewell", 1, 0.7, "line", 0.05, {"tilt": 0.4}),
    Setting("doublewell", 1, 0.1, "line", 0.005),
    Setting("doublewell", 2, 1.0, "plane", 0.03, box=((-3, 3), (-8, 8))),
    Setting("quadratic", 1, 1.0, core, 0.5),
    Setting("quadratic", 10, 0.1, core, 0.1),
    Setting("quadratic", 1000, 1.0, core, 0.1),
    Setting("muellerbrown", 2, 1.0, "plane", box=((-3.5, 3), (-2.5, 4))),
    Setting("muellerbrown", 2, 0.2, "plane", box=((-2.5, 2), (-1.5, 3))),
    Setting("boxes", 1, 0.3, "line", smooth=False),
    Setting("gaussians", 1, 0.2, "line", 0.05),
    Setting("gaussians", 2, 0.2, "plane", box=twice((0.0, 18.0))),
    Setting("wedge", 2, 0.2, "plane", box=twice((0.0, 12.0)), smooth=False),
    Setting("valley", 2, 0.5, "plane", box=twice((-4.0, 4.0))),
    Setting("rbf", 2, 0.003, "plane", box=twice((0.0, 8.0)), smooth=False),
    Setting("prinz", 1, 0.2, "line", 1e-4),
    Setting("prinz", 1, 1.0, "line", 1e-3),
    Setting("prinz", 1, 8.0, "line", 1e-3),
    Setting("quadruple", 2, 0.5, "product", 0.02),
    Setting("quadruple", 10, 0.1, "product", 0.05),
    Setting("quadruple", 100, 1.0, "product", 0.01),
    Setting("asymmetric", 2, 0.3, "product", 0.02),
    Setting("entropicswitch", 2, 1.0, "plane", 0.05, box=((-3.6, 3.6), (-3.2, 3.8)), features=(0.08, 0.08)),
    Setting("entropicswitch", 2, 0.2, "plane", box=((-2.5, 2.5), (-2, 3))),
    Setting("twochannels", 2, 0.5, "plane", 0.02, box=twice((-2.6, 2.6)), features=(0.05, 0.05)),
    Setting("himmelblau", 2, 1.0, "plane", 0.02, box=twice((-6.6, 6.6)), features=(0.09, 0.09)),
    Setting("himmelblau", 2, 0.05, "plane", box=twice((-6.0, 6.0))),
    Setting("washboard", 1, 0.3, "line", 0.004),
    Setting("washboard", 1, 0.5, "line", 0.004, {"force": 3.0}),
    Setting("rastrigin", 1, 1.0, "line", 0.03),
    Setting("rastrigin", 1, 0.1, "line", 0.01),
    Setting("rastrigin", 3, 0.5, "product", 0.01),
    Setting("rastrigin", 10, 1.0, "product"),
    Setting("styblinskitang", 1, 0.3, "line", 0.05),
    Setting("styblinskitang", 5, 1.0, "product", 0.05),
    Setting("ackley", 1, 0.5, "line", smooth=False),
    Setting("ackley", 2, 1.0, "plane", box=twice((-5.0, 5.0)), smooth=False),
    Setting("gaussiangrid", 1, 1.0, "line", 0.02),
    Setting("gaussiangrid", 2, 1.0, "product", 0.02),
    Setting("fatskinny", 1, 0.5, "line", 0.002),
    Setting("fatskinny", 1, 0.005, "line", 0.01),
    Setting("rosenbrock", 2, 0.5, gaussian(1.0, 10.0, 2)),
    Setting("rosenbrock", 10, 1.0, gaussian(1.0, 10.0, 10)),
    Setting("banana", 2, 1.0, gaussian(0.0, 100.0, 2)),
    Setting("banana", 10, 2.0, gaussian(0.0, 100.0, 10)),
    Setting("funnel", 2, 1.0, gaussian(0.0, 9.0, 2)),
    Setting("funnel", 10, 1.0, gaussian(0.0, 9.0, 10)),
    Setting("illconditioned", 2, 1.0, core, 1e-6),
    Setting("illconditioned", 10, 0.1, core, 1e-6, {"condition": 1e4}),
    Setting("illconditioned", 100, 1.0, core, 1e-4, {"condition": 100.0}),
    Setting("studentt", 1, 1.0, "line", 0.1),
    Setting("studentt", 1, 0.3, "line", 0.3, {"freedom": 3.0}),
    Setting("studentt", 10, 1.0, student_energy),
    Setting("multiplicative", 1, 1.0, core, 0.1),
    Setting("regression", 5, 1.0, lambda U, T, e: (None, float(U.energy(U.minima[0])) + 2.5 * T, None), 0.1),
]

EXPRESSIONS = [
    Setting("expr: x1^4/4-x1^2/2+0.1*x1", 1, 0.1, "line", 0.1),
    Setting("expr: x1^6-3*x1^4+2*x1^2", 1, 0.4, "line", 0.01),
    Setting("expr: 2*log(cosh(x1))", 1, 1.0, "line", 0.2),
    Setting("expr: abs(x1)", 1, 0.5, lambda U, T, e: (None, T, None), smooth=False),
    Setting("expr: abs(x1)^1.5", 1, 1.0, lambda U, T, e: (None, T / 1.5, None), smooth=False),
    Setting("expr: abs(x1)^b", 1, 1.0, lambda U, T, e: (None, T / 0.5, None), None, {"b": 0.5}, smooth=False),
    Setting("expr: sqrt(1+x1^2)", 1, 0.3, "line", 0.3),
    Setting("expr: (nu+1)/2*log(1+x1^2/nu)", 1, 1.0, "line", 0.1, {"nu": 5.0}),
    Setting("expr: x1^2/2+2*cos(5*x1)", 1, 1.0, "line", 0.01),
    Setting("expr: exp(x1)-x1", 1, 1.0, "line", 0.1),
    Setting("expr: cos(2*pi*x1)+0.5*cos(4*pi*x1)", 1, 0.4, "line", 0.002, domain="torus:0,1"),
    Setting("expr: 2*x1", 1, 1.0, "line", domain="reflecting:0,5"),
    Setting(TILTED, 2, 0.5, "plane", 0.02, {"tilt": 0.2}, box=twice((-2.6, 2.6)), features=(0.05, 0.05)),
    Setting(TILTED, 3, 1.0, "product", 0.01, {"tilt": 0.2}),
    Setting(TWOWELL, 2, 1.0, "plane", 0.05, box=ONES, features=(0.03, 0.12)),
    Setting("expr: (x1^2+x2^2-1)^2", 2, 0.2, "plane", 0.02, box=twice((-2.2, 2.2)), features=(0.05, 0.05)),
    Setting("expr: (x1*x2-1)^2+0.1*(x1^2+x2^2)", 2, 0.3, "plane", box=twice((-9.0, 9.0))),
    Setting("expr: x1^4+x2^4+x1^2*x2^2", 2, 1.0, "plane", 0.02, box=twice((-3.2, 3.2)), features=(0.08, 0.08)),
    Setting("expr: x1^2/2+k*x2^2/2", 2, 1.0, gaussian(0.0, 1.0, 2), 1e-6, {"k": 1e6}),
    Setting("expr: (x1+x2)^2/4+k*(x1-x2)^2/4", 2, 1.0, gaussian(0.0, 0.5 + 0.5e-6, 2), 1e-6, {"k": 1e6}),
    Setting("expr: x1^2/18+x2^2*exp(-x1)/2+x1/2", 2, 1.0, gaussian(0.0, 9.0, 2)),
    Setting("expr: x1^2/200+(x2+b*x1^2-100*b)^2/2+(sum(x^2)-x1^2-x2^2)/2", 10, 1.0, gaussian(0.0, 100.0, 10), None, {"b": 0.1}),
    Setting("expr: sum(x^4)/4", 10, 1.0, lambda U, T, e: (None, 10 * T / 4, _quartic(e)), 0.05),
    Setting("expr: cosh(x1)+(x2-sin(x1))^2/2", 2, 0.5, "plane", 0.05, box=((-5, 5), (-6, 6)), features=(0.1, 0.1)),
    Setting("expr: x1^4/4-x1^2/2+0.1*x1", 1, 0.5, "line", 1e-4),
    Setting("expr: (x1^2-1)^2", 1, 10.0, "line", 0.01),
    Setting("expr: (x1^2-1)^2", 1, 0.15, "line", 0.1),
    Setting("expr: x1^2*(1+0.5*sin(3*x1))", 1, 1.0, "line", 0.05),
    Setting("expr: x1^8/8", 1, 1.0, "line", 0.02),
    Setting("expr: -logaddexp(-(x1+3)^2/2,-(x1-3)^2/2)", 1, 1.0, "line", 0.3),
    Setting("expr: -logaddexp(-(x1+3)^2/2,-50*(x1-3)^2)", 1, 1.0, "line", 0.01),
    Setting("expr: tanh(x1)*x1", 1, 0.2, "line", 0.5),
    Setting("expr: 3*log(1+x1^2)", 1, 1.0, "line", 0.1),
    Setting("expr: cos(x1)+sin(2*x1)", 1, 0.5, "line", 0.05, domain="torus:0,6.283185307179586"),
    Setting("expr: sin(x1)*cos(x2)", 2, 0.4, "plane", box=twice((0.0, 6.283185307179586)), domain="torus:0,6.283185307179586"),
    Setting("expr: (x1^2-1)^2+(x2-x1)^2", 2, 0.5, "plane", 0.03, box=((-3.0, 3.0), (-6.0, 6.0)), features=(0.05, 0.1)),
    Setting("expr: (x1^2-1)^2+2*(x2-x1^2)^2", 2, 0.3, "plane", 0.01, box=((-2.4, 2.4), (-2.5, 5.5)), features=(0.05, 0.05)),
    Setting("expr: x1^2/2+exp(x2)-x2", 2, 1.0, "plane", 0.1, box=((-8, 8), (-45, 5)), features=(0.2, 0.1)),
    Setting(
        "expr: -logaddexp(-((x1+2)^2+x2^2)/2,-2*((x1-2)^2+(x2-1)^2))",
        2,
        1.0,
        "plane",
        0.05,
        box=((-9, 8), (-8, 8)),
        features=(0.1, 0.1),
    ),
    Setting("expr: -logaddexp(-((x1+2)^2+x2^2)/2,-2*((x1-2)^2+(x2-1)^2))", 2, 0.2, "plane", box=((-6, 5), (-5, 5))),
    Setting("expr: x1^2/2+x2^2/2+sin(3*x1)*sin(3*x2)", 2, 0.5, "plane", 0.02, box=twice((-6.0, 6.0)), features=(0.05, 0.05)),
    Setting("expr: sum((x^2-1)^2)", 10, 0.3, "product", 0.02),
    Setting("expr: sum((x^2-1)^2)", 100, 1.0, "product", 0.01),
    Setting("expr: sum(x^2/2+cos(3*x))", 6, 0.7, "product", 0.02),
    Setting("expr: sum(x^2)/2+k*(sum(x))^2/2", 5, 1.0, lambda U, T, e: (None, 2.5 * T, None), 1e-2, {"k": 3.0}),
    Setting("expr: sum(x^2)/2", 1000, 0.1, gaussian(0.0, 1.0, 1000), 0.5),
    Setting("expr: abs(x1)+x2^2/2", 2, 1.0, lambda U, T, e: (None, T * 1.5, None), smooth=False),
    Setting("expr: abs(x1)+abs(x2)+abs(x3)", 3, 0.5, lambda U, T, e: (None, 3 * T, None), smooth=False),
    Setting("expr: x1^2/18+(x2^2+x3^2+x4^2)*exp(-x1)/2+1.5*x1", 4, 1.0, gaussian(0.0, 9.0, 4)),
    Setting("expr: x1^2/200+(x2+b*x1^2-100*b)^2/2+x3^2/2", 3, 1.0, gaussian(0.0, 100.0, 3), None, {"b": 0.05}),
    Setting("expr: (sum(x^2)-1)^2", 3, 0.2, _shell, 0.02),
    Setting("expr: (sum(x^2)-1)^2", 8, 1.0, _shell, None),
    Setting("expr: sum(x^2)^2/4", 5, 2.0, lambda U, T, e: (None, 5 * T / 4, None)),
]


def _quartic(edges: np.ndarray) -> np.ndarray:
    """Bins of exp(-x^4/4): x^4/4 has the gamma law of shape 1/4."""
    return np.diff(0.5 * (1.0 + np.sign(edges) * gammainc(0.25, edges**4 / 4)))


def _known(setting: Setting, U: Potential, edges: np.ndarray) -> truth.Truth:
    """Boltzmann's law by the setting's independent rule; nan where nothing is known."""
    T = setting.temperature
    if callable(setting.how):
        masses, energy, bins = setting.how(U, T, edges)
        masses = np.full(len(U.regions), np.nan) if masses is None else masses
        bins = np.full(BINS, np.nan) if bins is None else bins
        return truth.Truth(masses, energy, bins, 0 * masses, 0.0, 0 * bins)
    if setting.how == "line":
        return truth.line(U, T, edges)
    if setting.how == "product":
        assert U.factors is not None
        parts = _distinct(U, lambda each: truth.line(each, T, edges))
        masses, masses_error = _products(U, [(part.masses, part.masses_error) for part in parts])
        energy = sum(part.energy for part in parts)
        return truth.Truth(
            masses, energy, parts[0].bins, masses_error, sum(part.energy_error for part in parts), parts[0].bins_error
        )
    panels = (150, 150) if U.dim < 100 else (60, 24)
    return truth.plane(U, T, list(setting.box), edges, panels, radial=U.dim if setting.how == "axial" else 0)


def _distinct(U: Potential, solve: Callable[[Potential], Any]) -> list[Any]:
    """What ``solve`` makes of each factor, once of each that is different."""
    assert U.factors is not None
    solved: dict[int, Any] = {}
    for factor in U.factors:
        if id(factor.potential) not in solved:
            solved[id(factor.potential)] = solve(factor.potential)
    return [solved[id(factor.potential)] for factor in U.factors]


def _products(U: Potential, parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Masses of regions that are products; one region may be what the others leave. nan where they are no products."""
    masses, errors = np.full(len(U.regions), np.nan), np.zeros(len(U.regions))
    rest = [k for k, region in enumerate(U.regions) if region.factor_regions is None]
    for k, region in enumerate(U.regions):
        if region.factor_regions is not None:
            chosen = [part[0][index] for part, index in zip(parts, region.factor_regions, strict=True)]
            masses[k] = np.prod(chosen)
            errors[k] = sum(part[1].max() for part in parts)
    if len(rest) == 1:
        masses[rest] = 1.0 - np.nansum(masses)
        errors[rest] = errors.sum()
    return masses, errors


def _chain_known(setting: Setting, U: Potential) -> tuple[Any, ...]:
    """Masses and energy of GDL's own law, and their errors."""
    T, step = setting.temperature, setting.step
    assert step is not None
    if U.quadratic is not None:
        curvature = np.linalg.eigvalsh(U.quadratic.curvature)
        energy = U.quadratic.minimum + 0.5 * T * float(np.sum(1.0 / (1.0 - 0.5 * step * curvature)))
        return np.full(len(U.regions), np.nan), energy, np.zeros(len(U.regions)), 1e-12 * energy

    def on_a_line(each: Potential) -> tuple[Any, ...]:
        if each.quadratic is not None:
            return np.ones(1), 0.5 * T / (1.0 - 0.5 * step * float(each.quadratic.curvature[0, 0])), np.zeros(1), 0.0
        return truth.chain_line(each, step, T, _window(each, T))

    if setting.how == "line":
        return on_a_line(U)
    if setting.how == "product" or (callable(setting.how) and U.factors is not None):
        parts = _distinct(U, on_a_line)
        masses, errors = _products(U, [(part[0], part[2]) for part in parts])
        return masses, sum(part[1] for part in parts), errors, sum(part[3] for part in parts)
    radial = U.dim if setting.how == "axial" else 0
    return truth.chain_plane(U, step, T, list(setting.box), setting.features, radial)


def _window(U: Potential, temperature: float) -> tuple[float, float]:
    """Where U is less than 60 T above its minimum, and a little more."""
    low, high = U.extent(temperature)[0]
    x = np.linspace(low - 20 * (high - low), high + 20 * (high - low), 400_001)
    with np.errstate(over="ignore"):
        energy = U.energy(x[:, None])
    seen = x[np.nan_to_num(energy, nan=np.inf) < U.energy(U.minima).min() + 60.0 * temperature]
    return float(seen.min() - 0.1 * (high - low)), float(seen.max() + 0.1 * (high - low))


def _worst(found: np.ndarray, claimed: np.ndarray, true: np.ndarray, true_error: np.ndarray) -> tuple[float, float] | None:
    """(claimed, true error beyond that of the truth) where their ratio is largest."""
    known = np.isfinite(true)
    if not known.any():
        return None
    claimed = np.asarray(claimed)[known] + ROUNDING
    away = np.maximum(np.abs(np.asarray(found)[known] - true[known]) - 2.0 * true_error[known] - ROUNDING, 0.0)
    at = int(np.argmax(away / claimed))
    return float(claimed[at]), float(away[at])


def claims(setting: Setting) -> Iterator[Claim | str]:
    """Every claim about one setting, and the reason of every law that is refused."""
    U = setting.potential()
    edges = np.linspace(*U.extent(setting.temperature)[0], BINS + 1)
    try:
        law = boltzmann(U, setting.temperature)
    except LangevinSimError as reason:
        yield f"Boltzmann: {reason}"
    else:
        known = _known(setting, U, edges)
        scale = ROUNDING * max(1.0, abs(known.energy))
        for quantity, pair in (
            ("masses", _worst(list(law.masses.values()), list(law.errors.values()), known.masses, known.masses_error)),
            (
                "energy",
                _worst(
                    [law.mean_energy], [law.mean_energy_error + scale], np.array([known.energy]), np.array([known.energy_error])
                ),
            ),
            ("bins", _worst(law.bin_masses(edges), law.bin_errors(edges), known.bins, known.bins_error)),
        ):
            if pair is not None:
                yield Claim("Boltzmann", quantity, *pair)
    if setting.step is None:
        return
    try:
        chain = chain_law(U, GDL(setting.step, setting.temperature))
    except LangevinSimError as reason:
        yield f"chain: {reason}"
        return
    masses, energy, masses_error, energy_error = _chain_known(setting, U)
    scale = ROUNDING * max(1.0, abs(energy))
    for quantity, pair in (
        ("masses", _worst(list(chain.masses.values()), list(chain.errors.values()), masses, masses_error)),
        ("energy", _worst([chain.mean_energy], [chain.mean_energy_error + scale], np.array([energy]), np.array([energy_error]))),
    ):
        if pair is not None:
            yield Claim("chain", quantity, *pair)


SETTINGS = [*BUILT_IN, *EXPRESSIONS]


def main(first: int = 0, last: int | None = None) -> None:
    """The table, and what it amounts to."""
    settings = SETTINGS[first:last]
    print("# Claimed and true errors of exact laws\n\nMade by `python tests/calibration/laws.py`. ", end="")
    print("Ratio: true error over claimed error; the truth's own error is taken off.\n")
    print("| landscape | d | T | step | law | quantity | claimed | true | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    found: list[tuple[Setting, Claim]] = []
    refused: list[str] = []
    start = time.process_time()
    for setting in settings:
        shown = ", ".join(f"{key} = {value:g}" for key, value in setting.parameters.items())
        label = f"`{setting.name}`" + (f", {shown}" if shown else "") + (f", {setting.domain}" if setting.domain else "")
        began = time.process_time()
        for claim in claims(setting):
            if isinstance(claim, str):
                refused.append(f"{label}, d = {setting.dim}, T = {setting.temperature:g}: {claim}")
                continue
            found.append((setting, claim))
            step = f"{setting.step:g}" if claim.law == "chain" else ""
            numbers = f"{claim.claimed:.1e} | {claim.true:.1e} | {claim.ratio:.2g}"
            name = label.replace("|", "\\|")
            print(f"| {name} | {setting.dim} | {setting.temperature:g} | {step} | {claim.law} | {claim.quantity} | {numbers} |")
        print(f"{label}, d = {setting.dim}: {time.process_time() - began:.1f} s", file=sys.stderr, flush=True)
    ratios = np.array([claim.ratio for _, claim in found] or [0.0])
    plain = [claim.claimed for setting, claim in found if setting.smooth and setting.dim <= 2] or [math.nan]
    print(
        f"\n{len(settings)} settings, {len(found)} claims. True error within the claim: {100 * (ratios <= 1).mean():.1f} %; ",
        end="",
    )
    print(f"more than three times it: {(ratios > 3).sum()}; largest ratio {ratios.max():.3g}. ", end="")
    print(f"Median claim for smooth landscapes in one and two dimensions: {np.median(plain):.1e}. ", end="")
    print(f"CPU time with the truth: {time.process_time() - start:.0f} s.\n\nRefused:\n")
    print("\n".join(f"- {line}" for line in refused) or "none")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
