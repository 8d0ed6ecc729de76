"""The toys against theory. Statistical tests: seeds fixed before looking, rates stated, controls that must fail."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from langevin_sim import potentials
from langevin_sim.dynamics import GD, LM, MALA, RWM, SGD, SGDL, parse_schedule
from langevin_sim.engine.ensemble import new_ensemble
from langevin_sim.errors import InputError, ReferenceUnavailable
from langevin_sim.reference import boltzmann, chain_law
from langevin_sim.reference.least_squares import constant_noise, lyapunov_covariance, stationary_covariance, stationary_moments
from langevin_sim.reference.temperature import effective_temperature
from langevin_sim.simulation.simulate import available_threads, landscape, simulate, starting_points

RATE = 1e-5  # false-alarm rate of every test, Bonferroni over what it compares
SEED = 20180109


def limit(comparisons):
    """The largest |z| that raises no alarm."""
    return norm.isf(RATE / 2 / comparisons)


def half_filled(dim):
    """The temperature at which the wells of boxes hold half of the mass."""
    wells = 2.0**dim + 4.0**dim
    return 1.0 / math.log((18.0**dim - wells) / wells)


def halves(U, dynamics, steps, start, walkers=2048, every=10):
    """The same ensemble seen in the first and in the second half of its steps: two runs with the same seed."""
    half = steps // 2
    return [
        simulate(U, dynamics, walkers=walkers, steps=half, burn_in=skip, every=every, start=start, seed=SEED)
        for skip in (0, half)
    ]


def deviations(run, masses):
    """z-scores of the occupancies over walkers."""
    found = list(run.occupancy.values())
    return np.array([(one.mean - mass) / one.stderr for one, mass in zip(found, masses, strict=True)])


def drift(first, second):
    """z-scores of second half minus first half, paired over walkers."""
    change = (second.walker_means - first.walker_means)[:, : len(first.potential.regions)]
    return change.mean(0) / (change.std(0, ddof=1) / np.sqrt(len(change)))


def sgd_positions(U, dynamics, walkers, steps, start):
    """The positions of the walkers after a number of steps, [walkers, dim]."""
    e = new_ensemble(
        landscape(U),
        dynamics,
        np.tile(start, (walkers, 1)),
        seed=SEED,
        key=(U.dim,),
        burn_in=0,
        every=steps,
        bound=1e6,
        threads=available_threads(),
    )
    e.advance(steps)
    return np.moveaxis(e.positions, 1, 2).reshape(-1, U.dim)[:walkers]


def covariance_scores(x, expected):
    """z-scores of the elements of the covariance of x [walkers, dim]."""
    away = x - x.mean(0)
    products = away[:, :, None] * away[:, None, :]
    scores = (products.mean(0) - expected) / (products.std(0) / np.sqrt(len(x)))
    return scores[np.triu_indices(len(expected))]


@pytest.mark.parametrize(
    ("name", "dim", "temperature"), [("boxes", 3, 0.3), ("wedge", 3, 0.2), ("rbf", 2, 0.003), ("valley", 2, 0.3)]
)
def test_exact_starts(name, dim, temperature):
    """Masses of rejected draws; the control: the law 10 % hotter."""
    U, walkers = potentials.get(name, dim), 100_000
    x, where = starting_points(U, walkers, "exact", SEED, temperature)
    counts = np.bincount(where, minlength=len(U.regions)) / walkers

    def scores(at):
        masses = np.array(list(boltzmann(U, at).masses.values()))
        energy = U.energy(x)
        return np.append(
            (counts - masses) / np.sqrt(masses * (1 - masses) / walkers),
            (energy.mean() - boltzmann(U, at).mean_energy) / (energy.std() / np.sqrt(walkers)),
        )

    assert abs(scores(temperature)).max() < limit(len(U.regions) + 1)
    assert abs(scores(1.1 * temperature)).max() > limit(len(U.regions) + 1)
    np.testing.assert_array_equal(x, starting_points(U, walkers, "exact", SEED, temperature)[0])


def test_exact_starts_refuse():
    with pytest.raises(InputError, match="expected a torus"):
        starting_points(potentials.twowell(2), 10, "exact")
    with pytest.raises(InputError, match="temperature above 0"):
        simulate(potentials.boxes(2), GD(0.1), start="exact", seed=1)
    with pytest.raises(InputError, match="raise the temperature"):
        starting_points(potentials.boxes(12), 10, "exact", 0, 0.02)


@pytest.mark.parametrize("hotter", [0.9, 1.5])
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_boxes_hold_their_masses(dim, hotter):
    """From exact draws, local steps of 0.7: held in both halves. The control: the masses at 1.2 T."""
    T = hotter * half_filled(dim)
    weights = np.array([4.0**dim, 2.0**dim, (18.0**dim - 2.0**dim - 4.0**dim) * math.exp(-1 / T)])
    masses = weights / weights.sum()
    assert (masses[2] < 0.5) == (hotter < 1)
    U = potentials.boxes(dim)
    first, second = halves(U, RWM(0.25 / T, T), 2000, "exact")
    for run in (first, second):
        assert abs(deviations(run, masses)).max() < limit(9)
    assert abs(drift(first, second)).max() < limit(9)
    assert abs(deviations(second, U.exact_masses(1.2 * T))).max() > limit(9)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_boxes_are_found(dim):
    """From dispersed starts, with proposals of deviation 9, half the torus, that jump from well to well."""
    T = 0.9 * half_filled(dim)
    U = potentials.boxes(dim)
    run = simulate(U, RWM(40.5 / T, T), walkers=1024, steps=4000, burn_in=2000, every=20, seed=SEED)
    assert abs(deviations(run, U.exact_masses(T))).max() < limit(3)
    assert run.stationarity > RATE
    stuck = simulate(U, RWM(0.005 / T, T), walkers=1024, steps=400, burn_in=0, every=20, seed=SEED)  # too short a run
    assert abs(deviations(stuck, U.exact_masses(T))).max() > limit(3)


def test_wedge_figures():
    """The closed forms at T = 0.2, in figures."""
    two, three = potentials.wedge(2).exact_masses(0.2), potentials.wedge(3).exact_masses(0.2)
    np.testing.assert_allclose(two[:2], [0.814, 0.052], atol=6e-4)
    np.testing.assert_allclose(three[:2], [0.851, 0.0050], atol=6e-4)


@pytest.mark.parametrize("dim", [2, 3, 4, 5])
def test_wedge_holds_its_masses_under_mala(dim):
    """From exact draws, in both halves; the control: the masses at 1.1 T."""
    T = 0.2
    U = potentials.wedge(dim)
    first, second = halves(U, MALA(0.05, T), 4000, "exact", walkers=4096)
    for run in (first, second):
        assert abs(deviations(run, U.exact_masses(T))).max() < limit(9)
    assert abs(drift(first, second)).max() < limit(9)
    assert abs(deviations(second, U.exact_masses(1.1 * T))).max() > limit(9)


@pytest.mark.parametrize("dim", [2, 3])
def test_wedge_holds_its_masses_under_lm(dim):
    """Steps of 0.0005, with jumps of the force: the bias is below what 4096 walkers see."""
    U = potentials.wedge(dim)
    first, second = halves(U, LM(5e-4, 0.2), 8000, "exact", walkers=4096, every=40)
    for run in (first, second):
        assert abs(deviations(run, U.exact_masses(0.2))).max() < limit(9)
    assert abs(drift(first, second)).max() < limit(9)


def tilted_twowell(dim, eta, temperature, terms=100, batch=10, softness=0.25):
    """SGD with the step eta on twowell, tilts such that T_eff = eta s^2/(2b) (n-b)/(n-1) is the temperature."""
    variance = 2.0 * temperature * batch * (terms - 1) / (eta * (terms - batch))
    U = potentials.tilted(potentials.twowell(dim, softness=softness), variance, terms=terms)
    dynamics = SGD(eta, batch_size=batch)
    assert effective_temperature(U, dynamics) == pytest.approx(temperature, rel=1e-12)
    return U, dynamics


def curvature_of_the_deviation(dim, softness):
    """Deviation / eta at a step, twice and four times it: its differences have the ratio 2 where it is c + c' eta."""
    steps = np.array([1.0, 2.0, 4.0]) * (0.01 if dim == 1 else 0.015)  # below, the law of the batches takes too many nodes
    exact = boltzmann(potentials.twowell(dim, softness=softness), 1.0).mass("wide")
    laws = [chain_law(*tilted_twowell(dim, eta, 1.0, softness=softness)) for eta in steps]
    assert {law.method for law in laws} == {"transition kernel of the batches"}
    slopes = (np.array([law.mass("wide") for law in laws]) - exact) / steps
    assert (slopes > 0.1).all()
    return (slopes[2] - slopes[1]) / (slopes[1] - slopes[0])


