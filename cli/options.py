"""Options that several commands share."""

import math

from langevin_sim.errors import InputError


def parameters(pairs: tuple[str, ...]) -> dict[str, float]:
    """What --set KEY=NUMBER pairs say; InputError for anything else."""
    values = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not equals or not math.isfinite(value):
            raise InputError(f"--set {pair}: expected KEY=NUMBER")
        values[key.strip()] = value
    return values
