"""The expected results: the laws beside a run, and how long the run must be."""

from dataclasses import dataclass
from functools import lru_cache

from langevin_sim.dynamics import SGDL, Dynamics
from langevin_sim.dynamics.metropolis import Metropolis
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.potentials.potential import Potential
from langevin_sim.potentials.regression import is_least_squares
from langevin_sim.reference import Boltzmann, ChainLaw, boltzmann, chain_law
from langevin_sim.reference.eyring_kramers import doubt, relaxation_time
from langevin_sim.reference.least_squares import LeastSquares, stationary_moments
from langevin_sim.reference.metropolis import refusals
from langevin_sim.reference.temperature import effective_temperature

_EIGENVALUE = "the chain's second eigenvalue"


@dataclass(frozen=True)
class References:
    """Boltzmann's law and the chain law, each with the reason if it is missing.

    temperature: T + T_eff, None if it is not defined. relaxation_steps: number of steps in which the
    slowest mode decays by a factor e, None if it cannot be predicted; relaxation_source: from which law.
    least_squares: exact mean, covariance and mean energy of SGD and SGDL on least squares, in any dimension; else None.
    """

    boltzmann: Boltzmann | None
    chain: ChainLaw | None
    temperature: float | None
    boltzmann_reason: str
    chain_reason: str
    relaxation_steps: float | None
    relaxation_source: str
    least_squares: LeastSquares | None = None


def reference_laws(potential: Potential, dynamics: Dynamics, chain: bool = True) -> References:
    """Everything that can be known before a run; ``chain`` False leaves out the chain law (it takes seconds)."""
    if not dynamics.stationary:
        reason = f"{dynamics.name} without noise, or with a schedule, has no stationary law"
        if dynamics.noise == 0 and not dynamics.stochastic_gradient:
            reason = (
                f"{dynamics.name} without noise (temperature 0) takes each walker to the minimum of its basin: the masses are "
                "those of the starts, and their errors mean nothing where these were dealt out in turn"
            )
        return References(None, None, None, reason, reason, None, "")
    moments = _least_squares(potential, dynamics)
    try:
        temperature = effective_temperature(potential, dynamics)
    except ReferenceUnavailable as error:  # no Boltzmann law, but there may still be a chain law
        stationary, chain_reason = _chain(potential, dynamics) if chain else (None, "not asked for")
        relaxation, source = (None, "") if stationary is None else (stationary.relaxation_steps, _EIGENVALUE)
        return References(None, stationary, None, str(error), chain_reason, relaxation, source, moments)
    if temperature == 0:
        reason = "at temperature 0 there is no law with a density"
        return References(None, None, None, reason, reason, None, "", moments)
    stationary, chain_reason = _chain(potential, dynamics) if chain else (None, "not asked for")
    try:
        if not _boltzmann_like(dynamics):
            raise ReferenceUnavailable(f"{dynamics.name} declares neither that it is exact nor a weak order")
        law, reason = _boltzmann_law(potential, temperature), ""
    except ReferenceUnavailable as error:
        law, reason = None, str(error)
    relaxation, source = _relaxation(potential, dynamics, temperature, stationary, chain, law)
    return References(law, stationary, temperature, reason, chain_reason, relaxation, source, moments)


def _least_squares(potential: Potential, dynamics: Dynamics) -> LeastSquares | None:
    if not (is_least_squares(potential) and dynamics.kernel == SGDL.kernel and isinstance(dynamics, SGDL)):
        return None
    try:
        return stationary_moments(potential, dynamics)
    except ReferenceUnavailable:  # no second moment, a wall, or too many dimensions
        return None


def _boltzmann_like(dynamics: Dynamics) -> bool:
    """Whether its stationary law is Boltzmann's, at any step size or as the step size goes to 0."""
    return dynamics.exact or dynamics.weak_order is not None


# Dynamics side by side on one potential share its laws: GDL and LM Boltzmann's, MALA the chain law of GDL.
@lru_cache(maxsize=8)
def _boltzmann_law(potential: Potential, temperature: float) -> Boltzmann:
    return boltzmann(potential, temperature)


@lru_cache(maxsize=8)
def _chain_law(potential: Potential, dynamics: Dynamics) -> ChainLaw:
    return chain_law(potential, dynamics)


def _chain(potential: Potential, dynamics: Dynamics) -> tuple[ChainLaw | None, str]:
    try:
        return _chain_law(potential, dynamics), ""
    except ReferenceUnavailable as error:
        return None, str(error)


def _relaxation(
    potential: Potential,
    dynamics: Dynamics,
    temperature: float,
    stationary: ChainLaw | None,
    chain: bool,
    law: Boltzmann | None,
) -> tuple[float | None, str]:
    """How many steps the slowest mode takes, and by what this is known."""
    if stationary is None and chain and dynamics.relaxes_like and potential.smooth:  # MALA moves like GDL, except for rejections
        stationary, _ = _chain(potential, dynamics.relaxes_like(dynamics.step_size, temperature))
    if stationary is not None:
        steps, source = stationary.relaxation_steps, _EIGENVALUE
    elif not (_boltzmann_like(dynamics) and (dynamics.kernel or dynamics.relaxes_like)):
        return None, ""  # the Eyring-Kramers formula describes only overdamped motion
    else:
        try:
            steps = relaxation_time(potential, temperature) / dynamics.step_size
            why = doubt(potential, temperature)
            source = f"Eyring and Kramers, {why}" if why else "Eyring and Kramers"
        except ReferenceUnavailable:
            steps, source = 0.0, ""
    if isinstance(dynamics, Metropolis):
        return _with_refusals(potential, dynamics, temperature, law, steps, source)
    return (steps, source) if source else (None, "")


def _with_refusals(
    potential: Potential, dynamics: Metropolis, temperature: float, law: Boltzmann | None, steps: float, source: str
) -> tuple[float | None, str]:
    """The steps of the motion without refusals over the acceptance, or what the acceptance alone demands, if that is more."""
    try:
        found = refusals(potential, dynamics, temperature, law)
    except ReferenceUnavailable:
        return None, ""
    if not source and len(potential.minima) > 1:
        return None, ""  # wells with nothing known of the way between them
    slowed = steps / found.acceptance
    if found.least_steps > slowed:
        return found.least_steps, f"at least: {found.acceptance:.1%} of the proposals are accepted"
    return slowed, source
