"""Random streams of a training, each a function of its purpose: no draw depends on earlier draws."""

from enum import IntEnum

import numpy as np
import torch


class Purpose(IntEnum):
    """What a stream is drawn for. The numbers are part of every run's seed: never change one."""

    INITIAL = 0
    BATCHES = 1
    NOISE = 2
    DIRECTIONS = 3
    COMPONENTS = 4


def seed_of(purpose: Purpose, *key: int) -> int:
    """64 bits from (seed, ...); different keys give independent streams."""
    return int(np.random.SeedSequence([int(purpose), *key]).generate_state(1, np.uint64)[0])


def generator(device: torch.device, purpose: Purpose, *key: int) -> torch.Generator:
    """A torch generator for this purpose and key; on the CPU its draws do not depend on the number of threads."""
    return torch.Generator(device).manual_seed(seed_of(purpose, *key))
