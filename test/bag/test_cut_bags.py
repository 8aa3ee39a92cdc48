"""Bags that are cut off are labeled as far as they go, and the user is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bag_files import drive
from bag_files import read_bag
from bag_files import write_bag
import pytest
from rosbags.rosbag2 import Reader


@pytest.mark.parametrize('with_metadata', [True, False])
@pytest.mark.parametrize('suffix', ['mcap', 'db3'])
def test_a_bag_that_is_cut_off_is_labeled_as_far_as_it_goes(
    label_bag: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    suffix: str,
    with_metadata: bool,
) -> None:
    sent = drive(16)
    source = write_bag(tmp_path / 'in', sent, {'mcap': 'mcap', 'db3': 'sqlite3'}[suffix])
    file = source / f'in.{suffix}'
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    if not with_metadata:
        (source / 'metadata.yaml').unlink()
    assert label_bag(source, tmp_path / 'out') == 3
    with Reader(tmp_path / 'out') as reader:
        qos = {one.topic: one.ext.offered_qos_profiles for one in reader.connections}
        assert len(qos['/wheel']) == 1
    found = read_bag(tmp_path / 'out')
    kept = [one for one in found if '/segnet/' not in one.topic]
    assert kept == [one for one in sent if one in set(kept)]
    assert len(kept) > len(sent) // 3
    images = [one for one in kept if one.topic != '/wheel']
    assert len(found) == len(kept) + len(images)
    printed = capsys.readouterr().out
    assert f'not whole, labeled as far as it goes: in.{suffix}: ' in printed
    assert ('metadata.yaml: there is none' in printed) == (not with_metadata)
