"""The page of a folder of langevin-sim run."""

from pathlib import Path
from typing import Any

from langevin_sim.dynamics import traits_of
from langevin_sim.formatting import decimals, duration, measured, number, plus_minus
from langevin_sim.report import explanations
from langevin_sim.report.interactive import data
from langevin_sim.report.page import Commands, Interactive, Items, Page, Paragraph, Section, Table
from langevin_sim.report.parts import footer, local, notes, picture, provenance, shell_name
from langevin_sim.settings.run import RunSpec, dims_text
from langevin_sim.settings.spec import flags, parse
from langevin_sim.storage.read import read_arrays
from langevin_sim.storage.summary import read_summary

_SETTINGS = (
    "domain",
    "walkers",
    "burn_in",
    "steps",
    "record_every",
    "step_size",
    "temperature",
    "schedule",
    "noise_schedule",
    "start",
)
_NAMES = {
    "burn_in": "burn-in",
    "record_every": "steps between observations",
    "schedule": "schedule of the step",
    "noise_schedule": "schedule of the noise",
}
_OF_SGD = ("batch_size", "replacement", "terms", "tilt")


def page(folder: Path, manifest: dict[str, Any]) -> Page:
    """The page of a completed run: verdicts, table, interactive part, figure, settings and commands."""
    summary = read_summary(folder)
    spec = parse(RunSpec, manifest["spec"])
    results = summary["results"]
    shown = data(summary, read_arrays(folder / "histograms.npz"), spec.schedule == "constant")
    sections = [
        Section("Results", [Paragraph(explanations.headline(results), "lead"), *_found(results)]),
        Section("The numbers", [_masses(results), *_temperatures(results), _energies(results), _diagnostics(results)]),
        Section("Dimension by dimension", [*_left_out(shown, results), Interactive(shown)]),
        Section("The figure", [picture(folder, _alternative(summary))]),
        Section("Settings", [_settings(spec, summary), provenance(manifest), _commands(folder, spec)]),
        Section("Warnings and notes", notes(manifest, explanations.missing(results), summary.get("notices", []))),
    ]
    title = f"{local(summary['potential'])}, {explanations.dimensions(r['dim'] for r in results)}"
    subtitle = f"{', '.join(spec.dynamics)}: {spec.walkers:,} walkers per dimension, {spec.steps:,} steps each, seed {spec.seed}"
    return Page(title, subtitle, sections, footer(folder, manifest))


def command(spec: RunSpec) -> str:
    """The command that repeats the run: all options that differ from their defaults, including the seed."""
    written = {"dims": dims_text(spec.dims), "potential": local(spec.potential)}
    if spec.data is not None:
        written["data"] = local(spec.data)
    return f"langevin-sim run {flags(spec, written)}"


def _found(results: list[dict[str, Any]]) -> list[Paragraph | Items]:
    grown = explanations.growth(results)
    explained = Items(explanations.verdicts(results))
    return [*(Paragraph(text) for text in grown), explained]


def _masses(results: list[dict[str, Any]]) -> Table:
    extrapolated = any(region.get("extrapolated") is not None for r in results for region in r["regions"])
    rows = []
    for r in results:
        for region in r["regions"]:
            digits = decimals(region["stderr"])
            limit = measured(region.get("extrapolated"), region.get("extrapolated_stderr"))
            rows.append(
                [
                    str(r["dim"]),
                    r["dynamics"],
                    region["name"],
                    measured(region["mass"], region["stderr"]),
                    _exact(region, "boltzmann", digits),
                    _exact(region, "chain", digits),
                    *([limit] if extrapolated else []),
                    r["verdict"],
                ]
            )
    headings = [
        "d",
        "dynamics",
        "region",
        "simulated ± error",
        "Boltzmann",
        "chain law",
        *(["step → 0"] if extrapolated else []),
        "verdict",
    ]
    return Table("Masses of the regions: simulated, with one standard error over walkers, beside the exact laws.", headings, rows)


def _exact(region: dict[str, Any], law: str, digits: int) -> str:
    """A law's mass, with the law's error if it shows at this precision."""
    error = region.get(f"{law}_error") or 0.0
    return measured(region[law], error) if error > 0.1 * 10.0**-digits else number(region[law], digits)


def _temperatures(results: list[dict[str, Any]]) -> list[Table]:
    rows = []
    for r in results:
        if traits_of(r).stochastic_gradient and r["effective_temperature"] is not None:
            fitted = r["fitted_temperature"]
            seen = "-" if fitted is None else measured(fitted["mean"], fitted["stderr"])
            rows.append([str(r["dim"]), r["dynamics"], f"{r['effective_temperature']:.5g}", seen])
    caption = "Temperatures of SGD: predicted from the covariance of its gradients, and the one with the observed mean energy."
    return [Table(caption, ["d", "dynamics", "predicted", "fitted ± error"], rows)] if rows else []


