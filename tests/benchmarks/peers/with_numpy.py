"""NumPy: a row a coordinate, every operation into an array that is kept, and NumPy's fastest generator."""

import numpy as np
from workload import EVERY, NARROW, NOISE, STEP_SIZE, TAU, WIDE, A, Advance, measure


def prepare(dim: int, walkers: int, seed: int, threads: int) -> Advance:
    rng = np.random.Generator(np.random.SFC64(seed))
    x = np.zeros((dim, walkers))
    x[0] = np.where(np.arange(walkers) % 2, A, -A)
    change, xi = np.empty_like(x), np.empty_like(x)
    w, scratch = np.empty(walkers), np.empty(walkers)

    def difference() -> np.ndarray:
        """q_n - q_w, positive in the wide well: the squares multiplied out."""
        np.einsum("ji,ji->i", x, x, out=w)
        np.add(w, A**2, out=w)
        np.multiply(w, 0.5 * (NARROW - WIDE), out=w)
        np.multiply(x[0], A * (NARROW + WIDE), out=scratch)
        return np.subtract(w, scratch, out=w)

    def step() -> None:
        """grad U = w WIDE (x - c_w) + (1 - w) NARROW (x - c_n), where w = 1 / (1 + exp(-(q_n - q_w) / tau))."""
        np.multiply(difference(), -1.0 / TAU, out=w)
        np.exp(w, out=w)
        np.add(w, 1.0, out=w)
        np.reciprocal(w, out=w)
        np.multiply(w, STEP_SIZE * (WIDE - NARROW), out=scratch)
        np.add(scratch, STEP_SIZE * NARROW, out=scratch)
        np.multiply(x, scratch, out=change)
        np.multiply(w, STEP_SIZE * A * (WIDE + NARROW), out=w)
        np.subtract(w, STEP_SIZE * A * NARROW, out=w)
        np.add(change[0], w, out=change[0])
        np.subtract(x, change, out=x)
        rng.standard_normal(out=xi)
        np.multiply(xi, NOISE, out=xi)
        np.add(x, xi, out=x)

    def advance(records: int) -> np.ndarray:
        visits = np.zeros(walkers)
        for _ in range(records):
            for _ in range(EVERY):
                step()
            visits += difference() > 0.0
        return visits

    return advance


if __name__ == "__main__":
    measure("NumPy", prepare, ["numpy"])
