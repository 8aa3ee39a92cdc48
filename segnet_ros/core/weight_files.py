"""Files of weights: safetensors with JSON metadata, written as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors import SafetensorError
from safetensors.torch import save_file
import torch
from torch import Tensor


class WeightsError(ValueError):
    """Raised when a file holds no weights, or others than expected."""


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """
    Write a file that is either complete or not there, also after a power cut.

    :param path: where the file is wanted; folders are made
    :return: a temporary path beside it to write to; moved to ``path`` at the end
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        yield temporary
        temporary.chmod(0o644)  # safetensors writes for the owner alone
        with open(temporary, 'rb') as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Remove what processes left that were killed while they wrote."""
    for leftover in path.parent.glob(f'.{path.name}.*.tmp'):
        process = leftover.name.split('.')[-2]
        if not Path('/proc', process).exists():
            leftover.unlink(missing_ok=True)


def save_weights(
    path: Path, weights: dict[str, Tensor], key: str, metadata: dict[str, Any]
) -> None:
    """
    Write a safetensors file, in one step: filters as fp16, the rest as fp32.

    :param weights: by name, on any device
    :param key: what the metadata is found by
    :param metadata: JSON values
    :raises OSError: if it cannot be written
    """
    stored = {
        name: tensor.detach().to('cpu', _storage_dtype(tensor)).contiguous()
        for name, tensor in weights.items()
    }
    with write_atomically(path) as temporary:
        try:
            save_file(stored, temporary, {key: json.dumps(metadata)})
        except SafetensorError as error:
            raise OSError(
                f'{path}: could not be written ({error}); check the free space'
            ) from error


def read_weights(path: Path, key: str) -> tuple[dict[str, Tensor], str]:
    """
    Read weights, as fp32, and the JSON metadata.

    :param key: what the metadata is found by
    :raises WeightsError: if it is not a safetensors file, or one without such metadata
    """
    try:
        with safe_open(path, framework='pt') as file:
            metadata = (file.metadata() or {}).get(key)
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f'expected a safetensors file, could not read it ({error})') from error
    if metadata is None:
        raise WeightsError(
            f"expected SegNet weights, found a safetensors file without the metadata '{key}'"
        )
    return weights, metadata


def check_weights(expected: dict[str, Tensor], found: dict[str, Tensor]) -> None:
    """
    Compare names and shapes.

    :raises WeightsError: with the first few that differ
    """
    problems = [f'{name} is missing' for name in expected if name not in found]
    problems += [f'{name} is unknown' for name in found if name not in expected]
    problems += [
        f'{name} has shape {tuple(found[name].shape)} in place of {tuple(tensor.shape)}'
        for name, tensor in expected.items()
        if name in found and found[name].shape != tensor.shape
    ]
    if problems:
        more = f' and {len(problems) - 3} more' if len(problems) > 3 else ''
        raise WeightsError(
            f'expected the weights of the network in its metadata, but {"; ".join(problems[:3])}'
            f'{more}'
        )


def _storage_dtype(tensor: Tensor) -> torch.dtype:
    return torch.float16 if tensor.dim() == 4 else torch.float32
