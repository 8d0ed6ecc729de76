"""The structure of an expression's energy: sums over groups of coordinates, quadratic forms, and their laws."""

import warnings

import numpy as np
import pytest

import langevin_sim as ls
from langevin_sim.dynamics import parse_domain
from langevin_sim.errors import InputError
from langevin_sim.expression import separated
from langevin_sim.potentials.custom import make
from langevin_sim.reference import boltzmann
from langevin_sim.reference.chain import chain_law

WELLS = "sum((x^2-1)^2) + tilt*x1"
ILL = "x1^2/2+k*x2^2/2"
ROTATED = "(x1+x2)^2/4+k*(x1-x2)^2/4"


def groups(text, dim):
    return [coordinates for coordinates, _, _ in separated(text, dim)]


@pytest.mark.parametrize(
    ("text", "dim", "expected"),
    [
        ("sum(x^2)", 3, [(0,), (1,), (2,)]),
        ("mean(x^4) - x2", 2, [(0,), (1,)]),
        ("x1^2 + x1*x3 + x3^4 + x2^2", 3, [(0, 2), (1,)]),
        ("a*(x1^2 + x2^2)/b - (cos(x1) + 3)", 2, [(0,), (1,)]),
        ("(x1+x2)^2 + x3^2", 3, [(0, 1), (2,)]),
        ("sum(x^2)^2", 3, []),
        ("max(x^2) + x1", 2, []),
        ("exp(x1+x2) + x1^2", 2, []),
        ("x1^2/2+x2^2*x1^2", 2, []),
    ],
)
def test_groups(text, dim, expected):
    assert groups(text, dim) == expected


@pytest.mark.parametrize(
    ("text", "dim"),
    [
        (WELLS, 4),
        ("tilt*(mean(x^4 - 2*x^2) - x2/3)/k + 2^(-1)*(x1-k)^2*x1^2 + 7", 3),
        ("-(-(x1^4)) - (x2 - 1) - (1 - x2)^2*(x3^2+1)/-tilt + exp(-x1^2)*tilt^2 + (x2^2)^2 + 2*x3^6", 3),
    ],
)
def test_the_terms_add_up(text, dim):
    """Energy and gradient, to rounding; the control is a term left out."""
    values = {name: value for name, value in {"tilt": 0.2, "k": 1.7}.items() if name in text}
    from langevin_sim.expression import compile_expression

    whole = compile_expression(text, dim, values)
    x = np.random.default_rng(0).normal(size=(dim, 64))
    energy, slope = np.empty(64), np.empty((dim, 64))
    whole.block_energy(x, energy, whole.constants)
    whole.block_gradient(x, slope, whole.constants)
    parts, slopes = [], np.empty((dim, 64))
    for coordinates, part, names in separated(text, dim):
        term = compile_expression(part, len(coordinates), {name: values[name] for name in names})
        own = np.ascontiguousarray(x[list(coordinates)])
        value, gradient = np.empty(64), np.empty_like(own)
        term.block_energy(own, value, term.constants)
        term.block_gradient(own, gradient, term.constants)
        parts.append(value)
        slopes[list(coordinates)] = gradient
    assert len(parts) > 1
    assert np.sum(parts, axis=0) == pytest.approx(energy, rel=1e-12, abs=1e-12)
    assert slopes == pytest.approx(slope, rel=1e-12, abs=1e-12)
    assert np.abs(np.sum(parts[1:], axis=0) - energy).max() > 0.1


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_wells_with_a_tilt_have_a_chain_law(dim):
    """The masses of the sign of x_1 are those of the line's own law, whatever the other coordinates do."""
    U = make(WELLS, dim, parameters={"tilt": 0.2})
    line = make(WELLS, 1, parameters={"tilt": 0.2})
    dynamics = ls.GDL(step_size=0.02, temperature=1.0)
    law, own = chain_law(U, dynamics), chain_law(line, dynamics)
    assert len(U.regions) == 2**dim == len(U.minima)
    assert sum(law.masses.values()) == pytest.approx(1.0, abs=1e-9)
    left = sum(law.masses[region.name] for region in U.regions if region.start[0] < 0.0)
    assert left == pytest.approx(own.masses["well1"], abs=1e-9)  # the border is the saddle's x_1, whatever the dimension
    assert abs(left - 0.5) > 0.05
    even = chain_law(make("sum((x^2-1)^2)", 1), dynamics)
    assert law.mean_energy == pytest.approx(own.mean_energy + (dim - 1) * even.mean_energy, abs=1e-6)


