"""The files that describe the package agree with each other and with the code."""

from __future__ import annotations

import ast
from pathlib import Path
import re
from typing import Any
import xml.etree.ElementTree as ElementTree

ROOT = Path(__file__).parents[1]
COMMANDS = {
    'segnet_bag',
    'segnet_demo',
    'segnet_evaluate',
    'segnet_image_source',
    'segnet_nav2_config',
    'segnet_node',
    'segnet_predict',
    'segnet_pretrain',
    'segnet_train',
}


def read_manifest() -> ElementTree.Element:
    """Parse package.xml."""
    return ElementTree.parse(ROOT / 'package.xml').getroot()


def read_setup() -> dict[str, Any]:
    """Read the literal keyword arguments of ``setup()``."""
    call = next(
        node.value
        for node in ast.parse((ROOT / 'setup.py').read_text()).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    arguments = {}
    for keyword in call.keywords:
        try:
            arguments[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except ValueError:
            continue
    return arguments


def test_manifest_is_complete() -> None:
    manifest = read_manifest()
    assert manifest.get('format') == '3'
    assert manifest.findtext('export/build_type') == 'ament_python'
    maintainer = manifest.find('maintainer')
    assert maintainer is not None
    assert re.fullmatch(r'[^@\s]+@[^@\s]+\.[a-z]+', maintainer.get('email', ''))
    files = [license_.get('file', '') for license_ in manifest.findall('license')]
    assert files == ['LICENSE', 'segnet_ros/weights/LICENSE']
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_manifest_leaves_pytorch_to_the_platform() -> None:
    keys = {depend.text or '' for depend in read_manifest().findall('exec_depend')}
    assert not [key for key in keys if 'torch' in key or 'safetensors' in key]
    assert read_setup()['install_requires'] == ['setuptools']


def test_manifest_names_every_ros_import() -> None:
    keys = {depend.text for depend in read_manifest().findall('exec_depend')}
    pattern = r'^\s*from (\w+_(?:msgs|interfaces)|rclpy|launch|launch_ros|ament_index_python)\b'
    paths = [*(ROOT / 'segnet_ros' / 'node').glob('*.py'), *(ROOT / 'launch').glob('*.py')]
    for path in paths:
        imports = re.findall(pattern, path.read_text(), re.M)
        assert set(imports) <= keys, path.name


def test_versions_agree() -> None:
    version = read_manifest().findtext('version')
    assert read_setup()['version'] == version
    headings = re.findall(r'^(.+)\n-+$', (ROOT / 'CHANGELOG.rst').read_text(), re.M)
    released = [heading for heading in headings if heading != 'Forthcoming']
    assert not released or released[0].split()[0] == version


def test_names_agree() -> None:
    assert read_setup()['name'] == read_manifest().findtext('name') == 'segnet_ros'
    assert (ROOT / 'resource' / 'segnet_ros').is_file()


def test_commands_exist() -> None:
    scripts = read_setup()['entry_points']['console_scripts']
    assert {script.split(' = ')[0] for script in scripts} == COMMANDS
    for script in scripts:
        module, function = script.split(' = ')[1].split(':')
        path = (ROOT / module.replace('.', '/')).with_suffix('.py')
        body = ast.parse(path.read_text()).body
        assert function in {getattr(node, 'name', None) for node in body}, script


def test_wheels_are_pinned() -> None:
    for path in (ROOT / 'requirements').glob('*.txt'):
        lines = [line for line in path.read_text().splitlines() if not line.startswith('#')]
        assert len(lines) > 50
        assert [line for line in lines if not re.fullmatch(r'ros-[\w-]+==[\d.]+', line)] == []
