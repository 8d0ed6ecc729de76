"""Pieces that pages of all kinds share."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langevin_sim.report.page import Block, Items, Paragraph, Picture, Table

_ABSOLUTE = re.compile(r"(?<![\w.~/:-])~?/(?:[^\s/'\"`,;)]+/)+")


def local(text: str) -> str:
    """A text without the folders that absolute paths in it name: they are this machine's own."""
    return _ABSOLUTE.sub("", text)


def picture(folder: Path, alternative: str) -> Block:
    """figure.png, or that it is not there: the page is worth having without it."""
    path = folder / "figure.png"
    return Picture(path.read_bytes(), alternative) if path.exists() else Paragraph("figure.png is not in the folder.", "warning")


def provenance(manifest: dict[str, Any]) -> Table:
    """When, where and with what a folder was made."""
    versions = ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())
    host = manifest["host"]
    rows = [
        ["started", manifest["started"]],
        ["finished", manifest["finished"]],
        ["resumed", ", ".join(manifest.get("resumed", []))],
        ["threads", str(manifest["threads"])],
        ["machine", f"{host.get('processor') or host['machine']}, {host['cpus']} processors, {host['system']}"],
        ["versions", versions],
        ["commit", (manifest["git_commit"] or "")[:12]],
    ]
    return Table("When and with what:", [], [[name, value] for name, value in rows if value])


def notes(manifest: dict[str, Any], missing: Sequence[tuple[str, str]] = (), notices: Sequence[str] = ()) -> list[Block]:
    """Warnings, laws that there are not, and notices; that there are none is said."""
    warnings = [local(text) for text in manifest.get("warnings", [])]
    first: Block = Items(warnings, "warnings") if warnings else Paragraph("No warnings.")
    blocks = [first]
    if missing:
        blocks.append(Items(list(missing)))
    if notices:
        blocks.append(Items([local(text) for text in notices]))
    return blocks


def shell_name(folder: Path) -> str:
    """A folder's own name, quoted for a shell; its path is private."""
    return shlex.quote(folder.resolve().name)


def footer(folder: Path, manifest: dict[str, Any]) -> str:
    """Where a page comes from."""
    version = manifest["versions"]["langevin-sim"]
    return f"Made by langevin-sim {version} in the folder {folder.resolve().name}: all numbers are read from the files in it."
