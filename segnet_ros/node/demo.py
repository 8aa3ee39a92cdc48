"""
Show the whole path on this machine: ``segnet_demo``.

Starts image source and node as processes of their own that talk over DDS, records what the node
publishes, and ends by itself with a table, a video and a contact sheet.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import sys

from segnet_ros.core.arguments import parse_positive_number
from segnet_ros.node.demonstration.processes import read_published
from segnet_ros.node.process.dds_settings import make_dds_environment
from segnet_ros.node.trial.errors import StoppedError
from segnet_ros.node.trial.processes import interrupt
from segnet_ros.node.trial.processes import make_parameter_arguments
from segnet_ros.node.trial.processes import start
from segnet_ros.node.trial.processes import StopRequest

SCENES = 120
"""Rendered scenes, prepared before the first is published, and repeated."""
SCENE_SIZE = (480, 640)
METERS_BETWEEN_SCENES = 2.5


def main(args: list[str] | None = None) -> int:
    """
    Run the demo.

    :param args: arguments; None for those of the process
    :return: exit code: 1 if something did not work, 130 after SIGINT, 143 after SIGTERM
    """
    options = _make_parser().parse_args(args)
    stop = StopRequest()
    os.environ.update(make_dds_environment())
    try:
        _run(options, stop)
    except StoppedError:
        pass
    except OSError as error:  # a TrialError is one
        print(f'segnet_demo: error: {error}', file=sys.stderr)
        return 1
    return 128 + stop.number if stop.number else 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_demo', description='Segment a camera over real ROS topics and show how it went.'
    )
    add = parser.add_argument
    add(
        '--source',
        default='',
        help='video, folder of images or webcam such as /dev/video0 (rendered street scenes)',
    )
    add('--rate', type=parse_positive_number, default=30.0, help='images per second (%(default)s)')
    add(
        '--seconds',
        type=parse_positive_number,
        default=20.0,
        help='length; shorter if a video ends before (%(default)s)',
    )
    add('--output', type=Path, default=Path('demo_output'), help='(%(default)s)')
    add('--checkpoint', default='', help='weights (those of the package)')
    add('--device', default='auto', help='auto, cpu, cuda or cuda:N (%(default)s)')
    return parser


def _run(options: argparse.Namespace, stop: StopRequest) -> None:
    # ROS and OpenCV read the environment when they are imported.
    from segnet_ros.node.demonstration.recorder import Recorder
    from segnet_ros.node.demonstration.report import write_report
    from segnet_ros.node.trial.observation import Observation

    options.output.mkdir(parents=True, exist_ok=True)
    log_path = options.output / 'log.txt'
    print(f'Starting segnet_image_source and segnet_node; their output goes to {log_path}')
    with (
        open(log_path, 'w', encoding='utf-8') as log,
        Recorder(options.output / 'overlay.mp4') as recorder,
        start('segnet_ros.node.segnet_node', _list_node_arguments(options), log) as node,
        start('segnet_ros.node.image_source', _list_source_arguments(options), log) as source,
    ):
        processes = {'segnet_node': node, 'segnet_image_source': source}
        remedy = f'look at {log_path}'
        observation = Observation(recorder, processes, log_path, stop, remedy=remedy)
        observation.spin_while(lambda: source.poll() is None)
        observation.settle()
        interrupt(node)
    published = read_published(log_path)
    write_report(recorder, published, options.output)


def _list_node_arguments(options: argparse.Namespace) -> list[str]:
    return make_parameter_arguments({'checkpoint': options.checkpoint, 'device': options.device})


def _list_source_arguments(options: argparse.Namespace) -> list[str]:
    parameters: dict[str, object] = {
        'source': options.source,
        'rate': float(options.rate),
        'count': max(1, round(options.rate * options.seconds)),
        'loop': False,
        'wait_for_subscribers': 1,
    }
    if not options.source:
        parameters |= {
            'height': SCENE_SIZE[0],
            'width': SCENE_SIZE[1],
            'scenes': SCENES,
            'speed': min(100.0, METERS_BETWEEN_SCENES * options.rate),
        }
    return make_parameter_arguments(parameters)


if __name__ == '__main__':
    sys.exit(main())
