"""
Show the whole path on this machine: ``segnet_demo``.

Starts image source and node as processes of their own that talk over DDS, records what the node
publishes, and ends by itself with a table, a video and a contact sheet.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import IO
from typing import TYPE_CHECKING

from segnet_ros.node.share import find_shared_file
from segnet_ros.node.share import name_profile_variable

if TYPE_CHECKING:
    from segnet_ros.node.recorder import Recorder

Process = subprocess.Popen[bytes]

START_S = 180.0
"""How long source and node may take until the first result."""
SILENCE_S = 30.0
"""How long there may be no result after the first."""
STOP_S = 5.0
"""How long a process may take to end."""
SCENES = 120
"""Rendered scenes, prepared before the first is published, and repeated."""
SCENE_SIZE = (480, 640)
METERS_BETWEEN_SCENES = 2.5


class DemoError(RuntimeError):
    """Raised when the demo could not show what it was to show."""


def main(args: list[str] | None = None) -> int:
    """
    Run the demo.

    :param args: arguments; None for those of the process
    :return: exit code, 1 if something did not work
    """
    options = _make_parser().parse_args(args)
    os.environ.update(_make_environment())
    try:
        _run(options)
    except (DemoError, OSError) as error:
        print(f'segnet_demo: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


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
    add('--rate', type=float, default=30.0, help='images per second (%(default)s)')
    add(
        '--seconds',
        type=float,
        default=20.0,
        help='length; shorter if a video ends before (%(default)s)',
    )
    add('--output', type=Path, default=Path('demo_output'), help='(%(default)s)')
    add('--checkpoint', default='', help='weights (those of the package)')
    add('--device', default='auto', help='auto, cpu, cuda or cuda:N (%(default)s)')
    return parser


def _make_environment() -> dict[str, str]:
    """Stay on this host, in a ROS graph of our own, with room for big images."""
    return {
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'ROS_LOCALHOST_ONLY': '1',  # the same, in Humble's words
        'ROS_DOMAIN_ID': str(os.getpid() % 101 + 1),
        name_profile_variable(): str(find_shared_file('config/fastdds.xml')),
    }


def _run(options: argparse.Namespace) -> None:
    # ROS and OpenCV read the environment when they are imported.
    from segnet_ros.node.recorder import Recorder
    from segnet_ros.node.report import write_report

    options.output.mkdir(parents=True, exist_ok=True)
    log_path = options.output / 'log.txt'
    print(f'Starting segnet_image_source and segnet_node; their output goes to {log_path}')
    with (
        open(log_path, 'w', encoding='utf-8') as log,
        Recorder(options.output / 'overlay.mp4') as recorder,
        _start('segnet_ros.node.segnet_node', _list_node_arguments(options), log) as node,
        _start('segnet_ros.node.image_source', _list_source_arguments(options), log) as source,
    ):
        _record(recorder, node, source, log_path)
        node.send_signal(signal.SIGINT)
        if node.wait(STOP_S) != 0:
            raise DemoError(f'expected segnet_node to exit with 0, got {node.returncode}')
    published = _read_published(log_path)
    write_report(recorder, published, options.output)


def _list_node_arguments(options: argparse.Namespace) -> list[str]:
    return ['-p', f'checkpoint:={options.checkpoint!r}', '-p', f'device:={options.device}']


def _list_source_arguments(options: argparse.Namespace) -> list[str]:
    parameters = {
        'source': repr(options.source),
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
    return [word for name, value in parameters.items() for word in ('-p', f'{name}:={value}')]


@contextmanager
def _start(module: str, arguments: list[str], log: IO[str]) -> Iterator[Process]:
    """Start a program of this package, and make sure that it ends."""
    command = [sys.executable, '-m', module, '--ros-args', *arguments]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _record(recorder: Recorder, node: Process, source: Process, log_path: Path) -> None:
    """Record until the source has ended and the node has dealt with every image of it."""
    _record_while(lambda: source.poll() is None, recorder, node, source, log_path)
    recorder.forget_status()
    _record_while(lambda: not recorder.is_idle, recorder, node, source, log_path)


def _record_while(
    condition: Callable[[], bool],
    recorder: Recorder,
    node: Process,
    source: Process,
    log_path: Path,
) -> None:
    deadline = time.monotonic() + START_S
    results = recorder.count
    while condition():
        recorder.spin_once()
        if recorder.count != results:
            results = recorder.count
            deadline = time.monotonic() + SILENCE_S
        if node.poll() is not None or (source.poll() or 0) != 0:
            raise DemoError(f'a process ended too early:\n{log_path.read_text()[-2000:]}')
        if time.monotonic() > deadline:
            raise DemoError(
                f'expected results of segnet_node, {results} came; its last words:\n'
                f'{log_path.read_text()[-2000:]}'
            )


def _read_published(log_path: Path) -> int:
    found = re.findall(r'published (\d+) images', log_path.read_text(encoding='utf-8'))
    return int(found[-1]) if found else 0


if __name__ == '__main__':
    sys.exit(main())
