"""Who may import whom, read from the source; and that importing does nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
import importlib.util
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    '.'.join(path.relative_to(ROOT).with_suffix('').parts): path
    for path in sorted((ROOT / 'segnet_ros').rglob('*.py'))
}
ROS = {
    'ament_index_python',
    'builtin_interfaces',
    'cv_bridge',
    'diagnostic_msgs',
    'diagnostic_updater',
    'geometry_msgs',
    'launch',
    'launch_ros',
    'rcl_interfaces',
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'std_srvs',
    'vision_msgs',
}
NEWER_THAN_HUMBLE = {
    'BEST_AVAILABLE',
    'EventsExecutor',
    'MessageInfo',
    'ParameterEventHandler',
    'add_post_set_parameters_callback',
    'add_pre_set_parameters_callback',
    'autostart=',
    'enable_logger_service',
    'matched',
    'wait_for_node',
    'rclpy.clock_type',
    'rclpy.event_handler',
    'rclpy.experimental',
    'rclpy.try_shutdown',
}
"""Keywords (some with their =), attributes, imports and modules of rclpy that Humble lacks."""
LAUNCH_NEWER_THAN_HUMBLE = {
    'AllSubstitution',
    'AnySubstitution',
    'EqualsSubstitution',
    'FileContent',
    'ForEach',
    'ForEachVar',
    'ForLoop',
    'ForLoopIndex',
    'IfElseSubstitution',
    'LaunchLogDir',
    'LifecycleTransition',
    'LogDebug',
    'LogError',
    'LogWarning',
    'NotEqualsSubstitution',
    'PathSubstitution',
    'PushROSNamespace',
    'ROSTimer',
    'SetROSLogDir',
    'SomeEntitiesType',
    'StringJoinSubstitution',
    'autostart=',
    'python_modules=',
    'respawn_max_retries=',
    'launch.some_entities_type',
}
"""
The same of launch and launch_ros, of which Humble's are 1.0 and 0.19.

Found by comparing classes, their keywords and modules on the branches humble and rolling of
github.com/ros2/launch and github.com/ros2/launch_ros, as of the end of 2024; what came later is
from the changelogs of Kilted and Lyrical. Some of the substitutions have come to Humble in June
2025 (1.0.9) and after, which robots that were set up before do not have.
"""


def walk_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but those under ``if TYPE_CHECKING:``, which never run."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith('TYPE_CHECKING'):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk_run_time(child)


def walk_required(node: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but those that are tried with a fallback for ``ImportError``."""
    if isinstance(node, ast.Try) and 'ImportError' in map(catches, node.handlers):
        children: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
    else:
        children = list(ast.iter_child_nodes(node))
    yield node
    for child in children:
        yield from walk_required(child)


def catches(handler: ast.ExceptHandler) -> str:
    """Name what an ``except`` catches."""
    return ast.unparse(handler.type) if handler.type else ''


