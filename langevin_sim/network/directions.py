"""Random directions in weight space."""

import torch

from langevin_sim.network.streams import Purpose, generator
from langevin_sim.network.walker import Walker


class Directions:
    """Isotropic directions in the weights that ``moved`` [p] marks, and in batch norm's statistics if they are moved too.

    raw: Gaussian, divided by its norm: |dw| = 1. filter (Li et al. 2018, arXiv:1712.09913): each filter of
    the Gaussian direction (a row of a weight of two or more dimensions) has the norm of the same filter of
    w, and biases do not move: radii are then relative, and do not change when layers are rescaled without
    changing the function.
    """

    def __init__(self, walker: Walker, moved: torch.Tensor, kind: str, statistics: bool) -> None:
        self.kind = kind
        state = torch.cat([walker.weights, walker.statistics]) if statistics else walker.weights
        self.size, self.device, self.dtype = len(state), state.device, state.dtype
        if statistics:
            moved = torch.cat([moved, torch.ones_like(walker.statistics, dtype=torch.bool)])
        self.place = torch.nonzero(moved).flatten()
        if kind == "filter":
            filters = walker.filters
            if statistics:
                filters = torch.cat([filters, walker.statistic_filters + filters.max() + 1])
            self._filters = filters[self.place] + 1  # 0: belongs to no filter
            self._norms = self._filter_norms(state[self.place])

    def _filter_norms(self, vector: torch.Tensor) -> torch.Tensor:
        """Norms [filters + 1]: first of all components that belong to no filter, then of each filter."""
        squares = torch.zeros(int(self._filters.max()) + 1, dtype=torch.float64, device=self.device)
        return squares.index_add_(0, self._filters, vector.double().square()).sqrt()

    def moved_part(self, *key: int) -> torch.Tensor:
        """The components of a key's direction that move, in the order of the weights."""
        draw = generator(torch.device("cpu"), Purpose.DIRECTIONS, *key)
        direction = torch.randn(len(self.place), generator=draw, dtype=torch.float64).to(self.device)
        if self.kind == "raw":
            return (direction / direction.norm()).to(self.dtype)
        scale = self._norms / self._filter_norms(direction).clamp(min=torch.finfo(torch.float64).tiny)
        scale[0] = 0.0
        return (direction * scale[self._filters]).to(self.dtype)

    def draw(self, *key: int) -> torch.Tensor:
        """The direction [p] that belongs to a key."""
        direction = torch.zeros(self.size, dtype=self.dtype, device=self.device)
        direction[self.place] = self.moved_part(*key)
        return direction
