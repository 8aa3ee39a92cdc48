"""Which topics are labeled without being named, and where their outputs go."""

from __future__ import annotations

from pathlib import Path

from bag_files import COMPRESSED
from bag_files import draw
from bag_files import IMAGE
from bag_files import make_compressed
from bag_files import make_image
from bag_files import SENSOR_QOS
from bag_files import Sent
from bag_files import START
from bag_files import TYPES
from bag_files import write_bag
import pytest
from segnet_ros.bag.cameras import check_names
from segnet_ros.bag.cameras import choose_topics
from segnet_ros.bag.cameras import name_outputs
from segnet_ros.bag.source.messages import TopicKey
from segnet_ros.bag.source.source_bag import SourceBag
import yaml


def make_bag(folder: Path, encodings: dict[str, str]) -> SourceBag:
    """Make a bag with one image of each topic; what is no encoding is a format of compression."""
    topics = {}
    sent = []
    for name, encoding in encodings.items():
        is_compressed = ' ' in encoding
        topics[name] = (COMPRESSED if is_compressed else IMAGE, SENSOR_QOS)
        if is_compressed:
            data = make_compressed(START, 'x', draw(0))
            message = TYPES.deserialize_cdr(data, COMPRESSED)
            message.format = encoding
            data = bytes(TYPES.serialize_cdr(message, COMPRESSED))
        else:
            data = make_image(START, 'x', draw(0), encoding)
        sent.append(Sent(name, START, data))
    return SourceBag(write_bag(folder / 'in', sent, topics=topics), folder)


def name(keys: list[str], node: str = 'segnet', compressed: bool = False) -> list[str]:
    """Name the labels of topics."""
    kinds = [COMPRESSED if key.endswith('/compressed') else IMAGE for key in keys]
    topics = [TopicKey(*pair) for pair in zip(keys, kinds, strict=True)]
    cameras = name_outputs(topics, ['label'], node, compressed)
    return [camera.outputs[0] for camera in cameras]


def test_topics_that_look_like_cameras_are_chosen(tmp_path: Path) -> None:
    bag = make_bag(
        tmp_path,
        {
            '/cam/image_raw': 'bgr8',
            '/cam/image_raw/compressed': 'bgr8; jpeg compressed bgr8',
            '/cam/segnet/label': 'mono8',
            '/segnet/front/overlay/compressed': 'rgb8; jpeg compressed bgr8',
            '/depth/image_raw': '16UC1',
            '/depth/image_raw/compressedDepth': '16UC1; compressedDepth png',
            '/rear/image_raw/compressed': 'bgr8; jpeg compressed bgr8',
            '/bayer': 'bayer_rggb8',
        },
    )
    chosen = choose_topics(bag, [])
    assert [key.name for key in chosen.keys] == [
        '/cam/image_raw',
        '/rear/image_raw/compressed',
        '/bayer',
    ]
    assert set(chosen.left_out) == {
        '/cam/image_raw/compressed',
        '/cam/segnet/label',
        '/segnet/front/overlay/compressed',
        '/depth/image_raw',
        '/depth/image_raw/compressedDepth',
    }
    assert '16UC1' in chosen.left_out['/depth/image_raw']


def test_topics_that_are_named_are_chosen_whatever_they_are(tmp_path: Path) -> None:
    bag = make_bag(tmp_path, {'/depth/image_raw': '16UC1', '/cam/segnet/label': 'mono8'})
    names = ['/cam/segnet/label', '/depth/image_raw']
    assert [key.name for key in choose_topics(bag, names).keys] == names[::-1]
    with pytest.raises(ValueError, match=r'expected a topic of a camera.*/depth/image_raw \(its'):
        choose_topics(bag, [])


def test_outputs_are_named_as_those_of_a_node_beside_the_camera() -> None:
    assert name(['/image_raw']) == ['/segnet/label']
    assert name(['/front/image_raw', '/robot/rear/image_raw/compressed']) == [
        '/front/segnet/label',
        '/robot/rear/segnet/label',
    ]
    assert name(['/front/image_raw'], 'net', True) == ['/front/net/label/compressed']


def test_outputs_of_several_topics_of_a_namespace_differ() -> None:
    assert name(['/stereo/left', '/stereo/right', '/image']) == [
        '/stereo/segnet/left/label',
        '/stereo/segnet/right/label',
        '/segnet/label',
    ]
    assert name(['/cam/image_raw', '/cam/image_raw/compressed']) == [
        '/cam/segnet/image_raw/label',
        '/cam/segnet/image_raw/compressed/label',
    ]


def test_labels_do_not_go_into_a_topic_that_is_there(tmp_path: Path) -> None:
    bag = make_bag(tmp_path, {'/cam/image_raw': 'bgr8', '/cam/segnet/label': 'mono8'})
    cameras = name_outputs(choose_topics(bag, []).keys, ['label'], 'segnet', False)
    with pytest.raises(ValueError, match='without the topic /cam/segnet/label'):
        check_names(cameras, bag, 'segnet')
    check_names(cameras, make_bag(tmp_path / 'other', {'/cam/image_raw': 'bgr8'}), 'segnet')


@pytest.mark.parametrize(
    ('custom', 'chosen', 'damage'),
    [
        ({'segnet_ros': '[{"name": "night"}]'}, 1, 0),
        ({'segnet_ros': '{"name": "night"}'}, 2, 0),
        ({'segnet_ros': 'night'}, 2, 0),
        ({'segnet_ros': 7}, 2, 0),
        (None, 2, 0),
        (['night'], 2, 1),
    ],
)
def test_earlier_labelings_are_read_as_far_as_they_are_ours(
    tmp_path: Path, custom: object, chosen: int, damage: int
) -> None:
    make_bag(tmp_path, {'/cam/image_raw': 'bgr8', '/cam/night/overlay': 'rgb8'})
    file = tmp_path / 'in' / 'metadata.yaml'
    content = yaml.safe_load(file.read_text())
    content['rosbag2_bagfile_information']['custom_data'] = custom
    file.write_text(yaml.safe_dump(content))
    bag = SourceBag(tmp_path / 'in', tmp_path)
    assert len(choose_topics(bag, []).keys) == chosen
    assert len(bag.damage) == damage
