"""Random-walk Metropolis."""

from langevin_sim.dynamics import RWM
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.engine.steppers.metropolis import choose, replace
from langevin_sim.vectormath import compiled, fma


@block_stepper(RWM)
@compiled
def rwm(
    t,
    X,
    memory,
    scratch,
    stream,
    step_size,
    noise,
    settings,
    domain,
    gradient,
    energy,
    parameters,
    batch_gradient,
    data,
    batch,
    shuffled,
):
    """y = P(x + noise xi), accepted with probability min(1, exp(-(U(y)-U(x))/T)), T = noise^2/(2 eta).

    memory[dim] holds U(x), memory[dim+1] counts acceptances. Metropolis et al., J. Chem. Phys. 21 (1953).
    """
    dim = X.shape[0]
    Y, Z = scratch[:dim], scratch[2 * dim : 3 * dim]
    new_energy, log_ratio, uniform = scratch[3 * dim : 3 * dim + 1], scratch[3 * dim + 1], scratch[3 * dim + 2]
    old_energy = memory[dim : dim + 1]
    temperature = noise * noise / (2.0 * step_size)
    if t == 0:
        energy(X, old_energy[0], parameters)
    fill_normals(stream, Z)
    for j in range(dim):
        x, y, z = X[j], Y[j], Z[j]
        for i in range(BLOCK):
            y[i] = fma(noise, z[i], x[i])
    if domain[0] == 1.0:
        project(Y, domain)
    energy(Y, new_energy[0], parameters)
    for i in range(BLOCK):
        log_ratio[i] = (old_energy[0, i] - new_energy[0, i]) / temperature
    choose(Y, log_ratio, uniform, stream, domain, memory[dim + 1])
    replace(log_ratio, new_energy, old_energy)
    replace(log_ratio, Y, X)
