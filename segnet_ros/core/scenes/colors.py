"""Colors of things before light and haze: RGB, 0 to 255."""

from __future__ import annotations

import numpy as np
from segnet_ros.core.scenes.randomness import pick

Color = tuple[float, float, float]

WHITE: Color = (232, 232, 228)
BLACK: Color = (22, 23, 26)
GLASS: Color = (40, 48, 56)
GRASS: Color = (74, 88, 48)
SKIN: Color = (190, 148, 124)

WALLS: tuple[Color, ...] = (
    (172, 148, 108),
    (190, 166, 122),
    (140, 84, 62),
    (120, 72, 58),
    (214, 208, 196),
    (226, 222, 210),
    (150, 146, 138),
    (128, 122, 112),
    (176, 120, 88),
    (102, 96, 90),
)
ROOFS: tuple[Color, ...] = ((84, 84, 90), (70, 66, 66), (122, 76, 60), (100, 84, 74))
SHOPS: tuple[Color, ...] = (
    (30, 44, 96),
    (24, 88, 56),
    (150, 28, 30),
    (30, 30, 34),
    (220, 214, 200),
    (190, 150, 40),
    (88, 30, 84),
    (40, 110, 150),
)
CAR_PAINTS: tuple[Color, ...] = (
    (28, 30, 36),
    (170, 174, 178),
    (196, 198, 200),
    (110, 26, 30),
    (30, 44, 100),
    (60, 66, 72),
    (36, 70, 60),
    (226, 226, 224),
    (90, 126, 150),
    (150, 20, 24),
    (120, 116, 104),
)
COATS: tuple[Color, ...] = (
    (28, 28, 34),
    (44, 48, 66),
    (70, 62, 54),
    (120, 34, 36),
    (40, 60, 110),
    (150, 146, 140),
    (90, 84, 60),
    (190, 186, 180),
    (60, 90, 80),
    (210, 190, 40),
    (30, 32, 40),
    (52, 50, 56),
)
TROUSERS = COATS[:6]
GATES: tuple[Color, ...] = ((30, 34, 34), (60, 60, 62), (110, 90, 70), (34, 52, 44))
METALS: tuple[Color, ...] = ((70, 74, 76), (110, 114, 116), (40, 44, 44), (150, 150, 146))
PLATES: tuple[Color, ...] = ((40, 80, 160), (20, 100, 70), (220, 216, 206), (200, 160, 40))


def pick_color(rng: np.random.Generator, colors: tuple[Color, ...]) -> Color:
    """
    Pick one of some colors and vary it, mostly in brightness.

    :param rng: where the choice comes from
    :param colors: what to pick from
    :return: a color near one of them, each channel 8 to 245
    """
    red, green, blue = pick(rng, colors)
    brightness, more_red, more_green, more_blue = rng.standard_normal(4).tolist()
    return (
        min(max(red + 12.0 * (brightness + more_red / 3), 8.0), 245.0),
        min(max(green + 12.0 * (brightness + more_green / 3), 8.0), 245.0),
        min(max(blue + 12.0 * (brightness + more_blue / 3), 8.0), 245.0),
    )


def is_dark(color: Color) -> bool:
    """Tell whether white is easier to read on a color than black."""
    return sum(color) <= 380
