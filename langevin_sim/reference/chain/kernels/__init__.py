"""The transition kernels with a known stationary law, by the name that a dynamics declares."""

from langevin_sim.reference.chain.kernel import Kernel
from langevin_sim.reference.chain.kernels import gaussian, leimkuhler_matthews, minibatch

KERNELS: dict[str, Kernel] = {
    "gaussian": gaussian.KERNEL,
    "minibatch": minibatch.KERNEL,
    "leimkuhler-matthews": leimkuhler_matthews.KERNEL,
}

__all__ = ["KERNELS"]
