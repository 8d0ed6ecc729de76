"""The transition kernels whose stationary law is known, by the name under which a dynamics declares its own."""

from langevin_sim.reference.chain.kernel import Kernel
from langevin_sim.reference.chain.kernels import gaussian, leimkuhler_matthews, minibatch

KERNELS: dict[str, Kernel] = {
    "gaussian": gaussian.KERNEL,
    "minibatch": minibatch.KERNEL,
    "leimkuhler-matthews": leimkuhler_matthews.KERNEL,
}

__all__ = ["KERNELS"]
