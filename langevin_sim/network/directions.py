"""Random directions in weight space."""

import torch

from langevin_sim.network.streams import Purpose, generator
from langevin_sim.network.walker import Walker


class Directions:
    """Isotropic directions over the weights that ``moved`` [p] marks, and over batch norm's statistics if they are moved too.

    raw: Gaussian, divided by its norm: |dw| = 1. filter (Li et al. 2018, arXiv:1712.09913): each filter of
    the Gaussian direction (a row of a weight of two or more dimensions) has the norm of the same filter of
    w, and biases stay: radii are relative, and do not change if layers are rescaled so that the function
    is the same.
    """

    def __init__(self, walker: Walker, moved: torch.Tensor, kind: str, statistics: bool) -> None:
        self.kind = kind
        state = torch.cat([walker.weights, walker.statistics]) if statistics else walker.weights
        self.size, self.device, self.dtype = len(state), state.device, state.dtype
        if statistics:
            moved = torch.cat([moved, torch.ones_like(walker.statistics, dtype=torch.bool)])
        self._moved = moved
        if kind == "filter":
            filters = walker.filters
            if statistics:
                filters = torch.cat([filters, walker.statistic_filters + filters.max() + 1])
            self._filters = torch.where(moved, filters, -1)
            self._norms = self._filter_norms(state)

    def _filter_norms(self, vector: torch.Tensor) -> torch.Tensor:
        """[filters + 1]: of each filter, and last of what belongs to none."""
        squares = torch.zeros(int(self._filters.max()) + 2, dtype=torch.float64, device=self.device)
        squares.index_add_(0, self._filters % len(squares), vector.double().square())
        return squares.sqrt()

    def draw(self, *key: int) -> torch.Tensor:
        """The direction [p] of a key."""
        draw = generator(torch.device("cpu"), Purpose.DIRECTIONS, *key)
        direction = torch.randn(self.size, generator=draw, dtype=torch.float64).to(self.device)
        direction = torch.where(self._moved, direction, 0.0)
        if self.kind == "raw":
            return (direction / direction.norm()).to(self.dtype)
        scale = self._norms / self._filter_norms(direction).clamp(min=torch.finfo(torch.float64).tiny)
        scale[-1] = 0.0
        return (direction * scale[self._filters % len(scale)]).to(self.dtype)
