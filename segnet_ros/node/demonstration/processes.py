"""What the demo learns from the words of its processes."""

from __future__ import annotations

from pathlib import Path
import re

from segnet_ros.node.demonstration.errors import DemoError
from segnet_ros.node.trial.last_words import read_log


def read_published(path: Path) -> int:
    """
    Read from the log how many images the source says it published.

    :raises DemoError: if it says nothing
    """
    found = re.findall(r'published (\d+) images', read_log(path))
    if not found:
        raise DemoError(
            f"expected 'published N images' of segnet_image_source in '{path}', found no such line"
        )
    return int(found[-1])
