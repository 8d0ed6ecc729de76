"""Stochastic gradient descent with Langevin noise."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from langevin_sim.dynamics.dynamics import Dynamics
from langevin_sim.dynamics.registry import built_in
from langevin_sim.errors import InputError


@built_in
@dataclass(frozen=True)
class SGDL(Dynamics):
    """x <- P(x - (eta/b) sum_batch grad V_i(x) + sqrt(2 eta T) xi), U = (1/n) sum V_i; known as SGLD.

    A batch is drawn for every walker and every step, by default without replacement; then the mean
    gradient has the covariance C(x)/b (n - b)/(n - 1), where C is the covariance over single terms.
    """

    batch_size: int = 10
    replacement: bool = False
    name: ClassVar[str] = "sgdl"
    title: ClassVar[str] = "SGDL"
    colour: ClassVar[str] = "#8c564b"
    moves_weights: ClassVar[bool] = True
    weak_order: ClassVar[int | None] = 1
    kernel: ClassVar[str | None] = "minibatch"
    stochastic_gradient: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.batch_size, bool) or not isinstance(self.batch_size, int | np.integer) or self.batch_size < 1:
            raise InputError(f"batch size {self.batch_size}: expected an integer of at least 1")

    def scratch_rows(self, dim: int) -> int:
        """A gradient, and a uniform number for every drawn term."""
        return dim + self.batch_size

    @property
    def terms_per_step(self) -> int:
        """The batch size."""
        return self.batch_size

    def check_terms(self, terms: int | None, potential: str) -> None:
        """Raise InputError if such batches cannot be drawn."""
        if terms is None:
            raise InputError(f"{self.name} needs a potential that is a finite sum; {potential} is not. Use potentials.tilted.")
        if self.batch_size > terms and not self.replacement:
            raise InputError(f"batch size {self.batch_size}: {potential} has only {terms} terms")

    def variance_factor(self, terms: int) -> float:
        """Ratio of the batch mean's covariance to that of single terms: (n-b)/(b(n-1)), or 1/b with replacement."""
        if self.replacement or terms == 1:
            return 1.0 / self.batch_size
        return (terms - self.batch_size) / (self.batch_size * (terms - 1))
