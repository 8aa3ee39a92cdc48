"""
What stays the same along one street, seen by one camera.

World coordinates: x to the right of the road's center line, y up from the road, z along the
road, in meters. Traffic keeps to the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from segnet_ros.core.scenes.randomness import open_stream
from segnet_ros.core.scenes.randomness import pick
from segnet_ros.core.scenes.randomness import pick_weighted
from segnet_ros.core.scenes.randomness import Purpose

CHUNK_LENGTH = 20.0
"""Meters of street that are laid out at once."""
VIEW_DISTANCE = 150.0
"""How far ahead of the camera there are houses, in meters."""
THING_DISTANCE = 0.6 * VIEW_DISTANCE
"""How far ahead of the camera there are smaller things, in meters."""


@dataclass(frozen=True)
class Street:
    """Measures and manners of one street. Lengths in meters, sides ordered left, right."""

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
    """Share of trees without leaves."""
    busy: float
    """How much is going on, 0 to 1."""
    floors: float
    """Mean number of floors of a house."""
    parked: tuple[bool, bool]
    """Whether cars park on the left and on the right."""
    yellow_lines: bool

    def has_parking(self, side: int) -> bool:
        """Tell whether cars park on a side, -1 left, 1 right."""
        return self.parked[side > 0]


@lru_cache(maxsize=64)
def make_street(seed: int) -> Street:
    """
    Draw what stays the same along a street.

    :param seed: any integer
    :return: the street
    """
    rng = open_stream(seed, Purpose.STREET)
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
        greenery=pick_weighted(rng, {0.08: 0.5, 0.2: 0.35, 0.5: 0.15}),
        bare_trees=pick(rng, (0.1, 0.5, 0.9)),
        busy=rng.uniform(0.3, 1.0),
        floors=rng.uniform(2.0, 3.6),
        parked=parked,
        yellow_lines=bool(rng.random() < 0.5),
    )