def _energies(results: list[dict[str, Any]]) -> Table:
    headings = [
        "d",
        "dynamics",
        "mean energy ± error",
        "Boltzmann",
        "chain law",
        "distance of x₁ from Boltzmann",
        "from the chain law",
        "expected by chance",
    ]
    rows = []
    for r in results:
        energy, marginal, digits = r["energy"], r["marginal"], decimals(r["energy"]["stderr"])
        exact = marginal["tv_boltzmann"] is not None or marginal["tv_chain"] is not None
        rows.append(
            [
                str(r["dim"]),
                r["dynamics"],
                plus_minus(energy["mean"], energy["stderr"]),
                number(energy["boltzmann"], digits),
                number(energy["chain"], digits),
                number(marginal["tv_boltzmann"], 5),
                number(marginal["tv_chain"], 5),
                number(marginal["tv_expected"], 5) if exact else "-",
            ]
        )
    caption = "Mean energies, and the total variation distance between the histogram of x₁ and the exact ones."
    return _filled(caption, headings, rows)


def _diagnostics(results: list[dict[str, Any]]) -> Table:
    headings = [
        "d",
        "dynamics",
        "R-hat",
        "stationarity, p",
        "relaxation time, steps",
        "accepted",
        "diverged walkers",
        "second moment below step",
        "tail exponent",
        "coordinate updates per second",
    ]
    rows = [
        [
            str(r["dim"]),
            r["dynamics"],
            number(r["rhat"], 4),
            "-" if r["rhat"] is None else f"{r['stationarity_pvalue']:.2g}",
            "-" if r["relaxation_steps"] is None else f"{r['relaxation_steps']:,.0f}",
            number(r["acceptance"], 3),
            f"{r['diverged']:,}",
            *_tails(r),
            f"{r['updates_per_second']:.2g}",
        ]
        for r in results
    ]
    caption = "Whether the run was long enough: nested R-hat, comparison of both halves, and predicted relaxation time."
    return _filled(caption, headings, rows)


def _tails(result: dict[str, Any]) -> list[str]:
    """The largest step with a second moment, and the power with which tails fall; folders of earlier versions have neither."""
    tails = result.get("tails")
    if tails is None:
        return ["-", "-"]
    exponent, error = tails["exponent"], tails["exponent_error"]
    return [f"{tails['bound']:.3g}", "-" if exponent is None else f"{exponent:.{2 if error > 1e-3 else 4}g}"]


def _filled(caption: str, headings: list[str], rows: list[list[str]]) -> Table:
    """A table without the columns that hold only dashes."""
    columns = [k for k in range(len(headings)) if any(row[k] != "-" for row in rows)]
    return Table(caption, [headings[k] for k in columns], [[row[k] for k in columns] for row in rows])


def _left_out(shown: dict[str, Any], results: list[dict[str, Any]]) -> list[Paragraph]:
    absent = len({r["dim"] for r in results}) - len(shown["dims"])
    return [Paragraph(f"{len(shown['dims'])} dimensions are shown here; the table has {absent} more.")] if absent else []


def _alternative(summary: dict[str, Any]) -> str:
    results = summary["results"]
    verdicts = "; ".join(label.rstrip(".") for label, _ in explanations.verdicts(results))
    name = results[0]["regions"][0]["name"]
    masses = [f"{r['dynamics']} in d = {r['dim']}: {r['regions'][0]['mass']:.3g}" for r in results[:12]]
    more = "; ..." if len(results) > 12 else ""
    return (
        f"Three kinds of picture: the surface of {local(summary['potential'])}, in two dimensions, if it exists there; the mass "
        f"of the region {name} against dimension ({'; '.join(masses)}{more}); histograms of x1 beside the exact laws. "
        f"{verdicts}."
    )


def _settings(spec: RunSpec, summary: dict[str, Any]) -> Table:
    """All settings, including defaults."""
    values = spec.model_dump() | {"domain": summary["domain"]}
    parameters = ", ".join(f"{key} {value:g}" for key, value in summary["parameters"].items())
    rows = [
        ["potential", local(spec.potential)],
        ["its parameters", parameters or "none"],
        ["dimensions", dims_text(spec.dims)],
        ["dynamics", ", ".join(spec.dynamics)],
    ]
    names = [*_SETTINGS, *(_OF_SGD if any(traits_of(r).stochastic_gradient for r in summary["results"]) else ())]
    rows += [[_NAMES.get(name, name.replace("_", " ")), _written(values[name])] for name in names]
    if spec.data is not None:
        rows.append(["data", local(spec.data)])
    seconds = sum(r["seconds"] for r in summary["results"])
    rows += [["extrapolated to step 0", _written(spec.extrapolate)], ["seed", str(spec.seed)], ["time", duration(seconds)]]
    return Table("All settings, including defaults:", [], rows)


def _written(value: Any) -> str:
    """A value in readable form."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _commands(folder: Path, spec: RunSpec) -> Commands:
    """The commands that repeat a run."""
    where = shell_name(folder)
    return Commands(
        [
            ("Repeat it and compare the bits (run from the parent folder):", f"langevin-sim rerun {where}"),
            ("Rerun it from its settings:", command(spec)),
            ("Rewrite this page:", f"langevin-sim report {where}"),
        ]
    )
