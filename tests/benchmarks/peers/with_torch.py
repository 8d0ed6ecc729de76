"""PyTorch: all walkers in one float64 tensor, the step compiled (torch.compile needs a C++ compiler).

The normals are drawn outside of the compiled step: drawn inside it, the step was twice as slow.
"""

import torch
from workload import EVERY, NARROW, NOISE, STEP_SIZE, TAU, WIDE, A, Advance, measure

torch.set_default_dtype(torch.float64)


def difference(x: torch.Tensor) -> torch.Tensor:
    """q_n - q_w of walkers x [dim, walkers]: the squares multiplied out."""
    return 0.5 * (NARROW - WIDE) * ((x * x).sum(0) + A**2) - A * (NARROW + WIDE) * x[0]


@torch.compile(dynamic=False)
def step(x: torch.Tensor, xi: torch.Tensor) -> torch.Tensor:
    """One step, with grad U = w WIDE (x - c_w) + (1 - w) NARROW (x - c_n)."""
    w = torch.sigmoid(difference(x) / TAU)
    shift = torch.zeros_like(x)
    shift[0] = A * (WIDE + NARROW) * w - A * NARROW
    return x - STEP_SIZE * (x * (NARROW + (WIDE - NARROW) * w) + shift) + NOISE * xi


def prepare(dim: int, walkers: int, seed: int, threads: int) -> Advance:
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    x = torch.zeros(dim, walkers)
    x[0, 0::2], x[0, 1::2] = -A, A

    @torch.no_grad()
    def advance(records: int) -> torch.Tensor:
        nonlocal x
        visits = torch.zeros(walkers)
        for _ in range(records):
            for _ in range(EVERY):
                x = step(x, torch.randn_like(x))
            visits += difference(x) > 0.0
        return visits

    return advance


if __name__ == "__main__":
    measure("PyTorch", prepare, ["torch"])
