"""
What stands in a rendered street: layout, weather and things, in meters.

World coordinates: x to the right of the road's center line, y up from the road, z along the
road. Everything is a pure function of a seed, a chunk index and a position, so a street is
endless, and the same street looks the same on every machine. Traffic keeps to the left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Union

import numpy as np

CHUNK_LENGTH = 20.0
VIEW_DISTANCE = 150.0

Color = tuple[float, float, float]

_WALLS: tuple[Color, ...] = (
    (172, 148, 108), (190, 166, 122), (140, 84, 62), (120, 72, 58), (214, 208, 196),
    (226, 222, 210), (150, 146, 138), (128, 122, 112), (176, 120, 88), (102, 96, 90),
)
_ROOFS: tuple[Color, ...] = ((84, 84, 90), (70, 66, 66), (122, 76, 60), (100, 84, 74))
_SHOPS: tuple[Color, ...] = (
    (30, 44, 96), (24, 88, 56), (150, 28, 30), (30, 30, 34), (220, 214, 200), (190, 150, 40),
    (88, 30, 84), (40, 110, 150),
)
_PAINTS: tuple[Color, ...] = (
    (28, 30, 36), (170, 174, 178), (196, 198, 200), (110, 26, 30), (30, 44, 100), (60, 66, 72),
    (36, 70, 60), (226, 226, 224), (90, 126, 150), (150, 20, 24), (120, 116, 104),
)
_CLOTHES: tuple[Color, ...] = (
    (28, 28, 34), (44, 48, 66), (70, 62, 54), (120, 34, 36), (40, 60, 110), (150, 146, 140),
    (90, 84, 60), (190, 186, 180), (60, 90, 80), (210, 190, 40), (30, 32, 40), (52, 50, 56),
)


@dataclass(frozen=True)
class Street:
    """What stays the same along one street, seen by one camera. Lengths in meters."""

    seed: int
    road_half: float
    """Half the width of the road."""
    wall: float
    """Distance of the building line from the road's center line."""
    lane: float
    """x of the camera's lane."""
    camera_height: float
    focal: float
    """Focal length as a fraction of the larger image side."""
    horizon: float
    """Row of the horizon as a fraction of the image height."""
    pan: float
    """Column of the vanishing point minus the middle, as a fraction of the width."""
    greenery: float
    """Probability of a gap with trees instead of buildings."""
    bare_trees: float
    busy: float
    """How much is going on, 0 to 1."""
    floors: float
    """Mean number of storeys."""
    parked: tuple[bool, bool]
    """Whether cars park on the left and on the right."""
    yellow_lines: bool


@dataclass(frozen=True)
class Look:
    """Weather, light and sensor of one street. Colors are RGB, 0 to 255."""

    sky_top: Color
    sky_low: Color
    clouds: float
    cloud_color: Color
    sun_side: int
    """Side that the sun stands on, -1 left, 1 right; 0 without shadows."""
    shadow_length: float
    """Length of a shadow across the road per meter of height."""
    light: tuple[float, float, float]
    """Brightness of facades on the left, facades on the right and faces toward the camera."""
    tint: Color
    exposure: float
    gamma: float
    blur: float
    noise: float
    vignette: float
    haze: float
    """Distance in meters over which colors fade to the horizon's."""
    road: Color
    pavement: Color


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
    style: int
    seed: int


@dataclass(frozen=True)
class Tree:
    """A tree, a bush or a piece of a hedge; ``kind`` selects the sprite."""

    x: float
    z: float
    height: float
    width: float
    kind: int
    tint: Color


@dataclass(frozen=True)
class Pole:
    """A ``lamp``, ``light`` (traffic light), ``beacon``, ``bollard`` or plain ``post``."""

    x: float
    z: float
    height: float
    kind: str
    color: Color


@dataclass(frozen=True)
class Sign:
    """A plate, its center at height y; on a post, or on a wall without one."""

    x: float
    y: float
    z: float
    shape: str
    width: float
    color: Color
    post: bool


@dataclass(frozen=True)
class Fence:
    """A straight piece of fence; ``kind`` is ``rail``, ``bars`` or ``panel``."""

    x: float
    z0: float
    z1: float
    height: float
    kind: str
    color: Color


@dataclass(frozen=True)
class Car:
    """A car, van or bus; heading in radians, 0 = driving away from the camera."""

    x: float
    z: float
    heading: float
    kind: str
    color: Color
    braking: bool = False


