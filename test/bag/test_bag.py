"""The command segnet_bag: bags come back whole, with the outputs beside the images."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
import json
from pathlib import Path
import sqlite3
from typing import Any

from bag_files import COMPRESSED
from bag_files import decode
from bag_files import draw
from bag_files import drive
from bag_files import IMAGE
from bag_files import LATCHED_QOS
from bag_files import make_compressed
from bag_files import make_image
from bag_files import read_bag
from bag_files import SENSOR_QOS
from bag_files import Sent
from bag_files import START
from bag_files import TOPICS
from bag_files import WHEEL
from bag_files import write_bag
import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import Reader
from segnet_ros.bag.image_messages import JPEG_QUALITY
from segnet_ros.core.predictor import Predictor
from segnet_ros.images.compression import encode_jpeg
import yaml

ROUNDS = 4
STORAGES = ('mcap', 'sqlite3')


def is_output(sent: Sent) -> bool:
    """Tell outputs from what was recorded."""
    return '/segnet/' in sent.topic


def read_information(folder: Path) -> dict[str, Any]:
    """Read metadata.yaml."""
    return dict(
        yaml.safe_load((folder / 'metadata.yaml').read_text())['rosbag2_bagfile_information']
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize('storage', STORAGES)
def test_a_bag_comes_back_whole_with_labels_beside_the_images(
    label_bag: Callable[..., int], small_checkpoint: Path, tmp_path: Path, storage: str
) -> None:
    sent = drive(ROUNDS)
    source = write_bag(tmp_path / 'in', sent, storage)
    before = snapshot(source)
    assert label_bag(source, tmp_path / 'out', '--batch-size', '3') == 0

    found = read_bag(tmp_path / 'out')
    assert [one for one in found if not is_output(one)] == read_bag(source) == sent
    predictor = Predictor.from_checkpoint(small_checkpoint)
    labels = 0
    for image, label in pairwise(found):
        if not is_output(label):
            continue
        labels += 1
        assert label.topic == f'/{image.topic.split("/")[1]}/segnet/label'
        assert label.stamp == image.stamp
        original = decode(image.data, TOPICS[image.topic][0])
        message = decode(label.data)
        assert message.header == original.header
        assert (message.encoding, message.step) == ('mono8', message.width)
        index = (image.stamp - START) // 100_000_000
        pixels = {
            'front': draw(1000 + index),
            'rear': draw(2000 + index),
            'side': draw(3000 + index, (40, 52)),
        }[message.header.frame_id]
        expected = predictor.predict(pixels).label
        assert expected is not None
        same = message.data.reshape(pixels.shape[:2]) == expected
        assert same.mean() > 0.99  # rounding depends on the size of the batch
    assert labels == 3 * ROUNDS
    assert snapshot(source) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ['in', 'out']


def test_ros_reads_the_outputs(label_bag: Callable[..., int], tmp_path: Path) -> None:
    pytest.importorskip('rclpy', reason='needs ROS 2')
    from rclpy.serialization import deserialize_message
    from sensor_msgs.msg import CompressedImage
    from sensor_msgs.msg import Image

    source = write_bag(tmp_path / 'in', drive(1), topics=TOPICS)
    options = ('--topics', '/front/image_raw', '--outputs', 'overlay', 'confidence')
    assert label_bag(source, tmp_path / 'raw', *options) == 0
    assert label_bag(source, tmp_path / 'compressed', *options, '--compressed') == 0
    for name, kind in (('raw', Image), ('compressed', CompressedImage)):
        outputs = [one for one in read_bag(tmp_path / name) if is_output(one)]
        overlay, confidence = (deserialize_message(one.data, kind) for one in outputs)
        for message in (overlay, confidence):
            assert message.header.frame_id == 'front'
            assert message.header.stamp.nanosec == (START - 7_000_000) % 10**9
        if kind is Image:
            assert (overlay.encoding, overlay.height, overlay.step) == ('rgb8', 48, 3 * 64)
            assert len(overlay.data) == 48 * 3 * 64
        else:
            assert cv2.imdecode(np.asarray(confidence.data), cv2.IMREAD_UNCHANGED).ndim == 2


def test_what_was_labeled_before_is_no_camera(
    label_bag: Callable[..., int], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'in', drive(1))
    names = ('day', 'night', 'segnet')
    for name in names:
        labeled = tmp_path / name
        assert label_bag(bag, labeled, '--name', name, '--outputs', 'color') == 0
        bag = labeled
    topics = read_information(bag)['topics_with_message_count']
    outputs = {f'/{camera}/{name}/color' for camera in ('front', 'rear', 'side') for name in names}
    assert {one['topic_metadata']['name'] for one in topics} == set(TOPICS) | outputs


@pytest.mark.parametrize('storage', STORAGES)
def test_what_the_bag_says_of_its_topics_is_kept(
    label_bag: Callable[..., int], tmp_path: Path, storage: str
) -> None:
    source = write_bag(tmp_path / 'in', drive(1), storage)
    assert label_bag(source, tmp_path / 'out') == 0
    with Reader(source) as old, Reader(tmp_path / 'out') as new:
        after = {one.topic: one for one in new.connections}
        for before in old.connections:
            same = after[before.topic]._replace(id=before.id, owner=before.owner)
            assert same == before
        assert new.storage.metadata.custom['robot'] == 'number 5'
        (ours,) = json.loads(new.storage.metadata.custom['segnet_ros'])
        assert ours['classes'][:2] == ['sky', 'building']
        (qos,) = after['/front/segnet/label'].ext.offered_qos_profiles
        assert (qos.reliability, qos.depth) == (LATCHED_QOS.reliability, 1)
        assert after['/front/segnet/label'].digest == after['/front/image_raw'].digest
        assert new.message_count == old.message_count + 3
        assert (new.start_time, new.end_time) == (old.start_time, old.end_time)
    with AnyReader([tmp_path / 'out']) as reader:  # by the definition in the bag
        wheels = [one for one in reader.connections if one.topic == '/wheel']
        ticks = [reader.deserialize(data, WHEEL).ticks for _, _, data in reader.messages(wheels)]
    assert ticks == [0, 1, 2, 3]
    information = read_information(tmp_path / 'out')
    assert (information['version'], information['storage_identifier']) == (9, storage)


def test_outputs_can_be_overlays_and_compressed(
    label_bag: Callable[..., int], small_checkpoint: Path, tmp_path: Path
) -> None:
    source = write_bag(tmp_path / 'in', drive(1))
    options = ('--outputs', 'label', 'overlay', '--compressed', '--opacity', '0.25')
    assert label_bag(source, tmp_path / 'out', *options, '--topics', '/rear/image_raw') == 0
    found = {one.topic: one for one in read_bag(tmp_path / 'out') if is_output(one)}
    assert list(found) == ['/rear/segnet/label/compressed', '/rear/segnet/overlay/compressed']
    label, overlay = (decode(one.data, COMPRESSED) for one in found.values())
    expected = Predictor.from_checkpoint(small_checkpoint).predict(
        draw(2000), ('label', 'overlay'), 0.25
    )
    assert label.format == 'mono8; png compressed '
    assert np.array_equal(cv2.imdecode(label.data, cv2.IMREAD_UNCHANGED), expected.label)
    assert overlay.format == 'rgb8; jpeg compressed bgr8'
    assert np.array_equal(overlay.data, encode_jpeg(expected.overlay, JPEG_QUALITY).reshape(-1))


@pytest.mark.parametrize(
    'mode', [CompressionMode.MESSAGE, CompressionMode.FILE, CompressionMode.STORAGE]
)
def test_compressed_bags_stay_compressed(
    label_bag: Callable[..., int], tmp_path: Path, mode: CompressionMode
) -> None:
    sent = drive(2)
    source = write_bag(tmp_path / 'in', sent, compression=mode)
    assert label_bag(source, tmp_path / 'out') == 0
    found = read_bag(tmp_path / 'out')
    assert [one for one in found if not is_output(one)] == sent
    names = ('compression_mode', 'compression_format')
    old, new = read_information(source), read_information(tmp_path / 'out')
    assert [new[name] for name in names] == [old[name] for name in names]
    (file,) = new['relative_file_paths']
    assert (
        max(found, key=lambda one: len(one.data)).data
        not in (tmp_path / 'out' / file).read_bytes()
    )


def test_the_storage_can_be_changed(label_bag: Callable[..., int], tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', drive(2), 'sqlite3')
    assert label_bag(source, tmp_path / 'out', '--storage', 'mcap') == 0
    assert label_bag(source, tmp_path / 'same') == 0
    assert (tmp_path / 'out' / 'out_0.mcap').exists()
    assert read_bag(tmp_path / 'out') == read_bag(tmp_path / 'same')


def test_large_bags_become_several_files(label_bag: Callable[..., int], tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', drive(6))
    assert label_bag(source, tmp_path / 'one', '--batch-size', '1') == 0
    options = ('--batch-size', '1', '--max-file-size', '0.05')
    assert label_bag(source, tmp_path / 'several', *options) == 0
    information = read_information(tmp_path / 'several')
    files = information['relative_file_paths']
    assert files == [f'several_{index}.mcap' for index in range(len(files))]
    assert len(files) > 2
    assert read_bag(tmp_path / 'several') == read_bag(tmp_path / 'one')
    single = read_information(tmp_path / 'one')
    for name in ('message_count', 'duration', 'starting_time', 'topics_with_message_count'):
        assert information[name] == single[name]
    assert sum(file['message_count'] for file in information['files']) == single['message_count']


def test_bags_of_several_files_are_read_in_their_order(
    label_bag: Callable[..., int], tmp_path: Path
) -> None:
    sent = drive(6)
    assert (
        label_bag(write_bag(tmp_path / 'in', sent), tmp_path / 'split', '--max-file-size', '0.05')
        == 0
    )
    assert label_bag(tmp_path / 'split', tmp_path / 'again', '--name', 'other') == 0
    found = read_bag(tmp_path / 'again')
    assert [one for one in found if '/other/' not in one.topic] == read_bag(tmp_path / 'split')
    assert len(read_information(tmp_path / 'again')['files']) == len(
        read_information(tmp_path / 'split')['files']
    )


def test_images_that_cannot_be_labeled_are_kept_and_reported(
    label_bag: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = drive(3)
    strange = make_image(START + 1, 'fron', draw(0), encoding='plaid8')
    cut = make_compressed(START + 2, 'side', draw(1), -40)
    sent[2:2] = [
        Sent('/front/image_raw', START + 1, strange),
        Sent('/side/image_raw/compressed', START + 2, cut),
        Sent('/side/image_raw/compressed', START + 3, b'\0\1\0\0'),
    ]
    source = write_bag(tmp_path / 'in', sent)
    assert label_bag(source, tmp_path / 'out', '--batch-size', '4') == 3
    found = read_bag(tmp_path / 'out')
    assert [one for one in found if not is_output(one)] == sent
    assert sum(map(is_output, found)) == 9
    printed = capsys.readouterr().out
    assert '9 images labeled' in printed
    (front,) = [line for line in printed.splitlines() if '/front/image_raw: 1 without' in line]
    assert 'expected encoding rgb8' in front
    assert "found 'plaid8'" in front
    assert (
        '/side/image_raw/compressed: 2 without labels, the first because: expected a complete'
        in printed
    )


def test_an_empty_topic_and_a_bag_without_messages_come_back(
    label_bag: Callable[..., int], tmp_path: Path
) -> None:
    assert label_bag(write_bag(tmp_path / 'in', []), tmp_path / 'out') == 0
    assert read_bag(tmp_path / 'out') == []
    with Reader(tmp_path / 'out') as reader:
        assert '/front/segnet/label' in {one.topic for one in reader.connections}


def test_a_bag_of_humble_without_definitions_stays_readable(
    label_bag: Callable[..., int], tmp_path: Path
) -> None:
    """Its databases have neither definitions nor hashes of types."""
    sent = drive(2)
    source = write_bag(tmp_path / 'in', sent, 'sqlite3', version=8)
    with sqlite3.connect(source / 'in.db3') as database:
        database.execute('DROP TABLE message_definitions')
        database.execute('ALTER TABLE topics DROP COLUMN type_description_hash')
        database.execute('UPDATE schema SET schema_version = 3')
    database.close()
    metadata = yaml.safe_load((source / 'metadata.yaml').read_text())
    information = metadata['rosbag2_bagfile_information']
    information['version'] = 5
    for entry in information['topics_with_message_count']:
        del entry['topic_metadata']['type_description_hash']
    (source / 'metadata.yaml').write_text(yaml.safe_dump(metadata))

    for storage in STORAGES:
        assert label_bag(source, tmp_path / storage, '--storage', storage) == 0
        assert [one for one in read_bag(tmp_path / storage) if not is_output(one)] == sent
        assert read_information(tmp_path / storage)['version'] == 8
        with AnyReader([tmp_path / storage]) as reader:
            images = [one for one in reader.connections if one.topic == '/front/segnet/label']
            (first, *_) = (
                reader.deserialize(data, IMAGE) for _, _, data in reader.messages(images)
            )
            assert first.encoding == 'mono8'


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (('--topics', '/wheel'), ('/front/image_raw', 'found /wheel')),
        (('--topics', '/none'), ('/front/image_raw', 'found /none')),
        (('--opacity', '2'), ('--opacity from 0 to 1',)),
        (('--checkpoint', 'none.safetensors'), ('no checkpoint',)),
    ],
)
def test_bad_options_are_told_in_a_line_and_leave_nothing(
    label_bag: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    source = write_bag(tmp_path / 'in', drive(1))
    assert label_bag(source, tmp_path / 'out', *options) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert [word for word in words if word not in line] == []
    assert [path.name for path in tmp_path.iterdir()] == ['in']


def test_what_is_not_a_bag_is_refused(
    label_bag: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'text.mcap').write_text('not a bag')
    (tmp_path / 'text.db3').write_text('not a bag')
    wheels = write_bag(tmp_path / 'wheels', [], topics={'/wheel': (WHEEL, SENSOR_QOS)})
    for source, word in (
        (tmp_path / 'none', 'no bag at'),
        (tmp_path / 'empty', 'expected a bag in'),
        (tmp_path / 'text.mcap', 'found neither'),
        (tmp_path / 'text.db3', 'found neither'),
        (wheels, 'expected a topic of a camera'),
    ):
        assert label_bag(source, tmp_path / 'out') == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert word in line
    assert not list(tmp_path.glob('out*'))


def test_a_bag_that_is_there_is_not_overwritten(
    label_bag: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_bag(tmp_path / 'in', drive(1))
    before = snapshot(source)
    assert label_bag(source, source) == 1
    assert 'choose another OUT' in capsys.readouterr().err
    assert snapshot(source) == before
    assert [path.name for path in tmp_path.iterdir()] == ['in']


def test_nothing_is_begun_where_no_bag_can_appear(
    label_bag: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = write_bag(tmp_path / 'in', drive(1))
    (tmp_path / 'link').symlink_to('nowhere')
    monkeypatch.chdir(tmp_path)
    for target in ('link', '.', '/'):
        assert label_bag(source, Path(target)) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert f"expected no '{target}'" in line
    assert {path.name for path in tmp_path.iterdir()} == {'in', 'link'}
