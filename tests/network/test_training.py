"""Training is the toys' dynamics on a network's loss: exact cases first, then one law with its error bar."""

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="the network room needs PyTorch")

import torch
from torch import nn

from langevin_sim.network.models import MODELS, build
from langevin_sim.network.objective import LOSSES
from langevin_sim.network.training import Images, Trainer, batches, evaluate, minibatch_gradient, steps_per_epoch
from langevin_sim.network.walker import Walker
from langevin_sim.settings.network import TrainSpec

CPU = torch.device("cpu")


def images(count=60, shape=(1, 8, 8), seed=0, dtype=torch.float64):
    rng = np.random.default_rng(seed)
    return Images(torch.from_numpy(rng.normal(size=(count, *shape))).to(dtype), torch.from_numpy(rng.integers(0, 10, count)))


def walker(model="mlp", shape=(1, 8, 8), seed=0, dtype=torch.float64):
    return Walker(build(model, shape, 10, CPU, dtype, seed))


def trained(data, epochs=3, model="mlp", **settings):
    spec = TrainSpec(**{"seed": 5, "step_size": 0.05, "batch_size": 16, **settings})
    moved = walker(model)
    trainer = Trainer(moved, data, LOSSES[spec.loss], spec, 0)
    for epoch in range(epochs):
        trainer.epoch(epoch)
    return moved.weights


@pytest.mark.parametrize(("name", "count"), [("mlp", 900_880), ("conv", None), ("linear", 7_850)])
def test_parameters_on_mnist(name, count):
    network = build(name, (1, 28, 28), 10, CPU, torch.float32, 0)
    assert count is None or sum(p.numel() for p in network.parameters()) == count


def test_the_convolutional_network_is_as_large_as_the_memos():
    network = build("conv", (3, 32, 32), 10, CPU, torch.float32, 0)
    assert sum(p.numel() for p in network.parameters()) == 190_314
    assert not any(isinstance(m, nn.MaxPool2d | nn.AvgPool2d) for m in network.modules())


@pytest.mark.parametrize("name", sorted(MODELS))
def test_initial_weights_are_a_function_of_the_seed(name):
    shape = (3, 32, 32)
    one, same, other = (Walker(build(name, shape, 10, CPU, torch.float32, seed)).weights for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_building_leaves_the_global_stream_alone():
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    walker()
    assert torch.equal(before, torch.random.get_rng_state())


def test_parameters_are_views_of_the_weight_vector():
    moved = walker("conv", (1, 28, 28))
    moved.weights.zero_()
    assert all(not p.any() for p in moved.network.parameters())
    moved.statistics.fill_(2.0)
    assert all(bool((b == 2).all()) for name, b in moved.network.named_buffers() if "running" in name)
    assert moved.name_of(moved.offsets[1] + 3) == f"{moved.names[1]}[0, 0, 1, 0]"


@pytest.mark.parametrize(("size", "sampling"), [(16, "epochs"), (60, "epochs"), (7, "epochs")])
def test_the_mean_minibatch_gradient_of_an_epoch_is_the_full_gradient(size, sampling):
    data, moved, loss = images(), walker(), LOSSES["cross-entropy"]
    spec = TrainSpec(batch_size=size, sampling=sampling, seed=1)
    total = torch.zeros_like(moved.weights)
    for batch in batches(spec, len(data), CPU, 1, 0, 0):
        minibatch_gradient(moved, data, loss, batch, 500)
        total += moved.gradient * len(batch) / len(data)
    minibatch_gradient(moved, data, loss, torch.arange(len(data)), 500)
    assert torch.allclose(total, moved.gradient, rtol=0, atol=1e-15 * len(data))


def test_a_full_batch_in_pieces_is_the_full_batch():
    data, moved, loss = images(), walker(), LOSSES["cross-entropy"]
    minibatch_gradient(moved, data, loss, torch.arange(len(data)), 500)
    whole = moved.gradient.clone()
    minibatch_gradient(moved, data, loss, torch.arange(len(data)), 7)
    assert torch.allclose(whole, moved.gradient, rtol=0, atol=1e-14)


def test_an_epoch_shows_every_image_once_and_independent_batches_do_not():
    spec = TrainSpec(batch_size=16, seed=1)
    seen = torch.cat(list(batches(spec, 60, CPU, 1, 0, 0)))
    assert seen.sort().values.tolist() == list(range(60))
    assert steps_per_epoch(spec, 60) == 4
    independent = list(batches(spec.model_copy(update={"sampling": "independent"}), 60, CPU, 1, 0, 0))
    assert all(len(batch) == 16 == len(batch.unique()) for batch in independent)
    assert len(torch.cat(independent).unique()) < 60


def test_sgd_is_torchs_own():
    """The same batches through torch.optim.SGD, with momentum and weight decay."""
    data = images()
    settings = {"momentum": 0.9, "weight_decay": 0.01}
    ours = trained(data, **settings)
    network = build("mlp", (1, 8, 8), 10, CPU, torch.float64, 0).train()
    optimiser = torch.optim.SGD(network.parameters(), 0.05, **settings)
    spec = TrainSpec(batch_size=16, seed=5)
    for epoch in range(3):
        for batch in batches(spec, len(data), CPU, 5, 0, epoch):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(data.images[batch]), data.labels[batch]).backward()
            optimiser.step()
    theirs = torch.cat([p.detach().reshape(-1) for p in network.parameters()])
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-13)


