"""SGDL and, with noise 0, SGD."""

from langevin_sim.engine.batches import draw_batches
from langevin_sim.engine.projections import project
from langevin_sim.engine.steppers.gdl import descend
from langevin_sim.vectormath import compiled


@compiled
def sgd(
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
    """x <- P(x - (eta/b) sum_batch grad V_i(x) + noise xi) (memo eqs. 5, 6), a new batch for every walker.

    memory's last b rows are scratch for the draws.
    """
    G = workspace[0]
    draw_batches(stream, memory[memory.shape[0] - batch.shape[0] :], shuffled, batch, replacement)
    batch_gradient(X, batch, G, gradient, parameters, data)
    descend(X, G, workspace[1], stream, step_size, noise)
    project(X, domain)
