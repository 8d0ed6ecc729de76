"""The Leimkuhler-Matthews scheme."""

from langevin_sim.dynamics import LM
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.vectormath import compiled, fma


@block_stepper(LM)
@compiled
def lm(
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
    """x <- P(x - eta grad U(x) + noise (xi_t + xi_{t+1})/2); memory[0:dim] carries xi_t to the next step.

    Leimkuhler and Matthews, Appl. Math. Res. Express 2013.
    """
    dim = X.shape[0]
    G, Z = scratch[:dim], scratch[dim : 2 * dim]
    if t == 0:
        fill_normals(stream, memory[:dim])
    gradient(X, G, parameters)
    fill_normals(stream, Z)
    for j in range(dim):
        x, g, z, previous = X[j], G[j], Z[j], memory[j]
        for i in range(BLOCK):
            x[i] = fma(0.5 * noise, previous[i] + z[i], fma(-step_size, g[i], x[i]))
        for i in range(BLOCK):
            previous[i] = z[i]
    project(X, domain)
