"""langevin-sim deep: the network experiments."""

import click

from ..lazy import LazyGroup

_HELP = {
    "compare": "Compare the histories of trainings (Fig. 2).",
    "data": "Describe a data set.",
    "draw": "Redraw the figure and rewrite the text of a folder (without PyTorch).",
    "flatness": "Measure the flatness radius of eq. 11 at trained minima.",
    "noise": "Measure the distribution of the minibatch gradient (Fig. 1).",
    "plane": "Evaluate loss and accuracy on the plane through three minima (Figs. 7 and 8).",
    "sweep": "Train over a grid of settings, on this machine's cores or a cluster.",
    "table1": "Compare radii with natural and with random labels, beside the memo's.",
    "train": "Train a network by GD, GDL, SGD or SGDL.",
}


@click.group(cls=LazyGroup, home=__package__, commands_help=_HELP, name="deep")
def command() -> None:
    """The memo's network experiments: a training loss is the potential, a weight vector the walker.

    Train first; the other commands take the folders of train. reproduce fig1, fig2, fig7, fig8 and table1 do both.

    Example: langevin-sim deep train --data digits --replicas 3
    """
