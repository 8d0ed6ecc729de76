"""JAX: the steps between two records are one jitted lax.scan, in float64. The gradient is written out: jax.grad was slower."""

import jax
import jax.numpy as jnp
from workload import EVERY, NARROW, NOISE, STEP_SIZE, TAU, WIDE, A, Advance, measure

jax.config.update("jax_enable_x64", True)


def difference(x: jax.Array) -> jax.Array:
    """q_n - q_w of walkers x [dim, walkers]: the squares multiplied out."""
    return 0.5 * (NARROW - WIDE) * ((x**2).sum(0) + A**2) - A * (NARROW + WIDE) * x[0]


def gradient(x: jax.Array) -> jax.Array:
    w = jax.nn.sigmoid(difference(x) / TAU)
    centre = jnp.zeros((len(x), 1)).at[0].set(A)  # of the narrow well
    return w * WIDE * (x + centre) + (1.0 - w) * NARROW * (x - centre)


def step(x: jax.Array, key: jax.Array) -> tuple[jax.Array, None]:
    return x - STEP_SIZE * gradient(x) + NOISE * jax.random.normal(key, x.shape), None


@jax.jit
def record(x: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    key, draw = jax.random.split(key)
    x, _ = jax.lax.scan(step, x, jax.random.split(draw, EVERY))
    return x, key, difference(x) > 0.0


def prepare(dim: int, walkers: int, seed: int, threads: int) -> Advance:
    """JAX takes all cores that it is allowed."""
    x = jnp.zeros((dim, walkers)).at[0].set(jnp.where(jnp.arange(walkers) % 2, A, -A))
    key = jax.random.key(seed)

    def advance(records: int) -> jax.Array:
        nonlocal x, key
        visits = jnp.zeros(walkers)
        for _ in range(records):
            x, key, inside = record(x, key)
            visits += inside
        return visits

    return advance


if __name__ == "__main__":
    measure("JAX", prepare, ["jax", "jaxlib"])
