"""A network's weights as one vector: the walker."""

import torch
from torch import nn


class Walker:
    """w [p], of which the network's parameters are views, and batch norm's statistics.

    weights, gradient [p]; statistics [q]: running means and variances of batch norm, whose buffers are views
    of it. variances [q]: true where a statistic is a variance. filters [p]: the filter that a weight belongs
    to (the rows of every weight of two or more dimensions; -1 for biases and other vectors);
    statistic_filters [q]: the same for the statistics (each buffer is one filter).
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        parameters = list(network.parameters())
        self.weights = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self.gradient = torch.zeros_like(self.weights)
        self.names = [name for name, _ in network.named_parameters()]
        self.shapes = [tuple(parameter.shape) for parameter in parameters]
        self.offsets = [0]
        for parameter in parameters:
            first = self.offsets[-1]
            self.offsets.append(first + parameter.numel())
            parameter.data = self.weights[first : self.offsets[-1]].view(parameter.shape)
            parameter.grad = self.gradient[first : self.offsets[-1]].view(parameter.shape)
        buffers = [
            (module, name)
            for module in network.modules()
            for name in ("running_mean", "running_var")
            if isinstance(module._buffers.get(name), torch.Tensor)
        ]
        held = [getattr(module, name).reshape(-1) for module, name in buffers]
        self.statistics = torch.cat(held) if held else self.weights.new_zeros(0)
        self.variances = torch.zeros(len(self.statistics), dtype=torch.bool, device=self.weights.device)
        self.statistic_filters = torch.zeros(len(self.statistics), dtype=torch.int64, device=self.weights.device)
        first = 0
        for index, (module, name) in enumerate(buffers):
            end = first + getattr(module, name).numel()
            module._buffers[name] = self.statistics[first:end]
            self.variances[first:end] = name == "running_var"
            self.statistic_filters[first:end] = index
            first = end

    @property
    def filters(self) -> torch.Tensor:
        """The filter of every weight, int64 [p]."""
        found = torch.full_like(self.weights, -1, dtype=torch.int64)
        count = 0
        for shape, first, end in zip(self.shapes, self.offsets, self.offsets[1:], strict=False):
            if len(shape) > 1:
                rows = torch.arange(shape[0], device=self.weights.device) + count
                found[first:end] = rows.repeat_interleave((end - first) // shape[0])
                count += shape[0]
        return found

    def of(self, module: nn.Module) -> torch.Tensor:
        """Marks the weights of one module, bool [p]."""
        inside = {id(parameter) for parameter in module.parameters()}
        found = torch.zeros_like(self.weights, dtype=torch.bool)
        for parameter, first, end in zip(self.network.parameters(), self.offsets, self.offsets[1:], strict=False):
            found[first:end] = id(parameter) in inside
        return found

    def name_of(self, index: int) -> str:
        """Name of component ``index`` of w, such as '5.weight[12, 300]'."""
        which = max(k for k, first in enumerate(self.offsets[:-1]) if first <= index)
        rest, place = index - self.offsets[which], []
        for size in reversed(self.shapes[which]):
            place.append(rest % size)
            rest //= size
        return f"{self.names[which]}[{', '.join(str(number) for number in reversed(place))}]"
