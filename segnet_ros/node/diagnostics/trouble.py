"""Trouble that users meet: what is wrong, and what to do."""

from __future__ import annotations

from typing import NamedTuple


class Trouble(NamedTuple):
    """Something that keeps images away, or outputs from those who want them."""

    kind: str
    """Of each, the log tells once."""
    text: str
    """What is wrong, and what to do."""


class Advice(NamedTuple):
    """What is wrong with a camera at present, and what to do; empty where nothing is."""

    input: str = ''
    """Why images do not come, or not from all publishers."""
    others: tuple[str, ...] = ()
    """Whatever else, the most important first."""
