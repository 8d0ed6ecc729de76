"""The page of a folder with a figure.md: figures of the memo, trainings, and measurements at their minima."""

import re
from pathlib import Path
from typing import Any

from langevin_sim.report import explanations
from langevin_sim.report.page import Block, Commands, Items, Markdown, Page, Paragraph, Section
from langevin_sim.report.parts import footer, local, notes, picture, provenance, shell_name
from langevin_sim.storage.summary import read_summary

_SETTINGS = re.compile(r"^## (?:Settings|Trainings)$", re.MULTILINE)


def page(folder: Path, manifest: dict[str, Any]) -> Page:
    """The text and tables of figure.md, figure.png, the settings, and the command that repeats it."""
    summary = read_summary(folder)
    command = _command(folder, summary)
    heading, _, text = (folder / "figure.md").read_text(encoding="utf-8").replace(summary["command"], command).partition("\n")
    title = heading.removeprefix("# ").strip()
    text, *settings = _SETTINGS.split(local(text), maxsplit=1)
    how, _, text = text.strip().partition("\n\n")  # its first paragraph: the command, and the time it took
    judged = summary["results"] if manifest["kind"] == "figure" else []  # ensembles beside laws
    first: list[Block] = [Paragraph(explanations.headline(judged), "lead")] if judged else []
    verdicts: list[Block] = [Items(explanations.verdicts(judged))] if judged else []
    alternative = f"{title}. The text and tables on this page describe what it shows."
    sections = [
        Section("Results", [*first, *_paragraphs(text)]),
        Section("The figure", [picture(folder, alternative)]),
        Section("The verdicts explained", verdicts),
        Section("Settings", [Markdown("\n\n".join([how, *settings])), provenance(manifest), _commands(folder, command)]),
        Section("Warnings and notes", notes(manifest, explanations.missing(judged))),
    ]
    subtitle = f"langevin-sim {manifest['versions']['langevin-sim']}, seed {summary['seed']}"
    return Page(title, subtitle, sections, footer(folder, manifest))


def _paragraphs(text: str) -> list[Block]:
    return [Markdown(text)] if text.strip() else []


def _command(folder: Path, summary: dict[str, Any]) -> str:
    """The command that repeats it from its settings, with the folder's own name."""
    if summary.get("kind") == "train":
        return f"langevin-sim deep train --config {shell_name(folder)}/spec.toml"
    return local(summary["command"])


def _commands(folder: Path, command: str) -> Commands:
    where = shell_name(folder)
    return Commands(
        [
            ("Repeat it and compare the bits (run from the parent folder):", f"langevin-sim rerun {where}"),
            ("Rerun it from its settings:", command),
            ("Rewrite this page:", f"langevin-sim report {where}"),
        ]
    )
