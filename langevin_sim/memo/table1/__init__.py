"""Table 1: flatness radii at minima found with natural and with random labels."""

from langevin_sim.memo.figure import NetworkFigure

FIGURE = NetworkFigure("table1", "table1", trainings=lambda scale: scale.both_labels(scale.mnist, scale.cifar))
