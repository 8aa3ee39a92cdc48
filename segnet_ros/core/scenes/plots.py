"""What stands beyond the pavement: houses and parks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from segnet_ros.core.scenes.colors import GATES
from segnet_ros.core.scenes.colors import pick_color
from segnet_ros.core.scenes.colors import ROOFS
from segnet_ros.core.scenes.colors import SHOPS
from segnet_ros.core.scenes.colors import WALLS
from segnet_ros.core.scenes.randomness import pick
from segnet_ros.core.scenes.randomness import pick_weighted
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.things import BARE_TREES
from segnet_ros.core.scenes.things import Building
from segnet_ros.core.scenes.things import BuildingStyle
from segnet_ros.core.scenes.things import Fence
from segnet_ros.core.scenes.things import FenceKind
from segnet_ros.core.scenes.things import HEDGE
from segnet_ros.core.scenes.things import LEAFY_TREES
from segnet_ros.core.scenes.things import Plant
from segnet_ros.core.scenes.things import Sign
from segnet_ros.core.scenes.things import Thing

_STYLES: dict[BuildingStyle, float] = {'plain': 0.5, 'white_eaves': 0.3, 'modern': 0.2}


def _make_building(
    rng: np.random.Generator, street: Street, side: int, z0: float, z1: float
) -> Building:
    floors = min(max(round(rng.normal(street.floors, 0.7)), 1), 6)
    shop = pick_color(rng, SHOPS) if rng.random() < 0.25 + 0.6 * street.busy else None
    style = pick_weighted(rng, _STYLES)
    return Building(
        side=side,
        wall=street.wall + (0.0 if rng.random() < 0.7 else rng.uniform(0, 1.2)),
        z0=z0,
        z1=z1,
        height=floors * rng.uniform(2.7, 3.2) + 0.7,
        depth=rng.uniform(7, 13),
        floors=floors,
        wall_color=pick_color(rng, WALLS),
        roof_color=pick_color(rng, ROOFS),
        roof=0.0 if style == 'modern' else rng.uniform(1.5, 3.2),
        shop=shop,
        style=style,
        seed=int(rng.integers(1 << 31)),
    )


def place_houses(
    rng: np.random.Generator, street: Street, side: int, z0: float, z1: float
) -> tuple[list[Building], list[Thing]]:
    """
    Place a row of houses.

    :param rng: where it comes from
    :param street: the street
    :param side: -1 left, 1 right
    :param z0: where the row begins
    :param z1: where the row ends
    :return: houses wall to wall, and the signs that hang on them
    """
    count = max(1, int((z1 - z0) / rng.uniform(6, 13)))
    edges = np.linspace(z0, z1, count + 1)
    edges[1:-1] += rng.uniform(-1.2, 1.2, count - 1)
    buildings: list[Building] = []
    signs: list[Thing] = []
    for start, end in pairwise(edges.tolist()):
        building = _make_building(rng, street, side, start, end)
        buildings.append(building)
        if building.shop is not None and rng.random() < 0.7:
            z = rng.uniform(start, end)
            x = side * (building.wall - 0.55)
            color = pick_color(rng, SHOPS)
            signs.append(Sign(x, rng.uniform(2.8, 4.2), z, 'board', 0.9, color, post=False))
    return buildings, signs


def make_tree(rng: np.random.Generator, street: Street, x: float, z: float) -> Plant:
    """Make a tree of the kinds that the street has."""
    kind = pick(rng, BARE_TREES if rng.random() < street.bare_trees else LEAFY_TREES)
    height = rng.uniform(5.0, 11.0)
    tint = (rng.uniform(0.75, 1.2), rng.uniform(0.8, 1.15), rng.uniform(0.7, 1.15))
    return Plant(x, z, height, height * rng.uniform(0.7, 1.05), kind, tint)


def place_park(
    rng: np.random.Generator, street: Street, side: int, z0: float, z1: float
) -> list[Thing]:
    """
    Place a park.

    :param rng: where it comes from
    :param street: the street
    :param side: -1 left, 1 right
    :param z0: where the park begins
    :param z1: where the park ends
    :return: three rows of trees behind a fence, a hedge or both
    """
    things: list[Thing] = []
    for row, spacing in ((2.2, 5.5), (7.0, 4.0), (14.0, 5.0)):
        for z in np.arange(z0, z1, spacing).tolist():
            x = side * (street.wall + row + rng.uniform(-0.6, 1.5))
            things.append(make_tree(rng, street, x, z + rng.uniform(0, spacing)))
    border = rng.random()
    kind: FenceKind = 'bars' if rng.random() < 0.6 else 'panel'
    color = pick_color(rng, GATES)
    for z in np.arange(z0, z1, 2.0).tolist():
        if border < 0.62:
            things.append(Fence(side * street.wall, z, z + 2.0, 1.3, kind, color))
        if border > 0.38:
            x = side * (street.wall + 0.9)
            tint = (rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0))
            things.append(Plant(x, z + 1, rng.uniform(1.6, 2.3), 3.0, HEDGE, tint))
    return things
