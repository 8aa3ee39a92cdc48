"""What stands at the kerb: lamps, signs, bollards, rails and parked cars."""

from __future__ import annotations

import math

import numpy as np
from segnet_ros.core.scenes.colors import CAR_PAINTS
from segnet_ros.core.scenes.colors import METALS
from segnet_ros.core.scenes.colors import pick_color
from segnet_ros.core.scenes.colors import PLATES
from segnet_ros.core.scenes.plots import make_tree
from segnet_ros.core.scenes.randomness import pick_weighted
from segnet_ros.core.scenes.street import CHUNK_LENGTH
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.things import Car
from segnet_ros.core.scenes.things import CarKind
from segnet_ros.core.scenes.things import Fence
from segnet_ros.core.scenes.things import Pole
from segnet_ros.core.scenes.things import Sign
from segnet_ros.core.scenes.things import SignShape
from segnet_ros.core.scenes.things import Thing

_PARKED_KINDS: dict[CarKind, float] = {'hatch': 0.45, 'sedan': 0.25, 'estate': 0.2, 'van': 0.1}
_SIGN_SHAPES: dict[SignShape, float] = {
    'disc': 0.3,
    'triangle': 0.2,
    'board': 0.2,
    'blue': 0.15,
    'wide': 0.15,
}


def _pick_place(rng: np.random.Generator, z0: float) -> float:
    return z0 + rng.uniform(0, CHUNK_LENGTH)


def _make_sign(rng: np.random.Generator, x: float, z0: float) -> Sign:
    shape = pick_weighted(rng, _SIGN_SHAPES)
    width = rng.uniform(1.1, 1.7) if shape == 'wide' else rng.uniform(0.6, 0.85)
    color = pick_color(rng, PLATES)
    y = rng.uniform(2.1, 2.7)
    return Sign(x, y, _pick_place(rng, z0), shape, width, color, post=True)


def place_furniture(rng: np.random.Generator, street: Street, side: int, z0: float) -> list[Thing]:
    """
    Place what stands on the pavement along the kerb of one chunk.

    :param rng: where it comes from
    :param street: the street
    :param side: -1 left, 1 right
    :param z0: where the chunk begins
    :return: poles, signs, rails and trees
    """
    kerb = side * (street.road_half + 0.45)
    metal = pick_color(rng, METALS)
    things: list[Thing] = []
    if rng.random() < 0.6:
        z = _pick_place(rng, z0)
        things.append(Pole(kerb, z, rng.uniform(5.5, 9.0), 'lamp', metal))
    for _ in range(int(rng.integers(3))):
        things.append(_make_sign(rng, kerb, z0))
    if rng.random() < 0.22:
        things.append(Pole(kerb, _pick_place(rng, z0), 3.2, 'traffic_light', (28, 30, 30)))
    if rng.random() < 0.22:
        start = _pick_place(rng, z0)
        for step in range(int(rng.integers(2, 6))):
            things.append(Pole(kerb, start + 1.6 * step, 1.0, 'bollard', metal))
    if rng.random() < 0.25:
        start = z0 + rng.uniform(0, 8)
        for step in range(int(rng.integers(2, 6))):
            z = start + 2 * step
            things.append(Fence(kerb, z, z + 2, 1.1, 'rail', metal))
    if rng.random() < 0.5 * street.greenery:
        things.append(make_tree(rng, street, kerb * 1.05, _pick_place(rng, z0)))
    return things


def place_parked_cars(
    rng: np.random.Generator, street: Street, side: int, z0: float
) -> list[Thing]:
    """
    Place the parked cars of one chunk.

    :param rng: where it comes from
    :param street: the street
    :param side: -1 left, 1 right
    :param z0: where the chunk begins
    :return: up to three cars; none where the street has no parking
    """
    if not street.has_parking(side):
        return []
    things: list[Thing] = []
    heading = 0.0 if rng.random() < (0.85 if side < 0 else 0.35) else math.pi
    for slot in range(3):
        if rng.random() < 0.35 + 0.45 * street.busy:
            z = z0 + 3.3 + 6.6 * slot + rng.uniform(-0.6, 0.6)
            x = side * (street.road_half - 1.1 + rng.normal(0, 0.08))
            kind = pick_weighted(rng, _PARKED_KINDS)
            turn = rng.normal(0, 0.03)
            things.append(Car(x, z, heading + turn, kind, pick_color(rng, CAR_PAINTS)))
    return things
