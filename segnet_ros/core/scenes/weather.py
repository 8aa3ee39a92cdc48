"""Weather, light and sensor of one street."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
import math
from typing import NamedTuple

import numpy as np
from segnet_ros.core.scenes.colors import Color
from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import pick
from segnet_ros.core.scenes.randomness import pick_weighted
from segnet_ros.core.scenes.randomness import Purpose


class _Sky(NamedTuple):
    top: Color
    low: Color
    clouds: float
    cloud_color: Color
    brightness: float


@dataclass(frozen=True)
class Look:
    """How a street looks, whatever stands in it. Colors are RGB, 0 to 255."""

    sky_top: Color
    sky_low: Color
    clouds: float
    """Cover of the sky, 0 to 1."""
    cloud_color: Color
    sun_side: int
    """Side that the sun stands on, -1 left, 1 right; 0 without shadows."""
    shadow_length: float
    """Length of a shadow across the road per meter of height."""
    light: tuple[float, float, float]
    """Brightness of facades on the left, facades on the right and faces toward the camera."""
    tint: Color
    """Gain of red, green and blue, around 1."""
    exposure: float
    gamma: float
    blur: float
    """Deviation in pixels of an image whose larger side has 480."""
    noise: float
    """Deviation, 0 to 255."""
    vignette: float
    """Loss of light in the corners, 0 to 1."""
    haze: float
    """Distance in meters over which colors fade to the horizon's."""
    road: Color
    pavement: Color

    def shade(self, color: Color, distance: float, light: float = 1.0) -> Color:
        """
        Light a color and fade it toward the horizon's.

        :param color: of the thing
        :param distance: from the camera, in meters
        :param light: brightness, 1 = unchanged
        :return: how the thing is seen
        """
        keep = math.exp(-max(distance, 0.0) / self.haze)
        red, green, blue = self.sky_low
        light, fog = light * keep, 0.9 * (1 - keep)
        return (
            color[0] * light + red * fog,
            color[1] * light + green * fog,
            color[2] * light + blue * fog,
        )


def _make_sky(rng: np.random.Generator) -> _Sky:
    weather = pick_weighted(rng, {'clear': 0.5, 'overcast': 0.28, 'gloomy': 0.22})
    if weather == 'clear':
        top = (rng.uniform(90, 160), rng.uniform(160, 200), rng.uniform(225, 245))
        return _Sky(top, (236, 242, 246), rng.uniform(0.0, 0.6), (250, 250, 250), 1.0)
    if weather == 'overcast':
        level = rng.uniform(205, 245)
        top = (level - 14, level - 8, level)
        return _Sky(top, (246, 246, 246), 0.4, (226, 228, 232), 0.85)
    level = rng.uniform(110, 160)
    return _Sky((level - 26, level - 14, level), (186, 192, 198), 0.9, (92, 98, 108), 0.5)


@lru_cache(maxsize=64)
def make_look(seed: int) -> Look:
    """
    Draw weather, light and sensor of a street.

    :param seed: any integer
    :return: the look
    """
    rng = open_stream(seed, Purpose.LOOK)
    sky = _make_sky(rng)
    sun_side = pick(rng, (-1, 1)) if sky.brightness == 1.0 else 0
    sunny, shady = (1.12, 0.62) if sun_side else (0.88, 0.88)
    left, right = shady if sun_side < 0 else sunny, shady if sun_side > 0 else sunny
    warmth = rng.normal(0, 0.035)
    gray = rng.uniform(82, 118)
    paving = rng.uniform(112, 150)
    dim = sky.brightness <= 0.6
    return Look(
        sky_top=sky.top,
        sky_low=sky.low,
        clouds=sky.clouds,
        cloud_color=sky.cloud_color,
        sun_side=sun_side,
        shadow_length=rng.uniform(0.25, 1.1),
        light=(left, right, rng.uniform(0.65, 1.05)),
        tint=(1.0 + warmth, 1.0 + rng.normal(0, 0.012), 1.0 - warmth),
        exposure=rng.uniform(0.85, 1.15) * (rng.uniform(0.5, 0.85) if dim else 1.0),
        gamma=rng.uniform(0.95, 1.4),
        blur=rng.uniform(0.0, 0.9),
        noise=rng.uniform(1.5, 5.5),
        vignette=rng.uniform(0.0, 0.35),
        haze=rng.uniform(140, 500),
        road=(gray + rng.normal(0, 3), gray, gray + rng.normal(3, 4)),
        pavement=(paving + rng.normal(4, 5), paving, paving + rng.normal(-4, 6)),
    )
