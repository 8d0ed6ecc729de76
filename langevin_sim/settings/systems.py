"""Build from a spec what is simulated: a potential and a dynamics for every dimension."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from langevin_sim import potentials
from langevin_sim.dynamics import Dynamics, kind, make, parse_domain, parse_schedule, with_step_size
from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.potentials.custom import check as check_own
from langevin_sim.potentials.minima import hessian
from langevin_sim.potentials.potential import Potential
from langevin_sim.potentials.tilts import scaled_noise
from langevin_sim.reference.least_squares import constant_noise
from langevin_sim.settings.run import RunSpec


class System(NamedTuple):
    """A potential and a dynamics: together they define a Markov chain."""

    potential: Potential
    dynamics: Dynamics


def build(spec: RunSpec) -> list[System]:
    """Every dimension with every dynamics, in this order; InputError for settings that do not fit together."""
    own, systems = _own_settings(spec), []
    for dim in spec.dims:
        potential = _potential(spec, dim)  # one for all dynamics, which share its laws
        systems += [_system(spec, potential, name, own[name]) for name in spec.dynamics]
    return systems


def _own_settings(spec: RunSpec) -> dict[str, dict[str, float]]:
    """The part of ``dynamics_settings`` for each dynamics: KEY is for all that have such a setting, NAME.KEY for one."""
    kinds = {text: kind(text) for text in spec.dynamics}
    names = [found.name for found in kinds.values()]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two of the dynamics are called {name}; results are kept by name, so rename one of them")
    own: dict[str, dict[str, float]] = {text: {} for text in kinds}
    for key, value in spec.dynamics_settings.items():
        name, dot, setting = key.rpartition(".")
        taking = [text for text, found in kinds.items() if setting in found.own_settings() and name in ("", found.name)]
        if not taking:
            offered = [f"{found.name}.{one}" if dot else one for found in kinds.values() for one in found.own_settings()]
            raise UnknownNameError("setting of the dynamics", key, offered)
        for text in taking:
            own[text][setting] = value
    return own


def halved(system: System) -> System:
    """The same system at half the step and the same temperatures: the variance of batches doubles, which preserves T_eff.

    Where the noise of batches depends on x, it stays as it is, and vanishes with the step.
    """
    potential, dynamics = system
    noise = constant_noise(potential) if dynamics.stochastic_gradient else None
    if noise is not None:
        potential = scaled_noise(potential, math.sqrt(2.0), noise)
    return System(potential, with_step_size(dynamics, 0.5 * dynamics.step_size))


def unextrapolated(system: System) -> str:
    """Why results cannot be extrapolated to step 0; empty if they can."""
    potential, dynamics = system
    if dynamics.exact:
        return f"{dynamics.name} has Boltzmann's law at any step: there is nothing to extrapolate"
    if not dynamics.stationary or dynamics.weak_order is None:
        return f"{dynamics.name} has no stationary law whose order in the step is known: nothing is extrapolated"
    if dynamics.temperature == 0 and constant_noise(potential) is None:
        return f"the noise of {dynamics.name} depends on x and vanishes with the step: nothing is extrapolated"
    return ""


def _system(spec: RunSpec, potential: Potential, name: str, own: dict[str, float]) -> System:
    noise_schedule = None if spec.noise_schedule == "temperature" else parse_schedule(spec.noise_schedule)
    dynamics = make(
        name,
        spec.step_size,
        spec.temperature,
        step_schedule=parse_schedule(spec.schedule),
        noise_schedule=noise_schedule,
        **({"batch_size": spec.batch_size, "replacement": spec.replacement} | own),
    )
    if dynamics.stochastic_gradient and potential.terms is None:
        potential = potentials.tilted(potential, _covariance(spec, potential, dynamics), spec.terms)
    return System(potential, dynamics)


def _potential(spec: RunSpec, dim: int) -> Potential:
    """The spec's potential on its domain; a user's own potential is checked before it is used."""
    domain = None if spec.domain == "own" else parse_domain(spec.domain)
    if spec.data is not None and spec.potential == "regression":
        if spec.parameters:
            raise InputError(f"data {spec.data}: regression takes no parameters with it; remove {', '.join(spec.parameters)}")
        a, y = potentials.read_rows(Path(spec.data))
        if dim != a.shape[1]:
            raise InputError(f"data {spec.data}: dims {dim}: expected {a.shape[1]}, the columns besides the value")
        found = potentials.regression_from(a, y)
        return found if domain is None else found.on(domain)
    temperature = spec.temperature or 1.0
    data = None if spec.data is None else potentials.read_columns(Path(spec.data))
    potential = potentials.get(
        spec.potential,
        dim,
        domain=domain,
        temperature=temperature,
        data=data,
        max_regions=spec.max_regions,
        **spec.parameters,
    )
    if potentials.is_own(spec.potential):
        check_own(potential, temperature)
    return potential


def _covariance(spec: RunSpec, potential: Potential, dynamics: Dynamics) -> np.ndarray:
    """Covariance of the tilts that the setting ``tilt`` specifies, [dim, dim]."""
    kind, _, text = spec.tilt.partition(":")
    expected = f"tilt {spec.tilt!r}: expected auto, isotropic:S2, hessian:SCALE or matrix:A,B;B,C"
    try:
        if kind == "matrix":
            return np.array([[float(number) for number in row.split(",")] for row in text.split(";")])
        scale = float(text) if text else 1.0
    except ValueError as error:
        raise InputError(expected) from error
    if not (np.isfinite(scale) and scale > 0):
        raise InputError(expected)
    if kind == "isotropic":
        return scale * np.eye(potential.dim)
    if kind == "hessian":
        return scale * hessian(potential, potential.minima[0])
    if kind == "auto" and text:
        raise InputError(expected)
    if kind != "auto":
        raise UnknownNameError("tilt", kind, ["auto", "isotropic", "hessian", "matrix"])
    factor = dynamics.variance_factor(spec.terms)
    if factor <= 0:  # a full batch has no noise, whatever the tilts
        return np.eye(potential.dim)
    temperature = spec.temperature if spec.temperature > 0 else 1.0
    return 2.0 * temperature / (dynamics.step_size * factor) * np.eye(potential.dim)
