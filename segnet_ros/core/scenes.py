"""
Rendered street scenes with exact labels of the CamVid classes.

A pinhole camera drives along an endless street (``street.py`` says what stands in it). Things
are drawn far to near into image and label at once, so the label is exact; light, texture, haze,
blur and noise then touch the image only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from segnet_ros.core.street import (
    Building, Car, Chunk, CHUNK_LENGTH, Color, Cyclist, Fence, generator, Look, make_chunk,
    make_look, make_pedestrians, make_street, make_traffic, Pedestrian, Pole, Sign, Street,
    Thing, Tree, VIEW_DISTANCE,
)

SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST = range(11)

_NEAR = 0.5
_SHIFT = 3
_Floats = NDArray[np.float32]
_Points = NDArray[np.float64]
_Point2 = tuple[float, float]
_Point3 = tuple[float, float, float]
_Rectangle = tuple[float, float, float, float]
WHITE: Color = (232, 232, 228)
BLACK: Color = (22, 23, 26)
GLASS: Color = (40, 48, 56)
SKIN: Color = (190, 148, 124)
_GRASS: Color = (74, 88, 48)


class Scene(NamedTuple):
    """A rendered image and its exact label."""

    image: NDArray[np.uint8]
    """uint8 (H, W, 3), RGB."""
    label: NDArray[np.uint8]
    """uint8 (H, W), CamVid class ids 0 to 10."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera at (x, height, z) that looks along z; the road bends before it."""

    width: int
    height_px: int
    focal: float
    column: float
    row: float
    x: float
    height: float
    z: float
    bend: float
    """Curvature of the road, in 1 / m."""

    def project(self, points: Iterable[_Point3]) -> list[_Point2]:
        """
        Project a few world points in front of the camera.

        :param points: x, y, z in meters
        :return: column and row of each, in pixels
        """
        pixels = []
        for x, y, z in points:
            d = z - self.z
            scale = self.focal / d
            column = self.column + (x - self.x + 0.5 * self.bend * d * d) * scale
            pixels.append((column, self.row + (self.height - y) * scale))
        return pixels

    def sees(self, x: float, z: float, reach: float) -> bool:
        """Tell whether something at (x, z) that reaches so far sideways is in view."""
        d = z - self.z
        if d < 1.0:
            return d + reach > 1.0
        column = self.column + self.focal * ((x - self.x) / d + 0.5 * self.bend * d)
        margin = reach * self.focal / d
        return -margin < column < self.width + margin


def _make_camera(street: Street, position: float, size: tuple[int, int]) -> Camera:
    height, width = size
    rng = generator(street.seed, 5)
    a, b, c, d = rng.uniform(0, 6.28, 4)
    a, b, c, d = float(a), float(b), float(c), float(d)
    bounce = 0.004 * math.sin(position * 0.9 + a) + 0.003 * math.sin(position * 0.23 + b)
    bend = 0.0022 * math.sin(position / 90 + c) + 0.0016 * math.sin(position / 37 + d)
    return Camera(
        width=width, height_px=height, focal=street.focal * max(width, height * 4 / 3),
        column=width * (0.5 + street.pan - 6.0 * bend),
        row=height * (street.horizon + bounce),
        x=street.lane + 0.25 * math.sin(position / 23 + a), height=street.camera_height,
        z=position, bend=bend,
    )


def _clip_near(points: Sequence[_Point3], near: float) -> list[_Point3]:
    """Cut a polygon at the plane z = near and keep what lies beyond it."""
    kept: list[_Point3] = []
    for start, end in zip(points, [*points[1:], points[0]]):
        if start[2] >= near:
            kept.append(start)
        if (start[2] >= near) != (end[2] >= near):
            t = (near - start[2]) / (end[2] - start[2])
            kept.append((start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]),
                         near))
    return kept


def _fixed(pixels: Sequence[_Point2] | _Points) -> NDArray[np.int32]:
    # pixel centers have half-integer coordinates in Camera and integer ones in OpenCV;
    # what is cut at the near plane stays far below the limits of int32
    scale = 1 << _SHIFT
    return (np.asarray(pixels) * scale - 0.5 * scale).astype(np.int32)


_TURN = np.array([0, 1, 1, 0])


class Canvas:
    """Image and label under one brush. ``class_id`` None paints the image only."""

    def __init__(self, camera: Camera, look: Look) -> None:
        self.camera = camera
        self.look = look
        self.image = np.zeros((camera.height_px, camera.width, 3), np.uint8)
        self.label = np.zeros((camera.height_px, camera.width), np.uint8)

    def tone(self, color: Color, distance: float, light: float = 1.0) -> Color:
        """Light a color and fade it toward the horizon's."""
        keep = math.exp(-max(distance, 0.0) / self.look.haze)
        red, green, blue = self.look.sky_low
        light, fog = light * keep, 0.9 * (1 - keep)
        return (
            color[0] * light + red * fog, color[1] * light + green * fog,
            color[2] * light + blue * fog,
        )

    def fill(self, pixels: Sequence[_Point2], color: Color, class_id: int | None) -> None:
        """Fill a polygon, in pixels."""
        if len(pixels) < 3:
            return
        shape = [_fixed(pixels)]
        cv2.fillPoly(self.image, shape, color, cv2.LINE_AA, _SHIFT)
        if class_id is not None:
            cv2.fillPoly(self.label, shape, (class_id,), cv2.LINE_8, _SHIFT)

    def polygon(self, points: Sequence[_Point3], color: Color, class_id: int | None,
                light: float = 1.0) -> None:
        """Fill a polygon in the world."""
        depths = [z for _, _, z in points]
        first, last = min(depths) - self.camera.z, max(depths) - self.camera.z
        if last <= _NEAR:
            return
        if first < _NEAR:
            points = _clip_near(points, self.camera.z + _NEAR)
        tone = self.tone(color, 0.5 * (first + last), light)
        self.fill(self.camera.project(points), tone, class_id)

    def wall_rectangles(self, x: float, rectangles: Sequence[_Rectangle] | _Points, color: Color,
                        class_id: int | None, light: float = 1.0) -> None:
        """Fill (z0, z1, y0, y1) rectangles of one color on the plane of constant x."""
        r = np.asarray(rectangles, dtype=np.float64).reshape(-1, 4)
        near = self.camera.z + _NEAR
        r = r[r[:, 1] > near + 0.01]
        if not len(r):
            return
        shapes = self._project_wall(x, np.maximum(r[:, 0], near), r[:, 1], r[:, 2:])
        shade = self.tone(color, float(r[0, 0]) - self.camera.z, light)
        for shape in shapes:
            cv2.fillConvexPoly(self.image, shape, shade, cv2.LINE_AA, _SHIFT)
            if class_id is not None:
                cv2.fillConvexPoly(self.label, shape, (class_id,), cv2.LINE_8, _SHIFT)

    def _project_wall(self, x: float, z0: _Points, z1: _Points, y: _Points) -> NDArray[np.int32]:
        """Project rectangles on the plane of constant x to OpenCV polygons, int32 (N, 4, 2)."""
        camera = self.camera
        d = np.stack([z0, z0, z1, z1], axis=1) - camera.z
        scale = camera.focal / d
        pixels = np.empty((len(d), 4, 2))
        pixels[..., 0] = camera.column + (x - camera.x + 0.5 * camera.bend * d * d) * scale
        pixels[..., 1] = camera.row + (camera.height - y[:, _TURN]) * scale
        return _fixed(pixels)

    def board(self, x: float, z: float, class_id: int, reach: float = 2.2) -> Board | None:
        """Stand a board at (x, 0, z) to draw on; None if that is behind the camera."""
        if z - self.camera.z < 1.0 or not self.camera.sees(x, z, reach):
            return None
        return Board(self, x, z, class_id)


