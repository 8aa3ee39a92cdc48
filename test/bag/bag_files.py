"""Bags to label, made of real messages, and what is in a bag afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.interfaces import Qos
from rosbags.interfaces import QosDurability
from rosbags.interfaces import QosHistory
from rosbags.interfaces import QosLiveliness
from rosbags.interfaces import QosReliability
from rosbags.interfaces import QosTime
from rosbags.rosbag2 import CompressionFormat
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import Reader
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

TYPES = get_typestore(Stores.ROS2_JAZZY)
TYPES.register(get_types_from_msg('uint64 ticks\nfloat32 torque\n', 'robot_msgs/msg/Wheel'))
START = 1_700_000_000_000_000_000
"""First stamp, in ns."""
SIZE = (48, 64)
FOREVER = QosTime(9223372036, 854775807)
SENSOR_QOS = Qos(
    QosHistory.KEEP_LAST,
    5,
    QosReliability.BEST_EFFORT,
    QosDurability.VOLATILE,
    FOREVER,
    FOREVER,
    QosLiveliness.AUTOMATIC,
    FOREVER,
    False,
)
LATCHED_QOS = SENSOR_QOS._replace(
    reliability=QosReliability.RELIABLE, durability=QosDurability.TRANSIENT_LOCAL
)

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
WHEEL = 'robot_msgs/msg/Wheel'
TOPICS = {
    '/front/image_raw': (IMAGE, SENSOR_QOS),
    '/rear/image_raw': (IMAGE, SENSOR_QOS),
    '/side/image_raw/compressed': (COMPRESSED, SENSOR_QOS),
    '/wheel': (WHEEL, LATCHED_QOS),
}


class Sent(NamedTuple):
    """A message of a bag."""

    topic: str
    stamp: int
    data: bytes


def make_header(stamp: int, frame: str) -> Any:
    """Make a header, whose stamp is 7 ms before that of the bag."""
    seconds, nanoseconds = divmod(stamp - 7_000_000, 10**9)
    time = TYPES.types['builtin_interfaces/msg/Time'](seconds, nanoseconds)
    return TYPES.types['std_msgs/msg/Header'](time, frame)


def draw(seed: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Draw blots, RGB."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def make_image(stamp: int, frame: str, pixels: NDArray[np.uint8], encoding: str = 'rgb8') -> bytes:
    """Make an image whose rows are padded by 4 bytes."""
    height, width = pixels.shape[:2]
    padded = np.pad(pixels.reshape(height, -1), ((0, 0), (0, 4)))
    message = TYPES.types[IMAGE](
        make_header(stamp, frame), height, width, encoding, 0, padded.shape[1], padded.reshape(-1)
    )
    return bytes(TYPES.serialize_cdr(message, IMAGE))


def make_compressed(
    stamp: int, frame: str, pixels: NDArray[np.uint8], end: int | None = None
) -> bytes:
    """Make a PNG, that may be cut off at an end."""
    file = cv2.imencode('.png', pixels[..., ::-1])[1][:end]
    message = TYPES.types[COMPRESSED](make_header(stamp, frame), 'png', np.asarray(file))
    return bytes(TYPES.serialize_cdr(message, COMPRESSED))


def make_wheel(stamp: int, ticks: int) -> bytes:
    """Make a message of a type that only the bag knows."""
    return bytes(TYPES.serialize_cdr(TYPES.types[WHEEL](ticks, 0.5), WHEEL))


def drive(rounds: int) -> list[Sent]:
    """Record rounds of one image of each camera, two of them at the same time, and four wheels."""
    sent = []
    for index in range(rounds):
        stamp = START + index * 100_000_000
        for topic, seed in (('/front/image_raw', 1000), ('/rear/image_raw', 2000)):
            sent.append(
                Sent(topic, stamp, make_image(stamp, topic.split('/')[1], draw(seed + index)))
            )
        later = stamp + 10_000_000
        picture = draw(3000 + index, (40, 52))
        side = make_compressed(later, 'side', picture)
        sent.append(Sent('/side/image_raw/compressed', later, side))
        for wheel in range(4):
            tick = later + wheel * 20_000_000
            sent.append(Sent('/wheel', tick, make_wheel(tick, 4 * index + wheel)))
    return sent


def write_bag(
    path: Path,
    sent: Iterable[Sent],
    storage: str = 'mcap',
    topics: dict[str, tuple[str, Qos]] = TOPICS,
    compression: CompressionMode = CompressionMode.NONE,
    version: Any = 9,
) -> Path:
    """Write a bag."""
    writer = Writer(path, version=version, storage_plugin=StoragePlugin[storage.upper()])
    writer.set_compression(compression, CompressionFormat.ZSTD)
    writer.set_custom_data('robot', 'number 5')
    with writer:
        connections = {
            name: writer.add_connection(name, msgtype, typestore=TYPES, offered_qos_profiles=[qos])
            for name, (msgtype, qos) in topics.items()
        }
        for one in sent:
            writer.write(connections[one.topic], one.stamp, one.data)
    return path


def read_bag(path: Path) -> list[Sent]:
    """Read all messages, in the order of playing."""
    with Reader(path) as reader:
        return [Sent(one.topic, stamp, bytes(data)) for one, stamp, data in reader.messages()]


def decode(data: bytes, msgtype: str = IMAGE) -> Any:
    """Deserialize a message."""
    return TYPES.deserialize_cdr(data, msgtype)
