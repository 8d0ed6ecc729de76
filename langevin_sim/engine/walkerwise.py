"""Convert a stepper written for one walker to the engine's block form."""

import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from langevin_sim.dynamics import Dynamics
from langevin_sim.engine.batches import draw_batches
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import Stepper, check_record, reason, register
from langevin_sim.errors import InputError, UnknownNameError

_SETTINGS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
_OFFERED = ("x", "gradient", "normal", "memory", "step", "step_size", "noise", "temperature")


def stepper(record: type[Dynamics]) -> Callable[[Any], Any]:
    """A decorator: the function moves one walker of this dynamics by one step, and returns its new position, float64[dim].

        @ls.stepper(Loud)
        def step(x, gradient, normal, step_size, noise):
            return x - step_size * gradient + 2.0 * noise * normal

    It may name these arguments, in any order: x, the position, float64[dim]; gradient, grad U(x), or the mean over a
    batch if the record draws batches; normal, dim numbers xi ~ N(0, 1); memory, float64[record.memory_rows(dim)], zero
    at the start, which it changes in place; step, the number of the step, 0, 1, ..; step_size, eta; noise, the amplitude
    sqrt(2 eta T), or what the schedules give; temperature, noise^2 / (2 eta); and the record's own settings, as
    float64. The engine projects the result onto the domain. The function is compiled by numba; equal arguments must give
    equal results, so it must not draw random numbers itself. InputError for any other argument name.
    """

    check_record(record)

    def decorate(function: Any) -> Any:
        register(_of_one_walker(function, record), (record,))
        return function

    return decorate


def _of_one_walker(function: Any, record: type[Dynamics]) -> Stepper:
    own = list(record.own_settings())
    values = {name: name for name in _OFFERED} | {name: f"settings[{k}]" for k, name in enumerate(own)}
    taken = list(inspect.signature(getattr(function, "py_func", function)).parameters)
    for name in taken:
        if name not in values:
            raise UnknownNameError(f"argument of the stepper of {record.name}", name, list(values))
    one = function if hasattr(function, "py_func") else numba.njit(**_SETTINGS)(function)
    # a function of every offered argument that passes on those wanted; the names are this module's, or identifiers
    call = numba.njit(**_SETTINGS)(
        eval(f"lambda {', '.join(_OFFERED)}, settings: one({', '.join(values[name] for name in taken)})", {"one": one})
    )
    needs_gradient, needs_normals, of_batch = "gradient" in taken, "normal" in taken, record.stochastic_gradient
    place_of_replacement = own.index("replacement") if "replacement" in own else -1

    def block(
        t,
        X,
        memory,
        scratch,
        stream,
        step_size,
        noise,
        settings,
        domain,
        gradient,
        energy,
        parameters,
        batch_gradient,
        data,
        batch,
        shuffled,
    ):
        dim, rows = X.shape[0], memory.shape[0]
        G, Z = np.zeros((dim, BLOCK)), np.zeros((dim, BLOCK))
        x, g, z, carried = np.empty(dim), np.empty(dim), np.empty(dim), np.empty(rows)
        if needs_gradient and of_batch:
            replacement = place_of_replacement >= 0 and settings[place_of_replacement] != 0.0
            draw_batches(stream, np.empty((batch.shape[0], BLOCK)), shuffled, batch, replacement)
            batch_gradient(X, batch, G, gradient, parameters, data)
        elif needs_gradient:
            gradient(X, G, parameters)
        if needs_normals:
            fill_normals(stream, Z)
        for i in range(BLOCK):
            for j in range(dim):
                x[j], g[j], z[j] = X[j, i], G[j, i], Z[j, i]
            for j in range(rows):
                carried[j] = memory[j, i]
            moved = call(x, g, z, carried, t, step_size, noise, noise * noise / (2.0 * step_size), settings)
            for j in range(dim):
                X[j, i] = moved[j]
            for j in range(rows):
                memory[j, i] = carried[j]
        project(X, domain)

    def trial(dynamics: Dynamics, dim: int) -> None:
        zeros = np.zeros(dim)
        memory, settings = np.zeros(dynamics.memory_rows(dim)), dynamics.settings()
        numbers = (0, dynamics.step_size, dynamics.noise, dynamics.temperature)
        try:
            with np.errstate(all="ignore"):
                moved = call(zeros.copy(), zeros.copy(), zeros.copy(), memory, *numbers, settings)
        except Exception as error:  # a user's code, or numba, may raise anything
            raise InputError(f"{dynamics.name}: its stepper cannot be compiled or called: {reason(error)}") from error
        if np.shape(moved) != (dim,):
            raise InputError(
                f"{dynamics.name}: its stepper returned shape {np.shape(moved)}; return the new x, of shape ({dim},)"
            )

    return Stepper(numba.njit(**_SETTINGS)(block), trial)