@pytest.mark.parametrize("dim", [1, 2])
def test_sgd_tends_to_boltzmann_in_proportion_to_the_step(dim):
    """By the chain law, at one T_eff, with the softness 1. The control: the ridge of softness 0.25 is sharper than a step."""
    assert 1.7 < curvature_of_the_deviation(dim, 1.0) < 2.3
    assert curvature_of_the_deviation(dim, 0.25) < 1.7


@pytest.mark.parametrize("eta", [0.08, 0.04])
def test_sgd_agrees_with_the_chain_law(eta):
    """Two steps at one T_eff, 1000 tilts; the controls: Boltzmann's masses, and single ones of 20 tilts, must fail.

    The chain law takes the noise as Gaussian; a single one of 20 tilts is far from it, and has no chain law.
    """
    U, dynamics = tilted_twowell(2, eta, 1.0, terms=1000)
    settings = {"walkers": 4096, "steps": 16_000, "burn_in": 2000, "every": 20, "seed": SEED + 1}
    run = simulate(U, dynamics, **settings)
    chain = list(chain_law(U, dynamics).masses.values())
    assert abs(deviations(run, chain)).max() < limit(2)
    assert run.stationarity > RATE
    assert abs(deviations(run, list(boltzmann(U, 1.0).masses.values()))).max() > limit(2)
    few = simulate(*tilted_twowell(2, eta, 1.0, terms=20, batch=1), **settings)
    assert abs(deviations(few, chain)).max() > limit(2)


