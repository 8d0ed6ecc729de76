"""langevin-sim resume: continue what was interrupted, or extend a run."""

from pathlib import Path

from langevin_sim.errors import InputError
from langevin_sim.runs.execution import Execution, Outcome
from langevin_sim.runs.kinds import kind_of
from langevin_sim.storage import folder as disk


def resume(folder: Path, execution: Execution, steps: int | None = None) -> Outcome:
    """Continue an interrupted run, figure or training; it ends with the bits of one that was never stopped.

    steps: extend a run to this many steps in all.
    """
    kind = kind_of(folder, disk.read_manifest(folder))
    if not kind.extendable:
        for option, value in (("--steps", steps), ("--scheduler", execution.workers)):
            if value is not None:
                raise InputError(f"{option}: expected a folder of langevin-sim run; {folder} is of the kind {kind.name}")
    return kind.resume(folder, execution, steps)