@dataclass(frozen=True)
class Pedestrian:
    """A person on foot; phase of the step in radians."""

    x: float
    z: float
    height: float
    phase: float
    clothes: tuple[Color, Color]
    sideways: bool
    bag: bool


@dataclass(frozen=True)
class Cyclist:
    """A person on a bicycle; phase of the pedals in radians."""

    x: float
    z: float
    phase: float
    clothes: tuple[Color, Color]
    helmet: bool
    oncoming: bool


Thing = Union[Building, Tree, Pole, Sign, Fence, Car, Pedestrian, Cyclist]


@dataclass(frozen=True)
class Side:
    """One side of a chunk; ``kind`` is ``houses``, ``park`` or ``junction``."""

    kind: str
    z0: float
    z1: float
    height: float
    """Height of what casts a shadow, in meters."""
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Chunk:
    """``CHUNK_LENGTH`` meters of street."""

    z0: float
    left: Side
    right: Side
    zebra: float | None
    """Where a zebra crossing begins, if there is one."""
    patch: tuple[float, float, float, float, float]
    """Repaired asphalt: x0, x1, z0, z1 and brightness."""


def generator(seed: int, stream: int, index: int = 0) -> np.random.Generator:
    """
    Open the random stream of one part of one street.

    :param seed: the street
    :param stream: what the numbers are for
    :param index: chunk or mover, may be negative
    :return: a generator that depends on the three numbers only
    """
    words = [seed & 0xFFFFFFFFFFFFFFFF, stream, index & 0xFFFFFFFF]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def _pick(rng: np.random.Generator, colors: tuple[Color, ...], spread: float = 12.0) -> Color:
    red, green, blue = colors[int(rng.integers(len(colors)))]
    shift, *jitter = rng.standard_normal(4).tolist()
    r, g, b = (
        min(max(c + spread * (shift + j / 3), 8.0), 245.0)
        for c, j in zip((red, green, blue), jitter)
    )
    return r, g, b


@lru_cache(maxsize=64)
def make_street(seed: int) -> Street:
    """
    Draw what stays the same along a street.

    :param seed: any integer
    :return: the street
    """
    rng = generator(seed, 0)
    parked = (bool(rng.random() < 0.3), bool(rng.random() < 0.45))
    road_half = rng.uniform(3.1, 4.2) + 0.9 * sum(parked)
    return Street(
        seed=seed,
        road_half=road_half,
        wall=road_half + rng.uniform(2.4, 4.8),
        lane=-rng.uniform(1.2, 2.0) + (0.6 if parked[0] else 0.0),
        camera_height=rng.uniform(1.25, 1.65),
        focal=rng.uniform(0.88, 1.2),
        horizon=rng.uniform(0.43, 0.54),
        pan=rng.normal(0, 0.05),
        greenery=rng.choice([0.08, 0.2, 0.5], p=[0.5, 0.35, 0.15]),
        bare_trees=rng.choice([0.1, 0.5, 0.9]),
        busy=rng.uniform(0.3, 1.0),
        floors=rng.uniform(2.0, 3.6),
        parked=parked,
        yellow_lines=bool(rng.random() < 0.5),
    )


def _make_sky(rng: np.random.Generator) -> tuple[Color, Color, float, Color, float]:
    weather = rng.choice(3, p=[0.5, 0.28, 0.22])
    if weather == 0:
        top = (rng.uniform(90, 160), rng.uniform(160, 200), rng.uniform(225, 245))
        return top, (236, 242, 246), rng.uniform(0.0, 0.6), (250, 250, 250), 1.0
    if weather == 1:
        level = rng.uniform(205, 245)
        return (level - 14, level - 8, level), (246, 246, 246), 0.4, (226, 228, 232), 0.85
    level = rng.uniform(110, 160)
    return (level - 26, level - 14, level), (186, 192, 198), 0.9, (92, 98, 108), 0.5


