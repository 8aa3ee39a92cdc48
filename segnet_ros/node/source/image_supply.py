"""
Where the images of `segnet_image_source` come from: rendered scenes, video, folder or webcam.

Each supply is a generator that prepares one image per step; nothing here knows ROS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import itertools
from pathlib import Path
import re

from segnet_ros.core.scenes import render_scene
from segnet_ros.node.images.image_readers import IMAGE_SUFFIXES
from segnet_ros.node.images.image_readers import list_images
from segnet_ros.node.images.image_readers import open_capture
from segnet_ros.node.images.image_readers import read_images
from segnet_ros.node.images.image_readers import read_video
from segnet_ros.node.images.image_readers import read_webcam
from segnet_ros.node.images.image_readers import SuppliedImage
from segnet_ros.node.images.image_readers import SupplyError

SCENE_SIZE = (360, 480)
STREET_LENGTH = 40.0
"""Meters driven before the rendered drive turns into the next street."""


@dataclass(frozen=True)
class ImageSupply:
    """An opened source."""

    description: str
    """For people, such as 'video drive.mp4'."""
    images: Iterator[SuppliedImage]
    """Raises SupplyError where reading fails later on."""
    is_live: bool = False
    """Whether images that are not taken in time grow old, as from a webcam."""
    has_labels: bool = False


def open_supply(
    source: str,
    *,
    size: tuple[int, int] | None = None,
    rate: float = 10.0,
    loop: bool = True,
    seed: int = 0,
    speed: float = 8.0,
    scenes: int = 0,
) -> ImageSupply:
    """
    Find out what a source is, and open it.

    :param source: '' for rendered scenes, else path of a video, folder or image, or a webcam as
        its device path or number
    :param size: (height, width) to resize to; None keeps the source's own
    :param rate: images per second that will be taken, in hertz
    :param loop: whether videos and folders begin again at their end
    :param seed: first street of the rendered drive
    :param speed: meters per second of the rendered drive
    :param scenes: how many scenes to render before the first is given out, to be repeated then;
        0 renders a new one each time
    :return: the supply, its images not yet read
    :raises SupplyError: if there is nothing that can be read
    """
    if not source:
        images = render_drive(seed, speed / rate, size or SCENE_SIZE)
        if scenes:
            images = repeat_images(images, scenes)
        name = f'{scenes or "endless"} rendered scenes from seed {seed}'
        return ImageSupply(name, images, has_labels=True)
    try:
        return _open_path(source, size, rate, loop)
    except (OSError, RuntimeError) as error:  # of pathlib, for what it cannot read or expand
        raise SupplyError(
            'expected a video, a folder of images or a webcam as source, '
            f"found '{source}': {error}; correct the path, or check its permissions"
        ) from error


def _open_path(source: str, size: tuple[int, int] | None, rate: float, loop: bool) -> ImageSupply:
    path = Path(f'/dev/video{source}' if source.isdigit() else source).expanduser()
    if not path.exists():
        raise SupplyError(
            'expected a video, a folder of images or a webcam such as /dev/video0 as source, '
            f"found nothing at '{path}'; correct the path"
        )
    webcam = re.fullmatch(r'/dev/video(\d+)', str(path.resolve()))
    if webcam:
        images = read_webcam(int(webcam[1]), size, rate)
        return ImageSupply(f'webcam {path}', images, is_live=True)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        paths = list_images(path)
        return ImageSupply(f'{len(paths)} images of {path}', read_images(paths, size, loop))
    open_capture(str(path)).release()
    return ImageSupply(f'video {path}', read_video(str(path), size, loop))


def render_drive(seed: int, spacing: float, size: tuple[int, int]) -> Iterator[SuppliedImage]:
    """
    Drive through rendered streets without end, on to the next seed after each street.

    :param seed: seed of the first street
    :param spacing: meters from image to image
    :param size: (height, width) in pixels
    """
    index = 0
    while True:
        street, position = divmod(index * spacing, STREET_LENGTH)
        yield SuppliedImage(*render_scene(seed + int(street), position, size))
        index += 1


def repeat_images(images: Iterator[SuppliedImage], number: int) -> Iterator[SuppliedImage]:
    """Keep the first images in memory before giving out any, then repeat them without end."""
    yield from itertools.cycle(list(itertools.islice(images, number)))
