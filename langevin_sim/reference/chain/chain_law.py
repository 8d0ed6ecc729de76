"""Compute the chain law of a potential and a dynamics from what the record declares."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from langevin_sim.dynamics import Dynamics
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference.boltzmann import boltzmann
from langevin_sim.reference.chain.convolution import TooManyNodes
from langevin_sim.reference.chain.extrapolation import extrapolated
from langevin_sim.reference.chain.kernel import GridTooLarge, Kernel, Noise
from langevin_sim.reference.chain.kernels import KERNELS
from langevin_sim.reference.chain.law import ChainLaw
from langevin_sim.reference.chain.nystroem import kurtosis_shift
from langevin_sim.reference.chain.product import is_product, product_law
from langevin_sim.reference.chain.quadratic import quadratic_law
from langevin_sim.reference.chain.refinement import on_grids

_SHIFTS = 3.0  # up to 2.2 were seen, with batches of 3 of 100
_WORST = 0.1  # error of a mass beyond which nothing is claimed
_KURTOSIS = 5.0  # times the excess kurtosis


def chain_law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    """The stationary law of a discretised chain at its actual step.

    Its kernel is the one that the dynamics declares: GDL's, LM's, that of SGD and SGDL. The actual law of the batches is used
    in one and two dimensions; on tilts in more dimensions they are taken as Gaussian, with an error for that. In closed form
    on a quadratic; a product where U is a sum over groups of coordinates; else by Nystroem's method, p(x') = integral p(x)
    K(x, x') dx on nodes, for d = 1, d = 2 (on R^d, a torus, a box), and in any d where U depends on (x_1, rho) only: that
    pair is a Markov chain by itself. Raises ReferenceUnavailable, with the reason, for anything else.
    """
    if dynamics.exact:
        raise ReferenceUnavailable(f"{dynamics.name} samples Boltzmann's law at any step; there is no other chain law")
    if not dynamics.stationary:
        raise ReferenceUnavailable(f"{dynamics.name} without noise, or with a schedule, has no stationary law")
    declared(dynamics)
    # one BLAS thread: the same bits on any machine, and no threads that wait for each other on shared cores
    with threadpool_limits(1, user_api="blas"):
        return _known(_law(potential, dynamics))


def _known(law: ChainLaw) -> ChainLaw:
    """The law, or ReferenceUnavailable if an error is above a tenth of all mass: then nothing is known."""
    worst = max(law.errors, key=lambda name: law.errors[name])
    if not law.errors[worst] <= _WORST:
        raise ReferenceUnavailable(
            f"the chain law of {law.potential.name} by {law.method} knows the mass of {worst} only to {law.errors[worst]:.1g}"
        )
    return law


def declared(dynamics: Dynamics) -> Kernel:
    """The transition kernel that a dynamics declares, or ReferenceUnavailable."""
    if dynamics.kernel is None or dynamics.kernel not in KERNELS:
        raise ReferenceUnavailable(f"{dynamics.name} declares no known transition kernel, so there is no chain law")
    return KERNELS[dynamics.kernel]


def _law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    kernel = declared(dynamics)
    if kernel.batches is not None and potential.terms is not None:
        tilts = potential.terms.covariance is not None
        gaussian = potential.quadratic is not None and potential.terms.tilted  # made so, and the law has a closed form
        if not tilts or (potential.dim <= 2 and not gaussian):
            try:
                return _known(kernel.batches(potential, dynamics))
            except ReferenceUnavailable:
                if not tilts:
                    raise
    noise = kernel.noise(potential, dynamics)
    if potential.quadratic is not None:
        law = quadratic_law(potential, potential.quadratic, dynamics, kernel, noise)
    elif is_product(potential, noise):
        law = product_law(potential, dynamics, _law)
    else:
        law = _on_grids(potential, dynamics, kernel, noise)
        return _with_shift(law, noise) if noise.kurtosis else law
    return _with_kurtosis(law, noise) if noise.kurtosis else law


def _on_grids(potential: Potential, dynamics: Dynamics, kernel: Kernel, noise: Noise) -> ChainLaw:
    try:
        return on_grids(potential, dynamics, kernel, noise)
    except GridTooLarge:
        if potential.dim == 2 and potential.smooth and kernel.small_steps is not None:
            with suppress(TooManyNodes):
                return kernel.small_steps(potential, dynamics)
        if not potential.smooth or potential.domain.kind in ("box", "reflecting"):
            raise  # walls, and a gradient with jumps: the law is not Boltzmann's plus a term in proportion to the step
        return extrapolated(potential, dynamics, kernel, noise)


def _with_shift(law: ChainLaw, noise: Noise) -> ChainLaw:
    """Errors larger by three times what noise of that excess kurtosis, the same in all directions, changes (nystroem.py)."""
    dynamics = law.dynamics
    try:
        masses, energy = kurtosis_shift(law.potential, dynamics.step_size, noise.deviations(dynamics.name), noise.kurtosis)
    except ReferenceUnavailable:  # no grid
        return _with_kurtosis(law, noise)
    return _less_certain(law, noise, _SHIFTS * np.abs(masses), _SHIFTS * abs(energy))


def _with_kurtosis(law: ChainLaw, noise: Noise) -> ChainLaw:
    """Errors larger by an estimate of what batches that are not Gaussian change.

    A step's fourth cumulant changes the law in first order of the step, as the step itself does: by so many times |excess
    kurtosis| |law - Boltzmann|, the largest over the regions. Used where there are no barriers or they are crossed one
    coordinate at a time, whose laws are exact; across one, up to 7.7 times were seen on twowell at low temperatures.
    """
    try:
        deviation, _ = noise.deviations(law.dynamics.name)
        base = boltzmann(law.potential, deviation**2 / (2.0 * law.dynamics.step_size))
    except ReferenceUnavailable:
        return law
    more = _KURTOSIS * noise.kurtosis
    away = more * max(abs(law.masses[name] - base.masses[name]) for name in law.masses)
    return _less_certain(law, noise, np.full(len(law.masses), away), more * abs(law.mean_energy - base.mean_energy))


def _less_certain(law: ChainLaw, noise: Noise, masses: np.ndarray, energy: float) -> ChainLaw:
    errors = {name: error + more for (name, error), more in zip(law.errors.items(), masses.tolist(), strict=True)}
    method = f"{law.method}; batches taken as Gaussian, excess kurtosis {noise.kurtosis:.2g}"
    return replace(law, errors=errors, mean_energy_error=law.mean_energy_error + energy, method=method)
