"""GDL and, with noise 0, GD."""

from langevin_sim.dynamics import GD, GDL
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.vectormath import compiled, fma


@compiled
def descend(X, G, Z, stream, step_size, noise):
    """X <- X - eta G + noise xi, xi ~ N(0, I); with noise 0 no normals are drawn. Z is scratch."""
    if noise == 0.0:
        for j in range(X.shape[0]):
            x, g = X[j], G[j]
            for i in range(BLOCK):
                x[i] = fma(-step_size, g[i], x[i])
        return
    fill_normals(stream, Z)
    for j in range(X.shape[0]):
        x, g, z = X[j], G[j], Z[j]
        for i in range(BLOCK):
            x[i] = fma(noise, z[i], fma(-step_size, g[i], x[i]))


@block_stepper(GD, GDL)
@compiled
def gdl(
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
    """x <- P(x - eta grad U(x) + noise xi), xi ~ N(0, I) (memo eq. 5; noise = sqrt(2 eta T))."""
    dim = X.shape[0]
    G, Z = scratch[:dim], scratch[dim : 2 * dim]
    gradient(X, G, parameters)
    descend(X, G, Z, stream, step_size, noise)
    project(X, domain)
