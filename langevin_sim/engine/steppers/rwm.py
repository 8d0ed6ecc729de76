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
    Y = scratch[:dim]
    new_energy, log_ratio, uniform = scratch[2 * dim : 2 * dim + 1], scratch[2 * dim + 1], scratch[2 * dim + 2]
    old_energy = memory[dim : dim + 1]
    per_temperature = 2.0 * step_size / (noise * noise)
    if t == 0:
        energy(X, old_energy[0], parameters)
    fill_normals(stream, Y)
    for j in range(dim):
        x, y = X[j], Y[j]
        for i in range(BLOCK):
            y[i] = fma(noise, y[i], x[i])
    if domain[0] == 1.0:
        project(Y, domain)
    energy(Y, new_energy[0], parameters)
    old, new = old_energy[0], new_energy[0]
    for i in range(BLOCK):
        log_ratio[i] = (old[i] - new[i]) * per_temperature
    choose(Y, log_ratio, uniform, stream, domain, memory[dim + 1])
    replace(log_ratio, new_energy, old_energy)
    replace(log_ratio, Y, X)
