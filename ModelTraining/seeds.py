"""One seed in the settings, and every other seed derived from it."""

from __future__ import annotations

import numpy as np


def derived_seed(*parts: int) -> int:
    """Mix non-negative numbers, such as (seed, epoch, pass), into one seed for a generator.

    Neighbouring numbers give unrelated seeds. Because a seed is made of where the training
    stands, and not of what was drawn before, a resumed run draws what an undisturbed one would.
    """
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))
