"""Parts that all kinds of pages share."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langevin_sim.report.page import Block, Items, Paragraph, Picture, Table

_ABSOLUTE = re.compile(r"(?<![\w.~/:-])~?/(?:[^\s/'\"`,;)]+/)+")


def local(text: str) -> str:
    """A text without the folders in absolute paths, which are private to this machine."""
    return _ABSOLUTE.sub("", text)


def picture(folder: Path, alternative: str) -> Block:
    """figure.png, or a note that it is missing, without which the page is still useful."""
    path = folder / "figure.png"
    return Picture(path.read_bytes(), alternative) if path.exists() else Paragraph("figure.png is not in the folder.", "warning")


def provenance(manifest: dict[str, Any]) -> Table:
    """When, where and with which versions a folder was made."""
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
    return Table("Time, machine and versions:", [], [[name, value] for name, value in rows if value])


def notes(manifest: dict[str, Any], missing: Sequence[tuple[str, str]] = (), notices: Sequence[str] = ()) -> list[Block]:
    """Warnings, missing laws, and notices, or a sentence that there are none."""
    warnings = [local(text) for text in manifest.get("warnings", [])]
    first: Block = Items(warnings, "warnings") if warnings else Paragraph("No warnings.")
    blocks = [first]
    if missing:
        blocks.append(Items(list(missing)))
    if notices:
        blocks.append(Items([local(text) for text in notices]))
    return blocks


def shell_name(folder: Path) -> str:
    """A folder's name, quoted for a shell, without its path, which is private."""
    return shlex.quote(folder.resolve().name)


def footer(folder: Path, manifest: dict[str, Any]) -> str:
    """Where a page comes from."""
    version = manifest["versions"]["langevin-sim"]
    return f"Made by langevin-sim {version} in the folder {folder.resolve().name}: all numbers come from its files."
