"""
Exported SegNets against PyTorch in fp32, on the images of a data set, in every runtime.

Each case is a size of image and of network input, even and odd, and a number of images at once.
Told are the pixels of another label, and how far apart PyTorch's two highest logits are there.
PyTorch with other kernels takes part: where two pixels of a pooling window are all but equal, the
order of additions decides which is the highest, and so do a few labels. So PyTorch with the
pooling decisions of each runtime takes part, too (followed_pooling.py).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
import json
from pathlib import Path
from typing import Any

from followed_pooling import compute_logits
from followed_pooling import expose_decisions
from followed_pooling import FollowingSegNet
from followed_pooling import read_decisions
from machine import describe_machine
import numpy as np
from numpy.typing import NDArray
from segnet_ros.commands.command import add_checkpoint_option
from segnet_ros.commands.command import add_data_option
from segnet_ros.commands.command import parse_positive
from segnet_ros.commands.command import parse_size
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.engine import make_engine
from segnet_ros.core.engine.pipeline import Image
from segnet_ros.core.predictor import Predictor
from segnet_ros.export.agreement import Agreement
from segnet_ros.export.exported_model import build_model
from segnet_ros.export.exported_model import Export
from segnet_ros.export.operator_check import check_operators
from segnet_ros.export.runtimes import open_runtimes
from segnet_ros.export.runtimes import Run
from segnet_ros.export.self_check import compare
from segnet_ros.export.self_check import read_resized
from segnet_ros.export.self_check import run_on_images
from segnet_ros.training.data.image_files import list_files
from segnet_ros.training.run.provenance import read_commit
import torch


def main() -> None:
    """Compare in every case, print it, write JSON."""
    options = make_parser().parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint(options.checkpoint)
    paths = [image for image, _ in list_files(options.data, options.split).pairs][:: options.every]
    report = {**describe_machine(torch.device('cpu')), 'commit': read_commit(), 'results': []}
    print(', '.join(report[key] for key in ('device', 'system', 'torch', 'commit') if report[key]))
    for size in options.sizes or [checkpoint.input_size]:
        for batch in options.batches:
            export = Export(size, options.input_size or size)
            report['results'] += compare_case(checkpoint, export, paths, batch)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')


def make_parser() -> argparse.ArgumentParser:
    """Declare the options."""
    parser = argparse.ArgumentParser('bench_export', description=__doc__)
    add = parser.add_argument
    add_checkpoint_option(parser)
    add_data_option(parser)
    add('--split', default='val')
    add('--every', type=parse_positive, default=1, help='take each so many-th image (%(default)s)')
    add('--sizes', type=parse_size, nargs='+', metavar='HxW', help='of images')
    add('--input-size', type=parse_size, metavar='HxW', help='of the network (that of the images)')
    add('--batches', type=parse_positive, nargs='+', default=(1, 4))
    add('--threads', type=int, default=0)
    add('--json', type=Path, metavar='FILE')
    return parser


def compare_case(
    checkpoint: Checkpoint, export: Export, paths: list[Path], batch: int
) -> list[dict[str, Any]]:
    """Compare one exported model in all runtimes."""
    model = build_model(checkpoint, export)
    operators = check_operators(model)
    images = [partial(read_resized, path, export.image_size) for path in paths]
    predictor = Predictor(checkpoint, 'cpu', 'fp32', export.input_size)
    runs = open_runtimes(model.SerializeToString())
    plain = {'PyTorch, layer by layer': make_plain_run(checkpoint, export)}
    agreements = compare(runs | plain, predictor, images, batch)
    case = {'image_size': export.image_size, 'input_size': export.input_size, 'batch': batch}
    print(f'\n{case}, {len(paths)} images; {dict(operators)}')
    rows = []
    for runtime, agreement in agreements.items():
        print(f'{runtime}: {agreement.describe()}')
        row = {**case, 'runtime': runtime, 'pixels': agreement.pixels, 'gaps': agreement.gaps}
        rows.append({**row, 'confidence_error': agreement.confidence_error})
    exposed = open_runtimes(expose_decisions(model).SerializeToString())
    for runtime, run in exposed.items():
        network = FollowingSegNet(checkpoint, export)
        agreement = follow(run, network, images, batch)
        print(f'{runtime}, PyTorch with its pooling decisions: {agreement.describe()}')
        print(f'{runtime}: {network.decisions.describe()}')
        row = {**case, 'runtime': runtime, 'followed_gaps': agreement.gaps}
        rows.append({**row, **asdict(network.decisions)})
    return rows


def follow(
    run: Run, network: FollowingSegNet, images: Sequence[Callable[[], Image]], batch: int
) -> Agreement:
    """Compare a runtime with PyTorch that takes over its pooling decisions."""
    agreement = Agreement()
    for image, found in run_on_images({'followed': run}, images, batch):
        outputs = found['followed']
        agreement.add(outputs, network.compute_logits(image, read_decisions(outputs)))
    return agreement


def make_plain_run(checkpoint: Checkpoint, export: Export) -> Run:
    """Make PyTorch compute without the kernels that the predictor has."""
    engine = make_engine(checkpoint, torch.device('cpu'), torch.float32, is_fused=False)

    def run(images: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        return {'logits': np.stack([compute_logits(engine, image, export) for image in images])}

    return run


if __name__ == '__main__':
    main()
