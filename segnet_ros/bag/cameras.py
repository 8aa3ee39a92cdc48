"""Which topics of a bag are labeled, and where the outputs go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import re
from typing import NamedTuple

from segnet_ros.bag.image_messages import COMPRESSED
from segnet_ros.bag.image_messages import RAW
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import TopicKey
from segnet_ros.bag.source.source_bag import SourceBag
from segnet_ros.images.encodings import ENCODINGS
from segnet_ros.images.image_error import ImageError
from segnet_ros.images.image_error import shorten
from segnet_ros.images.outputs import OUTPUT_ENCODINGS
from segnet_ros.images.received import read_file
from segnet_ros.images.received import read_image

DEFAULT_NAME = 'segnet'
"""Of the node that outputs are named after."""
_COMPRESSED_PART = '/compressed'


class Camera(NamedTuple):
    """A topic with images to label."""

    key: TopicKey
    outputs: tuple[str, ...]
    """Topics of the outputs, in the order of the outputs asked for."""


class Choice(NamedTuple):
    """Which topics are labeled, and which are not."""

    keys: list[TopicKey]
    left_out: dict[str, str]
    """Reason by name, of topics that have images as well."""


def choose_topics(bag: SourceBag, names: Sequence[str]) -> Choice:
    """
    Choose the topics to label.

    :param names: of the topics; none for all that look like those of a camera
    :raises ValueError: if there is no such topic
    """
    keys = [topic.key for topic in bag.topics if topic.key.msgtype in (RAW, COMPRESSED)]
    if names:
        return Choice(_find_named(keys, names), {})
    reasons = {key: _find_objection(bag, key, keys) for key in keys}
    chosen = [key for key in keys if not reasons[key]]
    left_out = {key.name: reason for key, reason in reasons.items() if reason}
    if not chosen:
        others = [f'{name} ({reason})' for name, reason in left_out.items()]
        raise ValueError(
            f'expected a topic of a camera, {RAW} or {COMPRESSED}, found'
            f' {", ".join(others) or "none"}; name the --topics, or take another bag'
        )
    return Choice(chosen, left_out)


def _find_named(keys: list[TopicKey], names: Sequence[str]) -> list[TopicKey]:
    known = {key.name for key in keys}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f'expected --topics out of {", ".join(sorted(known)) or "none"}, which have images,'
            f' found {", ".join(unknown)}; correct the name'
        )
    return [key for key in keys if key.name in names]


def _find_objection(bag: SourceBag, key: TopicKey, keys: list[TopicKey]) -> str:
    """Tell why a topic does not look like a camera's; empty if it does."""
    if _find_outputs(bag).fullmatch(key.name):
        return 'it is an output of this package'
    raw = TopicKey(key.name.removesuffix(_COMPRESSED_PART), RAW)
    is_repeated = key.msgtype == COMPRESSED and bag.counts[raw] >= bag.counts[key] > 0
    if is_repeated and raw in keys and not _find_objection(bag, raw, keys):
        return f'{raw.name} has the same images'
    first = bag.read_first(key)
    return _find_objection_to_kind(first) if first else ''


def _find_outputs(bag: SourceBag) -> re.Pattern[str]:
    """Make the pattern of the topics that a node of this package, or a labeling, has written."""
    names = {DEFAULT_NAME, *(str(one.get('name')) for one in bag.labelings)}
    nodes, outputs = ('|'.join(map(re.escape, sorted(some))) for some in (names, OUTPUT_ENCODINGS))
    return re.compile(rf'.*/({nodes})/(.*/)?({outputs})(/compressed)?')


def _find_objection_to_kind(message: Message) -> str:
    """Tell why a message has no image of colors; empty if it has, or as far as one can tell."""
    try:
        if message.key.msgtype == COMPRESSED:
            has_depths = 'compressedDepth' in read_file(message.data).format
            return 'it has depths' if has_depths else ''
        encoding = read_image(message.data).encoding
    except ImageError:
        return ''  # the report counts it
    if encoding in ENCODINGS:
        return ''
    return f'its encoding {shorten(encoding)!r} is not one of colors that can be read'


def name_outputs(
    keys: Sequence[TopicKey], outputs: Sequence[str], node: str, compressed: bool
) -> list[Camera]:
    """
    Name the topics of the outputs as a node in the namespace of the camera would.

    /front/image_raw becomes /front/segnet/label. Where several of a namespace are labeled,
    /front/left becomes /front/segnet/left/label, as of a node with the camera ``left``.

    :param keys: topics to label
    :param outputs: keys of ``OUTPUT_ENCODINGS``
    :param node: name of the node
    :param compressed: whether the outputs are compressed images
    """
    suffix = _COMPRESSED_PART if compressed else ''
    bases = [_split(key.name.removesuffix(_COMPRESSED_PART)) for key in keys]
    namespaces = Counter(namespace for namespace, _ in bases)
    repeated = Counter(bases)
    cameras = []
    for key, base in zip(keys, bases, strict=True):
        namespace, leaf = base
        prefix = f'{namespace}/{node}'
        if namespaces[namespace] > 1:
            full = key.name.removeprefix(f'{namespace}/')
            prefix += f'/{full if repeated[base] > 1 else leaf}'
        topics = tuple(f'{prefix}/{output}{suffix}' for output in outputs)
        cameras.append(Camera(key, topics))
    return cameras


def _split(name: str) -> tuple[str, str]:
    namespace, _, leaf = name.rpartition('/')
    return namespace, leaf


def check_names(cameras: Sequence[Camera], bag: SourceBag, node: str) -> None:
    """
    Make sure that no output goes into a topic that the bag has.

    :raises ValueError: if one would
    """
    taken = {topic.key.name for topic in bag.topics}
    found = [name for camera in cameras for name in camera.outputs if name in taken]
    if found:
        raise ValueError(
            f'expected a bag without the topic {found[0]}, where labels would go, found one;'
            f' choose another --name than {node}'
        )