@lru_cache(maxsize=64)
def make_look(seed: int) -> Look:
    """
    Draw weather, light and sensor of a street.

    :param seed: any integer
    :return: the look
    """
    rng = generator(seed, 1)
    top, low, clouds, cloud_color, brightness = _make_sky(rng)
    sun_side = int(rng.choice([-1, 1])) if brightness == 1.0 else 0
    sunny, shady = (1.12, 0.62) if sun_side else (0.88, 0.88)
    warmth = rng.normal(0, 0.035)
    grey = rng.uniform(82, 118)
    paving = rng.uniform(112, 150)
    return Look(
        sky_top=top, sky_low=low, clouds=clouds, cloud_color=cloud_color, sun_side=sun_side,
        shadow_length=rng.uniform(0.25, 1.1),
        light=(
            shady if sun_side < 0 else sunny,
            shady if sun_side > 0 else sunny,
            rng.uniform(0.65, 1.05),
        ),
        tint=(1.0 + warmth, 1.0 + rng.normal(0, 0.012), 1.0 - warmth),
        exposure=rng.uniform(0.85, 1.15) * (1.0 if brightness > 0.6 else rng.uniform(0.5, 0.85)),
        gamma=rng.uniform(0.95, 1.4),
        blur=rng.uniform(0.0, 0.9), noise=rng.uniform(1.5, 5.5), vignette=rng.uniform(0.0, 0.35),
        haze=rng.uniform(140, 500),
        road=(grey + rng.normal(0, 3), grey, grey + rng.normal(3, 4)),
        pavement=(paving + rng.normal(4, 5), paving, paving + rng.normal(-4, 6)),
    )


def _make_building(
    rng: np.random.Generator, street: Street, side: int, z0: float, z1: float
) -> Building:
    floors = int(np.clip(round(rng.normal(street.floors, 0.7)), 1, 6))
    shop = _pick(rng, _SHOPS) if rng.random() < 0.25 + 0.6 * street.busy else None
    style = int(rng.choice(3, p=[0.5, 0.3, 0.2]))
    return Building(
        side=side, wall=street.wall + (0.0 if rng.random() < 0.7 else rng.uniform(0, 1.2)),
        z0=z0, z1=z1, height=floors * rng.uniform(2.7, 3.2) + 0.7, depth=rng.uniform(7, 13),
        floors=floors, wall_color=_pick(rng, _WALLS), roof_color=_pick(rng, _ROOFS),
        roof=0.0 if style == 2 else rng.uniform(1.5, 3.2), shop=shop, style=style,
        seed=int(rng.integers(1 << 31)),
    )


def _make_houses(
    rng: np.random.Generator, street: Street, side: int, z0: float, z1: float
) -> list[Thing]:
    count = max(1, int((z1 - z0) / rng.uniform(6, 13)))
    edges = np.linspace(z0, z1, count + 1)
    edges[1:-1] += rng.uniform(-1.2, 1.2, count - 1)
    things: list[Thing] = []
    for start, end in zip(edges[:-1], edges[1:]):
        building = _make_building(rng, street, side, float(start), float(end))
        things.append(building)
        if building.shop is not None and rng.random() < 0.7:
            z = float(rng.uniform(start, end))
            x = side * (building.wall - 0.55)
            color = _pick(rng, _SHOPS)
            things.append(Sign(x, rng.uniform(2.8, 4.2), z, 'board', 0.9, color, False))
    return things


def _make_tree(rng: np.random.Generator, street: Street, x: float, z: float) -> Tree:
    kind = int(rng.integers(4, 7)) if rng.random() < street.bare_trees else int(rng.integers(4))
    height = rng.uniform(5.0, 11.0)
    tint = (rng.uniform(0.75, 1.2), rng.uniform(0.8, 1.15), rng.uniform(0.7, 1.15))
    return Tree(x, z, height, height * rng.uniform(0.7, 1.05), kind, tint)


def _make_park(
    rng: np.random.Generator, street: Street, side: int, z0: float, z1: float
) -> list[Thing]:
    things: list[Thing] = []
    for row, spacing in ((2.2, 5.5), (7.0, 4.0), (14.0, 5.0)):
        for z in np.arange(z0, z1, spacing):
            x = side * (street.wall + row + rng.uniform(-0.6, 1.5))
            things.append(_make_tree(rng, street, x, float(z + rng.uniform(0, spacing))))
    border = rng.random()
    kind = 'bars' if rng.random() < 0.6 else 'panel'
    color = _pick(rng, ((30, 34, 34), (60, 60, 62), (110, 90, 70), (34, 52, 44)))
    for z in np.arange(z0, z1, 2.0):
        if border < 0.62:
            x = side * street.wall
            things.append(Fence(x, float(z), float(z) + 2.0, 1.3, kind, color))
        if border > 0.38:
            x = side * (street.wall + 0.9)
            tint = (rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0))
            things.append(Tree(x, float(z) + 1, rng.uniform(1.6, 2.3), 3.0, 7, tint))
    return things


