"""
The node: camera, node and audience as processes of their own, over real DDS.

Tells for each camera rate how many images came through, how old they were when they arrived, why
others were dropped, and what the node's process needed. With --delay a stand-in of that duration
takes the place of the network, so that the cost of the node itself shows.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

from machine import find_processor
from segnet_ros.node.process.dds_settings import make_dds_environment

FLAT_OUT = 240.0
"""The highest rate that segnet_image_source takes."""
SETTLE_S = 3.0
"""From the first result to the first one that counts."""
START_S = 120.0


def main() -> None:
    """Measure each rate, print a table, write JSON."""
    options = make_parser().parse_args()
    os.environ.update(make_dds_environment())
    predictor = f'stand-in of {options.delay:g} ms' if options.delay else 'packaged checkpoint'
    height, width = options.size
    print(
        f'{find_processor()}, {os.cpu_count()} cores, {predictor}, {width}x{height},'
        f' {" and ".join(options.outputs)}, {options.seconds:g} s each'
    )
    results = []
    for rate in options.rates:
        results.append(measure(options, rate or FLAT_OUT))
        print_result(results[-1], rate)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + '\n', encoding='utf-8')


def make_parser() -> argparse.ArgumentParser:
    """Declare the options."""
    parser = argparse.ArgumentParser('bench_node', description=__doc__)
    add = parser.add_argument
    add('--rates', type=float, nargs='+', default=[10, 30, 60, 0], help='0: flat out')
    add('--seconds', type=float, default=20.0)
    add('--delay', type=float, default=0.0, metavar='MS', help='0: the packaged checkpoint')
    add('--outputs', nargs='+', default=['label', 'overlay'])
    add('--size', type=int, nargs=2, default=(480, 640), metavar=('H', 'W'))
    add('--json', type=Path, metavar='FILE')
    return parser


def measure(options: argparse.Namespace, rate: float) -> dict[str, Any]:
    """Run camera and node at one rate, and listen."""
    from node_audience import Audience

    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile('w+'))
        started = time.monotonic()
        node = stack.enter_context(Program(make_node_command(options), log))
        stack.enter_context(Program(make_camera_command(options, rate), log))
        audience = stack.enter_context(Audience(options.outputs))
        if not audience.wait_for_results(START_S):
            log.seek(0)
            raise SystemExit(f'bench_node: no results; the processes said:\n{log.read()[-2000:]}')
        start_s = time.monotonic() - started
        audience.listen(SETTLE_S)
        before, begin = audience.begin(), time.monotonic()
        cpu = node.read_cpu_s()
        memory = []
        while time.monotonic() - begin < options.seconds:
            audience.listen(1.0)
            memory.append(node.read_memory_bytes())
        duration = time.monotonic() - begin
        return {
            'rate': rate,
            'seconds': duration,
            'start_s': start_s,
            'cpu_share': (node.read_cpu_s() - cpu) / duration,
            'memory_first': memory[0],
            'memory_last': memory[-1],
            'memory_highest': max(memory),
            **audience.summarize(before, duration),
        }


def make_node_command(options: argparse.Namespace) -> list[str]:
    """Say how to start the node: the real one, or with a stand-in."""
    if not options.delay:
        return [sys.executable, '-m', 'segnet_ros.node.segnet_node']
    program = Path(__file__).with_name('delayed_node.py')
    return [sys.executable, str(program), str(options.delay / 1000)]


def make_camera_command(options: argparse.Namespace, rate: float) -> list[str]:
    """Say how to start the camera, with scenes that are rendered before."""
    values = {
        'rate': rate,
        'height': options.size[0],
        'width': options.size[1],
        'scenes': 8,
        'wait_for_subscribers': 1,
    }
    parameters = [text for key, value in values.items() for text in ('-p', f'{key}:={value}')]
    return [sys.executable, '-m', 'segnet_ros.node.image_source', '--ros-args', *parameters]


class Program:
    """A process that ends with the block that it is started for."""

    def __init__(self, command: list[str], log: Any) -> None:
        self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._folder = Path('/proc') / str(self._process.pid)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def read_cpu_s(self) -> float:
        """Processor time so far, of all threads."""
        fields = (self._folder / 'stat').read_text().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def read_memory_bytes(self) -> int:
        """Memory that is in RAM."""
        pages = (self._folder / 'statm').read_text().split()[1]
        return int(pages) * os.sysconf('SC_PAGE_SIZE')


def print_result(result: dict[str, Any], rate: float) -> None:
    """Print what was measured at one rate."""
    ages = ', '.join(f'{name} {1000 * result["age"][name]:.1f}' for name in result['age'])
    drops = ', '.join(f'{name} {count}' for name, count in result['dropped'].items()) or 'none'
    print(
        f'\ncamera {f"{rate:g} Hz" if rate else "flat out"}: received'
        f' {result["received"] / result["seconds"]:.1f} per second, processed'
        f' {result["processed"] / result["seconds"]:.2f} per second; dropped: {drops}\n'
        f'  stamp to arrival of the last output (ms): {ages}\n'
        f'  age at publication (ms): p50 {result["age_p50_ms"]}, p95 {result["age_p95_ms"]}\n'
        f'  processor {100 * result["cpu_share"]:.0f} % of a core,'
        f' memory {result["memory_first"] / 1e6:.0f}, later {result["memory_last"] / 1e6:.0f} MB\n'
        f'  start to first output {result["start_s"]:.1f} s, of these loading'
        f' {result["load_s"]:.1f} and warming up {result["warm_up_s"]:.1f}'
    )


if __name__ == '__main__':
    main()
