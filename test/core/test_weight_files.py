"""Files of weights: written as a whole, small, and compared with what is expected."""

import json
import os

import pytest
from segnet_ros.core.weight_files import check_weights
from segnet_ros.core.weight_files import read_weights
from segnet_ros.core.weight_files import save_weights
from segnet_ros.core.weight_files import WeightsError
from segnet_ros.core.weight_files import write_atomically
import torch


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'weights.safetensors'
    weights = {'filter': torch.full((2, 1, 3, 3), 0.1), 'variance': torch.tensor([1e6, 0.1])}
    save_weights(path, weights, 'mine', {'answer': 42})
    return path


def test_weights_come_back_with_their_metadata(path):
    weights, metadata = read_weights(path, 'mine')
    assert json.loads(metadata) == {'answer': 42}
    assert torch.equal(weights['filter'], torch.full((2, 1, 3, 3), 0.1).half().float())
    assert torch.equal(weights['variance'], torch.tensor([1e6, 0.1]))  # too large for fp16


def test_other_metadata_is_refused(path):
    with pytest.raises(WeightsError, match="without the metadata 'yours'"):
        read_weights(path, 'yours')


def test_a_failed_write_leaves_the_old_file(path):
    before = path.read_bytes()

    def fail_half_way() -> None:
        with write_atomically(path) as temporary:
            temporary.write_bytes(b'half of it')
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_half_way()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ('found', 'message'),
    [
        ({}, 'a is missing'),
        ({'a': torch.zeros(2), 'b': torch.zeros(1)}, 'b is unknown'),
        ({'a': torch.zeros(3)}, r'a has shape \(3,\) in place of \(2,\)'),
    ],
)
def test_differences_are_named(found, message):
    with pytest.raises(WeightsError, match=message):
        check_weights({'a': torch.zeros(2)}, found)


def test_what_a_killed_process_left_is_removed(tmp_path):
    left, foreign = (
        tmp_path / '.state.pt.999999999.tmp',
        tmp_path / f'.state.pt.{os.getppid()}.tmp',
    )
    for path in (left, foreign):
        path.touch()
    with write_atomically(tmp_path / 'state.pt') as temporary:
        temporary.write_bytes(b'whole')
    assert not left.exists()
    assert foreign.exists()  # its process may still be at it
