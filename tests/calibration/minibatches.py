"""SGDL on rbf at 10,240 walkers beside its exact law and beside Boltzmann's. Some three minutes on 2 threads.

    python tests/calibration/minibatches.py > tests/calibration/minibatches.md

Seed fixed before looking; a shorter test of the same kind is in tests/test_batches.py.
"""

import time

from scipy.stats import norm

import langevin_sim as ls

SEED = 722019
RATE = 1e-3  # false-alarm rate of the comparisons with the exact law, all together
WALKERS, STEPS, BURN_IN, EVERY = 10_240, 30_000, 8000, 40


def main() -> None:
    """Three masses and the mean energy, from two laws and from walkers."""
    potential = ls.potentials.rbf()
    dynamics = ls.SGDL(16.0, 0.0015, batch_size=15)
    began = time.process_time()
    law = ls.chain_law(potential, dynamics)
    law_seconds = time.process_time() - began
    base = ls.boltzmann(potential, dynamics.temperature)
    run = ls.simulate(potential, dynamics, walkers=WALKERS, steps=STEPS, burn_in=BURN_IN, record_every=EVERY, seed=SEED)
    quantities = [(name, found, law.masses[name], law.errors[name], base.masses[name]) for name, found in run.occupancy.items()]
    quantities.append(("mean energy", run.energy, law.mean_energy, law.mean_energy_error, base.mean_energy))
    bound = norm.isf(RATE / 2 / len(quantities))
    print("# SGDL on rbf beside two laws\n")
    print(f"Made by `tests/calibration/minibatches.py`, seed {SEED}, fixed before looking.\n")
    print(
        f"eta = {dynamics.step_size:g}, batches of {dynamics.batch_size} of 115 without replacement, T = "
        f"{dynamics.temperature:g}; {WALKERS:,} walkers of {STEPS:,} steps, seen every {EVERY}, after {BURN_IN:,} of burn-in; "
        f"the chain's relaxation time is {law.relaxation_steps:.0f} steps. z is the distance over the walkers' error and the "
        f"law's; with {len(quantities)} comparisons |z| stays below {bound:.2f} in all but {RATE:g} of such studies.\n"
    )
    print("| quantity | walkers | exact law | its error | z | Boltzmann | z |\n| --- | --- | --- | --- | --- | --- | --- |")
    scores = []
    for name, found, exact, error, boltzmann in quantities:
        scores.append((found.mean - exact) / (found.stderr**2 + error**2) ** 0.5)
        away = (found.mean - boltzmann) / found.stderr
        measured = f"{found.mean:.7f} ± {found.stderr:.7f}"
        print(f"| {name} | {measured} | {exact:.7f} | {error:.1e} | {scores[-1]:+.2f} | {boltzmann:.7f} | {away:+.0f} |")
    verdict = "agree" if max(map(abs, scores)) < bound else "DO NOT agree"
    print(f"\nThe walkers {verdict} with the exact law. The law took {law_seconds:.1f} s on one core.")


if __name__ == "__main__":
    main()
