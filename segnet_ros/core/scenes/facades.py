"""Drawing of what is on the street side of a house: windows, doors, shop fronts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.scenes.canvas import Canvas
from segnet_ros.core.scenes.canvas import Rectangles
from segnet_ros.core.scenes.colors import BLACK
from segnet_ros.core.scenes.colors import Color
from segnet_ros.core.scenes.colors import GLASS
from segnet_ros.core.scenes.colors import is_dark
from segnet_ros.core.scenes.colors import WHITE
from segnet_ros.core.scenes.things import Building

_Floats64 = NDArray[np.float64]

_FRAME = np.array([-0.09, 0.09, -0.12, 0.08])  # how far frames go beyond panes


class _Facade:
    """A facade to draw on in its own light; rectangles are z0, z1, y0, y1 in meters."""

    def __init__(self, canvas: Canvas, building: Building) -> None:
        self.canvas = canvas
        self.building = building
        self.x = building.side * building.wall
        self.daylight = canvas.look.light[0 if building.side < 0 else 1]
        self.detail = canvas.camera.detail(building.z0)

    def paint(self, rectangles: Rectangles, color: Color, light: float = 1.0) -> None:
        """Paint what daylight falls on."""
        self.canvas.wall_rectangles(self.x, rectangles, color, None, self.daylight * light)

    def glaze(self, rectangles: Rectangles, color: Color, light: float = 1.0) -> None:
        """Paint what shows the same on both sides of the street: glass and what is behind."""
        self.canvas.wall_rectangles(self.x, rectangles, color, None, light)


def draw_facade(canvas: Canvas, building: Building, rng: np.random.Generator) -> None:
    """Draw eaves, shop front, windows and a door into the image; the wall is there already."""
    facade = _Facade(canvas, building)
    if facade.detail > 0:
        _draw_eaves(facade)
    z, y, wide, tall = _place_windows(rng, building)
    if building.shop is not None:
        _draw_shop(facade, rng, building.shop)
    _draw_windows(facade, rng, z, y, wide, tall)
    if building.shop is None and facade.detail > 0:
        _draw_door(facade, rng)


def _draw_eaves(facade: _Facade) -> None:
    b = facade.building
    red, green, blue = b.wall_color
    color = WHITE if b.style == 'white_eaves' else (0.72 * red, 0.72 * green, 0.72 * blue)
    facade.paint([(b.z0, b.z1, b.height - 0.3, b.height)], color)


def _place_windows(
    rng: np.random.Generator, b: Building
) -> tuple[_Floats64, _Floats64, float, float]:
    """
    Place the windows of all floors, none where the shop front is.

    :param rng: where sizes come from
    :param b: the house
    :return: z of the middle and y of the sill of each, and their width and height, in meters
    """
    storey = (b.height - 0.5) / b.floors
    columns = max(1, int((b.z1 - b.z0) / rng.uniform(2.2, 3.6)))
    pitch = (b.z1 - b.z0) / columns
    modern = b.style == 'modern'
    wide = pitch * (0.9 if modern else rng.uniform(0.34, 0.55))
    tall = storey * (0.5 if modern else rng.uniform(0.48, 0.62))
    first = 0 if b.shop is None else 1
    z = np.tile(b.z0 + (np.arange(columns) + 0.5) * pitch, b.floors - first)
    y = np.repeat(np.arange(first, b.floors) * storey + storey * 0.3, columns)
    return z, y, wide, tall


def _draw_windows(
    facade: _Facade,
    rng: np.random.Generator,
    z: _Floats64,
    y: _Floats64,
    wide: float,
    tall: float,
) -> None:
    """Draw frames, panes in three shades and, where near, the bars across them."""
    panes = np.column_stack([z - wide / 2, z + wide / 2, y, y + tall])
    trim = WHITE if rng.random() < 0.7 else (70, 66, 60)
    shades = rng.uniform(0.5, 1.9, 3).tolist()
    if facade.detail == 0:
        facade.glaze(panes, GLASS, shades[0])
        return
    facade.paint(panes + _FRAME, trim, 0.9)
    for start, shade in enumerate(shades):
        facade.glaze(panes[start::3], GLASS, shade)
    if facade.detail > 1:
        upright = np.column_stack([z - 0.04, z + 0.04, y, y + tall])
        middle = y + tall / 2
        across = np.column_stack([z - wide / 2, z + wide / 2, middle - 0.04, middle + 0.04])
        facade.paint(np.vstack([upright, across]), trim, 0.85)


def _draw_door(facade: _Facade, rng: np.random.Generator) -> None:
    b = facade.building
    z = b.z0 + rng.uniform(0.2, 0.8) * (b.z1 - b.z0)
    color = (rng.uniform(20, 120), rng.uniform(20, 60), rng.uniform(20, 90))
    facade.paint([(z - 0.5, z + 0.5, 0, 2.15)], color)


def _draw_shop(facade: _Facade, rng: np.random.Generator, color: Color) -> None:
    """Draw a shop front: pillars, show windows with goods, fascia with lettering."""
    b = facade.building
    facade.paint([(b.z0 + 0.1, b.z1 - 0.1, 0, 3.3)], color, 0.85)
    if facade.detail == 0:
        return
    count = max(1, int((b.z1 - b.z0) / 2.6))
    edges = np.linspace(b.z0 + 0.3, b.z1 - 0.3, count + 1)
    low, high = np.full(count, 0.5), np.full(count, 2.55)
    panes = np.column_stack([edges[:-1] + 0.12, edges[1:] - 0.12, low, high])
    facade.glaze(panes, (34, 38, 42))
    for _ in range(2 if facade.detail > 1 else 0):
        _draw_goods(facade, rng, count * 2)
    _draw_lettering(facade, rng, WHITE if is_dark(color) else BLACK)


def _draw_goods(facade: _Facade, rng: np.random.Generator, count: int) -> None:
    b = facade.building
    z, y = rng.uniform((b.z0 + 0.4, 0.7), (b.z1 - 1.2, 1.9), (count, 2)).T
    boxes = np.column_stack([z, z + rng.uniform(0.2, 0.8, count), y, y + 0.5])
    red, green, blue = (0.5 * rng.uniform(30, 210) + rng.uniform(0, 90, 3)).tolist()
    facade.glaze(boxes, (red, green, blue), 0.7)


def _draw_lettering(facade: _Facade, rng: np.random.Generator, ink: Color) -> None:
    b = facade.building
    start = rng.uniform(b.z0 + 0.5, b.z0 + 0.4 * (b.z1 - b.z0))
    z = np.arange(start, min(start + 3.5, b.z1 - 0.6), 0.42)
    right, low = z + rng.uniform(0.12, 0.3, len(z)), np.full(len(z), 2.75)
    letters = np.column_stack([z, right, low, rng.uniform(2.95, 3.15, len(z))])
    facade.paint(letters, ink)
