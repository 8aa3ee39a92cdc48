"""Random numbers that depend on nothing but a street, a purpose and an index."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from enum import IntEnum
from itertools import accumulate
from typing import TypeVar

import numpy as np

_Option = TypeVar('_Option')


class Purpose(IntEnum):
    """What the numbers are for; another value would give another street."""

    STREET = 0
    LOOK = 1
    LEFT_SIDE = 2
    RIGHT_SIDE = 3
    CHUNK = 4
    CAMERA = 5
    CLOUDS = 6
    BACKDROP = 7
    FACADE = 8
    SENSOR = 9
    WALKERS_LEFT_ONCOMING = 10
    WALKERS_LEFT_AHEAD = 11
    WALKERS_RIGHT_ONCOMING = 12
    WALKERS_RIGHT_AHEAD = 13
    CROSSING = 14
    CARS_AHEAD = 20
    CARS_ONCOMING = 21
    CYCLISTS_LEFT = 22
    CYCLISTS_RIGHT = 23
    NOISE = 90
    GRAIN = 91
    BRICKS = 92
    PLANTS = 93


def open_stream(seed: int, purpose: Purpose, index: int = 0) -> np.random.Generator:
    """
    Open the random stream of one part of one street.

    :param seed: the street, any integer
    :param purpose: what the numbers are for
    :param index: number of the part, may be negative
    :return: a generator that depends on the three numbers only
    """
    words = [abs(int(seed)), purpose + (1000 if seed < 0 else 0), index & 0xFFFFFFFF]
    return np.random.Generator(np.random.PCG64(words))


def pick(rng: np.random.Generator, options: Sequence[_Option]) -> _Option:
    """Pick one of some options, each as likely as the others."""
    return options[int(rng.integers(len(options)))]


def pick_weighted(rng: np.random.Generator, weights: Mapping[_Option, float]) -> _Option:
    """Pick one of some options, each as likely as its share of the weights."""
    bounds = list(accumulate(weights.values()))
    draw = rng.random()
    shares = zip(weights, bounds, strict=True)
    return next(option for option, bound in shares if draw < bound / bounds[-1])
