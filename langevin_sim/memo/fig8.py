"""Fig. 8: like Fig. 7, on MNIST."""

from langevin_sim.memo.figure import NetworkFigure
from langevin_sim.memo.scales import TRIPLES

FIGURE = NetworkFigure("fig8", "plane", trainings=lambda scale: scale.both_labels(scale.mnist, replicas=3 * TRIPLES))
