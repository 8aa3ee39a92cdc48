"""What moves in a street: people on foot, cars and bicycles."""

from __future__ import annotations

from collections.abc import Iterator
import math

import numpy as np
from segnet_ros.core.scenes.colors import CAR_PAINTS
from segnet_ros.core.scenes.colors import COATS
from segnet_ros.core.scenes.colors import pick_color
from segnet_ros.core.scenes.colors import TROUSERS
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import pick
from segnet_ros.core.scenes.randomness import pick_weighted
from segnet_ros.core.scenes.randomness import Purpose
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.street import THING_DISTANCE
from segnet_ros.core.scenes.things import Car
from segnet_ros.core.scenes.things import CarKind
from segnet_ros.core.scenes.things import Cyclist
from segnet_ros.core.scenes.things import Pedestrian

_CAR_KINDS: dict[CarKind, float] = {
    'hatch': 0.38,
    'sedan': 0.24,
    'estate': 0.18,
    'van': 0.12,
    'bus': 0.08,
}
# purpose, side, and how fast they come nearer as a multiple of the camera's speed
_WALKERS = (
    (Purpose.WALKERS_LEFT_ONCOMING, -1, 1.12),
    (Purpose.WALKERS_LEFT_AHEAD, -1, 0.88),
    (Purpose.WALKERS_RIGHT_ONCOMING, 1, 1.12),
    (Purpose.WALKERS_RIGHT_AHEAD, 1, 0.88),
)
_CYCLISTS = ((Purpose.CYCLISTS_LEFT, -1, 0.55), (Purpose.CYCLISTS_RIGHT, 1, 1.4))


def _meet_movers(
    street: Street, purpose: Purpose, position: float, spacing: float, approach: float
) -> Iterator[tuple[float, np.random.Generator]]:
    """Yield distance and stream of what comes nearer at ``approach`` times the camera's speed."""
    traveled = approach * position
    first = math.floor((traveled - 12.0) / spacing)
    last = math.ceil((traveled + THING_DISTANCE) / spacing)
    for index in range(first, last):
        rng = open_stream(street.seed, purpose, index)
        distance = (index + rng.uniform(0.0, 0.8)) * spacing - traveled
        if -8.0 < distance < THING_DISTANCE:
            yield distance, rng


def place_pedestrians(street: Street, position: float) -> list[Pedestrian]:
    """
    Place the people who walk along the street, alone or by twos.

    :param street: the street
    :param position: of the camera, in meters
    :return: people on both pavements
    """
    people = []
    strip = street.wall - street.road_half
    spacing = 34.0 - 16.0 * street.busy
    for purpose, side, approach in _WALKERS:
        for distance, rng in _meet_movers(street, purpose, position, spacing, approach):
            x = side * (street.road_half + strip * rng.uniform(0.35, 0.8))
            height, phase = rng.normal(1.7, 0.1), rng.uniform(0, 6.3) + 0.9 * position
            for companion in range(1 + int(rng.random() < 0.3)):
                person = Pedestrian(
                    x=x + 0.6 * companion,
                    z=position + distance + 0.3 * companion,
                    height=height,
                    phase=phase + companion,
                    coat=pick_color(rng, COATS),
                    trousers=pick_color(rng, TROUSERS),
                    sideways=bool(rng.random() < 0.2),
                    bag=bool(rng.random() < 0.3),
                )
                people.append(person)
    return people


def place_crossing_pedestrians(street: Street, position: float) -> list[Pedestrian]:
    """
    Place the people who cross the road, off it by the time the camera is there.

    :param street: the street
    :param position: of the camera, in meters
    :return: a few people, seen from the side
    """
    people = []
    for distance, rng in _meet_movers(street, Purpose.CROSSING, position, 60.0, 1.0):
        if rng.random() < 0.5:
            side = pick(rng, (-1, 1))
            across = min(max(0.18 * (distance - 13), -1.15), 1.15)
            person = Pedestrian(
                x=side * street.road_half * across,
                z=position + distance,
                height=rng.normal(1.7, 0.1),
                phase=1.4 * position,
                coat=pick_color(rng, COATS),
                trousers=pick_color(rng, TROUSERS),
                sideways=True,
                bag=False,
            )
            people.append(person)
    return people


def place_cars_ahead(street: Street, position: float) -> list[Car]:
    """
    Place the cars that drive before the camera.

    :param street: the street
    :param position: of the camera, in meters
    :return: up to three cars at about the camera's speed
    """
    rng = open_stream(street.seed, Purpose.CARS_AHEAD)
    if rng.random() >= 0.25 + 0.5 * street.busy:
        return []
    cars = []
    distance = rng.uniform(13, 30) + 4 * math.sin(position / 37 + rng.uniform(0, 6))
    for _ in range(int(rng.integers(1, 4))):
        kind, color = pick_weighted(rng, _CAR_KINDS), pick_color(rng, CAR_PAINTS)
        braking = bool(rng.random() < 0.4)
        cars.append(Car(street.lane, position + distance, 0.0, kind, color, braking))
        distance += rng.uniform(13, 25)
    return cars


def place_oncoming_cars(street: Street, position: float) -> list[Car]:
    """
    Place the cars of the other lane.

    :param street: the street
    :param position: of the camera, in meters
    :return: cars that face the camera
    """
    cars = []
    lane = min(street.road_half - (3.2 if street.has_parking(1) else 1.9), 2.2)
    spacing = 62 - 30 * street.busy
    for distance, rng in _meet_movers(street, Purpose.CARS_ONCOMING, position, spacing, 1.9):
        kind, color = pick_weighted(rng, _CAR_KINDS), pick_color(rng, CAR_PAINTS)
        cars.append(Car(lane, position + distance, math.pi, kind, color))
    return cars


def place_cyclists(street: Street, position: float) -> list[Cyclist]:
    """
    Place the people on bicycles.

    :param street: the street
    :param position: of the camera, in meters
    :return: cyclists at both edges of the road
    """
    cyclists = []
    for purpose, side, approach in _CYCLISTS:
        edge = street.road_half - (2.5 if street.has_parking(side) else 0.35)
        for distance, rng in _meet_movers(street, purpose, position, 34.0, approach):
            if rng.random() < 0.7:
                x = side * (edge - rng.uniform(0, 0.3))
                cyclist = Cyclist(
                    x=x,
                    z=position + distance,
                    phase=rng.uniform(0, 6.3) + 1.1 * position,
                    coat=pick_color(rng, COATS),
                    trousers=pick_color(rng, TROUSERS),
                    helmet=bool(rng.random() < 0.5),
                    oncoming=side > 0,
                )
                cyclists.append(cyclist)
    return cyclists
