"""
Print the configuration of Nav2's semantic segmentation layer: ``segnet_nav2_config``.

The layer gives every class a cost in the costmap, and wants each one named.

Source: the parameters that github.com/kiwicampus/semantic_segmentation_layer declares, the same on
its branches humble, jazzy and rolling (the latter at commit a70cf6e).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import json
import re
import sys
from typing import Any
from typing import NamedTuple

from segnet_ros.core.checkpoint_file import read_label_set

LAYER = 'semantic_segmentation_layer'
SOURCE = 'camera'
HEADING = """\
# The {} classes of label set {}. The costs are examples: set them for your robot.
# Put the layer under ros__parameters of a costmap, and its name into the plugins there, before
# the inflation layer."""
TOPIC = re.compile(r'/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*/?', re.ASCII)


class ClassType(NamedTuple):
    """Classes of the same cost; fields and units are the layer's."""

    name: str
    classes: tuple[str, ...]
    base_cost: int = 0
    """Of a cell where the class was seen; 0 (changes nothing) to 254 (obstacle)."""
    max_cost: int = 0
    """The same once it was seen often and surely enough."""
    mark_confidence: int = 0
    """What the mean confidence must exceed for the highest cost, 0 to 255."""
    samples_to_max_cost: int = 0
    """Images with the class in the cell for the highest cost."""
    dominant_priority: bool = False
    """Whether one image outweighs all that was seen in the cell of other classes."""


CLASS_TYPES = (
    ClassType('traversable', ('road',)),
    ClassType('avoided', ('pavement',), 50, 100, 128, 3),
    ClassType('obstacle', ('building', 'pole', 'tree', 'sign', 'fence'), 100, 254, 128, 3),
    ClassType('moving', ('car', 'pedestrian', 'bicyclist'), 254, 254, dominant_priority=True),
    ClassType('without_cost', ('sky',)),
)
"""Example for the classes of CamVid. Layers are combined by their maximum, so 0 frees no cell."""
OTHERS = ClassType('unrated', ())
"""For classes of other names."""


def main(args: list[str] | None = None) -> int:
    """
    Print the configuration.

    :param args: arguments; None for those of the process
    :return: exit code: 1 if the checkpoint cannot be read
    """
    options = _make_parser().parse_args(args)
    try:
        label_set = read_label_set(options.checkpoint)
    except (ValueError, OSError) as error:
        print(f'segnet_nav2_config: error: {error}', file=sys.stderr)
        return 1
    heading = HEADING.format(label_set.num_classes, json.dumps(label_set.name))
    config = make_config(label_set.names, options.prefix, options.pointcloud)
    print(heading, *_write_yaml(config), sep='\n')
    return 0


def make_config(names: Sequence[str], prefix: str, pointcloud: str) -> dict[str, Any]:
    """
    Configure the layer for one camera.

    :param names: of all classes of the checkpoint
    :param prefix: of the node's topics, such as ``/segnet``
    :param pointcloud: topic of a point for every pixel of the label image
    :return: parameters of the layer, nested by its name
    """
    types = group_classes(names)
    source = {
        'segmentation_topic': f'{prefix}/label',
        'confidence_topic': f'{prefix}/confidence',
        'labels_topic': f'{prefix}/label_info',
        'pointcloud_topic': pointcloud,
        'max_obstacle_distance': 5.0,  # meters, as is the next one
        'min_obstacle_distance': 0.3,
        'tile_map_decay_time': 5.0,  # seconds
        'use_cost_selection': True,  # of several classes in a cell the one of the highest cost
        'class_types': [entry.name for entry in types],
    }
    for entry in types:
        values = entry._asdict()
        source[values.pop('name')] = values
    layer = {
        'plugin': f'{LAYER}::SemanticSegmentationLayer',
        'enabled': True,
        'combination_method': 1,  # maximum
        'observation_sources': SOURCE,
        SOURCE: source,
    }
    return {LAYER: layer}


def group_classes(names: Sequence[str]) -> list[ClassType]:
    """
    Sort classes by type.

    :param names: each once
    :return: types with the classes of these names; none is empty, which the layer reports as error
    """
    types = [
        entry._replace(classes=tuple(name for name in names if name in entry.classes))
        for entry in CLASS_TYPES
    ]
    known = {name for entry in types for name in entry.classes}
    types.append(OTHERS._replace(classes=tuple(name for name in names if name not in known)))
    return [entry for entry in types if entry.classes]


def _write_yaml(values: Mapping[str, Any], indent: str = '') -> Iterator[str]:
    """Write lines with every text in quotes, so that no name is read as a number or as a word."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f'{indent}{key}:'
            yield from _write_yaml(value, indent + '  ')
        else:
            yield f'{indent}{key}: {json.dumps(value, ensure_ascii=False)}'


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_nav2_config',
        description='Print the YAML with which the semantic segmentation layer of Nav2'
        ' (github.com/kiwicampus/semantic_segmentation_layer) puts the classes of a checkpoint'
        ' into a costmap. Every class is in it; the costs are examples for those of CamVid,'
        ' others change nothing until you rate them.',
    )
    parser.add_argument(
        '--pointcloud',
        type=parse_topic,
        required=True,
        metavar='TOPIC',
        help='PointCloud2 of the same camera, with a point for every pixel of its image and the'
        ' stamp of the image, such as /camera/depth/points',
    )
    parser.add_argument(
        '--prefix',
        type=parse_topic,
        default='/segnet',
        metavar='TOPIC',
        help='namespace and name of the node, which its topics begin with (%(default)s)',
    )
    parser.add_argument(
        '--checkpoint', default='', metavar='FILE', help='weights (those of the package)'
    )
    return parser


def parse_topic(text: str) -> str:
    """
    Read the name of a topic; make it absolute, because costmaps have namespaces of their own.

    :raises argparse.ArgumentTypeError: if it is not one
    """
    if not TOPIC.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"expected a topic such as /camera/points, got '{text}'; correct it"
        )
    return '/' + text.strip('/')


if __name__ == '__main__':
    sys.exit(main())
