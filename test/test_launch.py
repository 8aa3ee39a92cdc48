"""The launch file's arguments, and what reaches the node. Needs an installed ROS 2."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

launch = pytest.importorskip('launch', reason='launch comes with an installed ROS 2')
pytest.importorskip('launch_ros', reason='launch_ros comes with an installed ROS 2')

if not hasattr(launch, 'LaunchDescription'):  # the folder launch/ of this repository
    pytest.skip('launch comes with an installed ROS 2', allow_module_level=True)

ROOT = Path(__file__).parents[1]
ARGUMENTS = {
    *('namespace', 'name', 'image_topic', 'camera_info_topic', 'cameras', 'image_transport'),
    *('checkpoint', 'device', 'precision', 'params_file', 'use_sim_time', 'log_level', 'respawn'),
    *('python_prefix', 'rviz', 'rviz_config', 'fixed_frame', 'backend'),
}


@pytest.fixture
def launch_file(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the launch file, with the repository as the installed share folder."""
    spec = importlib.util.spec_from_file_location('segnet', ROOT / 'launch' / 'segnet.launch.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, 'get_package_share_directory', lambda name: str(ROOT))
    return module


def make_context(launch_file: ModuleType, **given: str) -> Any:
    """Fill a launch context with the arguments, the others at their defaults."""
    context = launch.LaunchContext()
    context.launch_configurations.update(given)
    for argument in launch_file.generate_launch_description().get_launch_arguments():
        argument.visit(context)
    return context


def test_arguments_are_described(launch_file: ModuleType) -> None:
    arguments = launch_file.generate_launch_description().get_launch_arguments()
    assert {argument.name for argument in arguments} == ARGUMENTS
    assert all(argument.description for argument in arguments)
    assert all(argument.default_value is not None for argument in arguments)


def test_command_line_of_node(launch_file: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only arguments that were given become parameters, after the parameter file."""
    seen = {}
    monkeypatch.setattr(launch_file, 'Node', lambda **options: seen.update(options))
    launch_file.describe_node(make_context(launch_file))
    assert seen['parameters'] == [str(ROOT / 'config' / 'segnet.yaml'), {}]
    assert seen['remappings'] == [('image_raw', 'image_raw')]
    assert (seen['namespace'], seen['name']) == ('', 'segnet')
    launch_file.describe_node(
        make_context(launch_file, device='cpu', image_topic='/camera/image_raw', params_file='p')
    )
    assert seen['parameters'][0] == 'p'
    assert list(seen['parameters'][1]) == ['device']
    assert seen['remappings'] == [('image_raw', '/camera/image_raw')]


def test_several_cameras_are_remapped_in_one_argument(
    launch_file: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    monkeypatch.setattr(launch_file, 'Node', lambda **options: seen.update(options))
    cameras = 'front:=/cam_f/image_raw, rear:=cam_r/image'
    launch_file.describe_node(make_context(launch_file, cameras=cameras, respawn='true'))
    assert seen['parameters'][1] == {'cameras': ['front', 'rear']}
    assert seen['remappings'] == [
        ('front/image_raw', '/cam_f/image_raw'),
        ('rear/image_raw', 'cam_r/image'),
    ]
    assert seen['respawn'] is True


def test_cameras_can_be_exchanged(launch_file: ModuleType) -> None:
    """One rule for each, which the node applies once: see test_topic_names."""
    cameras = 'front:=/rear/image_raw,rear:=/front/image_raw'
    context = make_context(launch_file, cameras=cameras)
    assert launch_file.list_remappings(context.launch_configurations) == [
        ('front/image_raw', '/rear/image_raw'),
        ('rear/image_raw', '/front/image_raw'),
    ]


@pytest.mark.parametrize('text', ['front', 'front:=', ':=/a', 'a:=/x,a:=/y', 'front=/a'])
def test_other_cameras_are_refused(launch_file: ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match='expected cameras:=NAME:=TOPIC'):
        launch_file.parse_cameras(text)


@pytest.mark.parametrize('name', ['image_topic', 'camera_info_topic'])
def test_topics_of_one_camera_beside_several_are_refused(
    launch_file: ModuleType, name: str
) -> None:
    context = make_context(launch_file, cameras='a:=/x', **{name: '/y'})
    with pytest.raises(ValueError, match='found both'):
        launch_file.describe_node(context)


@pytest.mark.parametrize('name', ['precision', 'backend', 'image_transport', 'log_level', 'rviz'])
def test_what_is_not_among_the_choices_is_refused(launch_file: ModuleType, name: str) -> None:
    with pytest.raises(RuntimeError, match=name):
        make_context(launch_file, **{name: 'horse'})


def test_what_is_switched_on_reaches_the_node(
    launch_file: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    monkeypatch.setattr(launch_file, 'Node', lambda **options: seen.update(options))
    launch_file.describe_node(
        make_context(
            launch_file,
            use_sim_time='true',
            log_level='debug',
            camera_info_topic='/info',
            python_prefix='/venv/bin/python3',
        )
    )
    assert seen['parameters'][1] == {'use_sim_time': True}
    assert seen['ros_arguments'] == ['--log-level', 'debug']
    assert seen['remappings'] == [('image_raw', 'image_raw'), ('camera_info', '/info')]
    assert seen['prefix'] == '/venv/bin/python3'
    assert seen['respawn'] is False


def test_rviz_follows_the_node(launch_file: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    monkeypatch.setattr(launch_file, 'Node', lambda **options: seen.update(options))
    monkeypatch.setattr(launch_file, 'get_package_prefix', lambda name: '/')
    launch_file.describe_rviz(make_context(launch_file, namespace='robot1', name='front'))
    assert ('/segnet/overlay', '/robot1/front/overlay') in seen['remappings']
    config = (ROOT / 'config' / 'segnet.rviz').read_text()
    assert [topic for topic, _ in seen['remappings'] if f'Value: {topic}\n' not in config] == []


def test_rviz_has_the_fixed_frame_that_is_given(
    launch_file: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame on the command line wins over that of the file."""
    seen = {}
    monkeypatch.setattr(launch_file, 'Node', lambda **options: seen.update(options))
    monkeypatch.setattr(launch_file, 'get_package_prefix', lambda name: '/')
    launch_file.describe_rviz(make_context(launch_file))
    assert seen['arguments'] == ['-d', str(ROOT / 'config' / 'segnet.rviz')]
    launch_file.describe_rviz(
        make_context(launch_file, rviz_config='mine.rviz', fixed_frame='base_link')
    )
    assert seen['arguments'] == ['-d', 'mine.rviz', '-f', 'base_link']


def test_rviz_missing_is_said(launch_file: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> str:
        raise launch_file.PackageNotFoundError(name)

    monkeypatch.setattr(launch_file, 'get_package_prefix', fail)
    (action,) = launch_file.describe_rviz(make_context(launch_file))
    assert isinstance(action, launch.actions.LogInfo)
