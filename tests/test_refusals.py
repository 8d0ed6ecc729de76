"""A law that does not exist, or is not known, is refused with the true reason; a known one is not."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from langevin_sim import potentials
from langevin_sim.dynamics import Domain
from langevin_sim.errors import ReferenceUnavailable
from langevin_sim.reference import boltzmann
from langevin_sim.reference.boltzmann import sobol
from langevin_sim.reference.boltzmann.dispatch import _known_well_enough
from langevin_sim.reference.boltzmann.integrals import Integrals
from langevin_sim.reference.boltzmann.tails import check_tails


def bare(U):
    return replace(U, factors=None, exact_masses=None, exact_marginal=None, exact_energy=None, symmetry="", quadratic=None)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_a_bounded_energy_has_no_law_in_space(dim):
    with pytest.raises(ReferenceUnavailable, match="does not fall off"):
        boltzmann(replace(bare(potentials.get("ackley", dim)), domain=Domain()), 1.0)


@pytest.mark.parametrize("dim", [2, 3, 10])
def test_tails_in_many_dimensions(dim):
    """Student's U falls as |x|^-(nu + dim)/T: normalisable for T < 1 + nu/dim."""
    U, hottest = bare(potentials.get("studentt", dim, freedom=2.0)), 1.0 + 2.0 / dim
    check_tails(U, 0.95 * hottest)
    with pytest.raises(ReferenceUnavailable, match="cannot be normalised"):
        check_tails(U, 1.01 * hottest)


@pytest.mark.parametrize("name", ["twowell", "funnel", "banana", "rosenbrock", "doublewell"])
@pytest.mark.parametrize("temperature", [0.01, 1.0, 100.0])
def test_what_confines_is_not_refused(name, temperature):
    check_tails(bare(potentials.get(name, 4)), temperature)


@pytest.mark.parametrize("dim", [5, 10])
def test_arms_that_no_point_reaches_are_noticed(dim):
    """A banana's mean energy is dim/2 at T = 1; points about its minimum give 2.14 and 4.59."""
    with pytest.raises(ReferenceUnavailable, match="not concentrated about its minima"):
        boltzmann(bare(potentials.get("banana", dim)), 1.0)


def test_points_that_miss_half_of_the_law_fail_the_virial_theorem():
    """Normal draws whose first coordinate is cut off at one deviation."""
    U = potentials.quadratic(4)
    x = np.abs(np.random.default_rng(5).normal(size=(16, 4000, 4)))
    x[..., 0] = np.minimum(x[..., 0], 1.0)
    weights = [np.ones(4000)] * 16
    missed = sobol._unexplained(U, 1.0, list(x), weights, np.full(16, 4000.0))
    whole = np.random.default_rng(5).normal(size=(16, 4000, 4))
    assert missed > 0.05
    assert sobol._unexplained(U, 1.0, list(whole), weights, np.full(16, 4000.0)) == 0.0


@pytest.mark.parametrize(("energy_error", "error", "known"), [(0.09, 0.05, True), (0.11, 0.05, False), (0.09, 0.07, False)])
def test_an_error_above_a_tenth_is_refused(energy_error, error, known):
    """Of the energy above the lowest minimum (1 here) and of the largest mass (0.6)."""
    U = potentials.twowell(2)
    found = Integrals(np.array([0.6, 0.4]), np.array([error, error]), 1.0, energy_error, {}, "a rule")
    with nullcontext() if known else pytest.raises(ReferenceUnavailable, match="is known only to"):
        _known_well_enough(U, 1.0, found)


@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize(
    "temperature", [0.02, 0.1]
)  # of the memo's Fig. 3 with the authors' settings, where E U is 1e-21, and warmer
def test_flat_wells_have_a_law_however_cold(dim, temperature):
    law = boltzmann(potentials.boxes(dim), temperature)
    assert law.mass("wide") / law.mass("narrow") == pytest.approx(2.0**dim, rel=1e-12)
    assert law.mean_energy == pytest.approx(law.mass("plateau"), abs=1e-12)  # U is 0 in the pits and 1 outside


def test_a_grid_too_large_is_refused_before_memory_is_taken():
    with pytest.raises(ReferenceUnavailable, match="a grid would need"):
        boltzmann(bare(potentials.get("studentt", 3, freedom=2.0)), 1.0)
