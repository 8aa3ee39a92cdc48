"""The node writes its log, and no other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import signal

from node_control import make_parameter_arguments
from node_control import NodeProcess
from node_control import REAL
import numpy as np
import pytest
from ros_client import make_image
from ros_client import RosClient
from sensor_msgs.msg import CompressedImage
from std_srvs.srv import Trigger
from test_failure import assert_clean_exit

pytest.importorskip('torch', reason='needs PyTorch')

pytestmark = pytest.mark.ros

PIXELS = np.zeros((50, 90, 3), np.uint8)
FOLDERS = ('home', 'ros', 'here', 'tmp', 'cache', 'config', 'data')


def list_files(folder: Path) -> list[str]:
    """List all files below a folder, by path within it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_no_file_is_written_but_the_log(
    client: RosClient,
    start_node: Callable[..., NodeProcess],
    small_checkpoint: Path,
    tmp_path: Path,
) -> None:
    """From the start over images and a refused checkpoint to the end, with the real network."""
    folders = {name: tmp_path / name for name in FOLDERS}
    for folder in folders.values():
        folder.mkdir()
    beside = list_files(small_checkpoint.parent)
    node = start_node(
        *make_parameter_arguments({'checkpoint': small_checkpoint, 'device': 'cpu'}),
        program=REAL,
        folder=folders['here'],
        HOME=str(folders['home']),
        ROS_HOME=str(folders['ros']),
        ROS_LOG_DIR='',
        TMPDIR=str(folders['tmp']),
        XDG_CACHE_HOME=str(folders['cache']),
        XDG_CONFIG_HOME=str(folders['config']),
        XDG_DATA_HOME=str(folders['data']),
    )
    node.wait_for('ready')
    heard = client.record('segnet/label')
    files = client.record('segnet/overlay/compressed', CompressedImage)
    camera = client.advertise()
    client.publish_until(camera, lambda: make_image(PIXELS), lambda: heard and files)
    client.set_parameter('segnet', 'checkpoint', str(tmp_path))
    assert not client.call(Trigger, 'segnet/reload', Trigger.Request()).success
    node.signal(signal.SIGINT)
    assert_clean_exit(node)
    (log,) = list_files(tmp_path)
    assert Path(log).parent == Path('ros/log')
    assert 'ready: ' in (tmp_path / log).read_text()
    assert list_files(small_checkpoint.parent) == beside
