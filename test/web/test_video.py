"""Uploaded videos are read from memory, within limits."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('starlette', reason='needs the extra web')

from segnet_ros.web.file_kind import FileKind
from segnet_ros.web.file_kind import tell_kind
from segnet_ros.web.limits import Limits
from segnet_ros.web.refusal import RefusalError
from segnet_ros.web.video import Video
from video_files import make_video


def read_levels(video: Video) -> list[int]:
    """Read all images; return which of the video each is."""
    levels = []
    while (image := video.read()) is not None:
        levels.append(round(float(image.mean()) / 10))
    video.release()
    return levels


@pytest.mark.parametrize(
    ('suffix', 'codec'), [('.avi', 'MJPG'), ('.mp4', 'mp4v'), ('.mkv', 'mp4v')]
)
def test_every_image_is_read(suffix: str, codec: str) -> None:
    data = make_video(6, suffix=suffix, codec=codec)
    assert tell_kind(data) is FileKind.VIDEO
    video = Video(data, Limits())
    assert (video.count, video.rate) == (6, 10)
    assert read_levels(video) == [0, 1, 2, 3, 4, 5]
    assert not video.is_cut


def test_of_many_images_some_are_read() -> None:
    video = Video(make_video(10), Limits(video_images=4))
    assert video.count == 4
    assert video.rate == pytest.approx(10 / 3)
    assert read_levels(video) == [0, 3, 6, 9]


def test_images_are_shrunk() -> None:
    image = Video(make_video(1, size=(96, 128)), Limits(shown_pixels=48 * 64)).read()
    assert image is not None
    assert image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ('limits', 'expected', 'found'),
    [
        (Limits(video_seconds=0.5), 'up to 0.5 seconds', 'found one of 1'),
        (Limits(video_pixels=1000), 'up to 0.001 megapixels', 'found 64x48'),
    ],
)
def test_limits_are_told(limits: Limits, expected: str, found: str) -> None:
    with pytest.raises(RefusalError, match=expected) as refused:
        Video(make_video(10), limits)
    assert refused.value.status == 413
    assert found in str(refused.value)


def test_damage_is_told() -> None:
    for data in (make_video(3)[:200], b'\0\0\0\x18ftypisom' + bytes(500)):
        with pytest.raises(RefusalError, match='complete video') as refused:
            Video(data, Limits())
        assert refused.value.status == 422


def test_a_playlist_is_no_video() -> None:
    for text in (b'#EXTM3U\n#EXTINF:1,\n/etc/passwd\n', b'ffconcat version 1.0\nfile x.mp4\n'):
        assert tell_kind(text) is None


def test_what_only_begins_as_a_known_container_is_not_opened() -> None:
    """The decoder knows others by what comes later, playlists and addresses among them."""
    other = make_video(3, size=(48, 64), rate=25, suffix='.mpg', codec='PIM1')
    data = b'\x1aE\xdf\xa3\x1f\xff\xff\xf0' + other
    assert tell_kind(data) is FileKind.VIDEO
    with pytest.raises(RefusalError, match='the decoder cannot open'):
        Video(data, Limits())


@pytest.mark.parametrize('brand', [b'heic', b'mif1', b'avif'])
def test_a_photograph_in_the_container_of_videos_is_no_video(brand: bytes) -> None:
    assert tell_kind(b'\0\0\0\x18ftyp' + brand) is None


def test_slow_motion_is_as_long_as_it_was_recorded() -> None:
    video = Video(make_video(12, rate=240), Limits(video_seconds=0.1))
    assert video.rate == pytest.approx(240)


def test_nothing_is_stored_and_no_file_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_video(3)
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = set(os.listdir('/proc/self/fd'))
    video = Video(data, Limits())
    opened = {os.readlink(f'/proc/self/fd/{number}') for number in list_open(before)}
    assert all('memfd:' in name for name in opened)
    assert read_levels(video) == [0, 1, 2]
    assert list_open(before) == set()
    assert list(tmp_path.iterdir()) == []


def list_open(before: set[str]) -> set[str]:
    """List the numbers of files that were opened since, but the folder that lists them."""
    return {
        number
        for number in set(os.listdir('/proc/self/fd')) - before
        if os.path.exists(f'/proc/self/fd/{number}')
    }


def test_images_are_rgb() -> None:
    image = Video(make_video(1), Limits()).read()
    assert image is not None
    assert image.dtype == np.uint8
