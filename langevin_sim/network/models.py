"""The networks of the experiments, and user-defined ones."""

from collections.abc import Callable

import torch
from torch import nn

from langevin_sim import plugins
from langevin_sim.errors import InputError, UnknownNameError
from langevin_sim.network.device import seeded_devices
from langevin_sim.network.streams import Purpose, seed_of

Shape = tuple[int, int, int]
_VGG16 = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool")


def linear(shape: Shape, classes: int) -> nn.Module:
    """An affine map of the pixels."""
    return nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], classes))


def mlp(shape: Shape, classes: int) -> nn.Module:
    """Hidden layers of 800, 320 and 50 rectified units: the re-run's network for MNIST, with 900,880 parameters there."""
    layers: list[nn.Module] = [nn.Flatten()]
    width = shape[0] * shape[1] * shape[2]
    for units in (800, 320, 50):
        layers += [nn.Linear(width, units), nn.ReLU()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, classes))


def conv(shape: Shape, classes: int) -> nn.Module:
    """3x3 convolutions of stride 2 (32, 64, 96, 128 filters), no pooling, batch norm without learned scale and shift.

    190,314 parameters on CIFAR-10. The memo does not describe its network; a related one had about 189,000.
    """
    return _strided(shape, classes, (32, 64, 96, 128), 3)


def conv_24_24_10(shape: Shape, classes: int) -> nn.Module:
    """5x5 convolutions of stride 2 (24, 24, 10 filters), batch norm without learned scale and shift."""
    return _strided(shape, classes, (24, 24, 10), 5)


def vgg16_bn(shape: Shape, classes: int) -> nn.Module:
    """VGG16 with batch norm (Simonyan and Zisserman 2015) for images of 32x32: the re-run's network for CIFAR-10."""
    if min(shape[1:]) < 32:
        raise ValueError("its five poolings need images of at least 32x32")
    layers: list[nn.Module] = []
    channels = shape[0]
    for item in _VGG16:
        if isinstance(item, int):
            layers += [nn.Conv2d(channels, item, 3, padding=1), nn.BatchNorm2d(item), nn.ReLU()]
            channels = item
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


MODELS: dict[str, Callable[[Shape, int], nn.Module]] = {
    "mlp": mlp,
    "conv": conv,
    "conv-24-24-10": conv_24_24_10,
    "vgg16-bn": vgg16_bn,
    "linear": linear,
}


def build(name: str, shape: Shape, classes: int, device: torch.device, dtype: torch.dtype, *key: int) -> nn.Module:
    """Build a network with torch's default initial weights from the stream of ``key``; InputError if it does not fit the data."""
    make = MODELS[name] if name in MODELS else _own(name)
    with torch.random.fork_rng(devices=seeded_devices(device)):  # torch draws a module's initial weights from its global stream
        torch.manual_seed(seed_of(Purpose.INITIAL, *key))
        try:
            network = make(shape, classes)
            if not isinstance(network, nn.Module):
                raise TypeError(f"it returned a {type(network).__name__}, not a torch module")
            network = network.to(device=device, dtype=dtype).eval()
            with torch.no_grad():
                outputs = network(torch.zeros((2, *shape), device=device, dtype=dtype))
            if outputs.shape != (2, classes):
                raise ValueError(f"its outputs for two images have shape {tuple(outputs.shape)}, not (2, {classes})")
        except Exception as error:  # a user-defined network may raise anything
            size = "x".join(str(n) for n in shape)
            raise InputError(f"model {name} does not fit images of {size} in {classes} classes: {error}") from error
    if not any(True for _ in network.parameters()):
        raise InputError(f"model {name} has no parameters")
    return network


def _strided(shape: Shape, classes: int, filters: tuple[int, ...], size: int) -> nn.Module:
    layers: list[nn.Module] = []
    channels, height, width = shape
    for count in filters:
        layers += [
            nn.Conv2d(channels, count, size, stride=2, padding=size // 2, bias=False),
            nn.BatchNorm2d(count, affine=False),
            nn.ReLU(),
        ]
        channels, height, width = count, (height + 1) // 2, (width + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * height * width, classes))


def _own(name: str) -> Callable[[Shape, int], nn.Module]:
    """The function named by MODULE:FUNCTION or FILE.py:FUNCTION."""
    if ":" not in name:
        raise UnknownNameError("model", name, list(MODELS))
    found: Callable[[Shape, int], nn.Module] = plugins.load(name, "model")
    return found
