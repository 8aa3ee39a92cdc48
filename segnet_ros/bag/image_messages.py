"""Image messages of a bag to RGB, and outputs of the network to image messages."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from typing import cast
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from rosbags.typesys.store import Typestore
from segnet_ros.images.compressed_images import compressed_to_rgb
from segnet_ros.images.compression import encode_jpeg
from segnet_ros.images.compression import encode_png
from segnet_ros.images.compression import JPEG_FORMAT
from segnet_ros.images.compression import name_png_format
from segnet_ros.images.outputs import OUTPUT_ENCODINGS
from segnet_ros.images.outputs import WITH_LOSS
from segnet_ros.images.raw_images import raw_to_rgb
from segnet_ros.images.received import Origin
from segnet_ros.images.received import read_file
from segnet_ros.images.received import read_image
from segnet_ros.images.received import ReceivedFile
from segnet_ros.images.received import ReceivedImage

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
JPEG_QUALITY = 80
"""That of the node, unless it is told another."""
PNG_LEVEL = 1
"""Likewise."""


class CameraImage(NamedTuple):
    """An image, decoded."""

    origin: Origin
    """As recorded, for the outputs."""
    pixels: NDArray[np.uint8]
    """RGB, (H, W, 3)."""


@lru_cache(maxsize=1)
def get_types() -> Typestore:
    """Get the message types of ROS 2; those with images are the same in every distribution."""
    return get_typestore(Stores.LATEST)


def decode_image(data: bytes, msgtype: str) -> CameraImage:
    """
    Decode an image.

    :param data: the serialized message
    :param msgtype: ``RAW`` or ``COMPRESSED``
    :raises ImageError: if it cannot be read
    """
    message: ReceivedImage | ReceivedFile
    if msgtype == RAW:
        message = read_image(data)
        pixels = raw_to_rgb(message)
    else:
        message = read_file(data)
        pixels = compressed_to_rgb(message)
    # PyTorch warns of memory that it could not write to, such as that of the message.
    return CameraImage(message.origin, pixels if pixels.flags.writeable else pixels.copy())


def write_output(name: str, array: NDArray[np.uint8], origin: Origin, compressed: bool) -> bytes:
    """
    Serialize an output of the network as the node would publish it.

    :param name: of the output, a key of ``OUTPUT_ENCODINGS``
    :param array: the output, uint8 (H, W) or (H, W, 3)
    :param origin: that of the camera's image
    :param compressed: whether to encode it, as PNG or JPEG
    :raises ValueError: if the array does not fit into such a file
    """
    if compressed:
        return _serialize(COMPRESSED, origin, *_encode(name, array))
    height, width = array.shape[:2]
    step = width * (array.shape[2] if array.ndim == 3 else 1)
    data = np.ascontiguousarray(array).reshape(-1)
    return _serialize(RAW, origin, height, width, OUTPUT_ENCODINGS[name], 0, step, data)


def _encode(name: str, array: NDArray[np.uint8]) -> tuple[str, NDArray[np.uint8]]:
    """Encode an output; also names the format."""
    if name in WITH_LOSS:
        return JPEG_FORMAT, encode_jpeg(array, JPEG_QUALITY)
    return name_png_format(array), encode_png(array, PNG_LEVEL)


def _serialize(msgtype: str, origin: Origin, *fields: Any) -> bytes:
    types = get_types()
    stamp = types.types['builtin_interfaces/msg/Time'](origin.sec, origin.nanosec)
    header = types.types['std_msgs/msg/Header'](stamp, origin.frame_id)
    message = types.types[msgtype](header, *fields)
    return bytes(types.serialize_cdr(cast('object', message), msgtype))
