"""
The table of the node's parameters in README.md, made from their declarations.

    python -m segnet_ros.node.parameters.table
"""

from __future__ import annotations

from dataclasses import Field
from dataclasses import fields
from typing import Any

from segnet_ros.node.parameters.segnet_parameters import CameraParameters
from segnet_ros.node.parameters.segnet_parameters import Parameters
from segnet_ros.node.parameters.segnet_parameters import prefix_of


def make_table() -> list[str]:
    """Make the lines of the table, without its head."""
    own = [_make_row('', entry) for entry in fields(Parameters)]
    return own + [_make_row(prefix_of('NAME'), entry) for entry in fields(CameraParameters)]


def _make_row(prefix: str, entry: Field[Any]) -> str:
    text = entry.metadata['text']
    if entry.metadata['choices']:
        text += f' One of {", ".join(entry.metadata["choices"])}.'
    if not entry.metadata['read_only']:
        text += ' Can be changed while the node runs.'
    return f'| `{prefix}{entry.name}` | `{_format(entry.default)}` | {text} |'


def _format(value: Any) -> str:
    """Write a value as YAML has it."""
    if isinstance(value, tuple):
        return str(list(value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) or "''"


if __name__ == '__main__':
    print('\n'.join(make_table()))
