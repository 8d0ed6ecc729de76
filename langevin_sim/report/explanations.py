"""Verdicts and missing laws, in plain sentences."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from langevin_sim.analysis.verdict import RHAT_LIMIT, SOUND, STATIONARITY_LEVEL
from langevin_sim.dynamics import traits_of
from langevin_sim.formatting import measured
from langevin_sim.simulation.plan import LEAST_TIMES

Result = dict[str, Any]
# of one ensemble, of several, of all of several
_SAID = {
    "agrees": (
        "agrees with Boltzmann's law within the errors",
        "agree with Boltzmann's law within the errors",
        "All {} ensembles agree with Boltzmann's law within the errors",
    ),
    "finite-step": (
        "follows the exact law of the chain with its finite step, not Boltzmann's",
        "follow the exact law of the chain with its finite step, not Boltzmann's",
        "All {} ensembles follow the exact law of the chain with its finite step, not Boltzmann's",
    ),
    "differs": (
        "does not follow Boltzmann's law, and has no finite-step law to be compared with",
        "do not follow Boltzmann's law, and have no finite-step law to be compared with",
        "None of the {} ensembles follows Boltzmann's law, and none has a finite-step law to be compared with",
    ),
    "disagrees": (
        "disagrees with what must hold: something is wrong",
        "disagree with what must hold: something is wrong",
        "All {} ensembles disagree with what must hold: something is wrong",
    ),
    "unconverged": (
        "is not stationary yet, so nothing is claimed about it",
        "are not stationary yet, so nothing is claimed about them",
        "None of the {} ensembles is stationary yet, so nothing is claimed about them",
    ),
    "no-reference": (
        "has no law to compare with",
        "have no law to compare with",
        "None of the {} ensembles has a law to compare with",
    ),
}


def headline(results: Sequence[Result]) -> str:
    """One sentence for all ensembles: 'Of 6 ensembles 4 agree with Boltzmann's law ..., and 2 ...'."""
    counts = {verdict: sum(r["verdict"] == verdict for r in results) for verdict in _SAID}
    found = {verdict: number for verdict, number in counts.items() if number}
    if len(found) == 1:
        one, _, several = _SAID[next(iter(found))]
        return f"The ensemble {one}." if len(results) == 1 else f"{several.format(len(results))}."
    parts = [f"{number} {_SAID[verdict][number > 1]}" for verdict, number in found.items()]
    return f"Of {len(results)} ensembles, {'; '.join(parts)}."


def growth(results: Sequence[Result]) -> list[str]:
    """How the mass of the first region changes with dimension, for each dynamics that follows a law in all dimensions."""
    sentences = []
    for dynamics in dict.fromkeys(r["dynamics"] for r in results):
        mine = sorted((r for r in results if r["dynamics"] == dynamics), key=lambda r: r["dim"])
        if len(mine) < 2 or any(r["verdict"] not in SOUND for r in mine) or len(mine[0]["regions"]) < 2:
            continue
        masses = [r["regions"][0]["mass"] for r in mine]
        steps = [after - before for before, after in pairwise(masses)]
        way = "grows" if min(steps) > 0 else "falls" if max(steps) < 0 else "goes"
        (first, last), name = (mine[0], mine[-1]), mine[0]["regions"][0]["name"]
        steadily = " with every dimension," if way != "goes" and len(mine) > 2 else ""
        sentences.append(
            f"With {_name(mine[0])} the mass of the region {name} {way}{steadily} from {_mass(first)} in d = "
            f"{first['dim']} to {_mass(last)} in d = {last['dim']}."
        )
    return sentences


def verdicts(results: Sequence[Result]) -> list[tuple[str, str]]:
    """('gdl, d = 1 to 5: finite-step.', 'GDL at step 0.02 does not sample ...'), one pair for all ensembles of one sentence."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for r in results:
        groups.setdefault((r["dynamics"], r["verdict"], _sentence(r)), []).append(r)
    return [
        (f"{dynamics}, {dimensions(r['dim'] for r in mine)}: {verdict}.", f"{sentence} {_example(mine)}".strip())
        for (dynamics, verdict, sentence), mine in groups.items()
    ]


def missing(results: Sequence[Result]) -> list[tuple[str, str]]:
    """Which laws could not be computed, and why."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for r in results:
        for law, key in (("Boltzmann's law", "reference_reason"), ("the chain law", "chain_reason")):
            if r[key]:
                groups.setdefault((r["dynamics"], law, r[key]), []).append(r["dim"])
    return [
        (f"No {law.removeprefix('the ')} for {dynamics} ({dimensions(dims)}):", f"{reason}.")
        for (dynamics, law, reason), dims in groups.items()
    ]


