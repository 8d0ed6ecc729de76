"""Random-walk Metropolis."""

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.steppers.metropolis import choose, replace
from langevin_sim.vectormath import compiled, fma


@compiled
def rwm(
    t,
    X,
    memory,
    stream,
    workspace,
    step_size,
    noise,
    domain,
    batch,
    shuffled,
    replacement,
    gradient,
    energy,
    batch_gradient,
    parameters,
    data,
):
    """y = P(x + noise xi), accepted with probability min(1, exp(-(U(y)-U(x))/T)), T = noise^2/(2 eta).

    memory[dim] holds U(x), memory[dim+1] counts acceptances. Metropolis et al., J. Chem. Phys. 21 (1953).
    """
    dim = X.shape[0]
    Y, Z = workspace[0], workspace[2]
    new_energy, log_ratio, uniform = workspace[3, :1], workspace[4, 0], workspace[5, 0]
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
