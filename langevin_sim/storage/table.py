"""summary.csv: the regions of a summary as rows."""

import csv
import io
from pathlib import Path
from typing import Any

from langevin_sim.storage.atomic import write_whole

_COLUMNS = (
    "dim",
    "dynamics",
    "step_size",
    "temperature",
    "walkers",
    "steps",
    "region",
    "mass",
    "stderr",
    "boltzmann",
    "chain",
    "extrapolated",
    "extrapolated_stderr",
    "rhat",
    "diverged",
    "verdict",
)


def write_csv(path: Path, summary: dict[str, Any]) -> None:
    """Write one row per dimension, dynamics and region."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for result in summary["results"]:
        for region in result["regions"]:
            writer.writerow({**result, **region, "region": region["name"]})
    write_whole(path, lambda stream: stream.write(text.getvalue().encode()))
