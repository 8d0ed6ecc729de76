"""The Metropolis-adjusted Langevin algorithm."""

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals, fill_uniforms
from langevin_sim.vectormath import compiled, fma, log


@compiled
def mala(t, X, memory, stream, workspace, step_size, noise, temperature, gradient, energy, parameters):
    """GDL's proposal y, accepted with probability min(1, exp(-(U(y)-U(x))/T) q(x|y)/q(y|x)).

    memory[0:dim] holds grad U(x), memory[dim] U(x), memory[dim+1] counts acceptances.
    Rossky, Doll and Friedman 1978; Roberts and Tweedie, Bernoulli 2 (1996).
    """
    dim = X.shape[0]
    Y, H, Z, rows = workspace[0], workspace[1], workspace[2], workspace[3:]
    new_energy = rows[0, 0]
    log_ratio = rows[1, 0]
    uniform = rows[2, 0]
    old_energy = memory[dim]
    accepted = memory[dim + 1]
    if t == 0:
        gradient(X, memory[:dim], parameters)
        energy(X, old_energy, parameters)
    fill_normals(stream, Z)
    fill_uniforms(stream, uniform)
    for j in range(dim):
        x, y, g, z = X[j], Y[j], memory[j], Z[j]
        for i in range(BLOCK):
            y[i] = fma(noise, z[i], fma(-step_size, g[i], x[i]))
    gradient(Y, H, parameters)
    energy(Y, new_energy, parameters)
    for i in range(BLOCK):
        log_ratio[i] = (old_energy[i] - new_energy[i]) / temperature
    for j in range(dim):
        x, y, h, z = X[j], Y[j], H[j], Z[j]
        for i in range(BLOCK):
            back = (x[i] - fma(-step_size, h[i], y[i])) / noise
            log_ratio[i] += 0.5 * (z[i] * z[i] - back * back)
    for i in range(BLOCK):  # from here on 1 where accepted; a nan compares false and is rejected
        log_ratio[i] = 1.0 if log(uniform[i]) < log_ratio[i] else 0.0
        accepted[i] += log_ratio[i]
        old_energy[i] = new_energy[i] if log_ratio[i] > 0.0 else old_energy[i]
    for j in range(dim):
        x, y, g, h = X[j], Y[j], memory[j], H[j]
        for i in range(BLOCK):
            x[i] = y[i] if log_ratio[i] > 0.0 else x[i]
            g[i] = h[i] if log_ratio[i] > 0.0 else g[i]
