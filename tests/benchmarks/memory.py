"""Peak memory of `langevin-sim run --dims 1..5`, at a tenth of the default steps and at the default steps.

    python tests/benchmarks/memory.py

The bound: the two within 5 % of each other, and below 500 MB. Exit code 1 if it is broken.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from langevin_sim.settings.run import RunSpec

BOUND_MB, BOUND_SHARE = 500.0, 0.05

# Runs in a process of its own, so that the largest of its children is the one run.
_LAUNCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(steps: int, folder: Path) -> float:
    """Peak resident memory of one run, in MB (10^6 bytes)."""
    program = Path(sys.executable).with_name("langevin-sim")
    command = [str(program), "run", "--dims", "1..5", "--steps", str(steps), "--seed", "1", "--quiet", "--out", str(folder)]
    out = subprocess.run([sys.executable, "-c", _LAUNCHER, *command], check=True, capture_output=True, text=True).stdout
    return int(out) * (1.0 if sys.platform == "darwin" else 1024.0) / 1e6


def main() -> int:
    """Measure, print the table, and say whether the bound holds."""
    steps = RunSpec.model_fields["steps"].default
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        peak(RunSpec.model_fields["every"].default, Path(name, "warm"))  # compiles, so that neither of the two does
        print("| steps | peak, MB | seconds |\n| ---: | ---: | ---: |")
        for count in (steps // 10, steps):
            began = time.perf_counter()
            peaks.append(peak(count, Path(name, str(count))))
            print(f"| {count:,} | {peaks[-1]:.1f} | {time.perf_counter() - began:.1f} |", flush=True)
    ratio = peaks[1] / peaks[0]
    holds = abs(ratio - 1.0) <= BOUND_SHARE and max(peaks) < BOUND_MB
    print(f"\nratio {ratio:.3f}; within {BOUND_SHARE:.0%} and below {BOUND_MB:g} MB: {'yes' if holds else 'NO'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
