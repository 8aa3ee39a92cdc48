"""The street in chunks, each a pure function of seed and index, so that it never ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from segnet_ros.core.scenes.kerbs import place_furniture
from segnet_ros.core.scenes.kerbs import place_parked_cars
from segnet_ros.core.scenes.plots import place_houses
from segnet_ros.core.scenes.plots import place_park
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.street import CHUNK_LENGTH
from segnet_ros.core.scenes.street import make_street
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.things import Building
from segnet_ros.core.scenes.things import Thing

_JUNCTION_WIDTH = 8.0


@dataclass(frozen=True)
class Side:
    """One side of a chunk, and what the ground is like there from z0 to z1."""

    kind: Literal['houses', 'park', 'junction']
    z0: float
    z1: float
    height: float
    """Height of what casts a shadow, in meters."""
    buildings: tuple[Building, ...]
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Patch:
    """A rectangle of repaired asphalt, in meters."""

    x0: float
    x1: float
    z0: float
    z1: float
    brightness: float
    """Relative to the asphalt around it."""


@dataclass(frozen=True)
class Chunk:
    """``CHUNK_LENGTH`` meters of street from z0 on, with all that stands still there."""

    z0: float
    left: Side
    right: Side
    zebra: float | None
    """Where a zebra crossing begins, if there is one."""
    patch: Patch

    @property
    def sides(self) -> tuple[tuple[Side, int], tuple[Side, int]]:
        """Both sides, each with the sign of its x."""
        return (self.left, -1), (self.right, 1)


def _make_side(street: Street, index: int, side: int) -> Side:
    purpose = Purpose.LEFT_SIDE if side < 0 else Purpose.RIGHT_SIDE
    rng = open_stream(street.seed, purpose, index)
    z0 = index * CHUNK_LENGTH
    z1 = z0 + CHUNK_LENGTH
    draw = rng.random()
    if draw < street.greenery:
        things = place_park(rng, street, side, z0, z1)
        things += place_furniture(rng, street, side, z0)
        things += place_parked_cars(rng, street, side, z0)
        return Side('park', z0, z1, 6.0, (), tuple(things))
    if draw < street.greenery + 0.1:
        corner = z0 + _JUNCTION_WIDTH
        buildings, things = place_houses(rng, street, side, corner, z1)
        things += place_furniture(rng, street, side, z0)
        return Side('junction', z0, corner, 0.0, tuple(buildings), tuple(things))
    buildings, things = place_houses(rng, street, side, z0, z1)
    height = 2.9 * street.floors + rng.uniform(0, 4)
    things += place_furniture(rng, street, side, z0)
    things += place_parked_cars(rng, street, side, z0)
    return Side('houses', z0, z1, height, tuple(buildings), tuple(things))


@lru_cache(maxsize=256)
def make_chunk(seed: int, index: int) -> Chunk:
    """
    Build one chunk of a street.

    :param seed: the street
    :param index: chunk number, from z = index * ``CHUNK_LENGTH`` on
    :return: what stands still there
    """
    street = make_street(seed)
    rng = open_stream(seed, Purpose.CHUNK, index)
    z0 = index * CHUNK_LENGTH
    x, z = rng.uniform(-street.road_half, street.road_half - 1.5), z0 + rng.uniform(0, 15)
    zebra = z0 + rng.uniform(2, 14) if rng.random() < 0.08 else None
    width, length = rng.uniform(0.6, 2.0), rng.uniform(0.8, 6)
    return Chunk(
        z0=z0,
        left=_make_side(street, index, -1),
        right=_make_side(street, index, 1),
        zebra=zebra,
        patch=Patch(x, x + width, z, z + length, rng.uniform(0.7, 1.2)),
    )
