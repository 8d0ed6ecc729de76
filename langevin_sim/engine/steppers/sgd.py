"""SGDL and, with noise 0, SGD."""

from langevin_sim.dynamics import SGD, SGDL
from langevin_sim.engine.batches import draw_batches
from langevin_sim.engine.projections import project
from langevin_sim.engine.registry import block_stepper
from langevin_sim.engine.steppers.gdl import descend
from langevin_sim.vectormath import compiled


@block_stepper(SGD, SGDL)
@compiled
def sgd(
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
    """x <- P(x - (eta/b) sum_batch grad V_i(x) + noise xi) (memo eqs. 5, 6), a new batch for every walker.

    settings = (b, whether batches are drawn with replacement).
    """
    dim = X.shape[0]
    G, uniforms = scratch[:dim], scratch[dim:]
    draw_batches(stream, uniforms, shuffled, batch, settings[1] != 0.0)
    batch_gradient(X, batch, G, gradient, parameters, data)
    descend(X, G, stream, step_size, noise)
    project(X, domain)