@cache
def read_imports(module: str) -> frozenset[str]:
    """Read which modules a module imports, anywhere in it, as dotted names."""
    found = set()
    for node in walk_run_time(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{module} imports relatively'
            names = {f'{node.module}.{alias.name}' for alias in node.names}
            found.update(names & MODULES.keys() or {str(node.module)})
    return frozenset(found)


def imports_any(module: str, tops: set[str]) -> bool:
    """Tell whether a module itself imports one of these top-level packages."""
    return any(name.split('.')[0] in tops for name in read_imports(module))


def reaches_torch(module: str) -> bool:
    """Tell whether a module of the core imports torch, itself or through others."""
    own = read_imports(module) & MODULES.keys()
    return imports_any(module, {'torch'}) or any(reaches_torch(other) for other in own)


def modules_of(folder: str) -> list[str]:
    """List the modules under a folder of the package."""
    return [module for module in MODULES if module.startswith(f'segnet_ros.{folder}.')]


MAY_IMPORT = {
    'core': set(),
    'networks': {'core'},
    'commands': {'core'},
    'images': set(),
    'export': {'core', 'commands'},
    'training': {'core', 'commands'},
    'bag': {'core', 'commands', 'images'},
    'node': {'core', 'images'},
    'web': {'core', 'commands', 'images'},
    'evaluation': {'core', 'commands', 'images', 'training', 'node'},
}
"""Beside itself. Networks, commands and backends are found by name: nobody imports them."""


@pytest.mark.parametrize('folder', MAY_IMPORT)
def test_folder_imports_only_what_it_may(folder: str) -> None:
    modules = modules_of(folder)
    assert modules
    for module in modules:
        imported = {name.split('.')[1] for name in read_imports(module) & MODULES.keys()}
        assert imported & MAY_IMPORT.keys() <= {folder, *MAY_IMPORT[folder]}, module


def test_every_folder_has_its_rule() -> None:
    folders = {module.split('.')[1] for module in MODULES if module.count('.') > 1}
    assert folders <= MAY_IMPORT.keys()


LAZY_ROS = {'segnet_ros.web.overlay_listener'}
"""Import ROS, too, and are imported by name when they are needed."""


def test_only_node_imports_ros() -> None:
    wrong = {module for module in MODULES if imports_any(module, ROS)}
    assert wrong > LAZY_ROS, 'the rule sees no import of ROS at all'
    assert wrong - LAZY_ROS <= set(modules_of('node'))


def test_the_page_needs_no_ros() -> None:
    for module in MODULES:
        assert not read_imports(module) & LAZY_ROS, f'{module} imports ROS by one of them'
    for module in LAZY_ROS:
        assert not imports_any(module, {'torch'})


def test_only_segnet_node_sees_ros_and_torch() -> None:
    heavy = {module for module in modules_of('core') if reaches_torch(module)}
    assert 'segnet_ros.core.predictor' in heavy
    both = {
        module
        for module in modules_of('node')
        if imports_any(module, ROS)
        and (imports_any(module, {'torch'}) or read_imports(module) & heavy)
    }
    assert both <= {'segnet_ros.node.segnet_node_ros'}


def names_used(node: ast.AST) -> set[str]:
    """Name what a node of the source refers to in another module."""
    if isinstance(node, ast.keyword):
        return {str(node.arg), f'{node.arg}='}
    if isinstance(node, ast.Attribute):
        return {node.attr, ast.unparse(node)}
    if isinstance(node, ast.ImportFrom):
        return {str(node.module), *(alias.name for alias in node.names)}
    return {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()


def names_required(path: Path) -> set[str]:
    """Name what a file refers to in other modules without a fallback."""
    return set().union(*map(names_used, walk_required(ast.parse(path.read_text()))))


def test_nothing_newer_than_humble() -> None:
    for module in [*modules_of('node'), *LAZY_ROS]:
        assert names_required(MODULES[module]) & NEWER_THAN_HUMBLE == set(), module
    launch_files = list((ROOT / 'launch').glob('*.py'))
    assert launch_files
    for path in launch_files:
        names = names_required(path)
        assert 'launch_ros.actions' in names, 'the rule sees no import of launch at all'
        assert names & LAUNCH_NEWER_THAN_HUMBLE == set(), path.name


IMPORT_ALL = """
import importlib, sys, threading
for name in sys.argv[1:]:
    importlib.import_module(name)
    assert threading.active_count() == 1, f'{name} starts a thread'
    torch = sys.modules.get('torch')
    assert not (torch and torch.cuda.is_initialized()), f'{name} initializes CUDA'
"""


def test_importing_does_nothing() -> None:
    folders = ('core', 'networks', 'commands', 'images', 'training')
    modules = [module for folder in folders for module in modules_of(folder)]
    if importlib.util.find_spec('rosbags'):
        modules += modules_of('bag')
    if importlib.util.find_spec('uvicorn'):
        modules += [module for module in modules_of('web') if module not in LAZY_ROS]
    if importlib.util.find_spec('rclpy'):
        modules += [*modules_of('node'), *modules_of('evaluation'), *LAZY_ROS]
    if importlib.util.find_spec('onnx') and importlib.util.find_spec('onnxruntime'):
        modules += modules_of('export')
    command = [sys.executable, '-c', IMPORT_ALL, *modules]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ''
    assert result.stderr == ''
