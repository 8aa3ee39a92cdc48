"""The command segnet_bag with a small network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip('torch', reason='needs PyTorch')
pytest.importorskip('rosbags', reason='needs rosbags')


@pytest.fixture
def label_bag(small_checkpoint: Path) -> Callable[..., int]:
    """Run segnet_bag with folders and options; the exit code comes back."""
    from segnet_ros.bag.bag import main

    def run(source: Path, target: Path, *options: str) -> int:
        arguments = [str(source), str(target), '--checkpoint', str(small_checkpoint)]
        try:
            return main([*arguments, *options])
        except SystemExit as end:
            return int(end.code or 0)

    return run
