"""The network of a node: where its checkpoint comes from, and whether it is what is meant."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
import os
from pathlib import Path
from typing import NamedTuple

from rclpy.impl.rcutils_logger import RcutilsLogger
from segnet_ros.core.checkpoint_file import find_checkpoint
from segnet_ros.core.checkpoint_file import hash_file
from segnet_ros.node.inference.network_checks import CHECKS
from segnet_ros.node.inference.processing import ImagePredictor
from segnet_ros.node.parameters.segnet_parameters import Parameters

PredictorFactory = Callable[..., ImagePredictor]
"""Has the signature of ``Predictor.from_checkpoint``."""

SCHEME = 'package://'
CPU_ADVICE = (
    'computing on the CPU, because PyTorch finds no GPU that it can use; where there is one,'
    ' install the PyTorch for it (doc/robots.md), else say device:=cpu'
)
PROVIDER_ADVICE = (
    'computing on the CPU, because PyTorch finds no GPU that it can use, or ONNX Runtime has no'
    ' provider for it; where there is a GPU, install onnxruntime-gpu (doc/export.md), else say'
    ' device:=cpu'
)


class LoadedNetwork(NamedTuple):
    """A network that is loaded, and what it was loaded from."""

    predictor: ImagePredictor
    checkpoint: str
    """Its name for people."""
    sha256: str
    """Of the checkpoint file."""
    backend: str
    """Who computes it."""
    advice: str
    """What to do about a device that is perhaps not meant; empty if it is."""


def load_network(
    factory: PredictorFactory,
    values: Parameters,
    names: Sequence[str] | None,
    logger: RcutilsLogger,
) -> LoadedNetwork:
    """
    Load the checkpoint that the parameters name.

    :param names: of the classes that it must have; None for any
    :param logger: is told what is loaded, and where it will compute against expectation
    :raises ValueError: if it has others, or lacks what the parameters name: classes, dropout; or
        if the file changes meanwhile
    """
    logger.info(
        f'loading {values.checkpoint or "the packaged checkpoint"}, device {values.device}, '
        f'precision {values.precision}, backend {values.backend}'
    )
    path = locate_checkpoint(values.checkpoint)
    with refuse_changes(path):
        sha256 = hash_checkpoint(path, values.checkpoint_sha256)
        predictor = factory(
            path,
            device=values.device,
            precision=values.precision,
            input_size=values.input_size,
            cpu_threads=values.cpu_threads,
            backend=values.backend,
        )
    for name, check in CHECKS.items():
        check(getattr(values, name), predictor)
    if names is not None:
        check_same_classes(names, predictor.label_set.names)
    has_fallen_back = values.device == 'auto' and str(predictor.device) == 'cpu'
    advice = (CPU_ADVICE if values.backend == 'torch' else PROVIDER_ADVICE) * has_fallen_back
    if advice:
        logger.warning(advice)
    name = values.checkpoint or 'the packaged one'
    return LoadedNetwork(predictor, name, sha256, values.backend, advice)


def locate_checkpoint(text: str) -> str:
    """
    Turn ``package://PACKAGE/FILE`` into the path of a file that a ROS package has installed.

    :param text: that, or a path, which is returned as it is
    :raises ValueError: if there is no such package, or the text names no file in it
    """
    if not text.startswith(SCHEME):
        return text
    package, _, file = text[len(SCHEME) :].partition('/')
    if not package or not file:
        raise ValueError(
            f"expected a checkpoint such as package://my_robot/yard.safetensors, got '{text}';"
            ' name package and file'
        )
    try:
        from ament_index_python.packages import get_package_share_directory
        from ament_index_python.packages import PackageNotFoundError
    except ImportError as error:
        raise ValueError(
            f"expected an installed ROS 2 to find '{text}', found no ament_index_python; give the"
            ' path of the file'
        ) from error
    try:
        share = get_package_share_directory(package)
    # OSError: no workspace is sourced.
    except (PackageNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"expected an installed package '{package}', found none; build it and source its"
            ' workspace, or give the path of the file'
        ) from error
    return str(Path(share) / file)


@contextmanager
def refuse_changes(path: str) -> Iterator[None]:
    """
    Let a file be read more than once, as long as it is the same each time.

    :param path: of the checkpoint; empty for the packaged one
    :raises FileNotFoundError: if there is none
    :raises ValueError: at the end, if it is another than in the beginning
    """
    file = find_checkpoint(path)
    before = _identify(file)
    yield
    if _identify(file) != before:
        raise ValueError(
            f'{file}: expected a file that stays as it is while it is read, found it changed; try'
            ' again when it is complete'
        )


def _identify(path: Path) -> tuple[int, ...]:
    """Tell what changes with a file; nothing if it is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    # The time of its status as well: that of its contents can be set to what it was.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def hash_checkpoint(path: str, expected: str) -> str:
    """
    Hash a file, and refuse one that is not meant.

    :param path: of the checkpoint; empty for the packaged one
    :param expected: SHA-256 as ``sha256sum`` prints it; empty for any
    :return: SHA-256 of the file
    :raises FileNotFoundError: if there is none
    :raises ValueError: if it has another hash, or cannot be read
    """
    name = path or 'the packaged checkpoint'
    found = _hash_file(find_checkpoint(path), name)
    if expected and found != expected.strip().lower():
        raise ValueError(
            f'{name}: expected SHA-256 {expected}, found {found}; get the file again, or correct'
            ' checkpoint_sha256'
        )
    return found


def _hash_file(path: Path, name: str) -> str:
    try:
        return hash_file(path)
    except OSError as error:
        raise ValueError(
            f'{name}: expected a file that can be read, found {error.strerror}; correct its'
            ' permissions, or copy it to another disk'
        ) from error


def check_same_classes(expected: Sequence[str], found: Sequence[str]) -> None:
    """
    Refuse other classes, or the same in another order: whoever hears the labels counts on them.

    :raises ValueError: if they differ
    """
    if list(expected) != list(found):
        raise ValueError(
            f'expected a checkpoint with the classes {", ".join(expected)}, found'
            f' {", ".join(found)}; start the node anew to change its classes'
        )
