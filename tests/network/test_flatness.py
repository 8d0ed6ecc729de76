"""The radius of eq. 11 where it is known in closed form, and what a rescaling of layers does to it."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="the network room needs PyTorch")

import torch
from torch import nn

from langevin_sim.network import flatness as radii
from langevin_sim.network.directions import Directions
from langevin_sim.network.flatness import Case, cases, flatness
from langevin_sim.network.models import build
from langevin_sim.network.objective import LOSSES
from langevin_sim.network.surface import Surface
from langevin_sim.network.top import top_layer
from langevin_sim.network.training import Images
from langevin_sim.network.walker import Walker
from langevin_sim.settings.network import FlatnessSpec, TrainSpec

CPU = torch.device("cpu")


def images(count=50, shape=(1, 8, 8)):
    rng = np.random.default_rng(0)
    return Images(torch.from_numpy(rng.normal(size=(count, *shape))), torch.from_numpy(rng.integers(0, 10, count)))


def setup(loss="cross-entropy", chunk=20):
    return SimpleNamespace(setup=SimpleNamespace(spec=TrainSpec(loss=loss, chunk=chunk)), loss=LOSSES[loss])


def radius(walker, data, case, loss="cross-entropy", **settings):
    spec = FlatnessSpec(**{"directions": 5, "tolerance": 1e-9, "seed": 3, **settings})
    return flatness(walker, data, setup(loss), case, spec, (3, 0))


@pytest.mark.parametrize("layers", ["all", "top"])
@pytest.mark.parametrize("direction", ["raw", "filter"])
def test_closed_form_for_a_linear_model_with_squared_loss(layers, direction):
    """I(w + r dw) - I(w) = b r + a r^2 / 2 exactly, so that the first crossing of either sign is a root of a quadratic."""
    data = images()
    walker = Walker(build("linear", (1, 8, 8), 10, CPU, torch.float64, 1))
    case = Case("loss", "fixed", direction, layers)
    found = radius(walker, data, case, "squared")
    directions = Directions(walker, torch.ones_like(walker.weights, dtype=torch.bool), direction, False)
    layer = walker.network[1]
    flat = data.images.flatten(1)
    for number in range(5):
        dw = directions.draw(3, 0, number)
        with torch.no_grad():
            rest = layer(flat) - nn.functional.one_hot(data.labels, 10)
            moved = flat @ dw[:640].view(10, 64).T + dw[640:]
        a, b = float(moved.square().sum() / len(data)), float((rest * moved).sum() / len(data))
        roots = [
            (-b + sign * math.sqrt(b * b + 2 * a * level)) / a
            for level in (0.05, -0.05)
            for sign in (1, -1)
            if b * b + 2 * a * level >= 0
        ]
        positive = sorted(r for r in roots if r > 0)
        assert found.first[number] == pytest.approx(positive[0], rel=1e-8)
        assert found.last[number] == pytest.approx(positive[-1], rel=1e-8)


@pytest.mark.parametrize("direction", ["raw", "filter"])
def test_rescaling_two_layers_changes_raw_radii_alone(direction):
    """w_1 -> a w_1, b_1 -> a b_1, w_2 -> w_2 / a leaves the function of a ReLU network alone; a = 8 does so to the bit."""
    data = images()
    walker = Walker(build("mlp", (1, 8, 8), 10, CPU, torch.float64, 1))
    case = Case("loss", "fixed", direction, "all")
    before = radius(walker, data, case).first
    with torch.no_grad():
        outputs = walker.network(data.images)
        first, second = walker.network[1], walker.network[3]
        first.weight *= 8
        first.bias *= 8
        second.weight /= 8
        assert torch.equal(walker.network(data.images), outputs)
    after = radius(walker, data, case).first
    if direction == "filter":
        assert np.array_equal(before, after)
    else:
        assert (np.abs(after / before - 1) > 0.1).all()


@pytest.mark.parametrize("model", ["mlp", "conv"])
@pytest.mark.parametrize("quantity", ["loss", "error"])
def test_the_top_layers_radii_are_those_of_full_passes(model, quantity, monkeypatch):
    data = images(shape=(1, 16, 16))
    walker = Walker(build(model, (1, 16, 16), 10, CPU, torch.float64, 1))
    case = Case(quantity, "fixed", "raw", "top")
    quick = radius(walker, data, case, tolerance=1e-6)
    monkeypatch.setattr(radii, "top_surface", lambda *arguments: None)
    slow = radius(walker, data, case, tolerance=1e-6)
    assert quick.first == pytest.approx(slow.first, rel=1e-6)
    assert quick.last == pytest.approx(slow.last, rel=1e-6)


def test_a_radius_is_where_the_loss_has_changed_by_epsilon():
    data = images()
    walker = Walker(build("mlp", (1, 8, 8), 10, CPU, torch.float64, 1))
    found = radius(walker, data, Case("loss", "fixed", "raw", "all"))
    surface = Surface(walker, data, LOSSES["cross-entropy"], "fixed", 20)
    directions = Directions(walker, torch.ones_like(walker.weights, dtype=torch.bool), "raw", False)
    here = surface.at(surface.state()[None])[0]
    for number in range(5):
        dw = directions.draw(3, 0, number)
        assert float(dw.norm()) == pytest.approx(1.0, abs=1e-14)
        there = surface.at((surface.state() + found.first[number] * dw)[None])[0]
        assert abs(float(there - here)) == pytest.approx(0.05, rel=1e-6)


def test_the_walker_is_put_back():
    data = images(shape=(1, 16, 16))
    walker = Walker(build("conv", (1, 16, 16), 10, CPU, torch.float64, 1))
    weights, statistics = walker.weights.clone(), walker.statistics.clone()
    for batch_norm in ("fixed", "perturbed", "recomputed"):
        radius(walker, data, Case("loss", batch_norm, "raw", "all"), tolerance=1e-3)
        assert torch.equal(walker.weights, weights)
        assert torch.equal(walker.statistics, statistics)


def test_several_weight_vectors_at_once_are_one_after_another():
    data = images(shape=(1, 16, 16))
    for model in ("mlp", "conv"):
        walker = Walker(build(model, (1, 16, 16), 10, CPU, torch.float64, 1))
        surface = Surface(walker, data, LOSSES["cross-entropy"], "fixed", 20)
        states = surface.state() + 0.01 * torch.randn((5, len(walker.weights)), dtype=torch.float64)
        alone = surface.at(states)
        surface.together = 2
        together = surface.at(states)
        assert torch.allclose(alone[0], together[0], rtol=1e-12)
        assert torch.equal(alone[1], together[1])


def test_recomputed_statistics_are_those_of_the_training_images():
    data = images(shape=(1, 16, 16))
    walker = Walker(build("conv", (1, 16, 16), 10, CPU, torch.float64, 1))
    Surface(walker, data, LOSSES["cross-entropy"], "recomputed", len(data)).recompute()
    convolution, norm = walker.network[0], walker.network[1]
    with torch.no_grad():
        seen = convolution(data.images)
    assert torch.allclose(norm.running_mean, seen.mean((0, 2, 3)), atol=1e-12)
    assert torch.allclose(norm.running_var, seen.var((0, 2, 3)), atol=1e-12)


def test_filters_of_a_direction_are_as_long_as_the_weights():
    walker = Walker(build("conv", (1, 16, 16), 10, CPU, torch.float64, 1))
    walker.statistics.uniform_(0.5, 1.5)
    everything = torch.ones_like(walker.weights, dtype=torch.bool)
    direction = Directions(walker, everything, "filter", True).draw(0)
    assert len(direction) == len(walker.weights) + len(walker.statistics)
    first = walker.offsets[2]
    layer, along = walker.weights[walker.offsets[1] : first], direction[walker.offsets[1] : first]
    shape = walker.shapes[1]
    assert torch.allclose(layer.view(shape).flatten(1).norm(dim=1), along.view(shape).flatten(1).norm(dim=1), rtol=1e-12)
    assert not direction[walker.offsets[-2] : walker.offsets[-1]].any()  # the bias of the top layer stays
    held = direction[len(walker.weights) :][walker.statistic_filters == 0]
    assert float(held.norm()) == pytest.approx(float(walker.statistics[walker.statistic_filters == 0].norm()), rel=1e-12)


def test_cases_without_a_difference_are_left_out():
    spec = FlatnessSpec(batch_norm=["fixed", "perturbed", "recomputed"], direction=["raw"])
    assert len(cases(spec, statistics=False)) == 2
    assert [(c.layers, c.batch_norm) for c in cases(spec, statistics=True)] == [
        ("all", "fixed"),
        ("all", "perturbed"),
        ("all", "recomputed"),
        ("top", "fixed"),
        ("top", "recomputed"),
    ]


def test_the_top_layer_is_the_last():
    network = build("mlp", (1, 8, 8), 10, CPU, torch.float64, 1)
    assert top_layer(network) is network[-1]


def test_a_radius_takes_few_evaluations():
    data = images()
    walker = Walker(build("mlp", (1, 8, 8), 10, CPU, torch.float64, 1))
    found = radius(walker, data, Case("loss", "fixed", "raw", "all"), tolerance=1e-3, directions=20)
    assert np.median(found.evaluations) <= 12