def test_the_label_is_the_product_of_the_factors_labels():
    U = make(WELLS, 3, parameters={"tilt": 0.2})
    assert U.factors[1].potential is U.factors[2].potential  # equal terms are made once
    assert U.factors[0].potential is not U.factors[1].potential
    x = np.random.default_rng(0).uniform(*U.extent(1.0).T, (1000, 3))
    rows = np.column_stack([factor.potential.label(x[:, list(factor.coordinates)]) for factor in U.factors])
    found = U.label(x)
    assert all(U.regions[k].factor_regions == tuple(row) for k, row in zip(found, rows, strict=True))
    # each coordinate runs down to the minimum on its side of the saddle
    saddles = np.array([np.sort(np.roots([4.0, 0.0, -4.0, tilt]).real)[1] for tilt in (0.2, 0.0, 0.0)])
    assert np.array_equal(np.sign(x - saddles), np.sign(U.minima[found] - saddles))


def test_in_a_hundred_dimensions():
    with pytest.warns(UserWarning, match="more than 64 minima were found"):
        U = make(WELLS, 100, parameters={"tilt": 0.2})
    assert [U.regions[k].name for k in (0, 63, 64)] == ["well1", "well64", "elsewhere"]
    assert np.abs(U.gradient(U.minima)).max() < 1e-9
    assert U.energy(U.minima).argmin() == 0
    assert U.label(np.stack([region.start for region in U.regions])).tolist() == list(range(65))
    law = chain_law(U, ls.GDL(step_size=0.01, temperature=1.0))
    assert 0.0 < law.masses["well1"] < 1e-20
    assert law.masses["elsewhere"] == pytest.approx(1.0)


def test_five_by_five_wells():
    text = "+".join(f"(-log({'+'.join(f'exp(-(x{j}-{c})^2/0.08)' for c in range(-2, 3))}))" for j in (1, 2))
    with pytest.warns(UserWarning, match="708 temperatures .* logaddexp"):
        U = make(text, 2)
    assert len(U.minima) == 25 == len(U.regions)
    assert U.label(U.minima).tolist() == list(range(25))
    with pytest.warns(UserWarning, match="logaddexp"), pytest.warns(UserWarning, match="the 9 lowest"):
        few = make(text, 2, max_regions=9)
    assert [len(few.regions), len(few.minima), few.regions[9].name] == [10, 9, "elsewhere"]
    assert (few.label(U.minima) == 9).sum() == 16
    assert few.label(few.regions[9].start) == 9
    with pytest.raises(InputError, match="max_regions 0"):
        make(text, 2, max_regions=0)


@pytest.mark.parametrize("text", [ILL, ROTATED])
def test_ill_conditioned_quadratics_are_in_closed_form(text):
    """Variances T / (k (1 - eta k / 2)) along the eigenvectors, k = 1 and 10^6."""
    U = make(text, 2, parameters={"k": 1e6})
    form = U.quadratic
    assert np.linalg.eigvalsh(form.curvature) == pytest.approx([1.0, 1e6], rel=1e-9)
    law = chain_law(U, ls.GDL(step_size=1e-6, temperature=1.0))
    assert law.method == "closed form"
    flat, steep = 1.0 / (1.0 - 0.5e-6), 1e-6 / (1.0 - 0.5)
    assert law.mean_energy == pytest.approx(0.5 / (1.0 - 0.5e-6) + 0.5 / (1.0 - 0.5), rel=1e-9)
    first = flat if text == ILL else 0.5 * (flat + steep)
    assert law.moments.second[0] == pytest.approx(first, rel=1e-9)
    # the extent reaches five of Boltzmann's standard deviations in each coordinate, and not ten
    low, high = U.extent(1.0).T
    deviations = np.sqrt([1.0, 1e-6] if text == ILL else [0.5, 0.5])
    assert ((high > 5.0 * deviations) & (high < 10.0 * deviations)).all()
    assert low == pytest.approx(-high, rel=0.01)  # radii are found to a percent


@pytest.mark.parametrize("text", ["x1^2*x2", "x1^4+x2^2", "x1^2+x2^2+exp(-x1^2)", "x1^2+x2^2/(1+x1^2)"])
def test_what_is_no_quadratic_form_is_none(text):
    domain = parse_domain("box:-1,1")
    assert make(text, 2, domain=domain).quadratic is None
    if text != "x1^2*x2":
        assert make(text, 2).quadratic is None


def test_a_quadratic_form_with_a_linear_term():
    U = make("x1^2+x1*x2+x2^2-3*x1+1", 2)
    assert U.quadratic.centre == pytest.approx([2.0, -1.0], abs=1e-12)
    assert U.quadratic.minimum == pytest.approx(-2.0, abs=1e-12)
    x = np.random.default_rng(0).normal(size=(50, 2))
    away = x - U.quadratic.centre
    assert U.energy(x) == pytest.approx(-2.0 + 0.5 * np.einsum("ni,ij,nj->n", away, U.quadratic.curvature, away), abs=1e-12)


def test_on_a_torus_the_terms_are_on_the_torus():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        U = make("sum(cos(x))", 2, domain=parse_domain("torus:0,6.283185307179586"))
    assert [factor.potential.domain.kind for factor in U.factors] == ["torus", "torus"]
    assert boltzmann(U, 1.0).masses == {"well1": 1.0}
