"""Exactness first: the plain twin, limits, and the same bits."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numba import typeof

from langevin_sim import potentials
from langevin_sim.dynamics import GDL, make
from langevin_sim.engine import ensemble as module
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.ensemble import BINS, new_ensemble
from langevin_sim.engine.kernel import SEGMENTS
from langevin_sim.engine.normals import fill_normals, fill_uniforms
from langevin_sim.engine.streams import seed_blocks
from langevin_sim.simulation.simulate import available_threads, landscape


def ensemble(name="gdl", dim=2, walkers=600, threads=1, every=2, burn_in=10, temperature=1.0, step_size=0.02, **more):
    U = potentials.twowell(dim)
    starts = np.stack([U.regions[i % 2].start for i in range(walkers)])
    return U, new_ensemble(
        landscape(U),
        make(name, step_size, temperature, batch_size=7),
        starts,
        seed=11,
        key=(dim,),
        burn_in=burn_in,
        every=every,
        bound=1e3,
        threads=threads,
        **more,
    )


def bits(e):
    arrays = (
        e.positions,
        e.memory,
        e.streams,
        e.alive,
        e.counts_x1,
        e.counts.sum(0),
        e.counts_plane.sum(0),
        e.moment1,
        e.moment2,
        e.sums,
        e.draws,
    )
    return b"".join(a.tobytes() for a in arrays)


@pytest.mark.parametrize("name", ["gd", "gdl", "lm", "mala"])
def test_equals_the_twin(name):
    """Ten steps in plain NumPy, with the same normals."""
    dim, eta, T = 3, 0.05, 0.8
    U, e = ensemble(name, dim=dim, walkers=BLOCK, temperature=T, step_size=eta)
    x = e.positions[0].T.copy()
    stream = seed_blocks(11, (dim,), 0, 1)[0]

    def normals():
        z = np.empty((dim, BLOCK))
        fill_normals(stream, z)
        return z.T

    previous = normals() if name == "lm" else None
    accepted = 0
    for _ in range(10):
        drift = x - eta * U.gradient(x)
        if name == "gd":
            x = drift
            continue
        z = normals()
        amplitude = np.sqrt(2 * eta * T)
        if name == "lm":
            x, previous = drift + amplitude * (z + previous) / 2, z
        elif name == "gdl":
            x = drift + amplitude * z
        else:
            u = np.empty(BLOCK)
            fill_uniforms(stream, u)
            y = drift + amplitude * z
            back = x - y + eta * U.gradient(y)
            log_ratio = (U.energy(x) - U.energy(y)) / T - ((back**2).sum(1) - ((y - drift) ** 2).sum(1)) / (4 * eta * T)
            take = np.log(u) < log_ratio
            accepted += take
            x = np.where(take[:, None], y, x)
    e.advance(10)
    np.testing.assert_allclose(e.positions[0].T, x, rtol=1e-11, atol=1e-12)
    if name == "mala":
        np.testing.assert_array_equal(e.memory[0, dim + 1], accepted)


@pytest.mark.parametrize("name", ["gdl", "lm", "mala"])
def test_same_bits_for_any_chunk_and_any_threads(name):
    results = []
    for threads, chunk in [(1, 1000), (1, 7), (1, 1), (available_threads(), 1000), (available_threads(), 7)]:
        _, e = ensemble(name, threads=threads)
        e.run(410, chunk)
        results.append(bits(e))
    assert len(set(results)) == 1


def test_no_thread_is_without_a_block():
    """A thread without a block would only cost time; two threads share three blocks."""
    assert ensemble(walkers=BLOCK, threads=2)[1].threads == 1
    assert ensemble(walkers=2 * BLOCK + 1, threads=2)[1].threads == 2


def test_a_read_only_extent_needs_no_machine_code_of_its_own(monkeypatch):
    """In one dimension its column is contiguous, and would be passed as it is: the kernel would be compiled a second time."""
    seen = []
    monkeypatch.setattr(module, "advance_blocks", lambda *arguments: seen.append([typeof(one) for one in arguments[:-5]]))
    for writeable in (True, False):
        _, e = ensemble(dim=1)
        extent = e.landscape.extent.copy()
        extent.setflags(write=writeable)
        e.landscape = replace(e.landscape, extent=extent)
        e.advance(10)
    assert seen[0] == seen[1]


def test_gdl_at_temperature_zero_is_gd():
    _, cold = ensemble("gdl", temperature=0.0)
    _, gd = ensemble("gd")
    cold.advance(100)
    gd.advance(100)
    np.testing.assert_array_equal(cold.positions, gd.positions)


def test_histograms_of_walkers_are_kept_on_request_and_change_nothing():
    _, plain = ensemble(dim=1)
    _, kept = ensemble(dim=1, threads=2, walker_histograms=True)
    plain.advance(70)
    kept.advance(40)
    _, resumed = ensemble(dim=1, walker_histograms=True)
    resumed.restore(40, kept.state())
    for e in (kept, resumed):
        e.advance(30)
        assert bits(e) == bits(plain)
        assert e.counts_walkers.shape == (3, BLOCK, BINS + 2)
        np.testing.assert_array_equal(e.counts_walkers.sum(axis=1), plain.counts_x1)
        assert (e.counts_walkers.sum(axis=2) == plain.records * e.alive).all()
    assert plain.counts_walkers.size == 0
    assert "counts_walkers" not in plain.state()
    with pytest.raises(ValueError, match="counts_walkers does not have this ensemble's shape"):
        resumed.restore(70, plain.state())  # a checkpoint without them


@pytest.mark.parametrize("steps", [20, 2 * SEGMENTS, 2 * SEGMENTS + 2, 1000])
def test_every_record_is_counted_once(steps):
    U, e = ensemble(walkers=400, burn_in=0)
    e.advance(steps)
    records = steps // 2
    alive = e.alive.astype(bool)
    assert alive.sum() == 400
    assert e.counts_x1.sum() == 400 * records
    assert (e.counts.sum(axis=(0, 2)) == 400 * records).all()
    visits = e.sums[:, :, :2].sum(axis=(1, 2))
    assert (visits[alive] == records).all()
    np.testing.assert_allclose(e.sums[:, :, 2].sum(1), e.moment1[:, 0], rtol=1e-10)
    if records <= SEGMENTS:  # the last draw is the present state
        np.testing.assert_array_equal(e.draws[:, records - 1, 1][alive], e.positions[:, 0][alive])
        np.testing.assert_array_equal(e.draws[0, records - 1, 0], U.label(e.positions[0].T))


def test_histogram_equals_numpys():
    _, e = ensemble(dim=2, walkers=2 * BLOCK, burn_in=0, every=1)
    seen = []
    for _ in range(50):
        e.advance(1)
        seen.append(e.positions[:, 0].ravel().copy())
    expected, _ = np.histogram(np.concatenate(seen), bins=BINS, range=tuple(e.landscape.extent[0]))
    difference = e.counts_x1.sum(0)[1:-1] - expected
    assert np.abs(difference).sum() <= 2  # a value within rounding of an edge may fall to either side


def test_a_diverged_walker_is_frozen_and_not_averaged():
    _, e = ensemble(walkers=2 * BLOCK, burn_in=0, every=1)
    e.positions[0, 0, 5] = 1e9
    e.positions[1, 1, 7] = np.nan
    e.advance(20)
    assert e.alive.sum() == 2 * BLOCK - 2
    assert not e.alive[0, 5]
    assert not e.alive[1, 7]
    assert np.isnan(e.positions[0, :, 5]).all()
    assert e.counts_x1.sum() == (2 * BLOCK - 2) * 20


def test_gdl_on_a_quadratic_has_the_exact_variance():
    """T/(k(1 - eta k/2)); false-alarm rate 1e-6 (4.9 sigma). The control: Boltzmann's T/k must fail."""
    k, eta, walkers = 1.0, 0.4, 200_000
    U = potentials.quadratic(1, stiffness=k)
    e = new_ensemble(
        landscape(U),
        GDL(eta, 1.0),
        np.zeros((walkers, 1)),
        seed=5,
        key=(1,),
        burn_in=0,
        every=50,
        bound=1e3,
        threads=available_threads(),
    )
    e.advance(100)
    squares = (e.positions[:, 0] ** 2).ravel()[:walkers]
    error = squares.std() / np.sqrt(walkers)
    assert abs(squares.mean() - 1 / (k * (1 - eta * k / 2))) < 4.9 * error
    assert abs(squares.mean() - 1 / k) > 4.9 * error


def test_no_index_leaves_its_array_in_one_dimension(tmp_path):
    """Under NUMBA_BOUNDSCHECK the parallel loop hoists loads out of its conditions, also those of a second axis."""
    code = """
from langevin_sim import potentials
from langevin_sim.dynamics import make
from langevin_sim.simulation.simulate import simulate
simulate(potentials.quadratic(1), make("gdl", 0.05, 1.0), walkers=260, steps=20, burn_in=0, every=2, seed=1)
"""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
