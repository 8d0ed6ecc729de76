"""How far a stationary chain is from one that looks the same backwards: entropy production and probability current.

With the flux F(x, y) = p(x) K(x, y) of one step:
    entropy production    S = sum_xy F(x, y) log[F(x, y) / F(y, x)] >= 0, in nats a step; 0 where F is symmetric;
    current               J(x) = (1/2) integral (y - x) [F(x, y) - F(y, x)] dy, probability times length over volume, a step.
As the step goes to 0, J becomes eta times the current of the diffusion, -p grad U - div(D p), whose divergence is 0. Its own is
not: at a finite step some of J, of third order for GDL, is what steps of different lengths carry both ways.
In one dimension GDL produces (1/6) T eta^3 E U'''^2 a step, to leading order: the logarithm above is (y - x)^3 U'''/(12 T), less
its part in proportion to y - x, which the law's own shift takes up, and S is half its mean square.
Source: Gaspard, J. Stat. Phys. 117, 599 (2004); Seifert, Rep. Prog. Phys. 75, 126001 (2012).
"""

from typing import NamedTuple

import numpy as np

from langevin_sim.dynamics import Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference.chain.spectral import SpectralKernel

_MOST_NODES = 6000  # whose fluxes, pair by pair, take 300 MB
_LEAST = 1e-11  # of the largest transition density, below which it is what the frequencies leave out
_LEAST_DENSITY = 1e-13


class Flow(NamedTuple):
    """entropy_production, in nats a step, and its error; current [nodes, d] at points [nodes, d]."""

    entropy_production: float
    entropy_production_error: float
    points: np.ndarray
    current: np.ndarray


def kernel_at_nodes(step: SpectralKernel) -> np.ndarray:
    """The transition density K(x, y) between all nodes, [y, x]."""
    if len(step.weights) > _MOST_NODES:
        raise ReferenceUnavailable(f"the fluxes between {len(step.weights):,} nodes are too many: at most {_MOST_NODES:,}")
    angle = (step.points - step.window.low) @ (step.orders * step.window.spacing).T
    half = np.where(step.orders[:, 0] == 0, 0.5, 1.0)
    # the real part of psi exp(i k.(y - low)), over half of the frequencies
    waves = np.concatenate([half * np.cos(angle), -half * np.sin(angle)], axis=1)
    return np.asarray(waves @ step.matrix) * (2.0 / float(np.prod(step.window.width)))


def flow(step: SpectralKernel, density: np.ndarray, domain: Domain) -> Flow:
    """From the stationary density at the nodes [nodes]. ReferenceUnavailable on domains with walls."""
    if domain.kind not in ("space", "torus"):
        raise ReferenceUnavailable(f"on {domain} walkers collect on walls or come back from them: no current is computed there")
    points, weights = step.points, step.weights
    kernel, chances = kernel_at_nodes(step).T, np.maximum(density, _LEAST_DENSITY * density.max()) * weights
    found = []
    for least in (10.0 * _LEAST, _LEAST):
        flux = np.maximum(kernel, least * kernel.max()) * chances[:, None] * weights  # [x, y]
        flux /= flux.sum()
        away = flux - flux.T
        logarithm = np.log(flux)
        found.append(0.5 * float((away * (logarithm - logarithm.T)).sum()))  # no term is below 0
    current = np.empty_like(points)
    for axis in range(points.shape[1]):
        step_along = points[None, :, axis] - points[:, None, axis]
        if domain.kind == "torus":
            step_along -= domain.width * np.round(step_along / domain.width)
        current[:, axis] = 0.5 * (away * step_along).sum(axis=1) / weights
    return Flow(found[1], 2.0 * abs(found[1] - found[0]), points, current)


def linear_entropy_production(stay: np.ndarray, noise: np.ndarray, covariance: np.ndarray) -> float:
    """S of x' = M x + xi, xi ~ N(0, Q), with the stationary covariance C: tr(Q^-1 M C M^T) - tr(Q^-1 M^2 C).

    All [d, d]; M = ``stay``. From log N(y; M x, Q) - log N(x; M y, Q); 0 where M C is symmetric.
    """
    inverse = np.linalg.inv(noise)
    return float(np.trace(inverse @ stay @ covariance @ stay.T) - np.trace(inverse @ stay @ stay @ covariance))
