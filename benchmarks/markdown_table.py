"""Tables as README files have them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

NOTHING = '–'  # noqa: RUF001 - a dash, as in print


def format_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    Format a table.

    :param head: names of the columns
    :param rows: as many cells each
    """
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def format_number(value: float | None, form: str = ',.0f') -> str:
    """Format a number, or a dash where there is none."""
    return NOTHING if value is None else format(value, form)
