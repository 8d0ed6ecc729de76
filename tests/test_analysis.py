import numpy as np
import pytest
from scipy.stats import ks_1samp, norm, wasserstein_distance

from langevin_sim.analysis.convergence import nested_rhat, stationarity_pvalue
from langevin_sim.analysis.distances import distances, expected_distances
from langevin_sim.analysis.occupancy import over_walkers
from langevin_sim.analysis.verdict import Comparison, sidak, verdict


def test_mean_and_error():
    values = np.arange(10.0)
    estimate = over_walkers(values)
    assert estimate.mean == 4.5
    assert estimate.stderr == pytest.approx(values.std(ddof=1) / np.sqrt(10))


def test_distances_against_scipy():
    generator = np.random.default_rng(0)
    edges = np.linspace(-5, 5, 2001)
    sample = generator.normal(size=4000)
    mass = np.histogram(sample, edges)[0] / sample.size
    law = np.diff(norm.cdf(edges))
    law /= law.sum()  # SciPy normalises its weights
    found = distances(mass - law, edges[1] - edges[0])
    assert found.ks == pytest.approx(ks_1samp(sample, norm.cdf).statistic, abs=3e-3)
    middle = 0.5 * (edges[1:] + edges[:-1])
    exact = wasserstein_distance(middle, middle, mass, law)
    assert found.w1 == pytest.approx(exact, rel=1e-6)


def test_expected_distances_match_what_noise_does():
    """Mean TV over 300 multinomial histograms, within 5 % (its standard error is below 1 %)."""
    generator = np.random.default_rng(1)
    p = np.full(20, 0.05)
    counts = generator.multinomial(500, p, size=(300, 40))
    tv = distances(counts.sum(1) / 20_000 - p, 1.0).tv.mean()
    assert expected_distances(counts[0], 1.0).tv == pytest.approx(tv, rel=0.15)
    assert np.mean([expected_distances(c, 1.0, draws=50).tv for c in counts[:100]]) == pytest.approx(tv, rel=0.05)


def test_stationarity_alarms_at_its_rate_and_sees_a_drift():
    """At most 10 of 400 stationary samples below 0.01 (probability 0.003 if the rate is 0.01)."""
    generator = np.random.default_rng(2)
    start = np.arange(1000) % 2
    alarms = sum(stationarity_pvalue(*generator.normal(size=(2, 1000)), start) < 0.01 for _ in range(400))
    assert alarms <= 10
    first, second = generator.normal(size=(2, 1000))
    assert stationarity_pvalue(first + 0.5 * start, second, start) < 1e-6
    assert stationarity_pvalue(first, second + 0.3, start) < 1e-6


def test_nested_rhat():
    generator = np.random.default_rng(3)
    start = np.arange(400) % 2
    draws = generator.normal(size=(400, 20))
    assert nested_rhat(draws, start) < 1.01
    assert nested_rhat(draws + start[:, None], start) > 1.05
    assert np.isnan(nested_rhat(draws, np.zeros(400)))


def test_verdicts():
    level = sidak(0.01, 4)
    assert 1 - (1 - level) ** 4 == pytest.approx(0.01)
    near, far = Comparison(0.501, 0.001, 0.5, 0.0), Comparison(0.51, 0.001, 0.5, 0.0)
    assert verdict([near], None, converged=True, level=level) == "agrees"
    assert verdict([near, far], None, converged=True, level=level) == "disagrees"
    assert verdict([far], None, converged=False, level=level) == "unconverged"
    assert verdict(None, None, converged=True, level=level) == "no-reference"
