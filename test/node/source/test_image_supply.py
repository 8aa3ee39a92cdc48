"""Images come from rendered scenes, videos, folders and webcams, one by one, as RGB."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest
from segnet_ros.core.scenes import render_scene
from segnet_ros.node.images.image_readers import SuppliedImage
from segnet_ros.node.images.image_readers import SupplyError
from segnet_ros.node.source import image_supply
from segnet_ros.node.source.image_supply import open_supply
from segnet_ros.node.source.image_supply import STREET_LENGTH

SIZE = (32, 48)


@pytest.fixture
def drawn_scenes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """Replace the renderer by one that writes down its arguments."""
    calls: list[tuple[int, float]] = []

    def draw(seed: int, position: float, size: tuple[int, int]) -> SuppliedImage:
        calls.append((seed, position))
        return SuppliedImage(np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint8))

    monkeypatch.setattr(image_supply, 'render_scene', draw)
    return calls


def write_video(path: Path, levels: list[int]) -> None:
    """Write a motion JPEG of gray images."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, SIZE[::-1])
    for level in levels:
        writer.write(np.full((*SIZE, 3), level, np.uint8))
    writer.release()


def test_rendered_drive_gives_scene_and_label() -> None:
    supply = open_supply('', size=SIZE, seed=7, rate=10.0, speed=8.0)
    images = list(itertools.islice(supply.images, 2))
    assert supply.has_labels
    for supplied, position in zip(images, (0.0, 0.8), strict=True):
        scene = render_scene(7, position, SIZE)
        np.testing.assert_array_equal(supplied.image, scene.image)
        np.testing.assert_array_equal(supplied.label, scene.label)


def test_rendered_drive_turns_into_the_next_street(drawn_scenes: list[tuple[int, float]]) -> None:
    supply = open_supply('', size=SIZE, seed=3, rate=2.0, speed=STREET_LENGTH)
    assert len(list(itertools.islice(supply.images, 4))) == 4
    half = STREET_LENGTH / 2
    assert drawn_scenes == [(3, 0.0), (3, half), (4, 0.0), (4, half)]


def test_prepared_scenes_are_rendered_once_and_repeated(
    drawn_scenes: list[tuple[int, float]],
) -> None:
    supply = open_supply('', size=SIZE, scenes=3)
    images = list(itertools.islice(supply.images, 7))
    assert len(drawn_scenes) == 3
    assert [image is images[index % 3] for index, image in enumerate(images)] == [True] * 7


def test_folder_is_read_by_name_and_again(tmp_path: Path) -> None:
    for level in (30, 10, 20):
        cv2.imwrite(str(tmp_path / f'{level}.png'), np.full((*SIZE, 3), level, np.uint8))
    (tmp_path / 'notes.txt').write_text('not an image')
    once = [item.image[0, 0, 0] for item in open_supply(str(tmp_path), loop=False).images]
    images = open_supply(str(tmp_path)).images
    assert once == [10, 20, 30]
    assert [item.image[0, 0, 0] for item in itertools.islice(images, 5)] == [10, 20, 30, 10, 20]


@pytest.mark.parametrize(
    ('pixels', 'expected'),
    [
        (np.full(SIZE, 77, np.uint8), (77, 77, 77)),
        (np.full((*SIZE, 3), (1, 2, 3), np.uint8), (3, 2, 1)),
        (np.full((*SIZE, 4), (1, 2, 3, 99), np.uint8), (3, 2, 1)),
        (np.full((*SIZE, 3), (256, 512, 768), np.uint16), (3, 2, 1)),
    ],
    ids=['gray', 'color', 'alpha', '16-bit'],
)
def test_any_image_file_becomes_rgb(
    tmp_path: Path, pixels: NDArray[np.uint8], expected: tuple[int, int, int]
) -> None:
    path = tmp_path / 'image.png'
    cv2.imwrite(str(path), pixels)
    supplied = next(open_supply(str(path)).images)
    assert supplied.image.shape == (*SIZE, 3)
    assert supplied.image.dtype == np.uint8
    assert supplied.image[5, 6].tolist() == list(expected)
    assert supplied.label is None


def test_images_are_resized_on_request(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'image.png'), np.full((50, 40, 3), 8, np.uint8))
    supplied = next(open_supply(str(tmp_path), size=(33, 70)).images)
    assert supplied.image.shape == (33, 70, 3)
    assert set(supplied.image.ravel()) == {8}


def test_video_is_read_and_begins_again(tmp_path: Path) -> None:
    path = tmp_path / 'video.avi'
    write_video(path, [50, 100, 150])
    once = [int(item.image.mean()) for item in open_supply(str(path), loop=False).images]
    images = itertools.islice(open_supply(str(path)).images, 4)
    again = [int(item.image.mean()) for item in images]
    np.testing.assert_allclose(once, [50, 100, 150], atol=3)
    np.testing.assert_allclose(again, [50, 100, 150, 50], atol=3)


def test_what_is_named_like_an_image_but_is_no_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / 'folder.png').mkdir()
    (tmp_path / 'nowhere.png').symlink_to(tmp_path / 'gone')
    with pytest.raises(SupplyError, match='found none'):
        open_supply(str(tmp_path))
    cv2.imwrite(str(tmp_path / 'image.png'), np.full((*SIZE, 3), 8, np.uint8))
    assert len(list(open_supply(str(tmp_path), loop=False).images)) == 1


@pytest.mark.parametrize(
    'error', [PermissionError(13, 'Permission denied'), cv2.error('too\nmany pixels')]
)
def test_an_image_that_cannot_be_read_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    path = tmp_path / 'image.png'
    cv2.imwrite(str(path), np.zeros((*SIZE, 3), np.uint8))
    monkeypatch.setattr(cv2, 'imdecode', refuse)
    with pytest.raises(SupplyError) as refusal:
        next(open_supply(str(path)).images)
    for word in ('image.png', 'found', ' '.join(str(error).split())):
        assert word in str(refusal.value)
    assert '\n' not in str(refusal.value)


@pytest.mark.parametrize('source', ['x' * 5000, '~nobody_of_this_name/video.mp4'])
def test_a_path_that_the_system_refuses_is_told(source: str) -> None:
    with pytest.raises(SupplyError, match=r'expected .* found .*; correct the path'):
        open_supply(source)


def test_webcam_number_means_its_device() -> None:
    with pytest.raises(SupplyError, match="found nothing at '/dev/video4242'"):
        open_supply('4242')


@pytest.mark.parametrize('name', ['missing.mp4', 'empty', 'text.mp4'])
def test_unusable_source_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'text.mp4').write_text('not a video')
    with pytest.raises(SupplyError) as refusal:
        open_supply(str(tmp_path / name))
    for word in ('expected', 'found', ';', name):
        assert word in str(refusal.value)
    assert '\n' not in str(refusal.value)


@pytest.mark.parametrize('content', [b'', b'not an image'])
def test_broken_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'broken.png').write_bytes(content)
    with pytest.raises(SupplyError, match=r'broken\.png.*found'):
        next(open_supply(str(tmp_path)).images)
