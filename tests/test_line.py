"""Boltzmann's law on a line: claimed errors against true ones, heavy tails, narrow wells in wide boxes."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import t as student

from langevin_sim import potentials
from langevin_sim.dynamics import Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import boltzmann
from langevin_sim.reference.boltzmann import adaptive, line
from langevin_sim.reference.quadrature import halving_matrix, legendre

EDGES = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
STUDENT = "(nu+1)/2*log(1+x1^2/nu)"


def without_truth(U):
    return replace(U, exact_masses=None, exact_marginal=None, exact_energy=None)


def holds(value, error, exact, needed=1e-9):
    """The error is within the claimed one, which is not much larger."""
    return abs(value - exact) <= error + 1e-15 and error <= needed * max(1.0, abs(exact))


def test_halving_is_interpolation():
    t, _ = legendre(7)
    at = np.concatenate([t / 2, 0.5 + t / 2])
    np.testing.assert_allclose(halving_matrix(7) @ t**6, at**6, atol=1e-14)
    assert np.abs(halving_matrix(7) @ t**7 - at**7).max() > 1e-6


@pytest.mark.parametrize(
    ("nu", "temperature"), [(5.0, 1.0), (3.0, 1.0), (2.0, 1.0), (1.0, 1.0), (0.1, 1.0), (5.0, 0.01), (5.0, 4.0)]
)
def test_student(nu, temperature):
    """Against the closed forms of U(x) = (nu + 1)/2 log(1 + x^2/nu), whose tails fall as |x|^-(nu + 1)/T."""
    U = potentials.get("studentt", 1, freedom=nu)
    exact, found = boltzmann(U, temperature), boltzmann(without_truth(U), temperature)
    assert found.method == "quadrature"
    assert holds(found.mean_energy, found.mean_energy_error, exact.mean_energy)
    for region, mass in exact.masses.items():
        assert holds(found.mass(region), found.errors[region], mass)
    edges = np.array([-np.inf, -1e6, -30.0, -1.0, 0.3, 2.0, 500.0, np.inf])
    bins = found.bin_masses(edges)
    assert (np.abs(bins - exact.bin_masses(edges)) <= found.bin_errors(edges) + 1e-15).all()
    assert bins.sum() <= 1.0 + 1e-15


def test_student_as_an_expression():
    law = boltzmann(potentials.make(STUDENT, 1, parameters={"nu": 5.0}), 1.0)
    assert law.mean_energy == pytest.approx(0.65888, abs=5e-6)
    np.testing.assert_allclose(law.bin_masses(EDGES), np.diff(student.cdf(EDGES, 5)), atol=1e-12)
    assert law.density(np.array([0.0]))[0] == pytest.approx(student.pdf(0.0, 5), rel=1e-6)


@pytest.mark.parametrize(("nu", "temperature"), [(1.0, 2.0), (1.0, 3.0), (0.5, 1.5), (3.0, 4.0)])
def test_what_cannot_be_normalised_is_refused(nu, temperature):
    """(nu + 1)/T <= 1: the integral of |x|^-1, or of what falls slower, is infinite."""
    with pytest.raises(ReferenceUnavailable, match="cannot be normalised"):
        boltzmann(without_truth(potentials.get("studentt", 1, freedom=nu)), temperature)


def test_a_plain_around_a_well_is_refused():
    U = replace(without_truth(potentials.get("ackley", 1)), domain=Domain())
    with pytest.raises(ReferenceUnavailable, match="does not fall off"):
        boltzmann(U, 0.3)


@pytest.mark.parametrize("power", [0.3, 0.5, 1.0, 4.0, 12.0])
def test_powers(power):
    """U = |x|^b: E U = T/b, E x^2 = Gamma(3/b)/Gamma(1/b) at T = 1; a cusp at 0 for b < 1, a stretched tail."""
    law = boltzmann(potentials.make("abs(x1)^b", 1, parameters={"b": power}), 1.0)
    assert holds(law.mean_energy, law.mean_energy_error, 1.0 / power)


@pytest.mark.parametrize("temperature", [1.0, 0.1, 0.03])
def test_prinz(temperature):
    """Masses and energy against adaptive quadrature between the same borders."""
    U = potentials.get("prinz", 1)
    law = boltzmann(U, temperature)
    floor = U.energy(U.minima).min()

    def weight(x):
        return float(np.exp((floor - U.energy(np.array([x]))) / temperature))

    def piece(low, high):
        inside = U.minima[(U.minima[:, 0] > low) & (U.minima[:, 0] < high), 0]
        return quad(weight, low, high, points=inside, epsabs=0, epsrel=1e-13, limit=500)[0]

    ends = [-2.0, *U.constants[1:], 2.0]
    pieces = np.array([piece(low, high) for low, high in itertools.pairwise(ends)])
    assert sum(law.masses.values()) == pytest.approx(1.0, abs=1e-13)
    for found, error, exact in zip(law.masses.values(), law.errors.values(), pieces / pieces.sum(), strict=True):
        assert abs(found - exact) <= error + 1e-12  # what quad itself is good for
        assert error < 1e-11


@pytest.mark.parametrize("separation", [20.0, 1e3, 1e4])
@pytest.mark.parametrize("ratio", [2.0, 1e3])
def test_narrow_wells_in_a_wide_box(separation, ratio):
    """Two Gaussian wells far apart: masses as their widths, E U = T/2; nothing of the narrow one is missed."""
    U = potentials.twowell(1, separation=separation, ratio=ratio)
    law = boltzmann(U.on(Domain("reflecting", -1e6, 1e6)), 1.0)
    assert abs(law.mass("wide") - ratio / (1 + ratio)) <= law.errors["wide"] + 1e-12
    assert law.mean_energy == pytest.approx(0.5, abs=1e-6)  # the energy itself is rounded: 1e-16 times the separation squared
    assert law.bin_masses(np.array([-1e6, 1e6]))[0] == pytest.approx(1.0, abs=1e-14)
    free = boltzmann(U, 1.0)
    assert free.mean_energy == pytest.approx(law.mean_energy, abs=1e-8)


def test_a_claim_sees_what_a_coarse_rule_misses(monkeypatch):
    """The negative control: without halving the claim grows with the error, and covers it."""
    U = potentials.get("rastrigin", 1)
    exact = boltzmann(U, 0.05)
    monkeypatch.setattr(adaptive, "_ROUNDS", 1)
    monkeypatch.setattr(line, "_BULK", 8)
    monkeypatch.setattr(line, "_ROUGH", np.inf)  # or else it is refused
    rough = boltzmann(U, 0.05)
    assert abs(rough.mean_energy - exact.mean_energy) > 100 * exact.mean_energy_error
    assert abs(rough.mean_energy - exact.mean_energy) <= rough.mean_energy_error


@pytest.mark.parametrize("separation", [1e7, 1e8])
@pytest.mark.parametrize("dim", [1, 2])
def test_wells_that_rounding_erases_are_refused(dim, separation):
    """Far out the energy of the narrow well is rounded to about 0.5 T at the distance 1e8: told at once."""
    began = time.process_time()
    with pytest.raises(ReferenceUnavailable, match="only rounding noise"):
        boltzmann(potentials.twowell(dim, separation=separation), 1.0)
    assert time.process_time() - began < 5.0
