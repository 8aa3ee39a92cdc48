"""What is read of a checkpoint without PyTorch."""

import subprocess
import sys

import pytest
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.checkpoint_file import find_checkpoint
from segnet_ros.core.checkpoint_file import read_label_set


def test_the_label_set_is_that_of_the_checkpoint(small_checkpoint):
    assert read_label_set(small_checkpoint) == load_checkpoint(small_checkpoint).label_set


def test_the_packaged_checkpoint_is_the_default():
    assert find_checkpoint().name == 'segnet_camvid.safetensors'
    assert read_label_set().num_classes == 11


def test_pytorch_is_not_imported(small_checkpoint):
    program = (
        "import sys; sys.modules['torch'] = None;"  # as if it were not installed
        'from segnet_ros.core.checkpoint_file import read_label_set;'
        'print(read_label_set(sys.argv[1]).names[3])'
    )
    command = [sys.executable, '-c', program, small_checkpoint]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.stdout == 'road\n', result.stderr


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at '.*': expected .*; correct"):
        read_label_set(tmp_path / 'none.safetensors')


def test_other_files_are_refused(tmp_path):
    from safetensors.numpy import save_file

    path = tmp_path / 'other.safetensors'
    refusal = f'{path}: expected the metadata .*; use a file that segnet_train wrote'
    path.write_bytes(b'not a checkpoint')
    with pytest.raises(ValueError, match=refusal):
        read_label_set(path)
    for metadata in (None, {'other': '{}'}, {'segnet_ros': '['}, {'segnet_ros': '{}'}):
        save_file({}, path, metadata)
        with pytest.raises(ValueError, match=refusal):
            read_label_set(path)
