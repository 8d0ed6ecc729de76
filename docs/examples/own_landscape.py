"""A user-defined landscape, from a Python function and from an expression: what the program finds out about it, and a run.

python docs/examples/own_landscape.py
"""

import langevin_sim as ls


def energy(x):
    """Three wells on a line, a bowl in all other coordinates; x is one point, float64[dim]."""
    total = 0.5 * x[0] ** 2 * (x[0] ** 2 - 4.0) ** 2 / 4.0
    for j in range(1, x.shape[0]):
        total += 0.5 * x[j] ** 2
    return total


def gradient(x):
    """Its gradient; without one, central differences are taken, with a warning."""
    slope = x.copy()
    slope[0] = x[0] * (x[0] ** 2 - 4.0) * (3.0 * x[0] ** 2 - 4.0) / 4.0
    return slope


written = ls.potentials.make(energy, 2, gradient=gradient, name="three wells")
typed = ls.potentials.make("x1^2 * (x1^2 - 4)^2 / 8 + (sum(x^2) - x1^2) / 2", 2)

for U in (written, typed):
    print(f"{U.name}: minima {U.minima.round(3).tolist()}, stable for steps below {U.stability_bound:.3f}")
    run = ls.simulate(U, ls.MALA(step_size=0.05, temperature=1.0), walkers=1024, steps=4_000, burn_in=1_000, every=20, seed=1)
    law = ls.boltzmann(U, temperature=1.0)
    for name, (mass, error) in run.occupancy.items():
        print(f"  {name}: simulated {mass:.4f} ± {error:.4f}, Boltzmann {law.mass(name):.4f}")
