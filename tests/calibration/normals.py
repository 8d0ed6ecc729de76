"""The long study of the stream of normals: moments, distribution, correlations, tails. Writes normals.md.

    python tests/calibration/normals.py

Takes about four minutes on two cores and 1.5 GB. Every test yields a p-value; the study passes if the
smallest, times the number of tests (Bonferroni), is above LEVEL. The seed was fixed before looking.
"""

import datetime
import platform
import time
from pathlib import Path

import numba
import numpy as np
import scipy
from numba import prange
from scipy import special, stats

from langevin_sim.engine.block import BLOCK, LANES
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.formatting import markdown_table
from langevin_sim.vectormath import compiled

SEED = 72_2018
LEVEL = 1e-3  # false-alarm rate of the whole study
BLOCKS, ROWS = 10, 39_063  # 10^8 draws
TAIL_BLOCKS, TAIL_ROWS, FILL = 64, 3_051_760, 16  # 5.00001e10 draws, 16 rows at a time
CONTROL_ROWS = TAIL_ROWS // 2
EDGES = np.array([4.0, 5.0, 6.0])

Result = tuple[str, str, float]  # what was tested, the figure, its p-value


@compiled(parallel=True)
def count_tails(streams, rows, edges, counts):
    """counts[block, :] <- how often z > 4, 5, 6 and z < -4, -5, -6 (the edges) in so many rows of normals."""
    for b in prange(streams.shape[0]):
        stream = streams[b]
        Z = np.empty((FILL, BLOCK))
        first, second, third = edges[0], edges[1], edges[2]
        above1 = above2 = above3 = below1 = below2 = below3 = 0
        for _ in range(rows // FILL):
            fill_normals(stream, Z)
            for j in range(FILL):
                z = Z[j]
                for i in range(BLOCK):
                    above1 += z[i] > first
                    above2 += z[i] > second
                    above3 += z[i] > third
                    below1 += z[i] < -first
                    below2 += z[i] < -second
                    below3 += z[i] < -third
        counts[b, 0], counts[b, 1], counts[b, 2] = above1, above2, above3
        counts[b, 3], counts[b, 4], counts[b, 5] = below1, below2, below3


def two_sided(score: float) -> float:
    """p-value of a standard normal score."""
    return float(2 * stats.norm.sf(abs(score)))


def moments(draws: np.ndarray) -> list[Result]:
    """Means of z^k, k = 1 to 8, over all draws."""
    sums = np.zeros(8)
    for block in draws:
        power = np.ones_like(block)
        for order in range(8):
            power *= block
            sums[order] += power.sum()
    results = []
    for order, mean in enumerate(sums / draws.size, start=1):
        exact = 0.0 if order % 2 else float(special.factorial2(order - 1))
        variance = float(special.factorial2(2 * order - 1)) - exact**2
        score = (mean - exact) / np.sqrt(variance / draws.size)
        results.append((f"moment {order}", f"{mean:+.6f} (exact {exact:g}), {score:+.2f} sigma", two_sided(score)))
    return results


def anderson_darling_pvalue(a2: float) -> float:
    """Upper tail of A^2 for a law known in full, good to 2e-6: Marsaglia and Marsaglia, J. Stat. Softw. 9 (2004)."""
    if a2 < 2.0:
        inner = 2.00012 + (0.247105 - (0.0649821 - (0.0347962 - (0.011672 - 0.00168691 * a2) * a2) * a2) * a2) * a2
        return float(1.0 - np.exp(-1.2337141 / a2) / np.sqrt(a2) * inner)
    exponent = 1.0776 - (2.30695 - (0.43424 - (0.082433 - (0.008056 - 0.0003146 * a2) * a2) * a2) * a2) * a2
    return float(-np.expm1(-np.exp(exponent if a2 < 30 else -np.inf)))


def distribution(draws: np.ndarray) -> list[Result]:
    """Kolmogorov-Smirnov and Anderson-Darling; sorts the draws in place."""
    z = draws.reshape(-1)
    z.sort()
    n, size = z.size, 10**6
    distance, total = 0.0, 0.0
    for begin in range(0, n, size):
        part = z[begin : begin + size]
        rank = np.arange(begin + 1, begin + part.size + 1)
        cdf = special.ndtr(part)
        distance = max(distance, (rank / n - cdf).max(), (cdf - (rank - 1) / n).max())
        opposite = z[n - begin - part.size : n - begin][::-1]
        total += ((2 * rank - 1) * (special.log_ndtr(part) + special.log_ndtr(-opposite))).sum()
    a2 = -n - total / n
    return [
        ("Kolmogorov-Smirnov", f"D sqrt(n) = {distance * np.sqrt(n):.4f}", float(stats.kstwobign.sf(distance * np.sqrt(n)))),
        ("Anderson-Darling", f"A^2 = {a2:.4f}", anderson_darling_pvalue(a2)),
    ]


def correlation(name: str, a: np.ndarray, b: np.ndarray) -> Result:
    """Mean of a b, for a and b of mean 0 and variance 1 by hypothesis."""
    mean = sum(float(np.einsum("ij,ij->", first, second)) for first, second in zip(a, b, strict=True)) / a.size
    score = mean * np.sqrt(a.size)
    return f"correlation of {name}", f"{mean:+.2e}, {score:+.2f} sigma", two_sided(score)


def lagged(draws: np.ndarray, what: str) -> list[Result]:
    """Correlation with the same lane some rows on, with another walker, and with other blocks."""
    results = [correlation(f"{what}, {lag} rows apart", draws[:, :-lag], draws[:, lag:]) for lag in (1, 2, 3, 5, 64, 1000)]
    results += [correlation(f"{what}, {lag} walkers apart", draws[..., :-lag], draws[..., lag:]) for lag in (1, 2, LANES)]
    return results + [correlation(f"{what}, {lag} blocks apart", draws[:-lag], draws[lag:]) for lag in (1, 2, 5)]


def matrices(draws: np.ndarray, what: str) -> list[Result]:
    """All correlations between two walkers: of a block, of a block one row on, of neighbouring blocks."""
    within, onward, between = (np.zeros((BLOCK, BLOCK)) for _ in range(3))
    for b, block in enumerate(draws):
        within += block.T @ block
        onward += block[:-1].T @ block[1:]
        if b:
            between += draws[b - 1].T @ block
    blocks, rows, _ = draws.shape
    cases = [
        (f"{what}, two walkers of a block", within[np.triu_indices(BLOCK, 1)] / np.sqrt(blocks * rows)),
        (f"{what}, two walkers, one row on", onward.ravel() / np.sqrt(blocks * (rows - 1))),
        (f"{what}, two walkers of neighbouring blocks", between.ravel() / np.sqrt((blocks - 1) * rows)),
    ]
    results = []
    for name, scores in cases:
        largest, square = np.abs(scores).max(), (scores**2).sum()
        pvalue = float(-np.expm1(scores.size * np.log1p(-two_sided(largest))))
        results.append((f"largest of {scores.size} correlations of {name}", f"{largest:.2f} sigma", pvalue))
        chance = float(2 * min(stats.chi2.sf(square, scores.size), stats.chi2.cdf(square, scores.size)))
        results.append((f"sum of squares of {scores.size} correlations of {name}", f"{square / scores.size:.4f} each", chance))
    return results


def tails(rows: int, edges: np.ndarray, key: int) -> tuple[list[Result], int, float]:
    """Poisson p-values of the counts beyond the edges 4, 5, 6 (scaled ones for a control), draws, seconds."""
    streams, counts = seed_blocks(SEED, (key,), 0, TAIL_BLOCKS), np.zeros((TAIL_BLOCKS, 6), np.int64)
    count_tails(streams.copy(), FILL, edges, counts)  # compiles
    began = time.perf_counter()
    count_tails(streams, rows, edges, counts)
    seconds = time.perf_counter() - began
    draws = TAIL_BLOCKS * (rows // FILL) * FILL * BLOCK
    results = []
    totals = counts.sum(axis=0)
    for k, edge in enumerate(EDGES):
        for side, seen in (("above +", totals[k]), ("below -", totals[3 + k])):
            expected = stats.norm.sf(edge) * draws
            chance = min(1.0, 2 * min(stats.poisson.cdf(seen, expected), stats.poisson.sf(seen - 1, expected)))
            results.append((f"{side}{edge:g} sigma", f"{seen:,} ({expected:,.1f} expected)", float(chance)))
    return results, draws, seconds


@compiled(parallel=True)
def sum_odd_powers(streams, rows, sums):
    """sums[block, :] <- sums of z, z^3, z^5, z^7 over so many rows of normals."""
    for b in prange(streams.shape[0]):
        stream = streams[b]
        Z = np.empty((FILL, BLOCK))
        totals = np.zeros((4, BLOCK))
        for _ in range(rows // FILL):
            fill_normals(stream, Z)
            for j in range(FILL):
                z = Z[j]
                for i in range(BLOCK):
                    square = z[i] * z[i]
                    totals[0, i] += z[i]
                    totals[1, i] += z[i] * square
                    totals[2, i] += z[i] * square * square
                    totals[3, i] += z[i] * square * square * square
        for k in range(4):
            sums[b, k] = totals[k].sum()


def odd_moments() -> tuple[list[Result], int]:
    """Moments 1, 3, 5, 7 of 50 times as many draws, from blocks that nothing else here has seen."""
    sums, rows = np.zeros((TAIL_BLOCKS, 4)), TAIL_ROWS // 10
    sum_odd_powers(seed_blocks(SEED, (2,), 0, TAIL_BLOCKS), rows, sums)
    draws = TAIL_BLOCKS * (rows // FILL) * FILL * BLOCK
    results = []
    for order, mean in zip((1, 3, 5, 7), sums.sum(axis=0) / draws, strict=True):
        score = mean / np.sqrt(float(special.factorial2(2 * order - 1)) / draws)
        results.append((f"moment {order}", f"{mean:+.6f} (exact 0), {score:+.2f} sigma", two_sided(score)))
    return results, draws


def second_look() -> str:
    """The section on the odd moments."""
    results, draws = odd_moments()
    smallest = min(p for _, _, p in results)
    verdict = "no bias" if 4 * smallest > LEVEL else "A BIAS"
    return f"""
## A second look at the odd moments

In the first run the seventh moment lay 3.5 sigma below zero: within the study's bound, but a low score. Before drawing anything
more it was decided to take the odd moments of {draws:.3g} draws of fresh blocks: a bias of that size would stand out by
25 sigma. The smallest p-value, times 4, is {min(1.0, 4 * smallest):.2g}: {verdict} at the level {LEVEL:g}.

{table(results)}
"""


def processor() -> str:
    """The machine in general terms."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        flags = set()
    known = [name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags]
    return f"{platform.machine().replace('_', '-')}{' with ' + known[0] if known else ''}"


def table(results: list[Result]) -> str:
    """A table in Markdown."""
    return markdown_table(["what", "figure", "p"], [[what, figure, f"{p:.2g}"] for what, figure, p in results])


def main() -> None:
    """Run the study and write the table."""
    began = time.perf_counter()
    draws = np.empty((BLOCKS, ROWS, BLOCK))
    for block, stream in enumerate(seed_blocks(SEED, (0,), 0, BLOCKS)):
        fill_normals(stream, draws[block])
    results = moments(draws)
    results += lagged(draws, "z") + matrices(draws, "z")

    half = BLOCKS // 2
    # a variance of 1.01, and a correlation of 0.002 between neighbouring walkers, must be seen
    control = moments(draws[:half] * np.sqrt(1.01))[1::2]
    mixed = draws[:half, :, 1:] + 0.002 * draws[:half, :, :-1]
    control.append(correlation("z mixed with 0.002 of its neighbour, 1 walker apart", mixed[..., :-1], mixed[..., 1:]))
    del mixed

    squares = np.square(draws)
    squares -= 1.0
    squares /= np.sqrt(2.0)
    results += lagged(squares, "z^2") + matrices(squares, "z^2")
    del squares
    results += distribution(draws)  # sorts them
    draws *= np.sqrt(1.01)
    control += distribution(draws)

    seen, count, seconds = tails(TAIL_ROWS, EDGES, 1)
    results += seen
    control += tails(CONTROL_ROWS, EDGES / np.sqrt(1.01), 1)[0][:4]  # at 6 sigma the counts are too small to tell

    smallest = min(p for _, _, p in results)
    passed = smallest * len(results) > LEVEL
    caught = all(p * len(results) < LEVEL for _, _, p in control)
    report = f"""# The stream of normals: a long study

Made by `tests/calibration/normals.py`. Seed {SEED}, fixed before looking. {datetime.date.today()}; {processor()};
Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, numba {numba.__version__}.

{BLOCKS * ROWS * BLOCK:.3g} draws ({BLOCKS} blocks of {BLOCK} walkers, {ROWS:,} rows) for moments, distribution and correlations;
{count:.4g} draws ({TAIL_BLOCKS} blocks) for the tails, {seconds / count * 1e9:.2f} ns each on {numba.get_num_threads()} threads,
counting included. {time.perf_counter() - began:.0f} s in all.

**{len(results)} tests, the smallest p-value {smallest:.2g}; times {len(results)}: {min(1.0, smallest * len(results)):.2g}.
At a false-alarm rate of {LEVEL:g} for the whole study it {"passes" if passed else "FAILS"}. The negative controls
{"all fail, as they must" if caught else "DO NOT all fail: the study is too weak"}.**

{table(results)}

## Negative controls

A variance of 1.01: moments on half of the draws, distribution on all, tails on half (up to 5 sigma;
beyond 6 a hundred counts cannot tell it). A correlation of 0.002 with the
neighbouring walker, on half of the draws.

{table(control)}
"""
    report += second_look()
    Path(__file__).with_suffix(".md").write_text(report)
    print(report)


if __name__ == "__main__":
    main()
