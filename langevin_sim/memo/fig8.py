"""Fig. 8: like Fig. 7, on MNIST."""

from langevin_sim.memo.figure import NetworkFigure

FIGURE = NetworkFigure("fig8", "plane", trainings=lambda scale: scale.for_planes(scale.mnist))