def _make_furniture(rng: np.random.Generator, street: Street, side: int, z0: float) -> list[Thing]:
    kerb = side * (street.road_half + 0.45)
    grey = _pick(rng, ((70, 74, 76), (110, 114, 116), (40, 44, 44), (150, 150, 146)))
    things: list[Thing] = []

    def along() -> float:
        return float(z0 + rng.uniform(0, CHUNK_LENGTH))

    if rng.random() < 0.6:
        things.append(Pole(kerb, along(), rng.uniform(5.5, 9.0), 'lamp', grey))
    for _ in range(int(rng.integers(3))):
        shape = str(rng.choice(['disc', 'triangle', 'board', 'blue', 'wide'],
                               p=[0.3, 0.2, 0.2, 0.15, 0.15]))
        width = rng.uniform(1.1, 1.7) if shape == 'wide' else rng.uniform(0.6, 0.85)
        color = _pick(rng, ((40, 80, 160), (20, 100, 70), (220, 216, 206), (200, 160, 40)))
        things.append(Sign(kerb, rng.uniform(2.1, 2.7), along(), shape, width, color, True))
    if rng.random() < 0.22:
        things.append(Pole(kerb, along(), 3.2, 'light', (28, 30, 30)))
    if rng.random() < 0.22:
        start = along()
        for step in range(int(rng.integers(2, 6))):
            things.append(Pole(kerb, start + 1.6 * step, 1.0, 'bollard', grey))
    if rng.random() < 0.25:
        start = z0 + rng.uniform(0, 8)
        for step in range(int(rng.integers(2, 6))):
            things.append(Fence(kerb, start + 2 * step, start + 2 * step + 2, 1.1, 'rail', grey))
    if rng.random() < 0.5 * street.greenery:
        things.append(_make_tree(rng, street, kerb * 1.05, along()))
    return things


def _make_parked(rng: np.random.Generator, street: Street, side: int, z0: float) -> list[Thing]:
    things: list[Thing] = []
    if not street.parked[side > 0]:
        return things
    heading = 0.0 if rng.random() < (0.85 if side < 0 else 0.35) else np.pi
    for slot in range(3):
        if rng.random() < 0.35 + 0.45 * street.busy:
            z = z0 + 3.3 + 6.6 * slot + rng.uniform(-0.6, 0.6)
            x = side * (street.road_half - 1.1 + rng.normal(0, 0.08))
            kind = str(rng.choice(['hatch', 'sedan', 'estate', 'van'], p=[0.45, 0.25, 0.2, 0.1]))
            things.append(Car(x, z, heading + rng.normal(0, 0.03), kind, _pick(rng, _PAINTS)))
    return things


def _make_side(street: Street, index: int, side: int) -> Side:
    rng = generator(street.seed, 2 if side < 0 else 3, index)
    z0 = index * CHUNK_LENGTH
    z1 = z0 + CHUNK_LENGTH
    draw = rng.random()
    if draw < street.greenery:
        things = _make_park(rng, street, side, z0, z1)
        kind, height = 'park', 6.0
    elif draw < street.greenery + 0.1:
        things = _make_houses(rng, street, side, z0 + 8.0, z1)
        kind, height = 'junction', 0.0
    else:
        things = _make_houses(rng, street, side, z0, z1)
        kind, height = 'houses', 2.9 * street.floors + rng.uniform(0, 4)
    things += _make_furniture(rng, street, side, z0)
    if kind != 'junction':
        things += _make_parked(rng, street, side, z0)
    return Side(kind, z0, z0 + 8.0 if kind == 'junction' else z1, height, tuple(things))


@lru_cache(maxsize=256)
def make_chunk(seed: int, index: int) -> Chunk:
    """
    Build one chunk of a street.

    :param seed: the street
    :param index: chunk number, from z = index * ``CHUNK_LENGTH`` on
    :return: what stands still there
    """
    street = make_street(seed)
    rng = generator(seed, 4, index)
    z0 = index * CHUNK_LENGTH
    x, z = rng.uniform(-street.road_half, street.road_half - 1.5), z0 + rng.uniform(0, 15)
    return Chunk(
        z0=z0,
        left=_make_side(street, index, -1),
        right=_make_side(street, index, 1),
        zebra=z0 + rng.uniform(2, 14) if rng.random() < 0.08 else None,
        patch=(x, x + rng.uniform(0.6, 2.0), z, z + rng.uniform(0.8, 6), rng.uniform(0.7, 1.2)),
    )


