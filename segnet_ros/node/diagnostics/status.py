"""Status messages for ``/diagnostics``, named as REP 107 has it."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue


def make_status(
    node_name: str,
    component: str,
    level: bytes,
    text: str,
    hardware_id: str,
    values: Mapping[str, str],
) -> DiagnosticStatus:
    """
    Make a status message.

    :param node_name: with namespace, so that two nodes on one camera differ
    :param component: part of the node
    :param level: a constant of ``DiagnosticStatus``
    :param hardware_id: what the network runs on
    """
    return DiagnosticStatus(
        level=level,
        # "<node>: <component>"; a leading slash would open a level in aggregators.
        name=f'{node_name.lstrip("/")}: {component.lstrip("/")}',
        message=text,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def format_size(size: tuple[int, int] | None) -> str:
    """
    Write a size in the order in which cameras and viewers do, or that it is not known.

    :param size: height and width
    """
    return 'unknown' if size is None else f'{size[1]}x{size[0]} (width x height)'


def format_number(value: float | None) -> str:
    """Write a number with one decimal place, or that there is none."""
    return 'unknown' if value is None else f'{value:.1f}'
