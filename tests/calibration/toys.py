"""The toys against theory, at length: boxes, wedge, SGD with tilts, least squares, annealing. Four minutes on 2 threads.

    python tests/calibration/toys.py > tests/calibration/toys.md

Seed fixed before looking; the short tests, with their negative controls, are in tests/test_toys.py.
"""

import math
import time

import numpy as np
from scipy.stats import norm

from langevin_sim import potentials
from langevin_sim.dynamics import LM, MALA, RWM, SGD, SGDL, Dynamics, parse_schedule
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.potentials.potential import Potential
from langevin_sim.reference import boltzmann, chain_law
from langevin_sim.reference.least_squares import lyapunov_covariance, stationary_covariance
from langevin_sim.simulation.simulate import available_threads, landscape, simulate, starting_points

SEED = 722019
RATE = 1e-3  # false-alarm rate of the whole study
SCORES: list[float] = []  # every z-score that enters the verdict


def row(*cells: object) -> None:
    """A line of a table."""
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


def heading(title: str, text: str, *columns: str) -> None:
    """A section and the head of its table."""
    print(f"\n## {title}\n\n{text}\n")
    row(*columns)
    row(*["---"] * len(columns))


def compare(label: str, U: Potential, dynamics: Dynamics, masses: np.ndarray, steps: int, start: str, walkers: int) -> None:
    """Occupancies in the second half of the steps, and how they moved from the first half."""
    half = steps // 2
    runs = [
        simulate(U, dynamics, walkers=walkers, steps=half, burn_in=skip, every=40, start=start, seed=SEED) for skip in (0, half)
    ]
    change = runs[1].walker_means - runs[0].walker_means
    for k, (name, found) in enumerate(runs[1].occupancy.items()):
        z = (found.mean - masses[k]) / found.stderr
        drift = change[:, k].mean() / (change[:, k].std(ddof=1) / math.sqrt(walkers))
        SCORES.append(z)
        if start == "exact":
            SCORES.append(drift)
        moved = f"{drift:+.2f}" if start == "exact" else ""
        row(label, name, start, f"{masses[k]:.5f}", f"{found.mean:.5f} +- {found.stderr:.5f}", f"{z:+.2f}", moved)


def boxes() -> None:
    """Two temperatures in each dimension, by local steps from exact draws and by long ones from dispersed starts."""
    columns = "d, T", "region", "start", "exact", "found", "z", "second half - first, z"
    heading(
        "Boxes under RWM",
        "2^d : 4^d : (18^d - 2^d - 4^d) e^(-1/T), at 0.9 and 1.5 times the T at which the wells "
        "hold a half. Steps of deviation 0.7 from exact draws; of deviation 9, half the torus, from dispersed "
        "starts.",
        *columns,
    )
    for dim in range(1, 6):
        for hotter in (0.9, 1.5):
            wells = 2.0**dim + 4.0**dim
            T = hotter / math.log((18.0**dim - wells) / wells)
            weights = np.array([4.0**dim, 2.0**dim, (18.0**dim - wells) * math.exp(-1 / T)])
            for start, deviation, steps in (("exact", 0.7, 8000), ("dispersed", 9.0, 40_000)):
                U, dynamics = potentials.boxes(dim), RWM(deviation**2 / (2 * T), T)
                compare(f"{dim}, {T:.3f}", U, dynamics, weights / weights.sum(), steps, start, 4096)


def wedge() -> None:
    """T = 0.2 in d = 2..5."""
    columns = "d, dynamics", "region", "start", "exact", "found", "z", "second half - first, z"
    heading("Wedge", "T = 0.2, exact draws; 16,000 steps of MALA (eta = 0.05), of LM (eta = 0.0005).", *columns)
    for dim in range(2, 6):
        U = potentials.wedge(dim)
        assert U.exact_masses is not None
        for dynamics in (MALA(0.05, 0.2), LM(5e-4, 0.2)):
            compare(f"{dim}, {dynamics.name}", U, dynamics, U.exact_masses(0.2), 16_000, "exact", 4096)


def tilts() -> None:
    """SGD on twowell at T_eff = 1."""
    heading(
        "SGD with tilts on twowell",
        "Mass of the wide well, d = 2, T_eff = 1; the chain law takes the noise as "
        "Gaussian. z: against it; those of 1000 tilts count.",
        "eta",
        "tilts, batch",
        "Boltzmann",
        "chain",
        "found",
        "z",
    )
    W = potentials.twowell(2)
    exact = boltzmann(W, 1.0).mass("wide")
    for eta in (0.08, 0.04):
        for terms, batch in ((1000, 10), (100, 10), (100, 2)):
            U = potentials.tilted(W, 2.0 * batch * (terms - 1) / (eta * (terms - batch)), terms=terms)
            dynamics = SGD(eta, batch_size=batch)
            chain = chain_law(U, dynamics).mass("wide")
            run = simulate(U, dynamics, walkers=10_240, steps=20_000, burn_in=4000, seed=SEED)
            found = run.occupancy["wide"]
            z = (found.mean - chain) / found.stderr
            SCORES.extend([z] * (terms == 1000))
            row(eta, f"{terms}, {batch}", f"{exact:.5f}", f"{chain:.5f}", f"{found.mean:.5f} +- {found.stderr:.5f}", f"{z:+.2f}")
    heading(
        "The slope",
        "(chain - Boltzmann)/eta of the same mass at T_eff = 1, exact.",
        "softness",
        "d",
        "eta = 0.01",
        "0.02",
        "0.04",
    )
    for softness in (1.0, 0.25):
        for dim in (1, 2):
            smooth = potentials.twowell(dim, softness=softness)
            base, slopes = boltzmann(smooth, 1.0).mass("wide"), []
            for eta in (0.01, 0.02, 0.04):
                U = potentials.tilted(smooth, 2.0 * 990 / (eta * 90))
                slopes.append((chain_law(U, SGD(eta, batch_size=10)).mass("wide") - base) / eta)
            row(softness, dim, *(f"{slope:.4f}" for slope in slopes))


