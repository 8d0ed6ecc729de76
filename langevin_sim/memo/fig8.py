"""Fig. 8: as Fig. 7, on MNIST."""

from langevin_sim.memo.figure import NetworkFigure

FIGURE = NetworkFigure("fig8", "plane", trainings=lambda scale: scale.both_labels(scale.mnist))