class Board:
    """An upright plane that faces the camera: a to the right, b up from its foot, in meters."""

    def __init__(self, canvas: Canvas, x: float, z: float, class_id: int) -> None:
        self.canvas = canvas
        self.class_id = class_id
        self.distance = z - canvas.camera.z
        self.scale = canvas.camera.focal / self.distance
        self.foot = canvas.camera.project([(x, 0.0, z)])[0]

    def pixels(self, points: Iterable[_Point2]) -> list[_Point2]:
        """Convert (a, b) in meters to pixels."""
        (column, row), scale = self.foot, self.scale
        return [(column + a * scale, row - b * scale) for a, b in points]

    def polygon(self, points: Iterable[_Point2], color: Color, light: float = 1.0,
                size: float = 1.0) -> None:
        """Fill a polygon, in meters times size."""
        tone = self.canvas.tone(color, self.distance, light)
        if size != 1.0:
            points = [(a * size, b * size) for a, b in points]
        self.canvas.fill(self.pixels(points), tone, self.class_id)

    def rectangle(self, a0: float, a1: float, b0: float, b1: float, color: Color,
                  light: float = 1.0) -> None:
        """Fill a rectangle, in meters."""
        self.polygon([(a0, b0), (a1, b0), (a1, b1), (a0, b1)], color, light)

    def ellipse(self, a: float, b: float, ra: float, rb: float, color: Color) -> None:
        """Fill an upright ellipse around (a, b), in meters."""
        self.polygon([(a + ra * c, b + rb * s) for c, s in _CIRCLE], color)

    def limb(self, start: tuple[float, float], end: tuple[float, float], width: float,
             color: Color, light: float = 1.0) -> None:
        """Draw a thick line, at least a pixel wide."""
        (a0, b0), (a1, b1) = start, end
        half = max(width, 1.1 / self.scale) / 2 / max(math.hypot(a1 - a0, b1 - b0), 1e-6)
        da, db = -(b1 - b0) * half, (a1 - a0) * half
        self.polygon([(a0 + da, b0 + db), (a1 + da, b1 + db), (a1 - da, b1 - db),
                      (a0 - da, b0 - db)], color, light)


_CIRCLE = tuple(
    (math.cos(angle), math.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 14, endpoint=False)
)


# ---------------------------------------------------------------------------------- textures


