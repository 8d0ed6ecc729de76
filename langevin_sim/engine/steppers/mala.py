"""The Metropolis-adjusted Langevin algorithm."""

from langevin_sim.dynamics import MALA
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.engine.steppers.metropolis import choose, replace
from langevin_sim.vectormath import compiled, fma


@block_stepper(MALA)
@compiled
def mala(
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
    """GDL's proposal y, accepted with probability min(1, exp(-(U(y)-U(x))/T) q(x|y)/q(y|x)).

    memory[0:dim] holds grad U(x), memory[dim] U(x), memory[dim+1] counts acceptances; T = noise^2/(2 eta).
    On a torus the proposal density is that of the covering space, which U's period makes reversible
    image by image. Rossky, Doll and Friedman 1978; Roberts and Tweedie, Bernoulli 2 (1996).
    """
    dim = X.shape[0]
    Y, H, Z = scratch[:dim], scratch[dim : 2 * dim], scratch[2 * dim : 3 * dim]
    new_energy, log_ratio, uniform = scratch[3 * dim : 3 * dim + 1], scratch[3 * dim + 1], scratch[3 * dim + 2]
    old_energy = memory[dim : dim + 1]
    temperature = noise * noise / (2.0 * step_size)
    if t == 0:
        gradient(X, memory[:dim], parameters)
        energy(X, old_energy[0], parameters)
    fill_normals(stream, Z)
    for j in range(dim):
        x, y, g, z = X[j], Y[j], memory[j], Z[j]
        for i in range(BLOCK):
            y[i] = fma(noise, z[i], fma(-step_size, g[i], x[i]))
    gradient(Y, H, parameters)
    energy(Y, new_energy[0], parameters)
    for i in range(BLOCK):
        log_ratio[i] = (old_energy[0, i] - new_energy[0, i]) / temperature
    for j in range(dim):
        x, y, h, z = X[j], Y[j], H[j], Z[j]
        for i in range(BLOCK):
            back = (x[i] - fma(-step_size, h[i], y[i])) / noise
            log_ratio[i] += 0.5 * (z[i] * z[i] - back * back)
    choose(Y, log_ratio, uniform, stream, domain, memory[dim + 1])
    replace(log_ratio, new_energy, old_energy)
    replace(log_ratio, H, memory[:dim])
    replace(log_ratio, Y, X)
    project(X, domain)
