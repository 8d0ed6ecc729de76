"""The top layer alone: the network's outputs are affine in its weights, so no pass through the other layers is needed."""

from typing import Any

import torch
from torch import nn

from langevin_sim.network.objective import Loss
from langevin_sim.network.surface import sums
from langevin_sim.network.training import Images
from langevin_sim.network.walker import Walker


def top_layer(network: nn.Module) -> nn.Module:
    """The last module that has its own weights."""
    return [module for module in network.modules() if next(module.parameters(recurse=False), None) is not None][-1]


class TopSurface:
    """I(w + r dw) for directions dw that move only the top layer.

    With penultimate activations h and outputs W h + b, the outputs at r are (W h + b) + r (dW h + db). Both
    parts are computed once per direction, without the layers below.
    """

    def __init__(self, activations: torch.Tensor, layer: nn.Linear, data: Images, loss: Loss) -> None:
        self.activations, self.layer, self.data, self.loss = activations, layer, data, loss
        with torch.no_grad():
            self.outputs = layer(activations)

    @torch.no_grad()
    def slope(self, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """d outputs / d r [n, classes] along (dW, db)."""
        return nn.functional.linear(self.activations, weight, bias)

    @torch.no_grad()
    def at(self, slope: torch.Tensor, radius: float) -> torch.Tensor:
        """(loss, error), float64 [2]."""
        return sums(torch.add(self.outputs, slope, alpha=radius), self.data.labels, self.loss) / len(self.data)


@torch.no_grad()
def top_surface(walker: Walker, layer: nn.Module, data: Images, loss: Loss, chunk: int) -> TopSurface | None:
    """The top layer's surface at the walker's weights; None if the layer is not linear, or does not produce the outputs."""
    if not isinstance(layer, nn.Linear):
        return None
    held: list[torch.Tensor] = []
    made: list[torch.Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        held.append(inputs[0])
        made.append(output)

    hook = layer.register_forward_hook(keep)
    try:
        walker.network.eval()
        for images in data.images.split(chunk):
            outputs = walker.network(images)
            if made[-1] is not outputs or held[-1].ndim != 2:
                return None
            made.clear()
    finally:
        hook.remove()
    return TopSurface(torch.cat(held), layer, data, loss)
