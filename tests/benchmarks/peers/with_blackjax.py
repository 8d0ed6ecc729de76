"""BlackJAX: kernels for one chain, vmapped over chains, in a jitted lax.scan, in float64.

sgld with the whole gradient is Euler-Maruyama, its step size eta; mala's proposal is that same step.
"""

from collections.abc import Callable
from functools import partial

import blackjax
import jax
import jax.numpy as jnp
from workload import EVERY, NARROW, STEP_SIZE, TAU, TEMPERATURE, WIDE, A, Advance, measure

jax.config.update("jax_enable_x64", True)


def wells(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """q_w and q_n at one point: the squares multiplied out."""
    square = (x**2).sum() + A**2
    return 0.5 * WIDE * (square + 2.0 * A * x[0]), 0.5 * NARROW * (square - 2.0 * A * x[0])


def logdensity(x: jax.Array) -> jax.Array:
    q_w, q_n = wells(x)
    return (-q_w + TAU * jax.nn.softplus((q_w - q_n) / TAU)) / TEMPERATURE


MALA = blackjax.mala(logdensity, STEP_SIZE)
SGLD = blackjax.sgld(lambda x, _: jax.grad(logdensity)(x))


def mala_step(key, state):
    return MALA.step(key, state)[0]


def sgld_step(key, x):
    return SGLD.step(key, x, None, STEP_SIZE)


def prepare(init: Callable, kernel: Callable, position: Callable, dim: int, walkers: int, seed: int, threads: int) -> Advance:
    """JAX takes all cores that it is allowed."""

    def step(states, key):
        return jax.vmap(kernel)(jax.random.split(key, walkers), states), None

    @jax.jit
    def record(states, key):
        key, draw = jax.random.split(key)
        states, _ = jax.lax.scan(step, states, jax.random.split(draw, EVERY))
        q_w, q_n = jax.vmap(wells)(position(states))
        return states, key, q_w < q_n

    x = jnp.zeros((walkers, dim)).at[:, 0].set(jnp.where(jnp.arange(walkers) % 2, A, -A))
    states, key = jax.vmap(init)(x), jax.random.key(seed)

    def advance(records: int) -> jax.Array:
        nonlocal states, key
        visits = jnp.zeros(walkers)
        for _ in range(records):
            states, key, inside = record(states, key)
            visits += inside
        return visits

    return advance


if __name__ == "__main__":
    packages = ["blackjax", "jax", "jaxlib"]
    measure("BlackJAX sgld", partial(prepare, SGLD.init, sgld_step, lambda x: x), packages)
    measure("BlackJAX mala", partial(prepare, MALA.init, mala_step, lambda state: state.position), packages, dynamics="mala")