def test_sgdl_without_noise_is_sgd_to_the_bit_and_with_noise_is_not():
    data = images()
    sgd = trained(data, dynamics="sgd")
    assert torch.equal(trained(data, dynamics="sgdl", temperature=0.0), sgd)
    assert not torch.equal(trained(data, dynamics="sgdl", temperature=1e-7), sgd)


def test_sgd_with_the_full_batch_is_gd_and_gdl_at_zero_temperature_too():
    data = images()
    gd = trained(data, dynamics="gd")
    assert torch.equal(trained(data, dynamics="sgd", batch_size=len(data)), gd)
    assert torch.equal(trained(data, dynamics="gdl", temperature=0.0), gd)


def test_schedules_are_the_toys():
    data = images()
    constant = trained(data, dynamics="gd", epochs=1)
    falling = {"dynamics": "gd", "schedule": "power:p=1,t0=1"}
    assert torch.equal(trained(data, epochs=1, **falling), constant)  # its first step is eta
    assert not torch.equal(trained(data, epochs=2, **falling), trained(data, dynamics="gd", epochs=2))


class Quadratic(nn.Module):
    """Outputs are the weights: with the squared loss and labels of zero distance, U = |w - target|^2 / 2."""

    def __init__(self, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, dtype=torch.float64))

    def forward(self, x):
        return self.weight.expand(len(x), -1)


@pytest.mark.parametrize(("temperature", "right"), [(0.5, True), (0.6, False)])
def test_gdl_on_a_quadratic_network_has_the_chains_variance(temperature, right):
    """Var = T / (k (1 - eta k / 2)), k = 1, from 4,000 coordinates and 200 looks, each two relaxation times apart.

    A z-test at 0.1 % false alarms; the control runs 20 % hotter than it says and has to fail.
    """
    classes, eta, looks, apart = 4000, 0.5, 200, 10
    network = Quadratic(classes)
    moved = Walker(network)
    data = Images(torch.zeros((1, 1, 1, 1), dtype=torch.float64), torch.zeros(1, dtype=torch.int64))
    spec = TrainSpec(dynamics="gdl", temperature=temperature, step_size=eta, loss="squared", seed=11)
    trainer = Trainer(moved, data, LOSSES["squared"], spec, 0)
    target = torch.zeros(classes, dtype=torch.float64)
    target[0] = 1.0
    squares = []
    for step in range((looks + 5) * apart):
        trainer.epoch(step)
        if step >= 5 * apart and step % apart == 0:
            squares.append(float((moved.weights - target).square().mean()))
    expected = 0.5 / (1 - eta / 2)
    left = (1 - eta) ** (2 * apart)  # correlation of squares from look to look
    stderr = expected * math.sqrt(2 / (classes * looks) * (1 + left) / (1 - left))
    z = (np.mean(squares) - expected) / stderr
    print(f"z = {z:.2f}")
    assert (abs(z) < 3.29) == right


def test_evaluation_is_the_mean_over_images():
    data, moved = images(), walker("conv", (1, 8, 8))
    loss, accuracy = evaluate(moved.network, data, LOSSES["cross-entropy"], 7)
    with torch.no_grad():
        outputs = moved.network(data.images)
    assert loss == pytest.approx(float(nn.functional.cross_entropy(outputs, data.labels)), rel=1e-13)
    assert accuracy == float((outputs.argmax(-1) == data.labels).double().mean())
