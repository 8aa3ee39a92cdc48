"""Which file a checkpoint is in, and what it says of itself, read without PyTorch."""

from __future__ import annotations

import hashlib
from importlib.resources import as_file
from importlib.resources import files
import json
from pathlib import Path

from segnet_ros.core.labels import LabelSet

METADATA_KEY = 'segnet_ros'
BLOCK = 2**20
"""Bytes that are hashed at once."""


def packaged_checkpoint() -> Path:
    """Path of the checkpoint that comes with the package, the default everywhere."""
    with as_file(files('segnet_ros') / 'weights' / 'segnet_camvid.safetensors') as path:
        return path


def find_checkpoint(path: str | Path = '') -> Path:
    """
    Find the file of a checkpoint.

    :param path: the file; empty for the one that comes with the package
    :raises FileNotFoundError: if there is no such file
    """
    path = Path(path) if path else packaged_checkpoint()
    if not path.is_file():
        found = 'a folder' if path.is_dir() else 'none'
        raise FileNotFoundError(
            f"no checkpoint at '{path}': expected a .safetensors file that segnet_train wrote,"
            f' found {found}; correct the path, or leave it empty for the packaged checkpoint'
        )
    return path


def hash_file(path: Path) -> str:
    """
    Hash a file.

    :return: SHA-256, as ``sha256sum`` prints it
    :raises OSError: if it cannot be read
    """
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_label_set(path: str | Path = '') -> LabelSet:
    """
    Read the label set of a checkpoint, and nothing else of the file.

    :param path: the file; empty for the one that comes with the package
    :raises FileNotFoundError: if there is no such file
    :raises ValueError: if it is not a checkpoint
    """
    # Here, so that a node without it can still say what is missing.
    from safetensors import safe_open
    from safetensors import SafetensorError

    path = find_checkpoint(path)
    try:
        with safe_open(path, framework='numpy') as file:
            values = json.loads(file.metadata()[METADATA_KEY])['label_set']
    except (SafetensorError, OSError, TypeError, KeyError, ValueError) as error:
        raise ValueError(
            f'{path}: expected the metadata of a SegNet checkpoint, could not read it'
            f' ({type(error).__name__}: {error}); use a file that segnet_train wrote'
        ) from error
    return LabelSet.from_dict(values, path)
