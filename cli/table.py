"""The table that langevin-sim run prints, in 80 columns."""

from typing import Any

from langevin_sim.dynamics import traits_of
from langevin_sim.formatting import measured, plus_minus

_COLOURS = {
    "agrees": "green",
    "finite-step": "cyan",
    "differs": "yellow",
    "disagrees": "bold red",
    "unconverged": "yellow",
    "no-reference": "dim",
}
_VARIANCES = 5  # of coordinates that are printed
_FAR_BELOW = 0.1  # a law's error below this share of the walkers' is not printed


def print_table(summary: dict[str, Any]) -> None:
    """Print masses beside exact ones, the energy if it decided, and remarks below the table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from langevin_sim.report.explanations import missing

    table = Table(
        title=f"{summary['potential']}: simulated and exact masses",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("d", no_wrap=True)
    table.add_column("dynamics", overflow="fold")
    table.add_column("region", overflow="fold")
    for name in ("simulated ± error", "Boltzmann", "chain"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for result in summary["results"]:
        verdict = Text(result["verdict"], _COLOURS[result["verdict"]])
        for row in _rows(result):
            table.add_row(str(result["dim"]), result["dynamics"], *row[:4], verdict if row[4] is None else row[4])
    console = Console()
    console.print(table)
    for law, reason in missing([result for result in summary["results"] if result["verdict"] == "no-reference"]):
        console.print(f"{law} {reason}", highlight=False, markup=False, soft_wrap=True)
    for result in summary["results"]:
        for line in _lines(result):
            console.print(f"d={result['dim']} {result['dynamics']}: {line}", highlight=False, markup=False, soft_wrap=True)


def _rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str | None]]:
    """Name, simulated, Boltzmann's, the chain's, and a word of its own where it has one: of every region but the last."""
    rows: list[tuple[str, str, str, str, str | None]] = []
    for region in result["regions"][:-1] or result["regions"]:
        rows.append(
            (region["name"], _pair(region["mass"], region["stderr"]), _law(region, "boltzmann"), _law(region, "chain"), None)
        )
        if region.get("extrapolated") is not None:
            error = region.get("extrapolated_error", region["extrapolated_stderr"])
            limit, word = _pair(region["extrapolated"], error), region.get("extrapolated_verdict", "")
            rows.append(("  η → 0", limit, _law(region, "boltzmann"), "-", word))
    if result.get("decided_by") == "energy":
        energy = result["energy"]
        rows.append(
            (
                "energy",
                plus_minus(energy["mean"], energy["stderr"]),
                _law(energy, "boltzmann", energy["stderr"]),
                _law(energy, "chain", energy["stderr"]),
                None,
            )
        )
    return rows


def _lines(result: dict[str, Any]) -> list[str]:
    """What decided, where the table does not show it; why nothing is claimed; temperatures; moments on least squares."""
    from langevin_sim.reference.stability import Tails, no_second_moment

    lines = []
    shown = {"energy", *(f"mass of {region['name']}" for region in result["regions"][:-1])}
    by = result.get("decided_by")
    if by is not None and (by not in shown or result["verdict"] == "disagrees"):
        lines.append(f"{result['verdict']}, decided by the {by}{_beside(result, by)}")
    if result["verdict"] in ("unconverged", "no-reference"):
        reasons = [text for text in result.get("verdict_reasons", []) if not text.startswith("no ")]  # those are above
        lines += [f"{result['verdict']}: {'; '.join(reasons)}"] if reasons else []
    if traits_of(result).stochastic_gradient and result["effective_temperature"] is not None:
        fitted = result["fitted_temperature"]
        text = "" if fitted is None else f", fitted to the mean energy {_pair(fitted['mean'], fitted['stderr'])}"
        chain = None if fitted is None else fitted.get("chain")
        own = "" if chain is None else f" (by the chain's mean energy {chain:.5f})"
        lines.append(f"temperature predicted {result['effective_temperature']:.5f}{text}{own}")
    if result.get("tails") is not None and (heavy := no_second_moment(Tails(**result["tails"]), result["step_size"])):
        lines.append(heavy)
    exact = result.get("least_squares")
    if exact is not None:
        energy = f"{exact['energy']:.6g} exact, {_pair(result['energy']['mean'], result['energy']['stderr'])} simulated"
        variances = ", ".join(f"{value:.5g}" for value in exact["variances"][:_VARIANCES])
        more = ", ..." if len(exact["variances"]) > _VARIANCES else ""
        lines.append(f"mean energy {energy}; exact variances {variances}{more}")
    return lines


def _beside(result: dict[str, Any], quantity: str) -> str:
    """': 0.0412 ± 0.0001, expected 0.04', of the test of that quantity that failed most clearly."""
    tests = [test for test in result.get("tests", []) if test["quantity"] == quantity]
    if not tests:
        return ""
    worst = min(tests, key=lambda test: test["p"])
    return f": {plus_minus(worst['value'], worst['error'])}, expected {worst['exact']:.6g}"


def _law(entry: dict[str, Any], law: str, stderr: float | None = None) -> str:
    """An exact value, with its own error where that is not far below the walkers'."""
    value, error = entry[law], entry.get(f"{law}_error") or 0.0
    if value is None:
        return "-"
    if error > _FAR_BELOW * (entry["stderr"] or 0.0):
        return measured(value, error)
    return f"{value:.5f}" if stderr is None else plus_minus(value, stderr).split(" ± ")[0]


def _pair(mean: float | None, stderr: float | None) -> str:
    if mean is None:
        return "-"
    if stderr and stderr < 5e-6:  # so that it is not printed as 0
        return plus_minus(mean, stderr)
    return f"{mean:.5f}" + ("" if stderr is None else f" ± {stderr:.5f}")
