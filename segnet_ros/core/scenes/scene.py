"""Rendered street scenes: a camera drives along an endless street."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.buildings import draw_buildings
from segnet_ros.core.scenes.camera import place_camera
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.chunks import Chunk
from segnet_ros.core.scenes.chunks import make_chunk
from segnet_ros.core.scenes.finish import expose
from segnet_ros.core.scenes.furniture import draw_fence
from segnet_ros.core.scenes.furniture import draw_pole
from segnet_ros.core.scenes.furniture import draw_sign
from segnet_ros.core.scenes.movers import place_cars_ahead
from segnet_ros.core.scenes.movers import place_crossing_pedestrians
from segnet_ros.core.scenes.movers import place_cyclists
from segnet_ros.core.scenes.movers import place_oncoming_cars
from segnet_ros.core.scenes.movers import place_pedestrians
from segnet_ros.core.scenes.people import draw_cyclist
from segnet_ros.core.scenes.people import draw_pedestrian
from segnet_ros.core.scenes.sky import draw_backdrop
from segnet_ros.core.scenes.sky import draw_sky
from segnet_ros.core.scenes.street import CHUNK_LENGTH
from segnet_ros.core.scenes.street import make_street
from segnet_ros.core.scenes.street import Street
from segnet_ros.core.scenes.street import THING_DISTANCE
from segnet_ros.core.scenes.street import VIEW_DISTANCE
from segnet_ros.core.scenes.surface import draw_ground
from segnet_ros.core.scenes.things import Car
from segnet_ros.core.scenes.things import Cyclist
from segnet_ros.core.scenes.things import Fence
from segnet_ros.core.scenes.things import Pedestrian
from segnet_ros.core.scenes.things import Plant
from segnet_ros.core.scenes.things import Pole
from segnet_ros.core.scenes.things import Sign
from segnet_ros.core.scenes.things import Thing
from segnet_ros.core.scenes.vegetation import draw_plant
from segnet_ros.core.scenes.vehicles import draw_car
from segnet_ros.core.scenes.weather import make_look


class Scene(NamedTuple):
    """A rendered image and its exact label."""

    image: NDArray[np.uint8]
    """uint8 (H, W, 3), RGB."""
    label: NDArray[np.uint8]
    """uint8 (H, W), CamVid class ids 0 to 10."""


def render_scene(seed: int, position: float = 0.0, size: tuple[int, int] = (360, 480)) -> Scene:
    """
    Render a street as a dashboard camera sees it, with the exact label.

    Things are drawn far to near into image and label at once; what lens and sensor do is then
    done to the image only. The same arguments give the same bytes on every call and in every
    thread and process. Positions that follow each other give images that follow each other.

    :param seed: every integer is another street, with its own weather and camera
    :param position: meters driven along the street; any finite number
    :param size: height and width in pixels, at least 32 each
    :return: image uint8 (H, W, 3) in RGB order, and label uint8 (H, W)
    :raises ValueError: if the size is below 32 x 32 pixels
    """
    if min(size) < 32:
        raise ValueError(f'expected a size of at least 32 x 32 pixels, got {size[0]} x {size[1]}')
    street, look = make_street(seed), make_look(seed)
    canvas = Canvas(place_camera(street, position, size), look)
    first = math.floor((position - 12) / CHUNK_LENGTH)
    last = math.floor((position + VIEW_DISTANCE) / CHUNK_LENGTH)
    chunks = [make_chunk(seed, index) for index in range(first, last + 1)]
    draw_sky(canvas, seed)
    draw_backdrop(canvas, seed)
    draw_ground(canvas, street, chunks)
    draw_buildings(canvas, [b for c in chunks for side, _ in c.sides for b in side.buildings])
    for thing in sorted(_collect_things(street, chunks, position), key=_depth, reverse=True):
        _draw_thing(canvas, thing)
    return Scene(expose(canvas.image, look, position, seed), canvas.label)


def _collect_things(street: Street, chunks: list[Chunk], position: float) -> list[Thing]:
    """List what stands or moves before the camera."""
    still = (thing for chunk in chunks for side, _ in chunk.sides for thing in side.things)
    return [
        *(thing for thing in still if _depth(thing) < position + THING_DISTANCE),
        *place_pedestrians(street, position),
        *place_crossing_pedestrians(street, position),
        *place_cars_ahead(street, position),
        *place_oncoming_cars(street, position),
        *place_cyclists(street, position),
    ]


def _depth(thing: Thing) -> float:
    """Return z by which things are ordered, so that what a thing hides is drawn before it."""
    if isinstance(thing, Fence):
        return thing.z1
    if isinstance(thing, Car):
        return thing.z - (5.0 if thing.kind == 'bus' else 2.0)
    return thing.z


def _draw_thing(canvas: Canvas, thing: Thing) -> None:
    match thing:
        case Plant():
            draw_plant(canvas, thing)
        case Pole():
            draw_pole(canvas, thing)
        case Sign():
            draw_sign(canvas, thing)
        case Fence():
            draw_fence(canvas, thing)
        case Car():
            draw_car(canvas, thing)
        case Pedestrian():
            draw_pedestrian(canvas, thing)
        case Cyclist():
            draw_cyclist(canvas, thing)
