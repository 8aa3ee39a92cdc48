"""The package builds with colcon, and what it installs is complete and runs."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[1]
COLCON = Path(sys.executable).with_name('colcon')
COPIED = ['config', 'launch', 'resource', 'segnet_ros']
COMMANDS = ['segnet_demo', 'segnet_evaluate', 'segnet_evaluate_node', 'segnet_image_source']
COMMANDS += [
    'segnet_nav2_config',
    'segnet_node',
    'segnet_predict',
    'segnet_pretrain',
    'segnet_train',
]

pytestmark = [
    pytest.mark.colcon,
    pytest.mark.skipif(not COLCON.exists(), reason='colcon is not installed'),
]


@pytest.fixture(scope='module')
def install_space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a copy of the package; return install/segnet_ros."""
    workspace = tmp_path_factory.mktemp('workspace')
    package = workspace / 'src' / 'segnet_ros'
    ignore = shutil.ignore_patterns('__pycache__')
    for name in COPIED:
        shutil.copytree(ROOT / name, package / name, ignore=ignore)
    for name in ('LICENSE', 'package.xml', 'pyproject.toml', 'setup.cfg', 'setup.py'):
        shutil.copy(ROOT / name, package)
    result = subprocess.run(
        [COLCON, 'build'], cwd=workspace, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return workspace / 'install' / 'segnet_ros'


def test_files_are_installed(install_space: Path) -> None:
    share = install_space / 'share'
    assert (share / 'ament_index/resource_index/packages/segnet_ros').is_file()
    assert (share / 'segnet_ros/package.xml').is_file()
    for source in [*(ROOT / 'config').iterdir(), *(ROOT / 'launch').glob('*.launch.py')]:
        assert (share / 'segnet_ros' / source.relative_to(ROOT)).is_file(), source
    (package,) = (install_space / 'lib').glob('python*/site-packages/segnet_ros')
    data = [ROOT / 'segnet_ros/py.typed']
    data += [*(ROOT / 'segnet_ros/label_sets').iterdir(), *(ROOT / 'segnet_ros/weights').iterdir()]
    for source in data:
        assert (package / source.relative_to(ROOT / 'segnet_ros')).is_file(), source


@pytest.mark.parametrize('command', COMMANDS)
def test_command_runs(install_space: Path, command: str) -> None:
    """The executable finds the installed package, not the repository."""
    executable = install_space / 'lib' / 'segnet_ros' / command
    assert executable.read_text().splitlines()[0] == '#!/usr/bin/env python3'
    (packages,) = (install_space / 'lib').glob('python*/site-packages')
    environment = {
        **os.environ,
        'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
        'PYTHONPATH': os.pathsep.join([str(packages), *filter(None, [os.getenv('PYTHONPATH')])]),
    }
    result = subprocess.run(
        [executable, '--help'],
        cwd=install_space,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith('usage:')