@pytest.mark.parametrize(
    "dynamics", [SGD(0.15, batch_size=4), SGD(0.15, batch_size=4, replacement=True), SGDL(0.15, 0.002, batch_size=8)]
)
def test_covariance_on_least_squares(dynamics):
    """All 15 elements in d = 5, from 40,000 walkers; the controls: Lyapunov's first order, the other rule for batches."""
    U = potentials.regression(5)
    x = sgd_positions(U, dynamics, 40_000, 400, U.minima[0])
    assert abs(covariance_scores(x, stationary_covariance(U, dynamics))).max() < limit(15)
    assert abs(covariance_scores(x, lyapunov_covariance(U, dynamics))).max() > limit(15)
    other = replace(dynamics, replacement=not dynamics.replacement)
    assert abs(covariance_scores(x, stationary_covariance(U, other))).max() > limit(15)
    assert (abs(x.mean(0) - U.minima[0]) / (x.std(0) / 200)).max() < limit(5)


@pytest.mark.parametrize("temperature", [0.0, 0.4])
@pytest.mark.parametrize("replacement", [False, True])
def test_covariance_by_enumerating_batches(replacement, temperature):
    """The linear equation against the mean over all batches of two of six: S, the mean, the mean energy; SGD and SGDL.

    The control: the other rule for batches does not solve the equation.
    """
    U, eta = potentials.regression(2, rows=6), 0.1
    dynamics = (
        SGDL(eta, temperature, batch_size=2, replacement=replacement)
        if temperature
        else SGD(eta, batch_size=2, replacement=replacement)
    )
    found = stationary_moments(U, dynamics)
    other = stationary_covariance(U, replace(dynamics, replacement=not replacement))
    a, y = U.terms.data[:, :-1], U.terms.data[:, -1]
    batches = list(itertools.product(range(6), repeat=2) if replacement else itertools.combinations(range(6), 2))

    def a_step_later(S):
        right = []
        for batch in batches:
            rows = a[list(batch)]
            stay = np.eye(2) - eta * rows.T @ rows / 2
            g = rows.T @ (rows @ U.minima[0] - y[list(batch)]) / 2
            right.append(stay @ S @ stay + eta**2 * np.outer(g, g))
        return np.mean(right, axis=0) + 2.0 * eta * temperature * np.eye(2)

    np.testing.assert_allclose(a_step_later(found.covariance), found.covariance, rtol=1e-11)
    np.testing.assert_array_equal(found.mean, U.minima[0])
    assert found.energy == pytest.approx(U.energy(U.minima[0]) + 0.5 * np.trace(a.T @ a / 6 @ found.covariance), rel=1e-12)
    assert abs(a_step_later(other) / other - 1).max() > 1e-3


