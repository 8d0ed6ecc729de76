"""The Metropolis-adjusted Langevin algorithm."""

from langevin_sim.dynamics import MALA
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import propose_noisily
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
    Y, H = scratch[:dim], scratch[dim : 2 * dim]
    new_energy, log_ratio, uniform = scratch[2 * dim : 2 * dim + 1], scratch[2 * dim + 1], scratch[2 * dim + 2]
    old_energy = memory[dim : dim + 1]
    per_temperature = 2.0 * step_size / (noise * noise)
    if t == 0:
        gradient(X, memory[:dim], parameters)
        energy(X, old_energy[0], parameters)
    propose_noisily(stream, X, memory[:dim], Y, log_ratio, step_size, noise)
    gradient(Y, H, parameters)
    energy(Y, new_energy[0], parameters)
    old, new = old_energy[0], new_energy[0]
    for i in range(BLOCK):
        log_ratio[i] = fma(old[i] - new[i], per_temperature, log_ratio[i])
    half_per_variance = 0.5 / (noise * noise)
    for j in range(dim):
        x, y, h = X[j], Y[j], H[j]
        for i in range(BLOCK):
            back = x[i] - fma(-step_size, h[i], y[i])
            log_ratio[i] = fma(-half_per_variance * back, back, log_ratio[i])
    choose(Y, log_ratio, uniform, stream, domain, memory[dim + 1])
    replace(log_ratio, new_energy, old_energy)
    replace(log_ratio, H, memory[:dim])
    replace(log_ratio, Y, X)
    project(X, domain)
