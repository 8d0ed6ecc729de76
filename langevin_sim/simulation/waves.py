"""Identities of stationarity on a torus and between mirrors, which need no law.

There f = cos k(x_j - low) and, on a torus, sin k(x_j - low), with k = 2 pi / width, are the same before and after the projection
P. So the mean of f over one step from x follows from the characteristic function of the step's noise, and
E f(x') = E f(x) becomes

    E exp(i k x_j) = E[exp(-eta T k^2) phi_j(x) exp(i k (x_j - eta g_j(x)))],

where phi_j is the characteristic function of -eta times the batch mean's deviation from g_j. It is 1 for full gradients, and the
same at every x for tilts: then both sides are means over the single steps that the engine summed. Elsewhere phi_j(x) is
computed from all terms at the last position of each walker.
"""

import math
from collections.abc import Iterator

import numpy as np

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.engine.balance import GROUPS, members
from langevin_sim.potentials.potential import FiniteSum, Potential
from langevin_sim.reference.chain.batch_mean import characteristic
from langevin_sim.simulation.balance import Balance, Statistic, named

_MOST_WORK = 1e8  # positions times terms times batch size
_FEWEST = 100  # positions


def waves(found: Balance, potential: Potential, dynamics: Dynamics, positions: np.ndarray) -> Iterator[Statistic]:
    """Real and imaginary part of the identity for every group of coordinates; positions [walkers, dim] after the last step."""
    domain, terms = potential.domain, potential.terms
    if domain.kind not in ("torus", "reflecting") or not dynamics.homogeneous:
        return
    k = 2.0 * math.pi / domain.width
    damping = math.exp(-0.5 * (k * float(dynamics.noises(0, 1)[0])) ** 2)
    if dynamics.kernel == "gaussian":
        gaps = _summed(found, damping)
    elif isinstance(dynamics, SGDL) and dynamics.kernel == "minibatch" and terms is not None and domain.kind == "torus":
        if potential.dim > GROUPS:
            return
        if terms.tilts is not None:
            gaps = _summed(found, damping * _batches(terms.tilts[:, None], k, dynamics)[0])
        else:
            gaps = _at(positions, potential, terms, dynamics, k, damping)
    else:
        return
    if not len(gaps):
        return
    for group, gap in zip(members(potential.dim), gaps.T, strict=True):
        yield Statistic(f"stationarity of the cosine of {named(group)}", "stationarity", gap.real, 0.0)
        if domain.kind == "torus":
            yield Statistic(f"stationarity of the sine of {named(group)}", "stationarity", gap.imag, 0.0)


def _summed(found: Balance, factors: np.ndarray | float) -> np.ndarray:
    """Left side minus right side, [walkers, groups], complex; factors: damping times phi, for each group or for all."""
    x, moved = (found.of(cosine) + 1j * found.of(sine) for cosine, sine in (("cos", "sin"), ("cos_moved", "sin_moved")))
    return np.asarray(x - factors * moved)


def _batches(slopes: np.ndarray, k: float, dynamics: SGDL) -> np.ndarray:
    """E exp(-i k eta (mean of a batch)) from the terms' slopes [n, nodes, dim]; [nodes, dim]."""
    turned = np.exp(-1j * k * dynamics.step_size / dynamics.batch_size * slopes)
    found = characteristic(turned.reshape(len(slopes), -1), dynamics.batch_size, dynamics.replacement)
    return found.reshape(slopes.shape[1:])


def _at(x: np.ndarray, potential: Potential, terms: FiniteSum, dynamics: SGDL, k: float, damping: float) -> np.ndarray:
    """The same from the slopes of all terms at positions [walkers, dim]; none where that is too much work."""
    most = int(_MOST_WORK / (terms.n_terms * dynamics.batch_size * potential.dim))
    if most < min(_FEWEST, len(x)):
        return np.empty((0, potential.dim), complex)
    x = x[:most]
    slopes = np.stack([potential.batch_gradient(x, np.full((len(x), 1), i)) for i in range(terms.n_terms)])
    phase = np.exp(1j * k * (x - potential.domain.low))
    return np.asarray(phase * (1.0 - damping * _batches(slopes, k, dynamics)))