@pytest.mark.parametrize("replacement", [False, True])
def test_a_column_of_ones_is_an_autoregression(replacement):
    """V_i = (x - y_i)^2/2: the noise does not depend on x, and S = (eta^2 f var(y) + 2 eta T) / (1 - (1 - eta)^2)."""
    y = np.array([0.3, -1.0, 2.5, 0.1, 7.0])
    U = potentials.regression_from(np.ones((5, 1)), y)
    dynamics = SGDL(0.3, 0.2, batch_size=2, replacement=replacement)
    factor = 0.5 if replacement else 3 / (2 * 4)
    assert constant_noise(U) == pytest.approx(y.var())
    assert effective_temperature(U, dynamics) == pytest.approx(0.2 + 0.5 * 0.3 * factor * y.var(), rel=1e-14)
    exact = stationary_moments(U, dynamics)
    variance = (0.09 * factor * y.var() + 2 * 0.3 * 0.2) / (1 - 0.7**2)
    assert exact.covariance == pytest.approx(variance, rel=1e-13)
    assert exact.mean == pytest.approx(y.mean())
    assert exact.energy == pytest.approx(0.5 * (y.var() + variance), rel=1e-13)
    signs = potentials.regression_from(np.array([[1.0], [-1.0], [1.0], [1.0], [-1.0]]), y)
    assert constant_noise(signs) == pytest.approx((y * [1, -1, 1, 1, -1]).var())
    assert constant_noise(potentials.regression_from(np.array([[1.0], [1.0], [1.0], [1.0], [2.0]]), y)) is None


def test_covariance_in_many_dimensions():
    """By conjugate gradients, put into the equation that it solves; and where there is no second moment."""
    U = potentials.regression(40, rows=300)
    dynamics = SGDL(0.02, 0.1, batch_size=5)
    S = stationary_covariance(U, dynamics)
    a, y = U.terms.data[:, :-1], U.terms.data[:, -1]
    factor = (300 - 5) / (5 * 299)
    A, g = a.T @ a / 300, a * (a @ U.minima[0] - y)[:, None]
    stay = np.eye(40) - 0.02 * A
    spread = (a * np.einsum("ni,ij,nj->n", a, S, a)[:, None]).T @ a / 300 - A @ S @ A + g.T @ g / 300
    np.testing.assert_allclose(stay @ S @ stay + 0.02**2 * factor * spread + 0.004 * np.eye(40), S, atol=1e-11 * S.max())
    with pytest.raises(ReferenceUnavailable, match="second moment grows"):
        stationary_covariance(U, SGD(0.2, batch_size=1))


def test_multiplicative_noise_in_closed_form():
    """SGDL: 2 eta T / (1 - E (1 - eta a_B)^2), by enumerating the batches; SGD comes to rest at 0."""
    U = potentials.multiplicative(rows=6)
    a = U.terms.data[:, 0] ** 2
    factors = [(1 - 0.4 * np.mean(batch)) ** 2 for batch in itertools.combinations(a, 2)]
    found = stationary_covariance(U, SGDL(0.4, 0.5, batch_size=2))
    assert found == pytest.approx(2 * 0.4 * 0.5 / (1 - np.mean(factors)), rel=1e-12)
    assert stationary_covariance(U, SGD(0.4, batch_size=2)) == pytest.approx(0.0, abs=1e-15)


