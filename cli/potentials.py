"""langevin-sim potentials."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from langevin_sim.errors import InputError, LangevinSimError
from langevin_sim.settings.run import MAX_DIM, RunSpec

from .options import PATH, parameters


@click.group(name="potentials")
def command() -> None:
    """List, inspect and validate potentials.

    Example: langevin-sim potentials show wedge --dim 5
    """


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options for the potential and the temperature."""
    for option in reversed(
        [
            click.argument("name"),
            click.option("--dim", type=click.IntRange(1, MAX_DIM), help="Dimension.  [default: 2]"),
            click.option(
                "--temperature", type=float, default=1.0, show_default=True, help="Temperature T, in units of energy (k_B = 1)."
            ),
            click.option(
                "--domain", metavar="X", help="Domain instead of the potential's: space, torus:LOW,HIGH, box:.. or reflecting:.."
            ),
            click.option("--data", type=PATH, help="CSV file with the columns of a finite sum ('sum: ...', FILE.py:FUNCTION)."),
            click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter of the potential; repeatable."),
            click.option("--max-regions", type=click.IntRange(1), help=RunSpec.model_fields["max_regions"].description),
        ]
    ):
        function = option(function)
    return function


def _potential(
    name: str,
    *,
    dim: int | None,
    temperature: float,
    domain: str | None,
    pairs: tuple[str, ...],
    data: dict[str, Any] | None,
    max_regions: int | None,
) -> Any:
    from langevin_sim import potentials
    from langevin_sim.dynamics import parse_domain

    if not (math.isfinite(temperature) and temperature > 0):
        raise InputError(f"--temperature {temperature}: expected a positive number")
    where = None if domain is None else parse_domain(domain)
    if name.startswith(potentials.registry.SUM):
        dim = dim or potentials.dimensions(name)[0]
    return potentials.get(
        name,
        dim or 2,
        domain=where,
        temperature=temperature,
        data=data,
        max_regions=max_regions,
        **parameters(pairs),
    )


def _dims(name: str) -> str:
    from langevin_sim import potentials

    low, high = potentials.dimensions(name)
    return f"{low}.." if high is None else (str(low) if low == high else f"{low}..{high}")


@command.command(name="list", short_help="List all potentials by group.")
def list_() -> None:
    """List all potentials by group, one line each: dimensions, domain, regions.

    Example: langevin-sim potentials list
    """
    from rich.console import Console
    from rich.table import Table

    from langevin_sim import potentials

    table = Table(title="Potentials", title_justify="left")
    for column in ("name", "d", "domain", "regions"):
        table.add_column(column, no_wrap=column != "regions")
    table.add_column("description")
    heading = ""
    for name in sorted(potentials.names(), key=lambda name: (potentials.registry.GROUPS.index(potentials.group(name)), name)):
        if potentials.group(name) != heading:
            heading = potentials.group(name)
            table.add_section()
            table.add_row(f"[bold]{heading}[/bold]")
        try:
            potential = potentials.get(name, potentials.dimensions(name)[0])
        except LangevinSimError as error:  # show a broken plugin, and continue
            table.add_row(name, "-", "-", "-", str(error))
            continue
        module = sys.modules[potentials.factory(name).__module__].__doc__ or ""
        few = [region.name for region in potential.regions[:4]]
        regions = ", ".join(few if len(potential.regions) <= 4 else [*few[:2], "..", potential.regions[-1].name])
        table.add_row(name, _dims(name), str(potential.domain), regions, module.strip().splitlines()[0])
    Console(width=None if sys.stdout.isatty() else 140).print(table)


@command.command(name="show", short_help="Show a potential and its exact masses.")
@_options
@click.option("--figure", type=PATH, help="Write a picture of the potential (d = 2) to a file, such as u.png.")
def show(name: str, temperature: float, data: Path | None, figure: Path | None, **options: Any) -> None:
    """Show parameters, equation, minima, structure, and regions with their exact masses.

    Example: langevin-sim potentials show boxes --dim 2 --temperature 0.3 --figure boxes.png
    """
    import inspect

    from langevin_sim import potentials
    from langevin_sim.errors import ReferenceUnavailable
    from langevin_sim.potentials.describe import structure
    from langevin_sim.reference import boltzmann

    columns = None if data is None else potentials.read_columns(data)
    potential = _potential(name, temperature=temperature, data=columns, **options)
    if figure is not None:
        from langevin_sim.plots.potential import draw

        flat = (
            potential if potential.dim == 2 else _potential(name, temperature=temperature, data=columns, **{**options, "dim": 2})
        )
        draw(flat, temperature, figure)
    click.echo(f"{name}, d = {potential.dim} (possible: {_dims(name)}), on {potential.domain}\n")
    if not name.startswith((potentials.registry.EXPRESSION, potentials.registry.SUM)):
        click.echo(inspect.cleandoc(potentials.factory(name).__doc__ or ""))
    click.echo("\nparameters")
    known = potentials.defaults(name, columns or ())
    for key, default in known.items():
        value = potential.parameters.get(key, default)
        click.echo(f"  {key} = {value:g}" + ("" if default is None or value == default else f"  (default {default:g})"))
    if not known:
        click.echo("  none")
    click.echo("\nminima")
    for point, energy in zip(potential.minima, potential.energy(potential.minima), strict=True):
        shown = ", ".join(f"{value + 0.0:.6g}" for value in point[:6]) + (", ..." if potential.dim > 6 else "")
        click.echo(f"  U({shown}) = {round(energy, 12) + 0.0:.6g}")  # neither -0 nor rounding errors
    click.echo("\nstructure")
    for line in structure(potential):
        click.echo(f"  {line}")
    if math.isfinite(potential.stability_bound):
        click.echo(f"\nstable for step sizes below {potential.stability_bound:.4g}")
    if not potential.smooth:
        click.echo("\nthe gradient is replaced by a difference over a finite distance, so GDL does not sample exp(-U/T)")
    click.echo(f"\nregions, and their masses at T = {temperature:g}")
    try:
        law = boltzmann(potential, temperature)
    except ReferenceUnavailable as reason:
        for region in potential.regions:
            click.echo(f"  {region.name:<10} {region.membership}")
        click.echo(f"  no masses: {reason}")
    else:
        for region in potential.regions:
            mass, error = law.masses[region.name], law.errors[region.name]
            click.echo(f"  {region.name:<10} {mass:<12.6g} +- {error:<8.1g} {region.membership}")
        click.echo(f"  mean energy {law.mean_energy:.6g} +- {law.mean_energy_error:.1g}, by {law.method}")
    if figure is not None:
        click.echo(f"\npicture in {figure}")


@command.command(name="check", short_help="Check a potential against independent numbers.")
@_options
def check(name: str, temperature: float, data: Path | None, **options: Any) -> None:
    """Check a potential against finite differences and an independent integration; exit with 3 if it fails.

    Example: langevin-sim potentials check wedge --dim 3 --temperature 0.3
    """
    from langevin_sim import potentials
    from langevin_sim.potentials.custom import check as check_own
    from langevin_sim.reference.check import findings

    failed = False
    columns = None if data is None else potentials.read_columns(data)
    potential = _potential(name, temperature=temperature, data=columns, **options)
    if potentials.is_own(name):
        check_own(potential, temperature)
    for finding in findings(potential, temperature):
        failed |= finding.passed is False
        word = {True: "ok", False: "FAILED", None: "skipped"}[finding.passed]
        click.echo(f"{word:<8} {finding.what}: {finding.detail}")
    if failed:
        sys.exit(3)
