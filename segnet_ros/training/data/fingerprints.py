"""Which images a network has seen: marks of files, kept in its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import hashlib
from pathlib import Path
from typing import Any

DIGITS = 10
"""Of a fingerprint: two of a million images share one by a chance of one to two."""


def take_fingerprint(path: Path) -> str:
    """
    Mark a file by name and size, which tells nobody what the name is.

    :raises OSError: if it is not there
    """
    text = f'{path.name} {path.stat().st_size}'
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def take_fingerprints(pairs: Sequence[tuple[Path, Path]]) -> list[str]:
    """
    Mark the images of a data set, sorted.

    :param pairs: images with their label images
    """
    return sorted(take_fingerprint(image) for image, _ in pairs)


def collect_seen(provenance: Mapping[str, Any] | None) -> set[str] | None:
    """
    Collect the fingerprints of all that weights were trained on, in all runs of their past.

    :param provenance: of a checkpoint
    :return: None if a run did not note them
    """
    seen: set[str] = set()
    while provenance:
        recipe = provenance.get('recipe', {})
        images = recipe.get('images', [] if 'photographs' in recipe else None)
        if not isinstance(images, list):
            return None
        seen.update(images)
        provenance = recipe.get('initial')
    return seen


def count_seen(
    pairs: Sequence[tuple[Path, Path]], provenance: Mapping[str, Any] | None
) -> int | None:
    """
    Count the images that weights were trained on.

    :param pairs: images with their label images
    :param provenance: of the checkpoint
    :return: None if it does not tell
    """
    seen = collect_seen(provenance) if pairs else set()
    return None if seen is None else sum(take_fingerprint(image) in seen for image, _ in pairs)


def describe_seen(count: int | None, total: int) -> str:
    """
    Say how far numbers on images tell about new ones.

    :param count: of :func:`count_seen`
    :param total: number of images
    """
    if count is None:
        return 'unknown whether seen in training'
    if count == 0:
        return 'none seen in training'
    return f'{"all" if count == total else count} seen in training'
