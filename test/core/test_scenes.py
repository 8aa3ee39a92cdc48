"""Rendered streets: repeatable, endless, exact and full of what CamVid has."""

from concurrent.futures import ThreadPoolExecutor
import hashlib
import subprocess
import sys

import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.scenes import classes
from segnet_ros.core.scenes import render_scene
from segnet_ros.core.scenes import Scene

SMALL = (90, 120)
CLASS_IDS = {name: value for name, value in vars(classes).items() if name.isupper()}
NUM_CLASSES = len(CLASS_IDS)

HASH_PROGRAM = """
import hashlib
from segnet_ros.core.scenes import render_scene
scene = render_scene(5, 12.5, (90, 120))
print(hashlib.sha256(scene.image.tobytes() + scene.label.tobytes()).hexdigest())
"""


def digest(scene: Scene) -> str:
    """Hash image and label."""
    return hashlib.sha256(scene.image.tobytes() + scene.label.tobytes()).hexdigest()


def test_class_ids_are_those_of_camvid() -> None:
    """Each class of the label set has a constant of its name, and there is no other."""
    names = load_label_set('camvid').names
    assert {name.upper(): class_id for class_id, name in enumerate(names)} == CLASS_IDS


@pytest.mark.parametrize('size', [(32, 32), (33, 47), (90, 120), (61, 200), (200, 61), (360, 480)])
def test_size_and_types(size: tuple[int, int]) -> None:
    """Any size and aspect gives arrays of that size."""
    scene = render_scene(1, 3.0, size)
    assert scene.image.shape == (*size, 3)
    assert scene.label.shape == size
    assert scene.image.dtype == scene.label.dtype == np.uint8
    assert scene.image.flags.c_contiguous
    assert scene.label.flags.c_contiguous
    assert scene.label.max() < NUM_CLASSES


@pytest.mark.parametrize('size', [(31, 40), (40, 31), (0, 0)])
def test_too_small(size: tuple[int, int]) -> None:
    """A size below 32 x 32 is refused."""
    with pytest.raises(ValueError, match='at least 32 x 32'):
        render_scene(0, size=size)


def test_large_size() -> None:
    """Sizes beyond the tile of sensor noise work."""
    scene = render_scene(2, 0.0, (530, 1100))
    assert scene.image.shape == (530, 1100, 3)


def test_same_arguments_give_same_bytes() -> None:
    """A call repeats, whatever was rendered between."""
    first = digest(render_scene(5, 12.5, SMALL))
    render_scene(6, 400.0, SMALL)
    assert digest(render_scene(5, 12.5, SMALL)) == first


def test_threads_and_processes_agree() -> None:
    """Threads and another process give the same bytes."""
    expected = digest(render_scene(5, 12.5, SMALL))
    with ThreadPoolExecutor(4) as pool:
        scenes = list(pool.map(lambda _: render_scene(5, 12.5, SMALL), range(8)))
    assert {digest(scene) for scene in scenes} == {expected}
    command = [sys.executable, '-c', HASH_PROGRAM]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output.strip() == expected


def test_global_random_state_is_untouched() -> None:
    """The renderer neither reads nor advances NumPy's global generator."""
    np.random.seed(1)
    first = digest(render_scene(3, 1.0, SMALL))
    value = np.random.random()
    np.random.seed(1)
    assert value == np.random.random()
    assert digest(render_scene(3, 1.0, SMALL)) == first


def test_each_seed_is_another_street() -> None:
    """No two of some seeds give the same label, negative and huge seeds included."""
    seeds = [-1, 2**70, *range(12)]
    labels = {render_scene(seed, 0.0, SMALL).label.tobytes() for seed in seeds}
    assert len(labels) == len(seeds)


@pytest.mark.parametrize('seed', range(6))
def test_positions_follow_each_other(seed: int) -> None:
    """Five centimeters change few pixels of the label, twenty meters change many."""
    label = render_scene(seed, 50.0, SMALL).label
    step = np.mean(label != render_scene(seed, 50.05, SMALL).label)
    jump = np.mean(label != render_scene(seed, 70.0, SMALL).label)
    assert 0.0 < step < 0.04
    assert jump > 2 * step


@pytest.mark.parametrize('position', [20.0, 640.0, 1536.0, -20.0, 0.0])
def test_chunk_borders_are_seamless(position: float) -> None:
    """Nothing jumps where a new chunk of the street begins."""
    before = render_scene(4, position - 0.01, SMALL).label
    after = render_scene(4, position + 0.01, SMALL).label
    assert np.mean(before != after) < 0.03


@pytest.mark.parametrize('position', [-1e4, 1e3, 1e5])
def test_the_street_is_endless(position: float) -> None:
    """Far along the street there still is one."""
    label = render_scene(7, position, SMALL).label
    assert len(np.unique(label)) >= 6


def test_classes_are_present() -> None:
    """Every class is in most streets, and the large ones are large."""
    counts = np.array(
        [
            np.bincount(render_scene(seed, 0.0, (180, 240)).label.ravel(), minlength=NUM_CLASSES)
            for seed in range(30)
        ]
    )
    present = (counts > 0).mean(axis=0)
    assert (present >= 0.6).all(), present
    share = counts.sum(axis=0) / counts.sum()
    low = [0.10, 0.15, 0.005, 0.25, 0.03, 0.05, 0.005, 0.003, 0.03, 0.004, 0.003]
    high = [0.25, 0.33, 0.025, 0.42, 0.10, 0.16, 0.025, 0.025, 0.12, 0.025, 0.015]
    assert (share > low).all(), share.round(4)
    assert (share < high).all(), share.round(4)


def test_label_matches_image() -> None:
    """Sky is brighter than road in most streets: both arrays show the same scene."""
    brighter = 0
    for seed in range(10):
        scene = render_scene(seed, 0.0, SMALL)
        gray = scene.image.mean(axis=2)
        sky, road = (gray[scene.label == class_id] for class_id in (classes.SKY, classes.ROAD))
        brighter += sky.mean() > road.mean()
    assert brighter >= 8
