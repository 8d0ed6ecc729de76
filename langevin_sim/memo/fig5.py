"""Fig. 5: the more dimensions, the less is left to the minimum that is not degenerate."""

from typing import Any

from langevin_sim.formatting import measured, number
from langevin_sim.memo import wedge
from langevin_sim.memo.experiment import Experiment
from langevin_sim.memo.text import document, masses, passages, region

DIMS = (2, 3, 4, 5)
AMPLITUDE, DIFFERENCE = 0.131, 0.2  # the authors', for d = 5

_MEMO = (
    "The memo shows histograms of x_1 of Langevin gradient descent on the potential of Fig. 4 in more dimensions, and says that "
    "the distribution concentrates strongly around the degenerate minima as dimensions are added."
)
_CAPTION = (
    "On the memo's caption: it calls W_1 = 2 the degenerate minimum, and says that the density falls there as dimensions "
    "are added. The valley lies along x_1, and its share of the x_1 histogram is the same everywhere; what stands out at "
    "x_1 from 2 to 4, and falls with d, is the pyramid, the minimum that is not degenerate. The conclusion is right, the "
    "name of the place is not."
)


def experiment(literal: bool) -> Experiment:
    """Wedge in 2 to 5 dimensions."""
    arms = [wedge.literal(d, AMPLITUDE, DIFFERENCE) if literal else wedge.converged(d) for d in DIMS]
    return Experiment("fig5", literal, tuple(arms))


def text(summary: dict[str, Any]) -> str:
    """figure.md."""
    results = summary["results"]
    pyramids = [(r["dim"], region(r, "pyramid")) for r in results]
    fall = ", ".join(f"{measured(p['mass'], p['stderr'])} in d = {d} (Boltzmann {p['boltzmann']:.2g})" for d, p in pyramids)
    last = results[-1]
    if summary["mode"] == "converged":
        return document(
            "Fig. 5, converged: the pyramid's mass falls with dimension",
            _MEMO,
            summary,
            f"Histograms of x_1 on the wedge at T = {last['temperature']:g}, by MALA, beside Boltzmann's law. The pyramid "
            f"holds {fall}; the valley {measured(region(last, 'valley')['mass'], region(last, 'valley')['stderr'])} in d = "
            f"{last['dim']} (Boltzmann {number(region(last, 'valley')['boltzmann'])}).",
            _CAPTION,
            "How it differs from the memo: steps with an acceptance test, many walkers, and a temperature at which "
            "walkers pass often; the authors' eta = 1 and one walker are in --literal.",
            masses(results),
        )
    return document(
        "Fig. 5, with the authors' settings",
        _MEMO,
        summary,
        f"Wedge, eta = 1, noise A = {last['noise']:.3g} a step, forward differences over {DIFFERENCE:g} divided by it, "
        "from the pyramid's apex, every step recorded, no burn-in. The authors' settings are known for d = 5; d = 2 to 4 "
        f"are run with the same. {last['walkers']:,} replicas of the authors' one walker are pooled; the band holds the "
        "middle 68 % of single ones.",
        f"The pyramid holds {fall}. Boltzmann is at T = A^2/(2 eta) = {last['temperature']:.4g}, which these runs do not "
        "sample: eta = 1 is not small where slopes are 1.",
        _CAPTION,
        passages(results),
        masses(results),
    )