def test_covariance_tends_to_lyapunov():
    U = potentials.regression(5)
    gaps = []
    for eta in (1e-2, 1e-3):
        exact, first = (f(U, SGD(eta, batch_size=5)) for f in (stationary_covariance, lyapunov_covariance))
        gaps.append(abs(exact / first - 1).max())
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.2)
    assert gaps[1] < 0.05


def test_covariance_refuses():
    with pytest.raises(ReferenceUnavailable, match="second moment grows"):
        stationary_covariance(potentials.regression(5), SGD(1.0, batch_size=1))
    with pytest.raises(ReferenceUnavailable, match="flat"):
        stationary_covariance(potentials.regression(5, rows=3), SGD(0.1))
    with pytest.raises(ReferenceUnavailable, match="schedule"):
        lyapunov_covariance(potentials.regression(5), SGD(0.1, step_schedule=parse_schedule("power:p=1,t0=10")))
    with pytest.raises(InputError, match="not least squares"):
        stationary_covariance(potentials.rbf(), SGD(0.1))


@pytest.mark.parametrize("dynamics", [GD(0.1), SGD(0.05, batch_size=2)])
def test_interpolation(dynamics):
    """Five data points in d = 12: from 0, the solution of least norm to 1e-8, where every gradient vanishes."""
    U = potentials.regression(12, rows=5)
    least = np.linalg.pinv(U.terms.data[:, :-1]) @ U.terms.data[:, -1]
    x = sgd_positions(U, dynamics, 128, 20_000, np.zeros(12))
    assert abs(x - least).max() < 1e-8
    terms = U.batch_gradient(np.tile(least, (5, 1)), np.arange(5)[:, None])
    assert abs(terms).max() < 1e-12
    elsewhere = sgd_positions(U, dynamics, 128, 20_000, np.ones(12))  # the control: from another start, another solution
    assert abs(elsewhere - least).max() > 0.1
    assert U.energy(elsewhere).max() < 1e-12


def annealed(dim=2, steps=100_000, walkers=2560, seed=SEED):
    """Shares of walkers that end in the deeper well of twowell (depth 0.2): annealed SGDL, then SGD with the first step.

    eta_t = 100/(t + 1000) starts at 0.1, a fifth of what the narrow well bears; b = 2 a T_0 log log 1000
    makes the temperature b/(2 a log log s) fall from 1.0 to 0.79. The noise then crosses the barrier of
    3.5 in some hundred units of time, and the steps add up to 100 log 101 = 460. Dispersed starts, and
    tilts of variance 1, which by themselves are a temperature of 0.0045.
    """
    U = potentials.tilted(potentials.twowell(dim, depth=0.2), 1.0)
    schedule = parse_schedule(f"gelfand-mitter:a=100,b={200 * math.log(math.log(1000))!r},t0=1000")
    starts, _ = starting_points(U, walkers, "dispersed")
    shares = []
    for dynamics in (SGDL(0.1, 1.0, step_schedule=schedule, noise_schedule=schedule), SGD(0.1)):
        e = new_ensemble(
            landscape(U), dynamics, starts, seed=seed, key=(dim,), burn_in=0, every=steps, bound=1e6, threads=available_threads()
        )
        e.advance(steps)
        shares.append(np.mean(U.label(np.moveaxis(e.positions, 1, 2).reshape(-1, dim)[:walkers]) == 0))
    return shares, walkers


def test_annealing_finds_the_deeper_well():
    """Against SGD with a constant step, which stays where it was put; two binomial shares compared."""
    (annealing, constant), walkers = annealed()
    error = math.sqrt((annealing * (1 - annealing) + constant * (1 - constant)) / walkers)
    assert annealing - constant > limit(1) * error
    assert constant == 0.5
    assert annealing == pytest.approx(boltzmann(potentials.twowell(2, depth=0.2), 0.79).mass("wide"), abs=0.04)


@pytest.mark.parametrize("name", ["rbf", "regression"])
def test_sgdl_at_temperature_zero_is_sgd(name):
    U = potentials.get(name, 2)
    one, other = (
        sgd_positions(U, kind(0.02, temperature=0.0, batch_size=7), 128, 100, U.minima[0] + 0.5) for kind in (SGD, SGDL)
    )
    np.testing.assert_array_equal(one, other)
    assert np.ptp(one[:, 0]) > 0
