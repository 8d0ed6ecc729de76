"""A run of simulate() beside its laws; lower rooms find it through the entry-point group langevin_sim.plots."""

from typing import Any

from matplotlib.figure import Figure

from langevin_sim.plots import panels
from langevin_sim.plots.figure import title_name
from langevin_sim.simulation.run import Run
from langevin_sim.simulation.summary import marginal


def plot(run: Run, axes: Any = None) -> Any:
    """x_1 as a density with twice its error, beside Boltzmann's law and the chain law: into ``axes`` or a new Figure."""
    if axes is None:
        axes = Figure(layout="constrained").subplots()
    bins = marginal(run, run.references)
    arrays = {"run_edges": bins.edges, "run_mass": bins.mass, "run_stderr": bins.stderr}
    arrays |= {f"run_{name}": law for name, law in (("boltzmann", bins.boltzmann), ("chain", bins.chain)) if law is not None}
    panels.histogram(axes, arrays, "run")
    axes.set(xlabel="$x_1$", ylabel="density")
    axes.set_title(f"{title_name(run.potential.name)}, d = {run.potential.dim}, {run.dynamics.name}", fontsize=10)
    axes.legend(fontsize=8)
    return axes
