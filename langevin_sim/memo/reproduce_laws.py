"""A figure of exact laws, from its settings to a folder with data, figure and text: nothing is simulated."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langevin_sim.memo import registry
from langevin_sim.report.write import write as write_report
from langevin_sim.storage import folder as disk

KIND = "laws"
Progress = Callable[[str, int, int], None]


def reproduce_laws(name: str, out: Path | None, progress: Progress) -> tuple[Path, dict[str, Any]]:
    """Compute, and write the folder; returns it with the summary."""
    figure = registry.law_figures()[name]
    folder = out or Path("outputs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    manifest = disk.new_manifest({"figure": name, "seed": 0}, 1) | {"kind": KIND}  # no random numbers
    disk.begin(folder, manifest, anew=True)
    with disk.recorded(folder, manifest, write_report, figure.draw):
        began = time.perf_counter()
        results = figure.compute(progress)
        summary = {
            "schema": disk.SCHEMA,
            "kind": KIND,
            "figure": name,
            "command": f"langevin-sim reproduce {name}",
            "seed": 0,
            "results": results,
            "seconds": time.perf_counter() - began,
        }
        disk.write_json(folder / "summary.json", summary)
        text = figure.text(summary)
        disk.write_whole(folder / "figure.md", lambda stream: stream.write(text.encode()))
    return folder, summary
