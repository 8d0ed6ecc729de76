"""langevin-sim beside its peers: the same workload in each, in an environment of its own, in one session.

    .venv/bin/python tests/benchmarks/peers/run.py

Makes the environments (once, a few minutes), runs langevin-sim and each peer in turns, so that a change of the machine's
load meets both, and writes results.json here, docs/benchmarks.md and the table in README.md: half an hour. Exit code 1 if
a peer samples another law than it should. Linux only: scripts are held to their cores by their affinity.
"""

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import page
from machine import Machine, Row, description
from workload import EVERY, OUR_STEPS, STEP_SIZE, STEPS, TEMPERATURE

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
RESULTS, PAGE, README = HERE / "results.json", ROOT / "docs" / "benchmarks.md", ROOT / "README.md"


@dataclass(frozen=True)
class Peer:
    """What its script needs installed, whether it has threads of its own, and which cases of ours stand beside it."""

    name: str
    requires: tuple[str, ...]
    threads: bool = False
    ours: tuple[str, ...] = ("gdl",)


PEERS = (
    Peer("numpy", ("numpy",)),
    Peer("jax", ("jax",), threads=True),
    Peer("blackjax", ("blackjax",), threads=True, ours=("gdl", "mala")),
    Peer("torch", ("torch", "numpy"), threads=True),
    Peer("deeptime", ("deeptime",), threads=True, ours=("gdl", "doublewell")),
    Peer("openmm", ("openmm",), ours=("gdl", "gdl-3")),
)


def environment(folder: Path, peer: Peer, torch: str) -> str:
    """The interpreter of the peer's own environment, made anew if it is missing or other things were installed."""
    requires = [torch if name == "torch" else name for name in peer.requires]
    home, done = folder / peer.name, folder / peer.name / "installed"
    python = str(home / "bin" / "python")
    if not done.exists() or done.read_text().split() != requires:
        print(f"installing {' '.join(requires)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requires], check=True)
        done.write_text(" ".join(requires))
    return python


@cache
def expected(dynamics: str, potential: str, region: str, dim: int) -> float:
    """The exact mass of the region: by the chain law at its finite step; for MALA, by Boltzmann's."""
    import langevin_sim as ls

    make = {"twowell": ls.potentials.twowell, "doublewell": lambda dim: ls.potentials.doublewell(dim, barrier=1.0, stiffness=2.0)}
    if dynamics == "mala":
        return float(ls.boltzmann(make[potential](dim), TEMPERATURE).mass(region))
    law = ls.chain_law(make[potential](dim), ls.GDL(STEP_SIZE, TEMPERATURE))
    return float(law.bin_masses([-0.5, 0.5])[0] if region == "|x_1| < 1/2" else law.mass(region))


def compare(peer: Peer, python: str, machine: Machine, scale: float, seed: int) -> list[Row]:
    """One round of one peer. Ours on one core, then the peer; ours on two, then the peer: with its threads, as two processes."""
    found: list[Row] = []
    for our_mode, modes in (("one", ["one"]), ("threads", [*["threads"] * peer.threads, "processes"])):
        script = [sys.executable, str(HERE / "ours.py"), *peer.ours, *lengths(OUR_STEPS, scale)]
        ours = machine.run(script, our_mode, seed)
        beside = {(row["potential"], row["dynamics"], row["dim"]): row["ns"] for row in ours}
        found += ours
        for mode in modes:
            seed += 2  # two processes take two seeds
            theirs = machine.run([python, str(HERE / f"with_{peer.name}.py"), *lengths(STEPS, scale)], mode, seed)
            found += [row | {"ours": beside[row["potential"], row["dynamics"], row["dim"]]} for row in theirs]
    for row in found:
        row["expected"] = expected(row["dynamics"], row["potential"], row["region"], row["dim"])
        off = (row["mass"] - row["expected"]) / row["error"]
        print(
            f"{row['mode']:>9} {row['peer']:>24}, d = {row['dim']}: {row['ns']:8.2f} ns on {row['cores']:.2f} cores, "
            f"others on {row['others']:.2f}; mass off by {off:+.1f}",
            flush=True,
        )
    return found


def lengths(steps: tuple[int, int], scale: float) -> list[str]:
    """Burn-in and steps, as the scripts take them."""
    burn_in, counted = (str(max(EVERY, round(scale * count / EVERY) * EVERY)) for count in steps)
    return ["--burn-in", burn_in, "--steps", counted]


def main() -> int:
    """Measure, keep, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=Path, default=HERE / ".envs", help="folder of the environments (default .envs here)")
    parser.add_argument("--torch", default="torch", help="what to install as PyTorch, such as torch==2.13.0")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--add", action="store_true", help="to the rounds that are kept, which are of this machine")
    parser.add_argument("--patience", type=float, default=0.0, help="minutes to wait in all until others do little")
    parser.add_argument("--only", nargs="+", metavar="PEER", help="these alone, and nothing is kept")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of steps; nothing is kept unless it is 1")
    parser.add_argument("--page", action="store_true", help="measure nothing: write page and table from what is kept")
    asked = parser.parse_args()
    if not asked.page:
        peers = [peer for peer in PEERS if not asked.only or peer.name in asked.only]
        pythons = [environment(asked.envs, peer, asked.torch) for peer in peers]
        results = json.loads(RESULTS.read_text()) if asked.add else {"versions": {}, "rounds": 0, "rows": []}
        results |= {"date": datetime.now(UTC).date().isoformat(), **description()}
        machine = Machine(60.0 * asked.patience)
        for number in range(results["rounds"], results["rounds"] + asked.rounds):
            for peer, python in zip(peers, pythons, strict=True):
                print(f"round {number + 1}, {peer.name}", flush=True)
                found = compare(peer, python, machine, asked.scale, 100 * number)
                results["rows"] += [row | {"round": number} for row in found]
            results["rounds"] = number + 1
            if not asked.only and asked.scale == 1.0:
                keep(results)
        if asked.only or asked.scale != 1.0:
            print(page.table(results))
            return 0
    results = json.loads(RESULTS.read_text())
    PAGE.write_text(page.render(results))
    README.write_text(re.sub(r"(?s)\| times faster than .*?(?=\n\n)", page.headline(results), README.read_text()))
    return 0 if page.all_right(results) else 1


def keep(results: Row) -> None:
    """results.json: what is told once, then a line a row. Versions stand once, numbers have six digits."""
    lines = []
    for row in results["rows"]:
        results["versions"] |= row.pop("versions", {})
        short = {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in row.items()}
        lines.append(json.dumps(short))
    head = json.dumps({key: value for key, value in results.items() if key != "rows"})
    RESULTS.write_text(f'{head[:-1]}, "rows": [\n' + ",\n".join(lines) + "\n]}\n")


if __name__ == "__main__":
    sys.exit(main())
