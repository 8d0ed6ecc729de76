"""The compiled loop: blocks in parallel, steps within a block, observation every few steps."""

import math
from functools import cache
from typing import Any

import numpy as np
from numba import get_thread_id, prange, typeof, types

from langevin_sim.engine.balance import accumulate, hold
from langevin_sim.engine.block import BATCH_GRADIENT, BLOCK, ENERGY, GRADIENT, LABEL, STEP
from langevin_sim.vectormath import compiled

SEGMENTS = 64  # capacity of the time series kept for every walker


@compiled
def bin_of(value, low, per_width, bins):
    """0 below the range, 1..bins inside, bins + 1 above."""
    position = (value - low) * per_width
    if position < 0.0:
        return 0
    if position >= bins:
        return bins + 1
    return int(position) + 1


@compiled
def freeze_diverged(X, alive, bound):
    """Walkers with a coordinate beyond the bound, or not finite, become nan and are no longer alive."""
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(BLOCK):
            if alive[i] and not abs(x[i]) <= bound:
                alive[i] = 0
    for i in range(BLOCK):
        if not alive[i]:
            for j in range(X.shape[0]):
                X[j, i] = math.nan


@compiled
def halve_resolution(sums, draws):
    """Join neighbouring segments: add their sums, and keep the later of two draws."""
    half = sums.shape[0] // 2
    for s in range(half):
        sums[s] = sums[2 * s] + sums[2 * s + 1]
        draws[s] = draws[2 * s + 1]
    sums[half:] = 0.0
    draws[half:] = 0.0


@compiled(parallel=True)
def advance(
    first_step,
    steps,
    burn_in,
    every,
    bound,
    domain,
    scratch_rows,
    terms_per_step,
    settings,
    step_sizes,
    noises,
    X,
    memory,
    streams,
    alive,
    low,
    per_width,
    counts_x1,
    counts,
    counts_plane,
    counts_walkers,
    moment1,
    moment2,
    sums,
    draws,
    balance,
    balance_every,
    data,
    parameters,
    step,
    gradient,
    energy,
    label,
    batch_gradient,
):
    """Steps first_step .. first_step + steps - 1 of every block; arrays are described in ensemble.py.

    Record r is taken after step burn_in + (r + 1) * every. It belongs to segment r // length, where
    length is the smallest power of two for which SEGMENTS segments suffice: a function of r alone,
    so the result depends neither on the chunks nor on the total number of steps.
    Every balance_every steps after burn-in, what one step does is added to the balance (balance.py).
    """
    blocks, dim = X.shape[0], X.shape[1]
    bins = counts_x1.shape[1] - 2
    plane_bins = counts_plane.shape[1]
    coarsening = bins // plane_bins
    regions = sums.shape[2] - 2
    other = min(1, dim - 1)  # the second axis of the plane; its bounds are loaded outside the test of dim
    for b in prange(blocks):
        scratch = np.empty((scratch_rows, BLOCK))
        energies = np.empty(BLOCK)
        labels = np.empty(BLOCK, np.int64)
        before, slope, residual = np.empty((dim, BLOCK)), np.empty((dim, BLOCK)), np.empty((dim, BLOCK))
        batch = np.empty((terms_per_step, BLOCK), np.int64)
        shuffled = np.arange(data.shape[0])
        thread = get_thread_id()
        for k in range(steps):
            t = first_step + k
            seen = t > burn_in and (t - burn_in) % balance_every == 0
            if seen:
                hold(X[b], before)
                gradient(X[b], slope, parameters)
            step(
                t,
                X[b],
                memory[b],
                scratch,
                streams[b],
                step_sizes[k],
                noises[k],
                settings,
                domain,
                gradient,
                energy,
                parameters,
                batch_gradient,
                data,
                batch,
                shuffled,
            )
            if seen:
                accumulate(before, slope, X[b], residual, step_sizes[k], noises[k], domain, balance[b])
            if (t + 1) % every != 0:
                continue
            freeze_diverged(X[b], alive[b], bound)
            if t < burn_in:
                continue
            record = (t + 1 - burn_in) // every - 1
            length = 1
            while record >= SEGMENTS * length:
                length *= 2
            if length > 1 and record == SEGMENTS * (length // 2):
                halve_resolution(sums[b], draws[b])
            segment = record // length
            energy(X[b], energies, parameters)
            label(X[b], labels, parameters)
            for j in range(dim):
                for i in range(BLOCK):
                    moment1[b, j, i] += X[b, j, i]
                    moment2[b, j, i] += X[b, j, i] * X[b, j, i]
            for i in range(BLOCK):
                sums[b, segment, regions, i] += X[b, 0, i]
                sums[b, segment, regions + 1, i] += energies[i]
                draws[b, segment, 0, i] = labels[i]
                draws[b, segment, 1, i] = X[b, 0, i]
                draws[b, segment, 2, i] = energies[i]
            for i in range(BLOCK):
                if alive[b, i]:
                    sums[b, segment, labels[i], i] += 1.0
                    first = bin_of(X[b, 0, i], low[0], per_width[0], bins)
                    counts_x1[b, first] += 1
                    if dim > 1:
                        second = bin_of(X[b, other, i], low[other], per_width[other], bins)
                        if 0 < first <= bins and 0 < second <= bins:
                            column = (first - 1) // coarsening
                            counts_plane[thread, column, (second - 1) // coarsening] += 1
            for j in range(dim):
                for i in range(BLOCK):
                    if alive[b, i]:
                        counts[thread, j, bin_of(X[b, j, i], low[j], per_width[j], bins)] += 1
            if counts_walkers.shape[0] > 0:
                for i in range(BLOCK):
                    if alive[b, i]:
                        counts_walkers[b, i, bin_of(X[b, 0, i], low[0], per_width[0], bins)] += 1


@cache
def _compile(argument_types: tuple[Any, ...]) -> None:
    functions = tuple(types.FunctionType(signature) for signature in (STEP, GRADIENT, ENERGY, LABEL, BATCH_GRADIENT))
    advance.disable_compile(False)
    advance.compile(types.void(*argument_types, *functions))
    advance.disable_compile()  # otherwise a call would compile again for the functions that it is given


def advance_blocks(*arguments: Any) -> None:
    """Call advance, compiled only once because all functions are passed as pointers."""
    if hasattr(advance, "compile"):
        _compile(tuple(typeof(argument) for argument in arguments[:-5]))
    advance(*arguments)
