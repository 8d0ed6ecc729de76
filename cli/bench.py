"""langevin-sim bench."""

import json

import click


@click.command(name="bench")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(as_json: bool) -> None:
    """Measure the cost of a step on this machine: GDL on twowell, a single normal, and the NumPy twin, in one run.

    Example: langevin-sim bench --json
    """
    from langevin_sim import potentials
    from langevin_sim.engine.benchmark import measure
    from langevin_sim.simulation.simulate import available_threads, landscape

    rows = measure(lambda dim: landscape(potentials.twowell(dim)), [1, 2, 5, 10], available_threads())
    if as_json:
        click.echo(json.dumps({"unit": "ns per walker, step and dimension", "rows": rows}, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="ns per walker, step and dimension (GDL, twowell)", title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*(str(value) if name == "dim" else f"{value:.2f}" for name, value in row.items()))
    Console().print(table)
