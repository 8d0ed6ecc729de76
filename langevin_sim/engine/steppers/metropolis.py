"""Metropolis' choice between the present state and a proposal, shared by MALA and RWM."""

from langevin_sim.engine.block import BLOCK
from langevin_sim.engine.normals import fill_uniforms
from langevin_sim.engine.projections import mark_outside
from langevin_sim.vectormath import compiled, minus_two_log


@compiled
def choose(Y, log_ratio, uniform, stream, domain, accepted):
    """log_ratio[n] <- 1 where the proposal Y is accepted, 0 elsewhere; accepted[n] counts acceptances.

    Accepted where log u < log_ratio, u uniform on (0, 1]. A nan compares false and is rejected, and so
    is a proposal outside a box: the law is then Boltzmann's on the box.
    """
    mark_outside(Y, domain, log_ratio)
    fill_uniforms(stream, uniform)
    for i in range(BLOCK):
        log_ratio[i] = 1.0 if minus_two_log(uniform[i]) > -2.0 * log_ratio[i] else 0.0
        accepted[i] += log_ratio[i]


@compiled
def replace(chosen, new, old):
    """old <- new where chosen; [rows, BLOCK]."""
    for j in range(old.shape[0]):
        x, y = old[j], new[j]
        for i in range(BLOCK):
            kept, moved = x[i], y[i]  # both loaded: a choice of values is a select, a choice of loads is a branch
            x[i] = moved if chosen[i] > 0.0 else kept
