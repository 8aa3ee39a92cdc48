"""A reload with the real network and real files: what is refused, while labels flow on."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
import hashlib
import os
from pathlib import Path
import pickle
import struct
import time
from typing import Any

from node_control import make_parameter_arguments
from node_control import NodeProcess
from node_control import REAL
import numpy as np
from numpy.typing import NDArray
import pytest
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.parameter import Parameter
from ros_client import make_image
from ros_client import RosClient
from segnet_ros.core.labels import load_label_set
from std_srvs.srv import Trigger

pytest.importorskip('torch', reason='needs PyTorch')

from safetensors.numpy import save_file
from segnet_ros.core.predictor import Predictor

pytestmark = pytest.mark.ros

PIXELS = np.random.default_rng(3).integers(0, 256, (50, 90, 3), dtype=np.uint8)
CAMVID = load_label_set('camvid')
TRAINED_BY_US = 'use a checkpoint that this version of segnet_train wrote'
UNREADABLE = ('expected a safetensors file, could not read it (', TRAINED_BY_US)
NO_FILE = ('expected a .safetensors file that segnet_train wrote, found ', 'correct the path')
OTHER_CLASSES = ('expected a checkpoint with the classes sky, ', 'start the node anew')


class Segmentation:
    """A real node on a real graph, and whoever exchanges its network."""

    def __init__(self, client: RosClient, node: NodeProcess) -> None:
        """Find the services once, for all tests."""
        self.node = node
        self._client = client
        self._set = client.find_service(
            SetParametersAtomically, 'segnet/set_parameters_atomically'
        )
        self._reload = client.find_service(Trigger, 'segnet/reload')

    def reload(self, path: object, sha256: str = '') -> Any:
        """Give the node another checkpoint and return its answer."""
        given = {'checkpoint': str(path), 'checkpoint_sha256': sha256}
        request = SetParametersAtomically.Request(
            parameters=[
                Parameter(name, value=value).to_parameter_msg() for name, value in given.items()
            ]
        )
        assert self._client.ask(self._set, request).result.successful
        return self._client.ask(self._reload, Trigger.Request())

    def read_labels(self) -> NDArray[np.uint8]:
        """Segment an image that is published from now on; uint8 (H, W)."""
        heard = self._client.record('segnet/label')
        camera = self._client.advertise()
        begun = time.time()

        def is_there() -> bool:
            stamps = [message.header.stamp for message in heard]
            return any(stamp.sec + stamp.nanosec / 1e9 > begun for stamp in stamps)

        self._client.publish_until(camera, lambda: make_image(PIXELS), is_there)
        return np.frombuffer(heard[-1].data, np.uint8).reshape(PIXELS.shape[:2])


def segment(path: Path) -> NDArray[np.uint8]:
    """Segment the image without a node; uint8 (H, W)."""
    label = Predictor.from_checkpoint(path, 'cpu', 'fp32').predict(PIXELS).label
    assert label is not None
    return label


@pytest.fixture(scope='module')
def other_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, save_small_checkpoint: Callable[..., None]
) -> Path:
    """Path of a network with the same classes, that sees others in the image."""
    path = tmp_path_factory.mktemp('other') / 'other.safetensors'
    save_small_checkpoint(path, CAMVID, seed=1)
    return path


@pytest.fixture(scope='module')
def segmentation(client: RosClient, small_checkpoint: Path) -> Iterator[Segmentation]:
    given = {'checkpoint': small_checkpoint, 'device': 'cpu', 'precision': 'fp32'}
    node = NodeProcess(*make_parameter_arguments(given), program=REAL)
    try:
        node.wait_for('ready')
        yield Segmentation(client, node)
    finally:
        node.end()


def assert_like(found: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    assert np.mean(found == expected) > 0.999


def assert_refused(segmentation: Segmentation, answer: Any, words: tuple[str, ...]) -> None:
    """Check that the answer says what is wrong, and that nothing else happened."""
    assert not answer.success
    assert answer.message.startswith('kept the old network: ')
    assert [word for word in words if word not in answer.message] == [], answer.message
    assert '\n' not in answer.message
    assert 'Traceback' not in segmentation.node.output


def flip_bit(source: Path, path: Path, position: int) -> None:
    """Copy a file with the lowest bit of one byte changed."""
    data = bytearray(source.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def flip_after(source: Path, path: Path, text: bytes) -> None:
    """Copy a file with the byte after the first occurrence of a text changed."""
    flip_bit(source, path, source.read_bytes().index(text) + len(text))


def cut(source: Path, path: Path, size: int) -> None:
    """Copy the beginning of a file; what a negative size says is left out at its end."""
    path.write_bytes(source.read_bytes()[:size])


@pytest.mark.parametrize(
    ('spoil', 'words'),
    [
        (lambda good, path: cut(good, path, 0), UNREADABLE),
        (lambda good, path: cut(good, path, 5), UNREADABLE),
        (lambda good, path: cut(good, path, 2000), UNREADABLE),
        (lambda good, path: cut(good, path, -1), UNREADABLE),
        (lambda good, path: path.write_bytes(good.read_bytes() + b'0'), UNREADABLE),
        (lambda good, path: flip_bit(good, path, 6), UNREADABLE),
        (lambda good, path: flip_after(good, path, b'"dtype":"F'), UNREADABLE),
        (lambda good, path: flip_after(good, path, b'"data_offsets":['), UNREADABLE),
        (lambda good, path: flip_after(good, path, b'[{\\"name\\": \\"'), OTHER_CLASSES),
        (lambda good, path: path.mkdir(), (*NO_FILE, 'found a folder')),
        (lambda good, path: None, (*NO_FILE, 'found none')),
        (lambda good, path: path.write_text('[1, 2, 3]'), UNREADABLE),
        (
            lambda good, path: save_file({'weight': np.zeros(2)}, path),
            ("without the metadata 'segnet_ros'", TRAINED_BY_US),
        ),
    ],
    ids=[
        'empty', 'cut in the size', 'cut in the header', 'one byte short', 'one byte more',
        'flipped in the size', 'flipped in a type', 'flipped in an offset', 'flipped in a name',
        'a folder', 'nothing', 'text', 'weights of something else',
    ],
)  # fmt: skip
def test_a_file_that_is_no_checkpoint_is_refused_and_labels_flow_on(
    segmentation: Segmentation,
    small_checkpoint: Path,
    other_checkpoint: Path,
    tmp_path: Path,
    spoil: Callable[[Path, Path], object],
    words: tuple[str, ...],
) -> None:
    path = tmp_path / 'bad.safetensors'
    spoil(other_checkpoint, path)
    assert_refused(segmentation, segmentation.reload(path), words)
    assert_like(segmentation.read_labels(), segment(small_checkpoint))


@pytest.mark.parametrize(
    'label_set',
    [
        load_label_set('sunrgbd'),
        replace(CAMVID, names=CAMVID.names[::-1]),
        replace(CAMVID, names=(*CAMVID.names[:-1], 'unicyclist')),
    ],
    ids=['another set', 'another order', 'another name'],
)
def test_other_classes_are_refused_and_labels_flow_on(
    segmentation: Segmentation,
    small_checkpoint: Path,
    save_small_checkpoint: Callable[..., None],
    tmp_path: Path,
    label_set: Any,
) -> None:
    path = tmp_path / 'bad.safetensors'
    save_small_checkpoint(path, label_set, seed=1)
    found = f'found {", ".join(label_set.names)};'
    assert_refused(segmentation, segmentation.reload(path), (*OTHER_CLASSES, found))
    assert_like(segmentation.read_labels(), segment(small_checkpoint))


class Malicious:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize('size', [0, 300], ids=['pickle', 'pickle in a header'])
def test_a_pickle_is_refused_and_not_executed(
    segmentation: Segmentation, small_checkpoint: Path, tmp_path: Path, size: int
) -> None:
    """Also where the pickle stands in place of the JSON of a safetensors file."""
    path, marker = tmp_path / 'bad.safetensors', tmp_path / 'executed'
    data = pickle.dumps(Malicious(marker))
    path.write_bytes(struct.pack('<Q', size) + data.ljust(size) if size else data)
    assert_refused(segmentation, segmentation.reload(path), UNREADABLE)
    assert not marker.exists()
    assert_like(segmentation.read_labels(), segment(small_checkpoint))


def test_a_flipped_bit_of_the_weights_is_refused_where_the_hash_is_given(
    segmentation: Segmentation, small_checkpoint: Path, other_checkpoint: Path, tmp_path: Path
) -> None:
    path = tmp_path / 'bad.safetensors'
    flip_bit(other_checkpoint, path, -1000)
    right = hashlib.sha256(other_checkpoint.read_bytes()).hexdigest()
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert_refused(
        segmentation,
        segmentation.reload(path, right),
        (f'expected SHA-256 {right}, found {found}', 'get the file again'),
    )
    assert_like(segmentation.read_labels(), segment(small_checkpoint))


def test_a_good_file_takes_over_and_the_old_one_may_come_back(
    segmentation: Segmentation, small_checkpoint: Path, other_checkpoint: Path
) -> None:
    assert np.mean(segment(small_checkpoint) == segment(other_checkpoint)) < 0.9
    right = hashlib.sha256(other_checkpoint.read_bytes()).hexdigest()
    for path, sha256 in ((other_checkpoint, right), (small_checkpoint, '')):
        answer = segmentation.reload(path, sha256)
        assert answer.success, answer.message
        assert '11 classes of camvid' in answer.message
        assert_like(segmentation.read_labels(), segment(path))