def dimensions(dims: Iterable[int]) -> str:
    """'d = 3', 'd = 1 to 5', 'd = 1, 2, 5'."""
    numbers = sorted(set(dims))
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"d = {numbers[0]} to {numbers[-1]}"
    return "d = " + ", ".join(map(str, numbers))


def _sentence(r: Result) -> str:
    who = f"{_name(r)} at step {r['step_size']:g}"
    has_law = r["reference_reason"] is None
    match r["verdict"]:
        case "agrees":
            return f"The masses of the regions and the mean energy under {who} are those of Boltzmann's law, within the errors."
        case "finite-step" if has_law:
            return (
                f"{who} does not sample Boltzmann's law exactly, but agrees with the law of the chain with its finite step: "
                "the sampler is right, but the step is too large for the difference to vanish within the errors."
            )
        case "finite-step":
            return f"{who} agrees with the law of the chain with its finite step; there is no Boltzmann law beside it."
        case "differs":
            return (
                f"{who} does not sample Boltzmann's law{_decided(r)}; whether that is due to the finite step cannot be told, "
                "because the chain law is not known. A smaller step, or mala, would tell."
            )
        case "disagrees":
            must = "should sample Boltzmann's law at any step" if traits_of(r).exact else "should pass every test that must hold"
            return (
                f"{who} {must}, and does not{_decided(r)}: something is wrong, or the run is too short to sample "
                "rare transitions. By chance this happens in at most 1 % of runs."
            )
        case "unconverged":
            longer = "A longer run (--steps auto), or other starts, can tell more."
            return f"{_unsettled(r)} {'A smaller step prevents this.' if r['diverged'] else longer}"
        case _:
            reasons = r.get("verdict_reasons") or [r["reference_reason"] or "no law was computed"]
            return f"There is nothing to compare with: {'; '.join(reasons)}."


def _decided(r: Result) -> str:
    """' (the energy)': what decided; empty in a folder of schema 1."""
    return f" (decided by the {r['decided_by']})" if r.get("decided_by") else ""


def _unsettled(r: Result) -> str:
    """Why an ensemble does not count as stationary."""
    found = []
    if r["diverged"]:
        found.append(f"{r['diverged']:,} of its walkers diverged")
    if r["rhat"] is not None and r["rhat"] > RHAT_LIMIT:
        found.append(f"walkers from different starts still differ (nested R-hat above {RHAT_LIMIT:g})")
    if r["rhat"] is None and r["stationarity_pvalue"] == 0:
        found.append("it was observed too rarely to tell")
    elif r["stationarity_pvalue"] < STATIONARITY_LEVEL:
        found.append("the two halves of the run differ by more than chance")
    if r["relaxation_steps"] is not None and r["burn_in"] + r["steps"] < LEAST_TIMES * r["relaxation_steps"]:
        found.append(f"the run is shorter than {LEAST_TIMES} relaxation times")
    return f"Not stationary: {'; '.join(found or ['all walkers began in one region, and none was observed to leave it'])}."


def _example(results: Sequence[Result]) -> str:
    """The numbers of the ensemble whose mass is the most standard errors away from Boltzmann's."""
    if results[0]["verdict"] not in ("finite-step", "differs", "disagrees"):
        return ""

    def far(r: Result) -> float:
        region = r["regions"][0]
        return abs(region["mass"] - region["boltzmann"]) / region["stderr"] if region["stderr"] else math.inf

    compared = [r for r in results if r["regions"][0]["boltzmann"] is not None]
    if not compared or len(compared[0]["regions"]) < 2:
        return ""
    most = max(compared, key=far)
    region = most["regions"][0]
    own = "" if region["chain"] is None else f", the chain law {region['chain']:.5f}"
    lead = "In" if len(results) == 1 else "The clearest case: in"
    return (
        f"{lead} d = {most['dim']} the mass of {region['name']} is {_mass(most)}, where Boltzmann's law has "
        f"{region['boltzmann']:.5f}{own}."
    )


def _mass(r: Result) -> str:
    region = r["regions"][0]
    return measured(region["mass"], region["stderr"])


def _name(r: Result) -> str:
    return traits_of(r).title
