"""langevin-sim as its users call it: simulate() whole, with histograms, occupancies and tests of convergence, at its defaults."""

import time
from importlib.metadata import version

from workload import OUR_STEPS, STEP_SIZE, TEMPERATURE, WALKERS, options, report

import langevin_sim as ls

CASES = {
    "gdl": (ls.GDL, ls.potentials.twowell, (1, 2, 5)),
    "gdl-3": (ls.GDL, ls.potentials.twowell, (3,)),
    "mala": (ls.MALA, ls.potentials.twowell, (1, 2, 5)),
    "doublewell": (ls.GDL, lambda dim: ls.potentials.doublewell(dim, barrier=1.0, stiffness=2.0), (2,)),  # deeptime's
}


def main() -> None:
    """Run the cases asked for; loop is the share of the time that the walkers' steps took."""
    parser = options()
    parser.set_defaults(burn_in=OUR_STEPS[0], steps=OUR_STEPS[1])
    parser.add_argument("cases", nargs="+", choices=list(CASES))
    asked = parser.parse_args()
    versions = {name: version(name) for name in ("langevin-sim", "numba", "numpy")}
    for make_dynamics, make_potential, dims in (CASES[case] for case in asked.cases):
        for dim in dims:
            potential, dynamics = make_potential(dim), make_dynamics(STEP_SIZE, TEMPERATURE)
            common = {"walkers": WALKERS, "seed": asked.seed, "threads": asked.threads}
            ls.simulate(potential, dynamics, steps=400, burn_in=0, **common)  # compiled, or loaded
            clock, cpu = time.perf_counter(), time.process_time()
            run = ls.simulate(potential, dynamics, steps=asked.steps, burn_in=asked.burn_in, **common)
            seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
            region = potential.regions[0].name
            mass, error = run.occupancy[region].mean, run.occupancy[region].stderr
            work = WALKERS * (asked.burn_in + asked.steps) * dim
            report(
                peer="langevin-sim",
                dynamics=dynamics.name,
                potential=potential.name,
                region=region,
                dim=dim,
                mass=mass,
                error=error,
                ns=1e9 * seconds / work,
                loop=run.seconds / seconds,
                seconds=seconds,
                cores=cpu / seconds,
                versions=versions,
            )


if __name__ == "__main__":
    main()
