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
def bins_of(x, low, per_width, bins, out):
    """out[i] <- 0 below the range and for nan, 1..bins inside, bins + 1 above."""
    top = float(bins)
    for i in range(BLOCK):
        position = (x[i] - low) * per_width
        position = position if position >= 0.0 else -1.0  # nan compares false
        position = position if position < top else top
        out[i] = np.int64(np.floor(position)) + 1


@compiled
def freeze_diverged(X, alive, bound):
    """Walkers with a coordinate beyond the bound, or not finite, become nan and are no longer alive."""
    beyond = 0
    for j in range(X.shape[0]):
        x = X[j]
        for i in range(BLOCK):
            beyond += 0 if abs(x[i]) <= bound else 1
    if beyond == 0:
        return
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


@compiled
def observe(X, alive, energies, labels, places, low, per_width, moment1, moment2, sums, draws, counts_x1, counts, counts_plane):
    """Add one look at a block to its accumulators; sums and draws are those of the segment, places [2, BLOCK] scratch.

    Surplus and diverged walkers are counted nowhere; what is summed of them is never read. Places are cast to
    uint64 where they index, because numba would test whether a signed index is negative; bins_of makes none for nan.
    """
    dim = X.shape[0]
    bins = counts_x1.shape[0] - 2
    coarsening = bins // counts_plane.shape[0]
    regions = sums.shape[0] - 2
    missing = 0
    for i in range(BLOCK):
        missing += 1 if alive[i] == 0 else 0
    for j in range(dim):
        x, first, second = X[j], moment1[j], moment2[j]
        for i in range(BLOCK):
            first[i] += x[i]
            second[i] += x[i] * x[i]
    x, sum_x, sum_energy = X[0], sums[regions], sums[regions + 1]
    for i in range(BLOCK):
        sum_x[i] += x[i]
        sum_energy[i] += energies[i]
    draw_label, draw_x, draw_energy = draws[0], draws[1], draws[2]
    for i in range(BLOCK):
        draw_label[i] = labels[i]
        draw_x[i] = x[i]
        draw_energy[i] = energies[i]
    for region in range(regions):
        visits = sums[region]
        for i in range(BLOCK):
            visits[i] += 1.0 if labels[i] == region and alive[i] != 0 else 0.0
    for j in range(dim):
        place = places[min(j, 1)]
        bins_of(X[j], low[j], per_width[j], bins, place)
        row = counts[j]
        if missing == 0:
            for i in range(BLOCK):
                row[np.uint64(place[i])] += 1
            if j == 0:
                for i in range(BLOCK):
                    counts_x1[np.uint64(place[i])] += 1
        else:
            for i in range(BLOCK):
                if alive[i] != 0:
                    row[np.uint64(place[i])] += 1
                    if j == 0:
                        counts_x1[np.uint64(place[i])] += 1
        if j == 1:
            column, line, per_cell = places[0], places[1], np.uint64(coarsening)
            for i in range(BLOCK):
                if alive[i] != 0 and 0 < column[i] <= bins and 0 < line[i] <= bins:
                    counts_plane[np.uint64(column[i] - 1) // per_cell, np.uint64(line[i] - 1) // per_cell] += 1


@compiled(parallel=True)
def advance(
    first_step,
    steps,
    burn_in,
    every,
    bound,
    domain,
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
    scratch,
    indices,
    shuffled,
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
    for b in prange(blocks):
        # rows of the thread's own scratch, an argument: numba counts references to arrays made here at every call
        thread = get_thread_id()
        before, slope, residual = scratch[thread, :dim], scratch[thread, dim : 2 * dim], scratch[thread, 2 * dim : 3 * dim]
        energies, own = scratch[thread, 3 * dim], scratch[thread, 3 * dim + 1 :]
        labels, places, batch = indices[thread, 0], indices[thread, 1:3], indices[thread, 3:]
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
                own,
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
                shuffled[thread],
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
            observe(
                X[b],
                alive[b],
                energies,
                labels,
                places,
                low,
                per_width,
                moment1[b],
                moment2[b],
                sums[b, segment],
                draws[b, segment],
                counts_x1[b],
                counts[thread],
                counts_plane[thread],
            )
            if counts_walkers.shape[0] > 0:
                place = places[0]
                bins_of(X[b, 0], low[0], per_width[0], counts_x1.shape[1] - 2, place)
                for i in range(BLOCK):
                    if alive[b, i]:
                        counts_walkers[b, i, np.uint64(place[i])] += 1


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
