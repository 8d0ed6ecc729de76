"""Entropy production and probability current: closed forms of linear chains, reversible ones, the order in the step, batches."""

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

import langevin_sim as ls
from langevin_sim import potentials
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference.chain.irreversibility import flow, linear_entropy_production
from langevin_sim.reference.chain.spectral import SpectralKernel, Window, frequencies, kernel, solve


def linear(stay, sigma, half):
    """One step x' = M x + sigma xi on a window that its law does not fill: the kernel, and the flow at its nodes."""
    window = Window(np.full(2, -half), np.full(2, 2.0 * half))
    orders = frequencies(window, 0.5 * sigma**2, 30.0)
    top = orders.max(axis=0)
    axes = [(-half + 2.0 * half * np.arange(n) / n, np.full(n, 2.0 * half / n)) for n in 2 * top + 3]
    step = SpectralKernel(window, axes, np.empty(0), orders, (int(top[0]) + 1, 2 * int(top[1]) + 1))
    k = orders * window.spacing
    psi = np.exp(-1j * k @ (step.points @ stay.T + half).T - 0.5 * sigma**2 * (k**2).sum(axis=1)[:, None])
    step = SpectralKernel(window, axes, np.concatenate([psi.real, psi.imag]), orders, step.shape)
    series, _ = solve(step, np.exp(-(step.points**2).sum(axis=1)))
    return flow(step, step.at_nodes(series), ls.Domain())


@pytest.mark.parametrize("turn", [0.0, 0.15, 0.4])
def test_a_linear_chain_has_its_closed_form(turn):
    """M = I - eta (A + turn J): entropy production tr(Q^-1 M C M^T) - tr(Q^-1 M^2 C), current (M - C M^T C^-1) x p(x) / 2.

    Both vanish at turn 0, where M C is symmetric.
    """
    sigma = 0.8
    stay = np.eye(2) - np.array([[0.3, turn], [-turn, 0.5]])
    covariance = solve_discrete_lyapunov(stay, sigma**2 * np.eye(2))
    found = linear(stay, sigma, 6.0 * np.sqrt(covariance.max()))
    exact = linear_entropy_production(stay, sigma**2 * np.eye(2), covariance)
    assert abs(found.entropy_production - exact) < found.entropy_production_error + 1e-6
    assert found.entropy_production_error < 1e-6 + 1e-3 * exact
    x = found.points
    inverse = np.linalg.inv(covariance)
    p = np.exp(-0.5 * np.einsum("ni,ij,nj->n", x, inverse, x)) / (2.0 * np.pi * np.sqrt(np.linalg.det(covariance)))
    current = 0.5 * p[:, None] * (x @ (stay - covariance @ stay.T @ inverse).T)
    np.testing.assert_allclose(found.current, current, atol=1e-6)
    assert (exact > 0.01) == (turn > 0.0)


def test_the_closed_form_by_draws():
    """E log N(y; M x, Q) - log N(x; M y, Q) over pairs (x, y); Q in no relation to M. Rate 1e-5."""
    stay, noise = np.array([[0.6, 0.2], [-0.1, 0.5]]), np.array([[1.0, 0.3], [0.3, 0.5]])
    covariance = solve_discrete_lyapunov(stay, noise)
    generator = np.random.default_rng(20180109)
    x = generator.multivariate_normal(np.zeros(2), covariance, 200_000)
    y = x @ stay.T + generator.multivariate_normal(np.zeros(2), noise, 200_000)
    inverse = np.linalg.inv(noise)
    forth, back = y - x @ stay.T, x - y @ stay.T
    draws = 0.5 * (np.einsum("ni,ij,nj->n", back, inverse, back) - np.einsum("ni,ij,nj->n", forth, inverse, forth))
    exact = linear_entropy_production(stay, noise, covariance)
    assert abs(draws.mean() - exact) < 4.42 * draws.std() / np.sqrt(draws.size)
    assert exact > 0.01


def test_gdl_produces_entropy_of_the_third_order_in_the_step():
    """(1/6) T eta^3 E U'''^2 a step: U = x^2/2 + x^4/20, whose U''' is 1.2 x, by a kernel of whole batches."""
    potential = potentials.tilted(potentials.make("x1^2/2 + x1^4/20", 1), 1.0, terms=4)
    temperature, ratios, currents = 0.5, [], []
    for eta in (0.1, 0.05):
        dynamics = ls.SGDL(eta, temperature, batch_size=4)
        window = Window(np.array([-5.0]), np.array([10.0]))
        count = 300
        step = kernel(potential, dynamics, window, [(-5.0 + 10.0 * np.arange(count) / count, np.full(count, 10.0 / count))])
        series, _ = solve(step, np.exp(-(step.points**2).sum(axis=1)))
        density = step.at_nodes(series)
        found = flow(step, density, potential.domain)
        square = float(step.weights @ (density * step.points[:, 0] ** 2))
        ratios.append(found.entropy_production / (temperature / 6.0 * eta**3 * 1.44 * square))
        currents.append(np.abs(found.current).max())
    assert abs(ratios[1] - 1.0) < 0.6 * abs(ratios[0] - 1.0)
    assert ratios[1] == pytest.approx(1.0, abs=0.15)
    assert currents[1] < 0.2 * currents[0]


def test_batches_make_a_chain_irreversible():
    """Least squares on a line: an autoregression with the whole batch, which is reversible; with single terms it is not."""
    potential = potentials.regression_from(np.array([[1.0], [0.5], [2.0], [-1.0]]), np.array([1.0, 0.2, 1.5, -0.3]))
    whole, single = (ls.chain_law(potential, ls.SGDL(0.2, 0.3, batch_size=b)).flow for b in (4, 1))
    assert whole.entropy_production < 1e-9 + whole.entropy_production_error
    assert single.entropy_production > 1e-3
    assert single.entropy_production_error < 1e-2 * single.entropy_production


def test_what_has_no_current_says_why():
    with pytest.raises(ReferenceUnavailable, match="is not computed"):
        _ = ls.chain_law(potentials.twowell(1), ls.GDL(0.1)).flow
    walls = potentials.regression_from(np.array([[1.0], [0.5]]), np.ones(2)).on(ls.Domain("box", 0.0, 2.0))
    with pytest.raises(ReferenceUnavailable, match="walkers collect on walls"):
        _ = ls.chain_law(walls, ls.SGDL(0.1, 0.2, batch_size=1)).flow
