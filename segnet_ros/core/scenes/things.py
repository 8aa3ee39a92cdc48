"""What can stand, hang or move in a street. Lengths in meters; sides are -1 left, 1 right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segnet_ros.core.scenes.colors import Color

BuildingStyle = Literal['plain', 'white_eaves', 'modern']
PoleKind = Literal['lamp', 'traffic_light', 'bollard']
SignShape = Literal['disc', 'triangle', 'board', 'blue', 'wide']
FenceKind = Literal['rail', 'bars', 'panel']
CarKind = Literal['hatch', 'sedan', 'estate', 'van', 'bus']

# kinds of plants; a conifer is one of the leafy trees
LEAFY_TREES = range(4)
CONIFER = 3
BARE_TREES = range(4, 7)
HEDGE = 7


@dataclass(frozen=True)
class Building:
    """A house along z0 to z1 with its facade at x = side * wall."""

    side: int
    wall: float
    z0: float
    z1: float
    height: float
    depth: float
    floors: int
    wall_color: Color
    roof_color: Color
    roof: float
    """Height of the ridge above the eaves, 0 for a flat roof."""
    shop: Color | None
    """Color of the shop front on the ground floor, if there is one."""
    style: BuildingStyle
    seed: int
    """What the facade is drawn from."""


@dataclass(frozen=True)
class Plant:
    """A tree or a piece of a hedge."""

    x: float
    z: float
    height: float
    width: float
    kind: int
    """One of ``LEAFY_TREES``, one of ``BARE_TREES`` or ``HEDGE``."""
    tint: Color


@dataclass(frozen=True)
class Pole:
    """A lamp post, a traffic light or a bollard."""

    x: float
    z: float
    height: float
    kind: PoleKind
    color: Color


@dataclass(frozen=True)
class Sign:
    """A plate, its center at height y; on a post, or on a wall without one."""

    x: float
    y: float
    z: float
    shape: SignShape
    width: float
    color: Color
    post: bool


@dataclass(frozen=True)
class Fence:
    """A straight piece of fence along z0 to z1."""

    x: float
    z0: float
    z1: float
    height: float
    kind: FenceKind
    color: Color


@dataclass(frozen=True)
class Car:
    """A car, van or bus; heading in radians, 0 = driving away from the camera."""

    x: float
    z: float
    heading: float
    kind: CarKind
    color: Color
    braking: bool = False


@dataclass(frozen=True)
class Pedestrian:
    """A person on foot; phase of the step in radians."""

    x: float
    z: float
    height: float
    phase: float
    coat: Color
    trousers: Color
    sideways: bool
    bag: bool


@dataclass(frozen=True)
class Cyclist:
    """A person on a bicycle; phase of the pedals in radians."""

    x: float
    z: float
    phase: float
    coat: Color
    trousers: Color
    helmet: bool
    oncoming: bool


Thing = Plant | Pole | Sign | Fence | Car | Pedestrian | Cyclist
"""Everything but buildings, which are drawn before all else."""
