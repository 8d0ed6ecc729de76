"""langevin-sim resume: continue an interrupted run, or extend a completed one."""

from pathlib import Path

from langevin_sim.errors import InputError
from langevin_sim.runs.execution import Execution, Outcome
from langevin_sim.runs.kinds import kind_of
from langevin_sim.storage import folder as disk


def resume(folder: Path, execution: Execution, steps: int | None = None) -> Outcome:
    """Continue an interrupted run, figure or training; it ends with the bits of an uninterrupted one.

    steps: extend a run to this total number of steps.
    """
    kind = kind_of(folder, disk.read_manifest(folder))
    if not kind.extendable:
        for option, value in (("--steps", steps), ("--scheduler", execution.workers)):
            if value is not None:
                raise InputError(f"{option}: expected a folder of langevin-sim run; {folder} is of kind {kind.name}")
    return kind.resume(folder, execution, steps)
