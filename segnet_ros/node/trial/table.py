"""How the counts of a trial are shown."""

from __future__ import annotations

from collections.abc import Sequence
import math


def format_rows(rows: Sequence[tuple[str, str]]) -> str:
    """
    Put names and values into a table.

    :param rows: in their order
    """
    return '\n'.join(f'  {name:<22} {value}' for name, value in rows)


def format_rate(rate: float) -> str:
    """
    Write how many label images came per second.

    :param rate: nan where that is not known
    """
    return 'unknown' if math.isnan(rate) else f'{rate:.2f} per second'