def least_squares() -> None:
    """The covariance on regression(5), 200,000 walkers."""
    heading(
        "Least squares, d = 5, n = 50",
        "Covariance of 200,000 walkers after 500 steps: the largest |z| of its 15 elements, "
        "against the exact one (counts) and Lyapunov's first order; and its trace.",
        "eta, b",
        "exact: largest z",
        "Lyapunov: largest z",
        "trace found",
        "exact",
        "Lyapunov",
    )
    U = potentials.regression(5)
    for eta, batch in ((0.05, 4), (0.15, 4), (0.3, 10)):
        dynamics = SGD(eta, batch_size=batch)
        e = new_ensemble(
            landscape(U),
            dynamics,
            np.tile(U.minima[0], (200_000, 1)),
            seed=SEED,
            key=(5,),
            burn_in=0,
            every=500,
            bound=1e6,
            threads=available_threads(),
        )
        e.advance(500)
        x = np.moveaxis(e.positions, 1, 2).reshape(-1, 5)[:200_000]
        away = x - x.mean(0)
        products = (away[:, :, None] * away[:, None, :])[:, *np.triu_indices(5)]
        error = products.std(0) / math.sqrt(len(x))
        laws = [stationary_covariance(U, dynamics), lyapunov_covariance(U, dynamics)]
        scores = [(products.mean(0) - law[np.triu_indices(5)]) / error for law in laws]
        SCORES.extend(scores[0])
        squares = (away**2).sum(1)
        found = f"{squares.mean():.5f} +- {squares.std() / math.sqrt(len(x)):.5f}"
        row(f"{eta}, {batch}", *(f"{abs(z).max():.2f}" for z in scores), found, *(f"{np.trace(law):.5f}" for law in laws))


def annealing() -> None:
    """Gelfand and Mitter's schedule against constant steps."""
    heading(
        "Annealing",
        "twowell, depth 0.2 (the narrow well is the shallower), tilts of variance 1, b = 10 of 100: share of "
        "4096 walkers in the wide, deeper well after 100,000 steps from dispersed starts. eta_t = a/(t + t_0) with "
        "eta_0 = 0.1; the noise makes T_t = b/(2 a log log s) fall from T_0. "
        "Every schedule that was tried is shown; nothing counts towards the verdict.",
        "d",
        "dynamics",
        "t_0",
        "T, first and last",
        "sum of steps",
        "share",
    )
    walkers, steps = 4096, 100_000
    for dim in (1, 2, 3):
        U = potentials.tilted(potentials.twowell(dim, depth=0.2), 1.0)
        cases: list[tuple[str, Dynamics]] = [("SGD", SGD(0.1))]
        for t0, T in ((1000, 1.0), (100, 1.0), (1000, 0.5)):
            a = 0.1 * t0
            schedule = parse_schedule(f"gelfand-mitter:a={a!r},b={2 * a * T * math.log(math.log(t0))!r},t0={t0}")
            cases.append((str(t0), SGDL(0.1, T, step_schedule=schedule, noise_schedule=schedule)))
        starts, _ = starting_points(U, walkers, "dispersed")
        for name, dynamics in cases if dim == 2 else cases[:2]:
            e = new_ensemble(
                landscape(U),
                dynamics,
                starts,
                seed=SEED,
                key=(dim,),
                burn_in=0,
                every=steps,
                bound=1e6,
                threads=available_threads(),
            )
            e.advance(steps)
            share = float(np.mean(U.label(np.moveaxis(e.positions, 1, 2).reshape(-1, dim)[:walkers]) == 0))
            sizes, noises = dynamics.step_sizes(0, steps), dynamics.noises(0, steps)
            T = noises[[0, -1]] ** 2 / (2 * sizes[[0, -1]])
            error = math.sqrt(share * (1 - share) / walkers)
            row(
                dim,
                dynamics.name,
                "" if name == "SGD" else name,
                f"{T[0]:.2f}, {T[1]:.2f}",
                f"{sizes.sum():.0f}",
                f"{share:.4f} +- {error:.4f}",
            )


def main() -> None:
    """Everything, as Markdown."""
    began = time.perf_counter()
    print(f"# The toys against theory\n\nMade by `tests/calibration/toys.py`, seed {SEED}, fixed before looking.")
    for part in (boxes, wedge, tilts, least_squares, annealing):
        part()
    largest, bound = max(map(abs, SCORES)), norm.isf(RATE / 2 / len(SCORES))
    print(
        f"\n## Verdict\n\n{len(SCORES)} z-scores, the largest {largest:.2f}; {bound:.2f} is the limit at a false-alarm "
        f"rate of {RATE} for the whole study: "
        f"it {'passes' if largest < bound else 'FAILS'}. {time.perf_counter() - began:.0f} s."
    )


if __name__ == "__main__":
    main()