def _movers(
    street: Street, stream: int, position: float, spacing: float, approach: float
) -> Iterator[tuple[float, np.random.Generator]]:
    """Yield distance and stream of things that the camera nears at ``approach`` times its speed."""
    traveled = approach * position
    first = int(np.floor((traveled - 12.0) / spacing)) - 1
    last = int(np.ceil((traveled + VIEW_DISTANCE * 0.6) / spacing))
    for index in range(first, last + 1):
        rng = generator(street.seed, stream, index)
        distance = (index + rng.uniform(0.0, 0.8)) * spacing - traveled
        if -8.0 < distance < VIEW_DISTANCE * 0.6:
            yield distance, rng


def _clothes(rng: np.random.Generator) -> tuple[Color, Color]:
    return _pick(rng, _CLOTHES), _pick(rng, _CLOTHES[:6])


def make_pedestrians(street: Street, position: float) -> list[Thing]:
    """
    Place the people on foot.

    :param street: the street
    :param position: of the camera, in meters
    :return: people on both pavements and a few who cross
    """
    things: list[Thing] = []
    strip = street.wall - street.road_half
    for stream, side, approach in ((10, -1, 1.12), (11, -1, 0.88), (12, 1, 1.12), (13, 1, 0.88)):
        spacing = 34.0 - 16.0 * street.busy
        for distance, rng in _movers(street, stream, position, spacing, approach):
            x = side * (street.road_half + strip * rng.uniform(0.35, 0.8))
            height, phase = rng.normal(1.7, 0.1), rng.uniform(0, 6.3) + 0.9 * position
            for step in range(1 + int(rng.random() < 0.3)):
                things.append(Pedestrian(
                    x + 0.6 * step, position + distance + 0.3 * step, height, phase + step,
                    _clothes(rng), bool(rng.random() < 0.2), bool(rng.random() < 0.3)))
    for distance, rng in _movers(street, 14, position, 60.0, 1.0):
        if rng.random() < 0.5:
            side = rng.choice([-1, 1])
            x = side * float(np.clip(0.22 * (distance - 6), -1, 1) * street.road_half + 1.5)
            things.append(Pedestrian(x, position + distance, rng.normal(1.7, 0.1),
                                     1.4 * position, _clothes(rng), True, False))
    return things


def make_traffic(street: Street, position: float) -> list[Thing]:
    """
    Place what drives.

    :param street: the street
    :param position: of the camera, in meters
    :return: cars in both directions and cyclists
    """
    kinds, weights = ['hatch', 'sedan', 'estate', 'van', 'bus'], [0.38, 0.24, 0.18, 0.12, 0.08]
    things: list[Thing] = []
    rng = generator(street.seed, 20)
    if rng.random() < 0.25 + 0.5 * street.busy:
        distance = rng.uniform(13, 30) + 4 * np.sin(position / 37 + rng.uniform(0, 6))
        for _ in range(int(rng.integers(1, 4))):
            kind, color = str(rng.choice(kinds, p=weights)), _pick(rng, _PAINTS)
            braking = bool(rng.random() < 0.4)
            things.append(Car(street.lane, position + distance, 0.0, kind, color, braking))
            distance += rng.uniform(13, 25)
    lane = min(street.road_half - (3.2 if street.parked[1] else 1.9), 2.2)
    for distance, rng in _movers(street, 21, position, 62 - 30 * street.busy, 1.9):
        kind, color = str(rng.choice(kinds, p=weights)), _pick(rng, _PAINTS)
        things.append(Car(lane, position + distance, np.pi, kind, color))
    for stream, side, approach in ((22, -1, 0.55), (23, 1, 1.4)):
        edge = street.road_half - (2.5 if street.parked[side > 0] else 0.35)
        for distance, rng in _movers(street, stream, position, 34.0, approach):
            if rng.random() < 0.7:
                x = side * (edge - rng.uniform(0, 0.3))
                phase = rng.uniform(0, 6.3) + 1.1 * position
                things.append(Cyclist(x, position + distance, phase, _clothes(rng),
                                      bool(rng.random() < 0.5), side > 0))
    return things
