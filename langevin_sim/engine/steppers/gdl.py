"""GDL and, with noise 0, GD."""

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_normals
from langevin_sim.vectormath import compiled, fma


@compiled
def gdl(t, X, memory, stream, workspace, step_size, noise, temperature, gradient, energy, parameters):
    """x <- x - eta grad U(x) + noise xi, xi ~ N(0, I) (memo eq. 5; noise = sqrt(2 eta T)).

    With noise 0 no normals are drawn, and the update is GD's.
    """
    G = workspace[0]
    Z = workspace[1]
    gradient(X, G, parameters)
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
