"""The commands where a package that they need is missing."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize('name', ['bag', 'evaluate', 'export', 'predict', 'pretrain', 'train'])
def test_a_missing_package_is_told_in_a_line(name):
    program = (
        "import sys; sys.modules['tqdm'] = None;"  # as if it were not installed
        f'from segnet_ros.commands.entry import {name}; sys.exit({name}())'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f'segnet_{name}: error: expected the Python package tqdm, found none')


@pytest.mark.parametrize(('name', 'missing'), [('evaluate_node', 'rclpy'), ('web', 'uvicorn')])
def test_what_one_command_needs_is_told_in_a_line(name, missing):
    program = (
        f"import sys; sys.modules['{missing}'] = None;"
        f'from segnet_ros.commands.entry import {name}; sys.exit({name}())'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f'segnet_{name}: error: expected the Python package {missing}, found')


def test_commands_run_through_their_entries():
    program = (
        "import sys; sys.argv = ['segnet_train', '--help'];"
        'from segnet_ros.commands.entry import train; sys.exit(train())'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 0
    assert '--recipe' in result.stdout
