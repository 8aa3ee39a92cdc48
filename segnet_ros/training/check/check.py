"""Report on a data set in place of training on it: ``segnet_train --check``."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from segnet_ros.core.image_files import DataError
from segnet_ros.core.image_files import read_image
from segnet_ros.core.label_files import LabelDecoder
from segnet_ros.core.label_files import UnknownLabelError
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.labels import load_label_set
from segnet_ros.training.check.contact_sheet import draw_contact_sheet
from segnet_ros.training.check.contact_sheet import make_tile
from segnet_ros.training.check.findings import Findings
from segnet_ros.training.data.dataset import Sample
from segnet_ros.training.data.frequencies import ClassFrequencies
from segnet_ros.training.data.image_files import list_files
from segnet_ros.training.data.image_files import read_label
from tqdm import tqdm

OUTPUT = Path('check_output')
"""Where contact sheets go without ``--output``."""
TILES = 12
"""How many overlays a contact sheet has, from all over the part."""


def check_data(options: argparse.Namespace) -> None:
    """
    Print a report on both parts of a data set, and draw a contact sheet of each.

    :param options: of ``segnet_train``: check, split, val_split, label_set and output
    :raises DataError: in the end, if the data set cannot be trained on as it is
    :raises OSError: if the contact sheets cannot be written
    """
    label_set = load_label_set(options.label_set)
    output = options.output or OUTPUT
    failed = []
    for split in _list_splits(options):
        try:
            findings = examine(options.check, split, label_set)
        except DataError as error:
            print(f'{split}: {error}')
            failed.append(split)
            continue
        print(f'{split}: ' + '\n  '.join(findings.describe(label_set)))
        if findings.tiles:
            print(f'  overlays: {_write_contact_sheet(output, split, findings, label_set)}')
        if not findings.is_trainable:
            failed.append(split)
    if failed:
        raise DataError(
            f'{options.check}: expected a data set to train on, found problems in'
            f' {" and ".join(failed)}; mend what is listed above'
        )
    print(f'{options.check} can be trained on')


def _list_splits(options: argparse.Namespace) -> list[str]:
    """List what is trained and validated on, each once; what is held out is of the former."""
    validation = [options.val_split] if options.hold_out is None else []
    return list(dict.fromkeys([*options.split, *validation]))


def examine(root: Path, split: str, label_set: LabelSet) -> Findings:
    """
    Read every file of one part of a data set, and note what is wrong.

    :param root: the data set
    :param split: such as ``train`` or ``val``
    :param label_set: what the values and colors of label images mean
    :raises DataError: if there are no such folders
    """
    findings = Findings(list_files(root, split), ClassFrequencies(label_set.num_classes))
    pairs = findings.files.pairs
    shown = set(np.linspace(0, len(pairs) - 1, TILES).round().astype(int).tolist())
    decoder = LabelDecoder(label_set)
    bar = tqdm(pairs, f'check {split}', unit='image', leave=False)
    for index, (image_path, label_path) in enumerate(bar):
        image = _try_image(image_path, findings)
        label = _try_label(label_path, decoder, findings)
        if image is None or label is None:
            continue
        if image.shape[:2] != label.shape:
            findings.mismatched.append(
                f'{label_path.name}: {_format_size(label)}, the image {_format_size(image)}'
            )
            continue
        findings.frequencies.add(label)
        if index in shown:
            sample = Sample(image, label)
            findings.tiles.append(make_tile(image_path.name, sample, label_set))
    return findings


def _try_image(path: Path, findings: Findings) -> NDArray[np.uint8] | None:
    try:
        image = read_image(path, is_turned_upright=False)
    except (DataError, OSError) as error:
        findings.unreadable.append(str(error))
        return None
    findings.sizes[image.shape[0], image.shape[1]] += 1
    return image


def _try_label(path: Path, decoder: LabelDecoder, findings: Findings) -> NDArray[np.uint8] | None:
    try:
        return read_label(path, decoder)
    except UnknownLabelError as error:
        findings.unknown.append(f'{path.name}: {error.found}')
    except (DataError, OSError) as error:
        findings.unreadable.append(str(error))
    return None


def _format_size(pixels: NDArray[np.uint8]) -> str:
    return f'{pixels.shape[0]}x{pixels.shape[1]}'


def _write_contact_sheet(
    output: Path, split: str, findings: Findings, label_set: LabelSet
) -> Path:
    path = output / f'contact_sheet_{split.replace("/", "_")}.png'
    sheet = draw_contact_sheet(findings.tiles, label_set)
    output.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode('.png', sheet[..., ::-1])[1].tobytes())
    return path
