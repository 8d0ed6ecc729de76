"""Borders of regions, and the integrals over what lies between them."""

import math

import numpy as np
import pytest

import langevin_sim as ls
from langevin_sim.reference import borders
from langevin_sim.reference.panels import integrate

EDGE = 1 / math.pi


@pytest.mark.parametrize(
    ("function", "exact", "cuts"),
    [
        (lambda x: np.exp(-x), 1.0 - math.exp(-1.0), []),
        (lambda x: np.abs(x - EDGE), 0.5 * (EDGE**2 + (1.0 - EDGE) ** 2), []),  # a kink that nobody has marked
        (lambda x: (x > EDGE) * np.cos(x), math.sin(1.0) - math.sin(EDGE), []),  # a jump
        (lambda x: np.sqrt(np.maximum(x - EDGE, 0.0)), (1.0 - EDGE) ** 1.5 / 1.5, []),  # a root
        (lambda x: np.sqrt(np.maximum(x - EDGE, 0.0)), (1.0 - EDGE) ** 1.5 / 1.5, [EDGE]),
        (lambda x: np.sin(400.0 * x), (1.0 - math.cos(400.0)) / 400.0, []),
    ],
)
def test_an_integral_is_within_its_error(function, exact, cuts):
    ends = np.array([0.0, *cuts, 1.0])
    value, error = integrate(lambda x: np.column_stack([function(x), 2.0 * function(x)]), ends, np.isin(ends, cuts), 1e-10)
    assert abs(value[0] - exact) <= error[0] + 1e-15
    assert value[1] == pytest.approx(2.0 * value[0], rel=1e-14)
    assert error[0] < (1e-9 if cuts or exact == 1.0 - math.exp(-1.0) else 1e-4)


def test_stairs_are_within_their_error():
    stairs = 37
    value, error = integrate(lambda x: np.floor(stairs * x)[:, None], np.array([0.0, 1.0]), np.zeros(2, bool), 1e-9)
    assert abs(value[0] - 0.5 * (stairs - 1)) <= error[0]


def test_cuts_are_where_the_sequence_of_regions_changes():
    """A border parallel to the lines, past which a line meets as many regions as before, a disc, and two discs side by side."""

    def label(first, second):
        found = np.where(second >= 0.25, np.where(first > 0.0, 0, 1), np.where(first > 0.0, 2, 3))
        for centre in (-2.0, 2.0):
            found = np.where((first - centre) ** 2 + (second + 2.0) ** 2 < 0.49, 4, found)
        return found

    places = borders.grid(-5.0, 5.0, 257)
    cuts = borders.pieces(label, borders.grid(-5.0, 5.0, 129), places)
    np.testing.assert_allclose(cuts, [-5.0, -2.7, -1.3, 0.25, 5.0], atol=1e-4)  # a disc's end, to the width of a place
    found = borders.segments(label, np.array([-2.0, 1.0]), places)
    assert found.region.tolist() == [3, 4, 3, 2, 4, 2, 1, 0]
    np.testing.assert_allclose(found.low[found.line == 0], [-np.inf, -2.7, -1.3, 0.0, 1.3, 2.7], atol=1e-13)


def test_masses_of_quadrants_are_those_of_the_half_planes():
    """Borders parallel to both axes: the masses of half planes are those of a coordinate's own law."""
    law = ls.chain_law(ls.potentials.himmelblau(), ls.GDL(step_size=0.02, temperature=1.0))
    halves = np.array([-50.0, 0.0, 50.0])
    above, right = law.marginal(1, halves)[1], law.marginal(0, halves)[1]
    assert law.mass("northeast") + law.mass("northwest") == pytest.approx(above, abs=1e-8)
    assert law.mass("northeast") + law.mass("southeast") == pytest.approx(right, abs=1e-8)
