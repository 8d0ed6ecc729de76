"""Fig. 4: of two minima of one depth, the degenerate one is the likelier (d = 2)."""

from typing import Any

from langevin_sim.formatting import measured, number
from langevin_sim.memo import wedge
from langevin_sim.memo.experiment import Experiment
from langevin_sim.memo.text import claim, document, masses, passages, region

AMPLITUDE, DIFFERENCE = 0.2, 0.25  # the authors'

_MEMO = (
    "The memo shows a potential in two dimensions, with a degenerate minimum and one of the same depth that is not, and the "
    "histogram of Langevin gradient descent on it, and says that the degenerate minimum is preferred, as in Boltzmann's law."
)


def experiment(literal: bool) -> Experiment:
    """Wedge in two dimensions."""
    arm = wedge.literal(2, AMPLITUDE, DIFFERENCE) if literal else wedge.converged(2)
    return Experiment("fig4", literal, (arm,))


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    result = summary["results"][0]
    ratio = result["ratio"]
    valley, pyramid = region(result, "valley"), region(result, "pyramid")
    held = (
        f"The valley holds {measured(valley['mass'], valley['stderr'])} (Boltzmann {number(valley['boltzmann'])}), "
        "the pyramid "
        f"{measured(pyramid['mass'], pyramid['stderr'])} (Boltzmann {number(pyramid['boltzmann'])})."
    )
    if summary["mode"] == "converged":
        return document(
            "Fig. 4, converged: the degenerate minimum is the likelier",
            _MEMO,
            summary,
            f"The histogram of (x_1, x_2) on the wedge at T = {result['temperature']:g}, by MALA, which samples "
            f"Boltzmann's law exactly at any step, beside that law. {held} {claim(summary['results'])}",
            "How it differs from the memo: the authors took eta = 1, differences over 0.25 and one walker; see --literal. "
            "The valley is the likelier by its volume, which says nothing of its slopes.",
            masses(summary["results"]),
        )
    return document(
        "Fig. 4, with the authors' settings",
        _MEMO,
        summary,
        f"Wedge in d = 2, eta = 1, noise A = {result['noise']:g} a step, forward differences over {DIFFERENCE:g} divided "
        "by it, from the pyramid's apex, every step recorded, no burn-in. The number of steps is that of Figs. 3 and 5; "
        f"{result['walkers']:,} replicas of the authors' one walker are pooled.",
        f"{held} The valley is the likelier, as the memo has it, but by {ratio['mean']:.2f} and not by "
        f"{ratio['boltzmann']:.0f}: Boltzmann is at T = A^2/(2 eta) = {result['temperature']:g}, which these runs do not "
        "sample. The slopes are 1, so that at eta = 1 one step of the gradient is as long as the slope, and a walker "
        "jumps about the floor rather than settling on it. Forward differences draw the histogram to one side.",
        passages(summary["results"]),
        masses(summary["results"]),
    )
