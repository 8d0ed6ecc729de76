"""GDL and, with noise 0, GD."""

from langevin_sim.dynamics import GD, GDL
from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import descend_noisily
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.vectormath import compiled, fma


@compiled
def descend(X, G, stream, step_size, noise):
    """X <- X - eta G + noise xi, xi ~ N(0, I); with noise 0 no normals are drawn."""
    if noise == 0.0:
        for j in range(X.shape[0]):
            x, g = X[j], G[j]
            for i in range(BLOCK):
                x[i] = fma(-step_size, g[i], x[i])
    else:
        descend_noisily(stream, X, G, step_size, noise)


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
    G = scratch[:dim]
    gradient(X, G, parameters)
    descend(X, G, stream, step_size, noise)
    project(X, domain)
