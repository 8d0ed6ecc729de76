"""The gallery: a page, a small picture and a manifest for every figure's run folder, and an index page.

The result depends only on the run folders, and contains no path of the machine where they were made.
"""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image  # a dependency of matplotlib

from langevin_sim.formatting import counted, duration, markdown_table
from langevin_sim.storage import folder as disk
from langevin_sim.storage.summary import read_summary

SMALL = 150_000  # bytes of a picture
_WIDEST = 1600  # pixels
_SHRINK = 0.9
_NAMED = ("langevin-sim", "numpy", "numba", "torch", "python")  # packages on the index
_PRIVATE = ("data_dir",)  # settings that locate files on one machine


def write(folder: Path, names: list[str], pages: Path) -> list[dict[str, Any]]:
    """Write the pages of the complete figures under ``folder``, and the index; remove the pages of the others.

    Returns the index entries: name, title, command and seconds of each figure (None if it is not complete).
    """
    pages.mkdir(parents=True, exist_ok=True)
    entries = []
    for name in sorted(names):
        if complete(folder / name):
            entries.append(_page(folder / name, name, pages))
            continue
        entries.append({"name": name, "title": None, "command": None, "seconds": None})
        for suffix in ("md", "png", "json"):
            (pages / f"{name}.{suffix}").unlink(missing_ok=True)
    manifest = disk.read_manifest(folder)
    manifests = [disk.read_manifest(folder / entry["name"]) for entry in entries if entry["seconds"] is not None]
    _put(pages / "README.md", _index(manifest["spec"], entries, manifests).encode())
    return [{key: value for key, value in entry.items() if key != "trainings"} for entry in entries]


def small_picture(path: Path) -> bytes:
    """A picture as a PNG of at most SMALL bytes, with few colours and no wider than necessary."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    width = min(picture.width, _WIDEST)
    while True:
        height = round(picture.height * width / picture.width)
        sized = picture.resize((width, height), Image.Resampling.LANCZOS) if width < picture.width else picture
        stream = io.BytesIO()
        # other methods keep the colours of large areas, and change those of thin lines
        few = sized.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        few.save(stream, "PNG", optimize=True)
        if stream.tell() <= SMALL or width < 200:
            return stream.getvalue()
        width = round(width * _SHRINK)


def complete(folder: Path) -> bool:
    """Whether a run folder exists and is complete."""
    return (folder / "manifest.json").exists() and disk.read_manifest(folder)["status"] == "COMPLETED"


def _page(folder: Path, name: str, pages: Path) -> dict[str, Any]:
    """Write the three files of one figure; returns its index entry."""
    manifest, summary = disk.read_manifest(folder), read_summary(folder)
    heading, _, text = (folder / "figure.md").read_text(encoding="utf-8").partition("\n")
    title = heading.removeprefix("# ")
    links = f"All figures: [README.md](README.md). Manifest: [{name}.json]({name}.json)."
    page = f"{heading}\n\n![{title}]({name}.png)\n{text}\n{links}\n"
    contents = {f"{name}.md": page.encode(), f"{name}.png": small_picture(folder / "figure.png")}
    for file, content in contents.items():
        _put(pages / file, content)
    trainings = [
        {
            "name": run["name"],
            "hash": run["hash"],
            "spec": _public(run["spec"]),
            "digest": run["data"]["digest"],
            "seconds": sum(result["seconds"] for result in run["results"]),
        }
        for run in summary.get("runs", [])
    ]
    record = {
        "schema": disk.SCHEMA,
        "name": name,
        "title": title,
        "command": summary["command"],
        "seed": manifest["seed"],
        "spec": _public(manifest["spec"]),
        "trainings": trainings,
        **{key: manifest[key] for key in ("threads", "versions", "git_commit", "host", "started", "finished")},
        "resumed": manifest.get("resumed", []),
        "seconds": summary["seconds"],
        "outputs": manifest["outputs"],  # of the run folder
        "files": {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()},
    }
    _put(pages / f"{name}.json", (json.dumps(record, indent=1) + "\n").encode())
    return {key: record[key] for key in ("name", "title", "command", "seconds", "resumed", "trainings")}


def _index(spec: dict[str, Any], entries: list[dict[str, Any]], manifests: list[dict[str, Any]]) -> str:
    """README.md."""
    done = [entry for entry in entries if entry["seconds"] is not None]
    missing = [entry["name"] for entry in entries if entry["seconds"] is None]
    given = {
        "--scale": spec["scale"],
        "--data-dir": spec["data_dir"] and "DIR",
        "--seed": spec["seed"],
        "--replicas": spec["replicas"],
        "--steps": spec["steps"],
    }
    command = " ".join(["langevin-sim reproduce all", *(f"{key} {value}" for key, value in given.items() if value is not None)])
    trainings = {run["hash"]: run["seconds"] for entry in done for run in entry["trainings"]}
    measuring, training = sum(entry["seconds"] for entry in done), sum(trainings.values())
    rows = [[f"[{entry['name']}]({entry['name']}.md)", entry["title"], f"`{entry['command']}`", _time(entry)] for entry in done]
    parts = [
        "# The memo's figures and Table 1, as this program reproduces them",
        f"Written by `{command}`, not by hand. Each page says what the memo showed and what was found, with settings "
        "and times; the manifest beside it has seed, versions, and the hashes of the full-size files that its command "
        "makes. Figures 3 to 6 appear twice: with the authors' own settings (literal), and converged, "
        "beside the exact laws.",
        markdown_table(["page", "what", "command", "time"], rows) if rows else "",
        f"Missing: {', '.join(missing)}." if missing else "",
        _machine(manifests),
        f"Total time: {duration(measuring + training)}"
        + (
            f", of which {duration(training)} for "
            f"{counted(len(trainings), 'training')}, which figures share; the times above are without them."
            if trainings
            else "."
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _time(entry: dict[str, Any]) -> str:
    return duration(entry["seconds"]) + (" since it was resumed" if entry["resumed"] else "")


def _machine(manifests: list[dict[str, Any]]) -> str:
    """The machines and versions that made them."""
    hosts = [manifest["host"] for manifest in manifests]
    machines = dict.fromkeys(f"{host['processor']} ({host['machine']}, {host['system']}), {host['cpus']} cores" for host in hosts)
    threads = dict.fromkeys(str(manifest["threads"]) for manifest in manifests)
    packages = dict.fromkeys(
        f"{name} {manifest['versions'][name]}" for name in _NAMED for manifest in manifests if name in manifest["versions"]
    )
    return f"Machine: {' and '.join(machines)}; threads: {', '.join(threads)}; {', '.join(packages)}." if manifests else ""


def _public(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in _PRIVATE}


def _put(path: Path, content: bytes) -> None:
    """Write a file unless it already has this content."""
    if not path.exists() or path.read_bytes() != content:
        disk.write_whole(path, lambda stream: stream.write(content))
