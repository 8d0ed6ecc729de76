"""The progress of a run of several ensembles: one file, replaced atomically, from which the run continues."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from langevin_sim.engine.block import ENGINE
from langevin_sim.engine.ensemble import Ensemble
from langevin_sim.errors import CheckpointError, FolderError
from langevin_sim.storage.folder import write_whole
from langevin_sim.storage.log import log
from langevin_sim.storage.read import read_arrays
from langevin_sim.storage.signals import stop_if_requested

SECONDS = 30.0
_DIGEST = hashlib.sha256().digest_size


class Checkpoint:
    """checkpoint/state.npz of a run folder.

    parts: the results of finished ensembles, each with its label, its number of steps and its entry of the summary;
    arrays: their arrays. identity: a hash of everything that determines the walkers' paths. keep_states: also keep the
    final state of every ensemble (checkpoint/LABEL.npz), so that the run can be extended without being repeated.
    """

    def __init__(self, folder: Path, identity: str, seconds: float = SECONDS, keep_states: bool = False) -> None:
        self.folder, self.identity, self.seconds, self.keep_states = folder / "checkpoint", identity, seconds, keep_states
        self.parts: list[dict[str, Any]] = []
        self.arrays: dict[str, Any] = {}
        self._running: dict[str, dict[str, Any]] = {}  # by label: the states of unfinished ensembles
        self._states: dict[str, dict[str, np.ndarray]] = {}
        self._saved = time.monotonic()

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.folder / "state.npz"

    def load(self) -> None:
        """Read the progress of an earlier process, if any; CheckpointError if it is damaged or belongs to another run."""
        if not self.path.exists():
            return
        meta, arrays = _read(self.path)
        if meta.get("identity") != self.identity:
            raise CheckpointError(f"{self.path} is the checkpoint of another run; it has not been changed")
        try:
            self.parts, self._running = list(meta["parts"]), dict(meta["running"])
            if not all(isinstance(part["entry"], dict) and part["label"] and part["steps"] for part in self.parts):
                raise ValueError("it lacks results")
            self.arrays = {name.removeprefix("array/"): value for name, value in arrays.items() if name.startswith("array/")}
            self._states = {label: {} for label in self._running}
            for name, value in arrays.items():
                kind, label, *rest = name.split("/")
                if kind == "state":
                    self._states[label]["/".join(rest)] = value
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{self.path} is damaged ({error}); it has not been changed; remove it to start over"
            ) from error

    def finished(self, label: str, steps: int) -> dict[str, Any] | None:
        """The entry of an ensemble that has finished this number of steps; None if it has not."""
        return next((part["entry"] for part in self.parts if (part["label"], part["steps"]) == (label, steps)), None)

    def add(self, label: str, steps: int, entry: dict[str, Any], arrays: dict[str, Any]) -> None:
        """Add the results of a finished ensemble."""
        self.parts = [part for part in self.parts if part["label"] != label]
        self.parts.append({"label": label, "steps": steps, "entry": entry})
        self.arrays |= arrays
        for name in [name for name in self._running if name == label or name.startswith(f"{label}_")]:
            del self._running[name], self._states[name]
        if self.path.exists() or self.due():
            self._write()
        for path in [*self.folder.glob(f"blocks-*-{label}.npz"), *self.folder.glob(f"blocks-*-{label}_*.npz")]:
            path.unlink()

    def due(self) -> bool:
        """Whether it is time to save."""
        return time.monotonic() - self._saved >= self.seconds

    def add_shards(self, label: str, step: int, states: list[tuple[int, dict[str, np.ndarray]]]) -> None:
        """Keep finished ranges of an ensemble's blocks, (first block, state), each in its own file.

        Finished ensembles are kept with them.
        """
        self._write()
        for first, state in states:
            path = self.folder / f"blocks-{first}-{len(state['alive'])}-{label}.npz"
            self._try(path, {"identity": self.identity, "step": step, "first": first}, state)

    def shards(self, label: str, step: int) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """The kept ranges of blocks, (first block, state), that have reached ``step``."""
        for path in sorted(self.folder.glob(f"blocks-*-{label}.npz")):
            meta, state = _read(path)
            if meta.get("identity") != self.identity:
                raise CheckpointError(f"{path} belongs to another run; it has not been changed")
            if meta["step"] == step:
                yield meta["first"], state

    def keeper(self, label: str) -> "Keeper":
        """The keeper of one ensemble while it runs."""
        return Keeper(self, label)

    def remove(self) -> None:
        """Remove the checkpoint of a completed run; kept states stay."""
        with contextlib.suppress(OSError):
            if self.keep_states:
                self.path.unlink()
            else:
                shutil.rmtree(self.folder)

    def _write(self) -> None:
        self._saved = time.monotonic()
        meta = {"identity": self.identity, "parts": self.parts, "running": self._running}
        arrays = {f"array/{name}": value for name, value in self.arrays.items()}
        for label, state in self._states.items():
            arrays |= {f"state/{label}/{name}": value for name, value in state.items()}
        self._try(self.path, meta, arrays)

    def _try(self, path: Path, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        """Write; a disk that is full for a moment costs the checkpoint, not the run."""
        try:
            self.folder.mkdir(exist_ok=True)
            write_whole(path, lambda stream: _write(stream, meta | {"engine": ENGINE}, arrays))
        except (OSError, FolderError) as error:
            log.warning("could not write a checkpoint: %s", error)


class Keeper:
    """Saves one ensemble from time to time, and restores it."""

    def __init__(self, checkpoint: Checkpoint, label: str) -> None:
        self.checkpoint, self.label = checkpoint, label

    def restore(self, ensemble: Ensemble, total: int) -> float:
        """Restore the saved state of the ensemble, if there is one; returns the seconds that it had taken."""
        kept = self.checkpoint
        if self.label in kept._running:
            running, state = kept._running[self.label], kept._states[self.label]
        else:
            path = kept.folder / f"{self.label}.npz"
            if not path.exists():
                return 0.0
            running, state = _read(path)
            if running.get("identity") != kept.identity:
                raise CheckpointError(f"{path} is the state of another run; it has not been changed")
        try:
            step, seconds = int(running["step"]), float(running["seconds"])
            if step > total:
                return 0.0
            ensemble.restore(step, state)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise CheckpointError(
                f"the contents of {kept.folder} do not fit the run: {error}; they have not been changed"
            ) from error
        log.info("%s continues from step %d", self.label, step)
        return seconds

    def after_chunk(self, ensemble: Ensemble, seconds: float) -> None:
        """Save if it is time; save and stop if a signal asked for it."""
        kept = self.checkpoint
        try:
            stop_if_requested()
        except KeyboardInterrupt:
            self.save(ensemble, seconds)
            raise
        if kept.due():
            self.save(ensemble, seconds)

    def save(self, ensemble: Ensemble, seconds: float) -> None:
        """Write the state of the ensemble."""
        self._note(ensemble, seconds)
        self.checkpoint._write()

    def done(self, ensemble: Ensemble, seconds: float) -> None:
        """Note that the ensemble has finished; its results are added later, perhaps after another ensemble at half the step."""
        self._note(ensemble, seconds)
        kept = self.checkpoint
        if kept.keep_states:
            meta = {"identity": kept.identity, **kept._running[self.label]}
            kept._try(kept.folder / f"{self.label}.npz", meta, kept._states[self.label])

    def _note(self, ensemble: Ensemble, seconds: float) -> None:
        self.checkpoint._running[self.label] = {"step": ensemble.step, "seconds": seconds}
        self.checkpoint._states[self.label] = ensemble.state()


class _Hashing(io.RawIOBase):
    """A stream without seek that hashes everything written to it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.sha256 = stream, hashlib.sha256()

    def write(self, piece: Any) -> int:
        """Write a piece and hash it."""
        self.sha256.update(piece)
        return self._stream.write(piece)


def _write(stream: IO[bytes], meta: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write an npz file followed by its hash, because the zip format's checks miss some damage to its own records."""
    hashing = _Hashing(stream)
    np.savez(hashing, meta=np.array(json.dumps(meta)), **arrays)
    stream.write(hashing.sha256.digest())


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        with open(path, "rb") as stream:
            left, sha256 = os.fstat(stream.fileno()).st_size - _DIGEST, hashlib.sha256()
            while left > 0 and (piece := stream.read(min(left, 1 << 20))):
                sha256.update(piece)
                left -= len(piece)
            if stream.read() != sha256.digest():
                raise ValueError("its content does not match its checksum")
            stream.seek(0)
            arrays = read_arrays(stream)
        meta = json.loads(str(arrays.pop("meta")))
        if not isinstance(meta, dict):
            raise ValueError("it holds no record")
    except (OSError, ValueError, KeyError, RecursionError, FolderError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); it has not been changed; remove it to start over") from error
    written = meta.get("engine", 1)
    if written != ENGINE:
        raise CheckpointError(
            f"{path} was written by version {written} of the engine; this is version {ENGINE}, whose random numbers are others; "
            "it has not been changed; go on with the program that wrote it, or start over in another folder"
        )
    return meta, arrays
