"""From options to a job: what to label, how, and what of it is done already."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from segnet_ros.bag.cameras import Camera
from segnet_ros.bag.cameras import check_names
from segnet_ros.bag.cameras import choose_topics
from segnet_ros.bag.cameras import name_outputs
from segnet_ros.bag.job import Job
from segnet_ros.bag.labeler import Labeler
from segnet_ros.bag.part_writer import Format
from segnet_ros.bag.part_writer import PartWriter
from segnet_ros.bag.progress import check_same
from segnet_ros.bag.progress import load_progress
from segnet_ros.bag.progress import Progress
from segnet_ros.bag.source.source_bag import SourceBag
from segnet_ros.bag.workplace import Workplace
from segnet_ros.core.checkpoint_file import find_checkpoint
from segnet_ros.core.checkpoint_file import hash_file
from segnet_ros.core.predictor import Predictor

MOST_BATCH = 32
"""Images at once that are tried."""


def prepare_job(options: argparse.Namespace, workplace: Workplace) -> Job:
    """
    Prepare to begin, or to go on.

    :param options: those of the command
    :param workplace: occupied
    :raises OSError: if something cannot be read or written
    :raises ValueError: if bag and options do not fit together, or those of before are others
    """
    outputs = list(dict.fromkeys(options.outputs))
    checkpoint = find_checkpoint(options.checkpoint)  # first, as it takes no time
    bag = SourceBag(options.source, workplace.scratch)
    cameras = _choose_cameras(bag, options, outputs)
    predictor = Predictor.from_checkpoint(checkpoint, options.device, options.precision)
    described: dict[str, Any] = {
        '--topics': [camera.key.name for camera in cameras],
        '--outputs': outputs,
        '--compressed': options.compressed,
        '--opacity': options.opacity,
        '--name': options.name,
        '--storage': options.storage or bag.storage,
        '--precision': predictor.precision,
        '--checkpoint with SHA-256': hash_file(checkpoint),
        'classes': list(predictor.label_set.names),
    }
    topics = {camera.key.name: list(camera.outputs) for camera in cameras}
    return Job(
        bag,
        cameras,
        workplace,
        _begin(bag, described, topics, workplace, options.batch_size, predictor),
        Labeler(predictor, outputs, options.opacity, options.compressed).label,
        PartWriter(bag.topics, cameras, options.compressed, _choose_format(bag, options.storage)),
        options.max_file_size * 2**20,
    )


def _choose_cameras(
    bag: SourceBag, options: argparse.Namespace, outputs: list[str]
) -> list[Camera]:
    choice = choose_topics(bag, options.topics)
    for name, reason in choice.left_out.items():
        print(f'not labeled: {name}: {reason}', file=sys.stderr)
    cameras = name_outputs(choice.keys, outputs, options.name, options.compressed)
    check_names(cameras, bag, options.name)
    return cameras


def _choose_format(bag: SourceBag, storage: str | None) -> Format:
    """
    Choose how to write: as the old bag is written, as far as the library can.

    :param storage: None for that of the old bag
    """
    storage = storage or bag.storage
    mode = str(bag.metadata.get('compression_mode') or '').lower()
    if mode not in ('file', 'message'):
        mode = 'storage' if bag.is_compressed and storage == 'mcap' else ''
    return Format(storage, 9 if bag.metadata.get('version', 8) >= 9 else 8, mode)


def _begin(
    bag: SourceBag,
    described: dict[str, Any],
    topics: dict[str, list[str]],
    workplace: Workplace,
    batch_size: int | None,
    predictor: Predictor,
) -> Progress:
    """
    Begin, or read how far it was brought before.

    :param described: what the messages of the new bag depend on
    :param topics: those of the outputs, by the topic that is labeled
    :param batch_size: images per batch; None for that of before, or for the best
    """
    before = load_progress(workplace.progress)
    now = Progress(bag.fingerprint, described, topics, bag.damage, batch_size or 1)
    if before is not None:
        check_same(before, now, workplace.folder)
        before.batch_size = batch_size or before.batch_size
        return before
    now.batch_size = batch_size or predictor.find_batch(MOST_BATCH)
    now.save(workplace.progress)
    return now