@lru_cache(maxsize=8)
def _make_noise(index: int, side: int = 512) -> _Floats:
    """Make a tile of fractal noise that wraps around, float32 (side, side), -1 to 1."""
    rng = generator(0, 90, index)
    tile = np.zeros((side, side), np.float32)
    for octave in range(1, 8):
        cells = 2 ** (octave + 1)
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        wrapped = np.pad(grid, 2, mode='wrap')
        scale = side // cells
        big = cv2.resize(wrapped, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        tile += big[2 * scale:-2 * scale, 2 * scale:-2 * scale] * 0.62 ** octave
    return np.clip(tile / (2.2 * tile.std()), -1, 1)


@lru_cache(maxsize=1)
def _make_grain() -> _Floats:
    """Make a tile of white noise, float32 (512, 512), deviation 1."""
    return generator(0, 91).standard_normal((512, 512)).astype(np.float32)


@lru_cache(maxsize=1)
def _make_color_grain() -> _Floats:
    """Make a tile of colored noise that wraps around, float32 (1024, 1024, 3), deviation 1."""
    grain = np.tile(_make_grain(), (2, 2))
    return np.stack([grain, np.roll(grain, 37, 1), np.roll(grain, 91, 1)], axis=2)


@lru_cache(maxsize=1)
def _make_bricks() -> _Floats:
    """Make a tile of bricks, float32 (256, 256), around 0; 64 pixels to the meter."""
    rng = generator(0, 92)
    tile = np.zeros((256, 256), np.float32)
    for course in range(32):
        offset = 8 if course % 2 else 0
        shades = rng.normal(0, 0.09, 16).repeat(16)
        row = np.roll(shades, offset)
        row[(np.arange(256) - offset) % 16 < 2] = 0.16
        tile[course * 8:course * 8 + 7] = row
        tile[course * 8 + 7] = 0.16
    return tile


class Sprite(NamedTuple):
    """A picture of a plant."""

    color: _Floats
    """float32 (S, S, 4): RGB premultiplied with alpha, and alpha 0 to 1."""
    mask: NDArray[np.uint8]
    """uint8 (S, S): 255 where the plant counts as being."""


_SPRITE = 256


def _grow_branch(image: NDArray[np.uint8], rng: np.random.Generator, start: _Points,
                 angle: float, length: float, width: float) -> None:
    """Draw a branch and all that grows from it into gray and alpha, uint8 (S, S, 2)."""
    end = start + length * np.array([np.cos(angle), -np.sin(angle)])
    shade = float(rng.uniform(46, 92))
    alpha = 255.0 if width > 1.2 else 190.0
    cv2.line(image, start.round().astype(int).tolist(), end.round().astype(int).tolist(),
             (shade, alpha), max(1, round(width)), cv2.LINE_AA)
    if length < 6:
        return
    for spread in rng.normal(0, 0.42, 3 if length < 30 else 4):
        _grow_branch(image, rng, start + (end - start) * rng.uniform(0.55, 1.0),
                     angle + spread + 0.06 * (np.pi / 2 - angle),
                     length * rng.uniform(0.62, 0.84), width * 0.62)


def _make_bare_tree(rng: np.random.Generator) -> Sprite:
    image = np.zeros((_SPRITE, _SPRITE, 2), np.uint8)
    _grow_branch(image, rng, np.array([128.0, 256.0]), np.pi / 2, 62.0, 8.0)
    alpha = image[..., 1].astype(np.float32) / 255
    crown = cv2.GaussianBlur(alpha, (0, 0), 4.0) > 0.12
    gray = image[..., :1].astype(np.float32) * np.array([1.0, 0.92, 0.82], np.float32)
    mask = np.where(crown | (alpha > 0.5), 255, 0).astype(np.uint8)
    return Sprite(np.dstack([gray * (alpha[..., None] > 0), alpha]).astype(np.float32), mask)


def _crown_blobs(rng: np.random.Generator, kind: int) -> _Points:
    """Place leaf clusters, float (N, 3): column, row, radius in sprite pixels."""
    count = 260
    if kind == 7:
        spots = rng.uniform((6, 14), (250, 250), (420, 2))
        return np.column_stack([spots, rng.uniform(7, 16, len(spots))])
    if kind == 3:
        rows = 250 * np.sqrt(rng.uniform(0.0, 0.85, count))
        columns = 128 + rng.uniform(-1, 1, count) * (6 + 0.34 * rows)
        return np.column_stack([columns, rows + 6, rng.uniform(4, 12, count)])
    centers = np.column_stack([rng.normal(128, 40, 7), rng.normal(95, 30, 7)])
    spots = centers[rng.integers(7, size=count)] + rng.normal(0, 22, (count, 2))
    return np.column_stack([np.clip(spots, (20, 16), (236, 196)), rng.uniform(5, 15, count)])


def _make_leafy_plant(rng: np.random.Generator, kind: int) -> Sprite:
    image = np.zeros((_SPRITE, _SPRITE, 3), np.uint8)
    alpha = np.zeros((_SPRITE, _SPRITE), np.uint8)
    if kind != 7:
        for layer, color in ((image, (62, 52, 42)), (alpha, (255,))):
            trunk = np.array([(121, 256), (125, 120), (131, 120), (136, 256)])
            cv2.fillPoly(layer, [trunk], color, cv2.LINE_AA)
    base = np.array([(66, 84, 38), (86, 98, 44), (58, 76, 44), (40, 58, 36)][kind % 4])
    blobs = _crown_blobs(rng, kind)
    for column, row, radius in blobs[np.argsort(-blobs[:, 1] + rng.normal(0, 30, len(blobs)))]:
        light = 1.25 - 0.0032 * row + rng.normal(0, 0.16)
        center, color = (int(column), int(row)), tuple((base * max(light, 0.25)).tolist())
        cv2.circle(image, center, int(radius), color, -1, cv2.LINE_AA)
        cv2.circle(alpha, center, int(radius), (255,), -1, cv2.LINE_AA)
    leaves = cv2.GaussianBlur(_make_grain()[:_SPRITE, :_SPRITE], (0, 0), 1.0) * 3.3
    rough = np.where(cv2.erode(alpha, np.ones((9, 9), np.uint8)) == 0, leaves > -0.6, leaves > -2)
    soft = alpha.astype(np.float32) / 255 * rough
    color_map = image * np.clip(1 + 0.3 * leaves, 0.3, 2)[..., None] * soft[..., None]
    return Sprite(np.dstack([np.clip(color_map, 0, 255), soft]).astype(np.float32),
                  np.where(alpha > 127, 255, 0).astype(np.uint8))


@lru_cache(maxsize=8)
def _make_sprites(kind: int) -> tuple[Sprite, ...]:
    """Make the sprite of one kind of plant at full, half, quarter … resolution."""
    rng = generator(0, 93, kind)
    sprite = _make_bare_tree(rng) if 4 <= kind <= 6 else _make_leafy_plant(rng, kind)
    levels = [sprite]
    while levels[-1].mask.shape[0] > 16:
        half = levels[-1].mask.shape[0] // 2
        color = cv2.resize(levels[-1].color, (half, half), interpolation=cv2.INTER_AREA)
        mask = cv2.resize(levels[-1].mask, (half, half), interpolation=cv2.INTER_AREA)
        levels.append(Sprite(color, mask))
    return tuple(levels)


# ---------------------------------------------------------------------------- sky and ground


def draw_sky(canvas: Canvas, seed: int) -> None:
    """Paint sky and clouds down to the horizon."""
    camera, look = canvas.camera, canvas.look
    rows = int(np.clip(np.ceil(camera.row) + 2, 0, camera.height_px))
    if rows == 0:
        return
    up = (camera.row - np.arange(rows, dtype=np.float32) - 0.5) / camera.focal
    mix = np.clip(up / 0.42, 0, 1)[:, None] ** np.float32(0.7)
    offset = generator(seed, 6).uniform(0, 512, 2)
    far = 30 / (np.maximum(up[::4], 0) + 0.12)
    side = (np.arange(0, camera.width, 4, dtype=np.float32) - camera.column) / camera.focal
    map_x = (offset[0] + side[None] * far[:, None] * 1.6) % 511
    map_y = np.broadcast_to(((offset[1] + far) % 511)[:, None], map_x.shape)
    noise = cv2.remap(_make_noise(0), map_x.astype(np.float32), map_y.astype(np.float32),
                      cv2.INTER_LINEAR)
    cover = np.clip(noise * 1.4 + look.clouds - 0.35, 0, 1) * min(1, look.clouds * 1.6)
    cover = cv2.resize(cover.astype(np.float32), (camera.width, rows))
    for channel, (low, top, cloud) in enumerate(zip(look.sky_low, look.sky_top, look.cloud_color)):
        sky = low + (top - low) * mix
        canvas.image[:rows, :, channel] = np.clip(sky + (cloud - sky) * cover, 0, 255)


def draw_backdrop(canvas: Canvas, seed: int) -> None:
    """Draw a far row of houses and trees that closes the view."""
    camera = canvas.camera
    rng = generator(seed, 7)
    for bearing in np.arange(-1.3, 1.3, 0.045):
        tree = bool(rng.random() < 0.5)
        tall = rng.uniform(0.02, 0.05) * camera.focal
        left = camera.column + (bearing - rng.uniform(0, 0.03)) * camera.focal
        right = camera.column + (bearing + 0.055) * camera.focal
        top, bottom = camera.row - tall, camera.row + 0.012 * camera.focal
        if tree:
            shape = [((left + right) / 2 + 0.8 * (right - left) * c, camera.row + 0.9 * tall * s)
                     for c, s in _CIRCLE]
            canvas.fill(shape, canvas.tone((70, 74, 56), VIEW_DISTANCE), TREE)
        else:
            shape = [(left, top), (right, top), (right, bottom), (left, bottom)]
            color = float(rng.uniform(80, 170))
            canvas.fill(shape, canvas.tone((color, color * 0.94, color * 0.86), VIEW_DISTANCE),
                        BUILDING)


class Ground(NamedTuple):
    """Where the rows below the horizon meet the ground, in meters; float32."""

    first: int
    """First row of the image that shows ground."""
    distance: _Floats
    """(R, 1)"""
    x: _Floats
    """(R, W)"""
    z: _Floats
    """(R, 1), from a chunk border near the camera."""
    texel: _Floats
    """Width of a pixel, (R, 1)."""
    base: float
    """What z counts from."""


def _meet_ground(camera: Camera) -> Ground:
    first = int(np.clip(np.floor(camera.row) + 1, 0, camera.height_px))
    rows = np.arange(first, camera.height_px)[:, None] + 0.5
    distance = np.minimum(camera.focal * camera.height / np.maximum(rows - camera.row, 0.05), 900)
    columns = np.arange(camera.width, dtype=np.float32)[None] + np.float32(0.5 - camera.column)
    middle = camera.x - 0.5 * camera.bend * distance ** 2
    x = columns * (distance / camera.focal).astype(np.float32) + middle.astype(np.float32)
    base = float(np.floor(camera.z / 640) * 640)
    z = camera.z - base + distance
    floats = [a.astype(np.float32) for a in (distance, x, z, distance / camera.focal)]
    return Ground(first, *floats, base=base)


def _stripe(offset: _Floats, half: float, texel: _Floats) -> _Floats:
    """Cover of a painted line of some half width at an offset from its middle, 0 to 1."""
    return np.clip((half - np.abs(offset)) * (1 / texel) + np.float32(0.5), 0, 1)


def _rows_between(ground: Ground, z0: float, z1: float) -> NDArray[np.bool_]:
    """Tell which rows show the ground from z0 to z1, bool (R,)."""
    z = ground.z[:, 0]
    return (z >= z0 - ground.base) & (z < z1 - ground.base)


def _paint_marks(ground: Ground, street: Street, chunks: Sequence[Chunk]) -> _Floats:
    """Cover of white and yellow paint, float32 (R, W), 0 to 1."""
    dash = ((ground.z % 6.0) < 2.6).astype(np.float32)
    fade = np.clip(40 / ground.distance, 0, 1)
    cover = _stripe(ground.x, 0.06, ground.texel) * dash * fade
    edge = np.abs(ground.x) - street.road_half
    if street.yellow_lines:
        twin = np.abs(edge + 0.4) - 0.1
        cover = np.maximum(cover, _stripe(twin, 0.05, ground.texel) * (0.8 * fade))
    for chunk in chunks:
        if chunk.zebra is not None:
            start = chunk.zebra - ground.base
            rows = ((ground.z > start) & (ground.z < start + 2.8))[:, 0]
            bars = ((ground.x[rows] % 1.2) < 0.6) & (edge[rows] < -0.1)
            cover[rows] = np.maximum(cover[rows], bars * np.float32(0.9))
        for side, sign in ((chunk.left, -1), (chunk.right, 1)):
            if side.kind == 'junction':
                rows = _rows_between(ground, side.z0, side.z1)
                dashed = (ground.z[rows] % 1.0) < 0.6
                line = _stripe(sign * ground.x[rows] - street.road_half, 0.1, ground.texel[rows])
                cover[rows] = np.maximum(cover[rows], dashed * line)
    return cover.astype(np.float32)


def _label_ground(ground: Ground, street: Street, chunks: Sequence[Chunk]) -> NDArray[np.uint8]:
    """Label road, pavement and verge, uint8 (R, W)."""
    beyond = np.abs(ground.x)
    label = np.where(beyond < street.road_half, ROAD, PAVEMENT).astype(np.uint8)
    for chunk in chunks:
        for side, sign in ((chunk.left, -1), (chunk.right, 1)):
            rows = _rows_between(ground, side.z0, side.z1)
            if side.kind == 'houses' or not rows.any():
                continue
            outside = ground.x[rows] * sign > street.wall
            part = label[rows]
            part[outside] = TREE
            if side.kind == 'junction':
                part[ground.x[rows] * sign > street.road_half] = ROAD
            label[rows] = part
    return label


def _shade_ground(ground: Ground, street: Street, look: Look, chunks: Sequence[Chunk]) -> _Floats:
    """Light that reaches the ground, float32 (R, W), 1 = full."""
    light = np.ones_like(ground.x)
    if look.sun_side == 0:
        return light
    reach = np.zeros_like(ground.z)
    for chunk in chunks:
        side = chunk.left if look.sun_side < 0 else chunk.right
        rows = _rows_between(ground, side.z0, chunk.z0 + CHUNK_LENGTH)
        reach[rows] = side.height * look.shadow_length
    if len(reach) > 8:
        reach = cv2.blur(reach, (1, 3))
    inside = ground.x * np.float32(look.sun_side) - (street.wall - reach)
    return 1 - 0.45 * np.clip(inside / 0.15 + 0.5, 0, 1)


def _texture_ground(ground: Ground, label: NDArray[np.uint8]) -> _Floats:
    """Relative brightness of asphalt and paving, float32 (R, W), around 1."""
    noise = _make_noise(1).ravel()
    row, column = (ground.z * 90).astype(np.int32), (ground.x * 90).astype(np.int32)
    fine = np.take(noise, ((row & 511) << 9) + (column & 511))
    row, column = (ground.z * 9).astype(np.int32), (ground.x * 14).astype(np.int32)
    coarse = np.take(noise, ((row & 511) << 9) + (column & 511))
    near = np.clip(7 / ground.distance, 0, 1)
    texture = 1 + (0.16 * near) * fine + (0.10 * np.clip(25 / ground.distance, 0, 1)) * coarse
    across = ground.x * np.float32(1 / 0.75)
    across -= np.floor(across)
    joint = ((ground.z % 0.6) < 0.03 + ground.texel) | (across < 0.03 + ground.texel)
    texture -= (0.14 * np.clip(9 / ground.distance, 0, 1)) * (joint & (label == PAVEMENT))
    return texture


def draw_ground(canvas: Canvas, street: Street, chunks: Sequence[Chunk]) -> None:
    """Draw road, kerbs, pavement, markings and shadows of houses."""
    ground, look = _meet_ground(canvas.camera), canvas.look
    if ground.first >= canvas.camera.height_px:
        return
    label = _label_ground(ground, street, chunks)
    light = _texture_ground(ground, label) * _shade_ground(ground, street, look, chunks)
    edge = np.abs(ground.x) - street.road_half
    tracks = np.abs(np.abs(np.abs(ground.x) - 1.75) - 0.75) * (label == ROAD)
    kerb = _stripe(edge - 0.07, 0.08, ground.texel) * (label == PAVEMENT)
    gutter = _stripe(edge + 0.12, 0.14, ground.texel) * (label == ROAD)
    light *= 1.03 - 0.06 * np.minimum(tracks, 1) + 0.22 * kerb - 0.22 * gutter
    for chunk in chunks:
        x0, x1, z0, z1, shade = chunk.patch
        inside = (ground.z > z0 - ground.base) & (ground.z < z1 - ground.base)
        rows = np.flatnonzero(inside[:, 0])
        if len(rows):
            part = slice(rows[0], rows[-1] + 1)
            light[part] *= np.where((ground.x[part] > x0) & (ground.x[part] < x1), shade, 1)
    _color_ground(canvas, ground, label, light, _paint_marks(ground, street, chunks))
    canvas.label[ground.first:] = label


def _color_ground(canvas: Canvas, ground: Ground, label: NDArray[np.uint8], light: _Floats,
                  paint: _Floats) -> None:
    """Put the colors of asphalt, paving, grass, paint and haze together."""
    look = canvas.look
    keep = np.exp(-ground.distance / look.haze)
    paint = paint * np.float32(0.85) * (label == ROAD)
    painted = 212 * np.minimum(light, 1.05) * paint * keep
    bare = light * (1 - paint) * keep
    palette = np.zeros((3, 256), np.float32)
    palette[:, ROAD], palette[:, PAVEMENT], palette[:, TREE] = look.road, look.pavement, _GRASS
    for channel in range(3):
        color = np.take(palette[channel], label) * bare + painted
        color += (look.sky_low[channel] * 0.9) * (1 - keep)
        canvas.image[ground.first:, :, channel] = np.clip(color, 0, 255, out=color)


# --------------------------------------------------------------------------------- buildings


def draw_building(canvas: Canvas, building: Building) -> None:
    """Draw a house: end wall, facade, roof, and what is on the facade."""
    b, look = building, canvas.look
    x0, x1 = b.side * b.wall, b.side * (b.wall + b.depth)
    xm, ridge = b.side * (b.wall + b.depth / 2), b.height + b.roof
    gable = [(x0, 0, b.z0), (x0, b.height, b.z0), (xm, ridge, b.z0), (x1, b.height, b.z0),
             (x1, 0, b.z0)]
    light = look.light[0 if b.side < 0 else 1]
    rng = generator(b.seed, 8)
    if b.roof:
        _draw_chimneys(canvas, b, rng, xm, ridge)
        roof = [(x0, b.height, b.z0), (x0, b.height, b.z1), (xm, ridge, b.z1), (xm, ridge, b.z0)]
        canvas.polygon(roof, b.roof_color, BUILDING, min(light * 1.1, 1.1))
    if b.z0 - canvas.camera.z > _NEAR:
        canvas.polygon(gable, b.wall_color, BUILDING, look.light[2] * 0.9)
    canvas.wall_rectangles(x0, [(b.z0, b.z1, 0, b.height)], b.wall_color, BUILDING, light)
    middle = (b.z0 + max(b.z1, canvas.camera.z + 1)) / 2
    if canvas.camera.sees(x0, max(b.z1, b.z0), 0.0) or canvas.camera.sees(x0, middle, 0.0):
        _draw_facade(canvas, b, rng, x0, light)


def _draw_chimneys(canvas: Canvas, b: Building, rng: np.random.Generator, x: float,
                   ridge: float) -> None:
    for z in (b.z0 + 0.6, b.z1 - 0.6):
        board = canvas.board(x, z, BUILDING) if rng.random() < 0.6 else None
        if board is not None:
            board.rectangle(-0.5, 0.5, ridge - 1.2, ridge + 1.0, b.wall_color, 0.7)
            board.rectangle(-0.3, -0.1, ridge + 1.0, ridge + 1.4, (120, 78, 58))
            board.rectangle(0.1, 0.3, ridge + 1.0, ridge + 1.4, (120, 78, 58))


def _detail(canvas: Canvas, z: float) -> int:
    """Tell how much to draw of what stands along the road at z: 0 little to 2 all."""
    distance = (z - canvas.camera.z) * 576 / canvas.camera.focal
    return 2 if distance < 25 else int(distance < 50)


def _draw_facade(canvas: Canvas, b: Building, rng: np.random.Generator, x: float,
                 light: float) -> None:
    """Draw windows, doors, shop front and cornice."""
    storey = (b.height - 0.5) / b.floors
    detail = _detail(canvas, b.z0)
    if detail > 0:
        red, green, blue = b.wall_color
        eaves = WHITE if b.style == 1 else (0.72 * red, 0.72 * green, 0.72 * blue)
        canvas.wall_rectangles(x, [(b.z0, b.z1, b.height - 0.3, b.height)], eaves, None, light)
    columns = max(1, int((b.z1 - b.z0) / rng.uniform(2.2, 3.6)))
    pitch = (b.z1 - b.z0) / columns
    wide = pitch * (0.9 if b.style == 2 else rng.uniform(0.34, 0.55))
    tall = storey * (0.5 if b.style == 2 else rng.uniform(0.48, 0.62))
    z = np.tile(b.z0 + (np.arange(columns) + 0.5) * pitch, b.floors)
    y = np.repeat(np.arange(b.floors) * storey + storey * 0.3, columns)
    if b.shop is not None:
        z, y = z[columns:], y[columns:]
        _draw_shop(canvas, b, rng, x, light)
    frames = np.column_stack([z - wide / 2, z + wide / 2, y, y + tall])
    trim = WHITE if rng.random() < 0.7 else (70, 66, 60)
    if detail > 0:
        canvas.wall_rectangles(x, frames + (-0.09, 0.09, -0.12, 0.08), trim, None, light * 0.9)
    shades = rng.uniform(0.5, 1.9, 3)
    for start in range(3 if detail > 0 else 1):
        windows = frames[start::3] if detail > 0 else frames
        canvas.wall_rectangles(x, windows, GLASS, None, shades[start])
    if detail > 1:
        bars = frames.copy()
        bars[:, 0], bars[:, 1] = z - 0.04, z + 0.04
        cross = frames.copy()
        cross[:, 2], cross[:, 3] = y + tall / 2 - 0.04, y + tall / 2 + 0.04
        canvas.wall_rectangles(x, np.vstack([bars, cross]), trim, None, light * 0.85)
    if b.shop is None and detail > 0:
        door = b.z0 + rng.uniform(0.2, 0.8) * (b.z1 - b.z0)
        color = (rng.uniform(20, 120), rng.uniform(20, 60), rng.uniform(20, 90))
        canvas.wall_rectangles(x, [(door - 0.5, door + 0.5, 0, 2.15)], color, None, light)


def _draw_shop(canvas: Canvas, b: Building, rng: np.random.Generator, x: float,
               light: float) -> None:
    """Draw a shop front: fascia with lettering, show windows with goods, pillars."""
    color = b.shop if b.shop is not None else b.wall_color
    canvas.wall_rectangles(x, [(b.z0 + 0.1, b.z1 - 0.1, 0, 3.3)], color, None, light * 0.85)
    if _detail(canvas, b.z0) == 0:
        return
    count = max(1, int((b.z1 - b.z0) / 2.6))
    edges = np.linspace(b.z0 + 0.3, b.z1 - 0.3, count + 1)
    panes = np.column_stack([edges[:-1] + 0.12, edges[1:] - 0.12, np.full(count, 0.5),
                             np.full(count, 2.55)])
    canvas.wall_rectangles(x, panes, (34, 38, 42), None)
    for _ in range(2 if _detail(canvas, b.z0) > 1 else 0):
        goods = rng.uniform((b.z0 + 0.4, 0.7), (b.z1 - 1.2, 1.9), (count * 2, 2))
        boxes = np.column_stack([goods[:, 0], goods[:, 0] + rng.uniform(0.2, 0.8, count * 2),
                                 goods[:, 1], goods[:, 1] + 0.5])
        tone = 0.5 * rng.uniform(30, 210) + rng.uniform(0, 90, 3)
        canvas.wall_rectangles(x, boxes, (tone[0], tone[1], tone[2]), None, 0.7)
    start = rng.uniform(b.z0 + 0.5, b.z0 + 0.4 * (b.z1 - b.z0))
    steps = np.arange(start, min(start + 3.5, b.z1 - 0.6), 0.42)
    letters = np.column_stack([steps, steps + rng.uniform(0.12, 0.3, len(steps)),
                               np.full(len(steps), 2.75), rng.uniform(2.95, 3.15, len(steps))])
    canvas.wall_rectangles(x, letters, WHITE if sum(color) < 380 else BLACK, None, light)


# ------------------------------------------------------------------- trees, poles, signs, fences


_SEE_THROUGH = np.array([[0, 0, 0, -1, 1]] * 3, np.float32)


def draw_tree(canvas: Canvas, tree: Tree) -> None:
    """Blend the sprite of a plant into the image and label where it is."""
    board = canvas.board(tree.x, tree.z, TREE, tree.width)
    if board is None:
        return
    wide, tall = tree.width * board.scale, tree.height * board.scale
    left, top = board.foot[0] - wide / 2, board.foot[1] - tall
    c0, c1 = max(0, int(left)), min(canvas.camera.width, int(left + wide) + 1)
    r0, r1 = max(0, int(top)), min(canvas.camera.height_px, int(top + tall) + 1)
    if c1 <= c0 or r1 <= r0 or tall < 1.5:
        return
    levels = _make_sprites(tree.kind)
    level = int(np.clip(np.log2(_SPRITE / max(wide, tall)), 0, len(levels) - 1))
    sprite, side = levels[level], _SPRITE >> level
    to_sprite = np.array([[side / wide, 0, (c0 + 0.5 - left) * side / wide - 0.5],
                          [0, side / tall, (r0 + 0.5 - top) * side / tall - 0.5]])
    flags, size = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, (c1 - c0, r1 - r0)
    color = cv2.warpAffine(sprite.color, to_sprite, size, flags=flags)
    mask = cv2.warpAffine(sprite.mask, to_sprite, size, flags=flags)
    keep = float(np.exp(-board.distance / canvas.look.haze))
    lit = keep * (0.8 + 0.2 * canvas.look.light[2])
    mixing = np.zeros((3, 4))
    mixing[:, :3] = np.diag(tree.tint) * lit
    mixing[:, 3] = np.array(canvas.look.sky_low) * (0.9 * (1 - keep))
    part = canvas.image[r0:r1, c0:c1]
    through = cv2.transform(color, _SEE_THROUGH)
    behind = cv2.multiply(part, through, dtype=cv2.CV_32F)
    part[:] = cv2.add(behind, cv2.transform(color, mixing), dtype=cv2.CV_8U)
    canvas.label[r0:r1, c0:c1][mask > 127] = TREE


def draw_pole(canvas: Canvas, pole: Pole) -> None:
    """Draw a lamp, a traffic light, a beacon, a bollard or a post."""
    board = canvas.board(pole.x, pole.z, POLE)
    if board is None:
        return
    inward = -np.sign(pole.x)
    width = {'lamp': 0.14, 'beacon': 0.2, 'bollard': 0.16}.get(pole.kind, 0.12)
    board.limb((0, 0), (0, pole.height), width, pole.color)
    board.limb((width * 0.2, 0), (width * 0.2, pole.height), width * 0.35, pole.color, 1.35)
    if pole.kind == 'lamp':
        board.limb((0, 0), (0, 1.3), 0.22, pole.color, 0.9)
        board.limb((0, pole.height), (inward * 1.3, pole.height + 0.25), 0.09, pole.color)
        board.limb((inward * 1.2, pole.height + 0.22), (inward * 1.9, pole.height + 0.26), 0.18,
                   (190, 190, 184))
    if pole.kind == 'light':
        _draw_traffic_light(board, pole)


def _draw_traffic_light(board: Board, pole: Pole) -> None:
    board.class_id = SIGN
    top = pole.height
    board.rectangle(-0.28, 0.28, top - 1.1, top + 0.1, (16, 17, 18))
    lit = int(pole.z) % 3
    for lamp, color in enumerate(((230, 40, 30), (240, 170, 30), (40, 220, 120))):
        shade = color if lamp == lit else (44, 40, 38)
        board.ellipse(0, top - 0.15 - 0.33 * lamp, 0.12, 0.12, shade)


def draw_sign(canvas: Canvas, sign: Sign) -> None:
    """Draw a plate, and the post it is on."""
    board = canvas.board(sign.x, sign.z, POLE)
    if board is None:
        return
    if sign.post:
        board.limb((0, 0), (0, sign.y), 0.11, (112, 114, 116))
        if sign.shape == 'wide':
            board.limb((sign.width * 0.4, 0), (sign.width * 0.4, sign.y), 0.11, (112, 114, 116))
    board.class_id = SIGN
    y, half = sign.y, sign.width / 2
    if sign.shape == 'disc':
        board.ellipse(0, y, half, half, (196, 26, 30))
        board.ellipse(0, y, half * 0.74, half * 0.74, WHITE)
        board.rectangle(-half * 0.35, half * 0.35, y - half * 0.3, y + half * 0.3, (50, 50, 54))
    elif sign.shape == 'blue':
        board.ellipse(0, y, half, half, (34, 74, 166))
        board.limb((-half * 0.4, y + half * 0.4), (half * 0.4, y - half * 0.4), 0.1, WHITE)
    elif sign.shape == 'triangle':
        for size, color in ((1.15, (196, 26, 30)), (0.72, WHITE)):
            corners = [(0.0, 1.0), (-0.95, -0.65), (0.95, -0.65)]
            board.polygon([(half * size * a, half * size * b + y) for a, b in corners], color)
        board.rectangle(-half * 0.1, half * 0.1, y - half * 0.3, y + half * 0.3, BLACK)
    else:
        tall = half * (0.62 if sign.shape == 'wide' else 0.8)
        ink = BLACK if sum(sign.color) > 380 else WHITE
        board.rectangle(-half, half, y - tall, y + tall, ink, 0.9)
        board.rectangle(-half + 0.05, half - 0.05, y - tall + 0.05, y + tall - 0.05, sign.color)
        for line in (0.35, -0.15):
            board.rectangle(-half * 0.7, half * 0.6, y + tall * line, y + tall * (line + 0.22), ink)


def draw_fence(canvas: Canvas, fence: Fence) -> None:
    """Draw a piece of fence; what shows through it is labeled fence."""
    near = canvas.camera.z + _NEAR
    z0, z1 = max(fence.z0, near), fence.z1
    if z1 <= near + 0.05 or not canvas.camera.sees(fence.x, z1, 2.0):
        return
    x, top = fence.x, fence.height
    area = canvas.camera.project([(x, 0, z0), (x, top, z0), (x, top, z1), (x, 0, z1)])
    cv2.fillPoly(canvas.label, [_fixed(area)], (FENCE,), cv2.LINE_8, _SHIFT)
    if fence.kind == 'panel':
        canvas.wall_rectangles(x, [(z0, z1, 0, top)], fence.color, None)
        if _detail(canvas, z0) < 2:
            return
        edges = np.arange(fence.z0, fence.z1, 0.25)
        lines = [(float(z), float(z) + 0.04, 0.0, top) for z in edges]
        canvas.wall_rectangles(x, lines, fence.color, None, 0.6)
        return
    if _detail(canvas, z0) == 0:
        canvas.wall_rectangles(x, [(z0, z1, 0.3, top)], fence.color, None)
        return
    pieces = [(z0, z1, top - 0.06, top), (z0, z1, 0.15, 0.21),
              (fence.z0, fence.z0 + 0.09, 0.0, top)]
    edges = np.arange(fence.z0, fence.z1, 0.16 if fence.kind == 'bars' else 0.25)
    pieces += [(float(z), float(z) + 0.035, 0.0, top) for z in edges]
    canvas.wall_rectangles(x, pieces, fence.color, None)


# -------------------------------------------------------------------------------------- cars

_PROFILES: dict[str, tuple[float, tuple[tuple[float, float, bool], ...]]] = {
    # width; from the tail over the roof to the nose: z, y, whether the next strip is glass
    'hatch': (1.70, ((0.06, 0.28, False), (0.0, 0.6, False), (0.1, 0.92, True),
                     (0.5, 1.42, False), (2.2, 1.46, True), (3.05, 0.98, False),
                     (3.8, 0.76, False), (3.95, 0.52, False), (3.9, 0.24, False))),
    'sedan': (1.76, ((0.06, 0.28, False), (0.0, 0.62, False), (0.1, 0.96, False),
                     (0.75, 1.0, True), (1.3, 1.4, False), (2.6, 1.43, True),
                     (3.45, 0.96, False), (4.4, 0.76, False), (4.55, 0.5, False),
                     (4.5, 0.24, False))),
    'estate': (1.80, ((0.06, 0.28, False), (0.0, 0.66, False), (0.08, 1.0, True),
                      (0.35, 1.52, False), (2.8, 1.6, True), (3.6, 1.05, False),
                      (4.4, 0.84, False), (4.55, 0.56, False), (4.5, 0.26, False))),
    'van': (1.95, ((0.03, 0.32, False), (0.0, 1.15, True), (0.03, 1.85, False),
                   (0.1, 2.15, False), (3.6, 2.2, True), (4.4, 1.25, False), (5.0, 0.98, False),
                   (5.1, 0.6, False), (5.05, 0.28, False))),
    'bus': (2.5, ((0.03, 0.34, False), (0.0, 1.7, True), (0.0, 2.7, False), (0.1, 3.1, False),
                  (9.9, 3.1, True), (10.1, 1.2, False), (10.15, 0.8, False),
                  (10.1, 0.32, False))),
}


class _Body:
    """A car's own frame: right, up, ahead of its tail; in meters."""

    def __init__(self, car: Car, camera: Camera) -> None:
        self.car = car
        self.width, self.profile = _PROFILES[car.kind]
        self.length = max(point[0] for point in self.profile)
        self.waist = 1.2 if car.kind in ('van', 'bus') else 0.97
        self.sine, self.cosine = math.sin(car.heading), math.cos(car.heading)
        dx, dz = camera.x - car.x, camera.z - car.z
        self.eye = (dx * self.cosine - dz * self.sine, camera.height,
                    dx * self.sine + dz * self.cosine + self.length / 2)

    def half(self, y: float) -> float:
        """Half the width at a height; the cabin leans in."""
        return self.width / 2 - 0.27 * max(0.0, min(y, 1.6) - self.waist)

    def place(self, points: Iterable[_Point3]) -> list[_Point3]:
        """Convert own coordinates to the world's."""
        sine, cosine, middle = self.sine, self.cosine, self.length / 2
        return [(self.car.x + a * cosine + (z - middle) * sine, y,
                 self.car.z - a * sine + (z - middle) * cosine) for a, y, z in points]


def draw_car(canvas: Canvas, car: Car) -> None:
    """Draw a car as strips across its profile, two flanks, wheels, windows and lights."""
    body = _Body(car, canvas.camera)
    near = car.z + body.length / 2
    if near - canvas.camera.z < 1.0 or not canvas.camera.sees(car.x, near, 2.5):
        return
    fine = _detail(canvas, car.z) > 0
    half, length = body.width / 2, body.length
    shadow = [(-half - 0.1, 0, -0.15), (half + 0.1, 0, -0.15), (half + 0.1, 0, length + 0.1),
              (-half - 0.1, 0, length + 0.1)]
    canvas.polygon(body.place(shadow), (30, 31, 34), None)
    for z in (0.5, length - 0.6) if fine else ():
        for a in (-half + 0.04, half - 0.26):
            wheel = [(a, 0, z), (a + 0.22, 0, z), (a + 0.22, 0.4, z), (a, 0.4, z)]
            canvas.polygon(body.place(wheel), (16, 16, 18), CAR)
    strips = list(zip(body.profile[:-1], body.profile[1:]))
    order = sorted(strips, key=lambda s: -(s[0][0] + s[1][0]) * body.cosine)
    for low, high in order:
        _draw_strip(canvas, body, low, high)
    for side in (-1, 1):
        _draw_flank(canvas, body, side)
    if body.eye[2] < body.length / 2:
        _draw_tail(canvas, body)
    else:
        _draw_nose(canvas, body)


def _draw_strip(canvas: Canvas, body: _Body, low: tuple[float, float, bool],
                high: tuple[float, float, bool]) -> None:
    (z0, y0, glass), (z1, y1, _) = low, high
    if (body.eye[1] - y0) * (z1 - z0) < (body.eye[2] - z0) * (y1 - y0):
        return
    a0, a1 = body.half(y0), body.half(y1)
    quad = [(-a0, y0, z0), (a0, y0, z0), (a1, y1, z1), (-a1, y1, z1)]
    flat = abs(z1 - z0) / (abs(z1 - z0) + abs(y1 - y0))
    light = 0.72 + 0.5 * flat
    canvas.polygon(body.place(quad), body.car.color, CAR, light)
    if glass:
        a0, a1, rise, run = 0.86 * a0, 0.86 * a1, 0.07 * (y1 - y0), 0.07 * (z1 - z0)
        inner = [(-a0, y0 + rise, z0 + run), (a0, y0 + rise, z0 + run),
                 (a1, y1 - rise, z1 - run), (-a1, y1 - rise, z1 - run)]
        canvas.polygon(body.place(inner), GLASS, CAR, 0.8 + 0.9 * flat)


def _draw_flank(canvas: Canvas, body: _Body, side: int) -> None:
    """Draw one flank: paint, shade below, windows, wheels."""
    def stand(points: Iterable[_Point2]) -> list[_Point3]:
        return body.place([(side * (body.half(y) + 0.01), y, z) for z, y in points])

    if side * body.eye[0] < body.width / 2:
        return
    light = canvas.look.light[1 if (side > 0) == (body.cosine > 0) else 0]
    light = 0.35 + 0.65 * light
    outline = [(z, y) for z, y, _ in body.profile]
    canvas.polygon(stand(outline), body.car.color, CAR, light * 0.95)
    if _detail(canvas, body.car.z) == 0:
        return
    sill = [(0.05, 0.26), (0.02, 0.45), (body.length - 0.05, 0.42), (body.length - 0.08, 0.24)]
    canvas.polygon(stand(sill), body.car.color, CAR, light * 0.62)
    cabin = [(z, y) for z, y, _ in body.profile if y > body.waist - 0.08]
    if body.car.kind != 'van':
        mid_z = sum(z for z, _ in cabin) / len(cabin)
        mid_y = sum(y for _, y in cabin) / len(cabin) + 0.02
        window = [(mid_z + 0.87 * (z - mid_z), mid_y + 0.74 * (y - mid_y)) for z, y in cabin]
        canvas.polygon(stand(window), GLASS, CAR, 0.9)
        for share in (0.42, 0.62):
            z = cabin[0][0] + share * (cabin[-1][0] - cabin[0][0])
            bar = [(z - 0.04, body.waist), (z - 0.04, cabin[1][1] - 0.1),
                   (z + 0.04, cabin[1][1] - 0.1), (z + 0.04, body.waist)]
            canvas.polygon(stand(bar), body.car.color, CAR, light * 0.7)
    for z in (0.17 * body.length + 0.1, 0.82 * body.length):
        for radius, color in ((0.34, BLACK), (0.2, (128, 130, 132))):
            rim = [(z + radius * c, 0.33 + radius * s) for c, s in _CIRCLE]
            canvas.polygon(stand(rim), color, CAR)


def _draw_tail(canvas: Canvas, body: _Body) -> None:
    """Draw rear lights, number plate and bumper."""
    half, shoulder = body.width / 2, body.profile[2][1]
    red = (250, 40, 30) if body.car.braking else (150, 24, 24)

    def panel(a0: float, a1: float, b0: float, b1: float, color: Color) -> None:
        quad = [(a0, b0, -0.02), (a1, b0, -0.02), (a1, b1, -0.02), (a0, b1, -0.02)]
        canvas.polygon(body.place(quad), color, CAR)

    panel(-half + 0.03, half - 0.03, 0.3, 0.46, (44, 45, 48))
    for side in (-1, 1):
        panel(*sorted((side * (half - 0.26), side * (half - 0.03))),
              min(shoulder, 1.3) - 0.3, min(shoulder, 1.3) - 0.04, red)
    panel(-0.27, 0.27, 0.5, 0.62, (214, 178, 60))


def _draw_nose(canvas: Canvas, body: _Body) -> None:
    """Draw headlights, grille, number plate and bumper."""
    half, z = body.width / 2, body.length + 0.02

    def panel(a0: float, a1: float, b0: float, b1: float, color: Color) -> None:
        quad = [(a1, b0, z), (a0, b0, z), (a0, b1, z), (a1, b1, z)]
        canvas.polygon(body.place(quad), color, CAR)

    panel(-half + 0.04, half - 0.04, 0.26, 0.4, (40, 41, 44))
    panel(-0.42, 0.42, 0.56, 0.68, (30, 31, 33))
    for side in (-1, 1):
        panel(*sorted((side * (half - 0.4), side * (half - 0.06))), 0.56, 0.71, (228, 230, 226))
    panel(-0.27, 0.27, 0.42, 0.53, (220, 222, 220))


# ------------------------------------------------------------------------------------ people


def draw_pedestrian(canvas: Canvas, person: Pedestrian) -> None:
    """Draw a person on foot: legs in step, coat, arms, head with hair."""
    board = canvas.board(person.x, person.z, PEDESTRIAN)
    if board is None:
        return
    k = person.height / 1.75
    stride = np.sin(person.phase) * (0.26 if person.sideways else 0.09)
    coat, trousers = person.clothes
    hip = 0.9 * k
    for sign in (-1, 1):
        spot = 0.0 if person.sideways else 0.09
        foot = (sign * (spot + stride), 0.06)
        board.limb((sign * spot, hip), foot, 0.16 * k, trousers, 1.0 if sign > 0 else 0.8)
        if board.scale > 22:
            board.ellipse(foot[0], 0.05, 0.1, 0.05, BLACK)
    fine = board.scale > 22
    wide = 0.17 if person.sideways else 0.24
    torso = [(-wide * 0.85, 0.8), (-wide, 1.3), (-wide * 0.7, 1.47), (wide * 0.7, 1.47),
             (wide, 1.3), (wide * 0.85, 0.8)]
    board.polygon(torso, coat, size=k)
    for sign in (-1, 1) if fine else ():
        hand = (sign * (wide + 0.05) - sign * stride * 0.8, 0.82 * k)
        board.limb((sign * wide * 0.92, 1.4 * k), hand, 0.11 * k, coat, 0.88)
        board.ellipse(hand[0], hand[1], 0.05, 0.06, SKIN)
    if fine:
        board.polygon([*torso[3:], (0.05, 0.8)], coat, 0.78, k)
    if person.bag:
        board.rectangle(wide, wide + 0.22, 0.55, 0.9, (60, 48, 40))
    board.ellipse(0, 1.6 * k, 0.1, 0.13, SKIN)
    hair = [(-0.11, 1.6), (-0.1, 1.72), (0, 1.77), (0.1, 1.72), (0.11, 1.6), (0, 1.67)]
    board.polygon(hair, (48, 38, 32), size=k)


def draw_cyclist(canvas: Canvas, rider: Cyclist) -> None:
    """Draw a person on a bicycle, seen from behind or from the front."""
    board = canvas.board(rider.x, rider.z, BICYCLIST)
    if board is None:
        return
    coat, trousers = rider.clothes
    board.rectangle(-0.04, 0.04, 0.0, 0.68, BLACK)
    lean = 0.10 * np.sin(rider.phase)
    for sign in (-1, 1):
        knee = (sign * 0.16, 0.72 + sign * lean)
        board.limb((sign * 0.09, 0.98), knee, 0.17, trousers, 1.0 if sign > 0 else 0.8)
        board.limb(knee, (sign * 0.13, 0.34 + 1.4 * sign * lean), 0.13, trousers, 0.9)
        board.ellipse(sign * 0.13, 0.3 + 1.4 * sign * lean, 0.07, 0.05, BLACK)
    board.limb((-0.3, 1.05), (0.3, 1.05), 0.05, (60, 62, 64))
    torso = [(-0.19, 0.93), (-0.25, 1.38), (-0.16, 1.52), (0.16, 1.52), (0.25, 1.38), (0.19, 0.93)]
    board.polygon(torso, coat)
    board.polygon([(0.02, 0.93), (0.05, 1.52), *torso[3:]], coat, 0.8)
    for sign in (-1, 1):
        board.limb((sign * 0.22, 1.42), (sign * 0.3, 1.08), 0.11, coat, 0.9)
    face = SKIN if rider.oncoming else (70, 54, 44)
    board.ellipse(0, 1.64, 0.1, 0.13, face)
    color = (220, 220, 216) if rider.helmet else (46, 36, 30)
    board.polygon([(-0.12, 1.66), (-0.1, 1.77), (0, 1.81), (0.1, 1.77), (0.12, 1.66)], color)
    if not rider.oncoming:
        board.ellipse(0, 0.72, 0.045, 0.045, (210, 30, 30))


# ------------------------------------------------------------------------------------ finish


def _texture_buildings(canvas: Canvas) -> None:
    """Lay bricks and stains over facades, as if all stood in the two building lines."""
    camera = canvas.camera
    flat = np.flatnonzero(canvas.label == BUILDING)
    if not len(flat):
        return
    rows, columns = (n.astype(np.float32) for n in np.divmod(flat.astype(np.int32), camera.width))
    lateral = np.abs((columns - np.float32(camera.column)) / np.float32(camera.focal)) + 1e-3
    distance = np.minimum(np.float32(8.0) / lateral, np.float32(120))
    along = distance + np.float32(camera.z % 512)
    up = (np.float32(camera.row) - rows) * distance / np.float32(camera.focal)
    row, column = (up * 64).astype(np.int32), (along * 64).astype(np.int32)
    brick = np.take(_make_bricks().ravel(), ((row & 255) << 8) + (column & 255))
    row, column = (up * 24).astype(np.int32), (along * 24).astype(np.int32)
    stain = np.take(_make_noise(2).ravel(), ((row & 511) << 9) + (column & 511))
    weight = np.clip(np.float32(camera.focal / 48) / distance, 0, 1)
    light = 1 + weight * brick + 0.12 * stain * np.clip(30 / distance, 0, 1)
    shading = np.ones(canvas.label.size, np.float32)
    shading[flat] = light
    plane = shading.reshape(canvas.label.shape)
    cv2.multiply(canvas.image, cv2.merge([plane, plane, plane]), canvas.image, dtype=cv2.CV_8U)


def _expose(image: NDArray[np.uint8], look: Look, position: float, seed: int) -> NDArray[np.uint8]:
    """Pass an RGB image through the lens and the sensor."""
    height, width = image.shape[:2]
    ramp = np.arange(256, dtype=np.float32)[:, None] / 255 * np.array(look.tint, np.float32)
    curve = np.clip((ramp * look.exposure) ** look.gamma * 1.08, 0, 1) * 255
    table = curve.round().astype(np.uint8)[None]
    image = np.asarray(cv2.LUT(image, table), dtype=np.uint8)
    sigma = look.blur * max(height, width) / 480
    if sigma > 0.25:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)
    across = np.linspace(-1, 1, width, dtype=np.float32).repeat(3)[None]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    fall = 1 - look.vignette * 0.5 * (across ** 2 + down ** 2)
    rng = generator(seed, 9, int(round(position * 1000)))
    top, left = (int(n) for n in rng.integers(512, size=2))
    tiles = (-(-(height + 512) // 1024), -(-(width + 512) // 1024), 1)
    grain = _make_color_grain() if tiles == (1, 1, 1) else np.tile(_make_color_grain(), tiles)
    exposed = image.reshape(height, width * 3) * fall
    grain = grain[top:top + height, left:left + width]
    exposed = cv2.scaleAdd(grain, look.noise, exposed.reshape(height, width, 3))
    return np.asarray(cv2.convertScaleAbs(exposed), dtype=np.uint8)


def _draw_thing(canvas: Canvas, thing: Thing) -> None:
    if isinstance(thing, Building):
        draw_building(canvas, thing)
    elif isinstance(thing, Tree):
        draw_tree(canvas, thing)
    elif isinstance(thing, Pole):
        draw_pole(canvas, thing)
    elif isinstance(thing, Sign):
        draw_sign(canvas, thing)
    elif isinstance(thing, Fence):
        draw_fence(canvas, thing)
    elif isinstance(thing, Car):
        draw_car(canvas, thing)
    elif isinstance(thing, Pedestrian):
        draw_pedestrian(canvas, thing)
    else:
        draw_cyclist(canvas, thing)


def _depth(thing: Thing) -> float:
    """Return z by which things are ordered: the far end of what a thing could hide behind."""
    if isinstance(thing, (Building, Fence)):
        return thing.z1
    if isinstance(thing, Car):
        return thing.z - (5.0 if thing.kind == 'bus' else 2.0)
    return thing.z


def render_scene(
    seed: int, position: float = 0.0, size: tuple[int, int] = (360, 480)
) -> Scene:
    """
    Render a street as a dashboard camera sees it, with the exact label.

    The same arguments give the same bytes on every call and in every thread and process.
    Positions that follow each other give images that follow each other.

    :param seed: every integer is another street, with its own weather and camera
    :param position: meters driven along the street; any finite number
    :param size: height and width in pixels, at least 32 each
    :return: image uint8 (H, W, 3) in RGB order, and label uint8 (H, W)
    :raises ValueError: if the size is below 32 x 32 pixels
    """
    if min(size) < 32:
        raise ValueError(f'expected a size of at least 32 x 32 pixels, got {size[0]} x {size[1]}')
    street, look = make_street(seed), make_look(seed)
    canvas = Canvas(_make_camera(street, position, size), look)
    first = int(np.floor((position - 12) / CHUNK_LENGTH))
    last = int(np.floor((position + VIEW_DISTANCE) / CHUNK_LENGTH))
    chunks = [make_chunk(seed, index) for index in range(first, last + 1)]
    draw_sky(canvas, seed)
    draw_backdrop(canvas, seed)
    draw_ground(canvas, street, chunks)
    still = [t for chunk in chunks for side in (chunk.left, chunk.right) for t in side.things]
    houses = [t for t in still if isinstance(t, Building)]
    reach = position + 0.6 * VIEW_DISTANCE
    things = [t for t in still if not isinstance(t, Building) and _depth(t) < reach]
    for house in sorted(houses, key=_depth, reverse=True):
        draw_building(canvas, house)
    _texture_buildings(canvas)
    things += make_pedestrians(street, position) + make_traffic(street, position)
    for thing in sorted(things, key=_depth, reverse=True):
        _draw_thing(canvas, thing)
    return Scene(_expose(canvas.image, look, position, seed), canvas.label)
