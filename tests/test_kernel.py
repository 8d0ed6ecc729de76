"""One step of the chain as an operator: its transposed, sets that cut cells, the law in time, first passages."""

import itertools

import numpy as np
import pytest
from scipy.special import ndtr

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.potentials.regression import regression_from
from langevin_sim.potentials.tilts import tilted

SPACE = potentials.twowell(1)
CASES = {
    "d = 1": (SPACE, ls.GDL(0.02, 1.0)),
    "axial": (potentials.twowell(2), ls.GDL(0.05, 1.0)),
    "d = 50": (potentials.twowell(50), ls.GDL(0.05, 1.0)),
    "plane": (potentials.make("(x1^2-1)^2 + x2^2 + x1*x2/2", 2), ls.GDL(0.05, 1.0)),
    "torus": (potentials.boxes(1), ls.GDL(1.0, 0.1)),
    "box": (SPACE.on(ls.Domain("box", -2.5, 3.0)), ls.GDL(0.02, 1.0)),
    "mirrors": (SPACE.on(ls.Domain("reflecting", -2.5, 3.0)), ls.GDL(0.02, 1.0)),
    "LM": (SPACE, ls.LM(0.02, 1.0)),
    "batches": (
        regression_from(np.array([[1.0], [2.0], [0.5], [1.5]]), np.array([1.0, 0.0, 2.0, -1.0])),
        ls.SGDL(0.1, 0.2, batch_size=2),
    ),
    "tilts": (tilted(potentials.twowell(2), np.eye(2), terms=8), ls.SGDL(0.05, 0.3, batch_size=2)),
}


def core(potential, name, temperature):
    """The minimum of a region, and the set of its points within T above it."""
    index = [region.name for region in potential.regions].index(name)
    minimum = potential.minima[potential.label(potential.minima) == index][:1]
    level = potential.energy(minimum)[0] + temperature
    return minimum, lambda x: (potential.label(x) == index) & (potential.energy(x) <= level)


def settled(kernel):
    """Boltzmann's law at the kernel's temperature, as probabilities of the nodes: smooth, and 0 at the window's ends."""
    x = np.zeros((len(kernel.nodes), kernel.potential.dim))
    x[:, : kernel.nodes.shape[1]] = kernel.nodes
    energy = kernel.potential.energy(x) / max(kernel.dynamics.temperature, 0.5)
    if kernel.coordinates == "x_1, rho":
        energy = energy - (kernel.potential.dim - 2) * np.log(kernel.nodes[:, 1])
    p = np.exp(energy.min() - energy) * kernel.weights
    return p / p.sum()


@pytest.mark.parametrize("case", CASES)
def test_the_step_back_is_the_transposed_of_the_step(case):
    """sum (p K) f = sum p (K f) for random p and f; no walker is lost."""
    kernel = ls.chain_kernel(*CASES[case])
    p, f = np.random.default_rng(1).random((2, len(kernel.nodes)))
    assert kernel.push(p) @ f == pytest.approx(p @ kernel.pull(f), rel=1e-12)
    smooth = kernel.push(settled(kernel))
    assert kernel.push(smooth).sum() == pytest.approx(smooth.sum(), abs=1e-6)
    assert kernel.regions.shape == f.shape


@pytest.mark.parametrize("case", ["d = 1", "axial", "d = 50", "box", "mirrors", "batches", "tilts"])
def test_the_chain_law_is_stationary_under_the_kernel(case):
    """Many steps end in the chain law; the shares of the regions add up to 1 and give their masses."""
    potential, dynamics = CASES[case]
    kernel, law = ls.chain_kernel(potential, dynamics), ls.chain_law(potential, dynamics)
    shares = [kernel.share(lambda x, index=index: potential.label(x) == index) for index in range(len(potential.regions))]
    p = settled(kernel)
    for _ in range(int(16 * law.relaxation_steps) + 10 if law.relaxation_steps < 50 else 3):
        p = kernel.push(p)
    p /= p.sum()
    assert p @ np.sum(shares, axis=0) == pytest.approx(1.0, abs=1e-8)
    if law.relaxation_steps < 50:
        for share, (name, mass) in zip(shares, law.masses.items(), strict=True):
            assert p @ share == pytest.approx(mass, abs=1e-6 + law.errors[name])


def test_the_law_in_time_of_a_harmonic_chain_is_normal():
    """x' = (1 - eta k) x + s xi from x = 1: its mean, and the mass above 0.4, after each of 12 steps."""
    step, temperature, curvature = 0.1, 0.5, 2.0
    kernel = ls.chain_kernel(potentials.make(f"{curvature}*x1^2/2", 1), ls.GDL(step, temperature))
    x = kernel.nodes[:, 0]
    above = kernel.share(lambda x: x[:, 0] > 0.4)
    mean, variance = 1.0, 0.0
    p = None
    for _ in range(12):
        p = kernel.after(np.array([[1.0]]))[0] if p is None else kernel.push(p)
        mean, variance = (1 - step * curvature) * mean, (1 - step * curvature) ** 2 * variance + 2 * step * temperature
        assert p @ x == pytest.approx(mean, abs=1e-8)
        assert p @ above == pytest.approx(ndtr((mean - 0.4) / np.sqrt(variance)), abs=1e-8)


