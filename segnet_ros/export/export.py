"""Write a checkpoint as an ONNX file: ``segnet_export``."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from segnet_ros.commands.command import add_checkpoint_option
from segnet_ros.commands.command import parse_size
from segnet_ros.commands.command import run_command
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.encoder import check_size
from segnet_ros.core.weight_files import write_atomically
from segnet_ros.export.exported_model import build_model
from segnet_ros.export.exported_model import Export
from segnet_ros.export.self_check import check_model

SUFFIX = '.onnx'


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input."""
    return run_command(_make_parser(), _export, args)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_export',
        description='Write a SegNet as an ONNX file for any runtime: from RGB images, uint8'
        ' (N, H, W, 3), to label and confidence, uint8 (N, H, W). N is open, H and W are fixed.'
        ' Before it is written, ONNX Runtime and OpenVINO have to compute with it what PyTorch'
        ' does.',
    )
    add = parser.add_argument
    add_checkpoint_option(parser)
    add('--output', type=Path, required=True, metavar='FILE.onnx', help='where to write it')
    add(
        '--size',
        type=parse_size,
        metavar='HxW',
        help='of the images, such as those of your camera (that of the network input)',
    )
    add(
        '--input-size',
        type=parse_size,
        metavar='HxW',
        help="to which the graph resizes images for the network (the checkpoint's)",
    )
    add('--fp16', action='store_true', help='let the network compute in fp16; half the file')
    add(
        '--raw',
        action='store_true',
        help='make logits, float32 (N, classes, H, W), in place of label and confidence',
    )
    add(
        '--check-images',
        type=Path,
        metavar='DIR',
        help='photographs to check the file with, beside rendered scenes; resized to --size',
    )
    return parser


def _export(options: argparse.Namespace) -> None:
    if options.output.suffix != SUFFIX:
        raise ValueError(f'{options.output}: expected --output with the suffix {SUFFIX}; add it')
    checkpoint = load_checkpoint(options.checkpoint)
    input_size = options.input_size or checkpoint.input_size
    check_size(input_size)
    export = Export(
        image_size=options.size or input_size,
        input_size=input_size,
        precision='fp16' if options.fp16 else 'fp32',
        is_raw=options.raw,
    )
    check_size(export.image_size)
    model = build_model(checkpoint, export)
    for runtime, agreement in check_model(model, checkpoint, export, options.check_images).items():
        print(f'{runtime}: {agreement.describe()}')
    with write_atomically(options.output) as temporary:
        temporary.write_bytes(model.SerializeToString())
    size = options.output.stat().st_size / 1e6
    height, width = export.image_size
    outputs = ', '.join(output.name for output in model.graph.output)
    print(f'{options.output}: {size:.0f} MB, images of {height}x{width} to {outputs}')


if __name__ == '__main__':
    sys.exit(main())