def test_the_mean_a_step_later_is_that_over_all_batches():
    """The mean of exp(-x^2/4) a step after five points, against the sum over all batches of Gaussian integrals."""
    potential, dynamics = CASES["batches"]
    kernel = ls.chain_kernel(potential, dynamics)
    x = np.linspace(-1.0, 1.0, 5)[:, None]
    single = np.stack([potential.batch_gradient(x, np.full((len(x), 1), i))[:, 0] for i in range(4)])
    batches = list(itertools.combinations(range(4), 2))
    centres = np.stack([x[:, 0] - dynamics.step_size * single[list(batch)].mean(axis=0) for batch in batches])
    width = 2.0 + dynamics.noise**2
    expected = (np.exp(-(centres**2) / (2 * width)) * np.sqrt(2.0 / width)).mean(axis=0)
    found = kernel.after(x) @ np.exp(-(kernel.nodes[:, 0] ** 2) / 4)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(("start", "target", "steps"), [("narrow", "wide", 1377.5), ("wide", "narrow", 2890.8)])
def test_mean_first_passages_of_the_default_two_wells(start, target, steps):
    """(I - Q) t = 1 from a minimum to the other well's core, and the same by the survival probabilities' sum."""
    kernel = ls.chain_kernel(*CASES["d = 1"], refinement=2.0)
    (minimum, _), (_, goal) = core(SPACE, start, 1.0), core(SPACE, target, 1.0)
    outside = kernel.restricted(lambda x: ~goal(x))
    share = kernel.share(lambda x: ~goal(x))
    times = np.linalg.solve(np.eye(len(share)) - outside.matrix(), share)
    first = outside.after(minimum)[0]
    assert 1.0 + first @ times == pytest.approx(steps, rel=1e-4)
    law, steady = first, share
    for _ in range(50):
        law, steady = outside.push(law), outside.pull(steady)
    assert law @ share == pytest.approx(first @ steady, rel=1e-12)
    assert 0.9 < law @ share < 1.0


def test_a_plane_and_its_axis_of_symmetry_have_the_same_first_passages():
    """The probability to be outside the wide well's core after 60 steps from the narrow minimum, d = 2."""
    axial, plane = potentials.twowell(2), potentials.twowell(2).on(ls.Domain("reflecting", -7.0, 7.0))
    assert ls.chain_kernel(axial, ls.GDL(0.05, 1.0)).coordinates == "x_1, rho"
    _, goal = core(axial, "wide", 1.0)
    start, _ = core(axial, "narrow", 1.0)
    found = []
    for potential in (axial, plane):
        kernel = ls.chain_kernel(potential, ls.GDL(0.05, 1.0))
        outside = kernel.restricted(lambda x: ~goal(x))
        survival = kernel.share(lambda x: ~goal(x))
        for _ in range(60):
            survival = outside.pull(survival)
        found.append(outside.after(start)[0] @ survival)
    assert found[0] == pytest.approx(found[1], abs=2e-5)
    assert 0.5 < found[0] < 0.99


def test_a_clipping_wall_holds_what_reaches_it():
    """An atom at the wall: from a point at distance c, P(x' = wall) = Phi(-c/s) on a flat floor."""
    flat = potentials.make("0*x1", 1, domain=ls.Domain("box", 0.0, 4.0))
    kernel = ls.chain_kernel(flat, ls.GDL(0.02, 1.0))
    wall = kernel.share(lambda x: x[:, 0] <= 0.0)
    for place in (0.1, 0.3, 1.0):
        mean = kernel.after(np.array([[place]])) @ wall
        assert mean[0] == pytest.approx(ndtr(-place / 0.2), abs=1e-9)


def test_a_restriction_of_a_restriction_is_to_the_set_in_both():
    kernel = ls.chain_kernel(*CASES["d = 1"])
    twice = kernel.restricted(lambda x: x[:, 0] > -1.0).restricted(lambda x: x[:, 0] < 1.5)
    once = kernel.restricted(lambda x: (x[:, 0] > -1.0) & (x[:, 0] < 1.5))
    f = np.ones(len(kernel.nodes))
    np.testing.assert_allclose(twice.pull(f), once.pull(f), atol=1e-12)


def test_what_a_kernel_refuses():
    kernel = ls.chain_kernel(*CASES["d = 1"])
    with pytest.raises(InputError, match=r"an array \[3\]: expected one value a node"):
        kernel.push(np.ones(3))
    with pytest.raises(InputError, match="expected one value a point"):
        kernel.share(lambda x: x > 0)
    with pytest.raises(InputError, match=r"expected \[m, 1\]"):
        kernel.after(np.zeros((2, 2)))
    with pytest.raises(InputError, match="expected a positive number"):
        ls.chain_kernel(*CASES["d = 1"], refinement=0.0)
    with pytest.raises(ReferenceUnavailable, match="does not tell whether x is in a set"):
        ls.chain_kernel(*CASES["LM"]).restricted(lambda x: x[:, 0] > 0)
    with pytest.raises(ReferenceUnavailable, match="no known transition kernel"):
        ls.chain_kernel(SPACE, ls.MALA(0.1, 1.0))
