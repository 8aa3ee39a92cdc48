"""What all pictures of training need: matplotlib, which is looked for before hours of work."""

from __future__ import annotations


def check_matplotlib() -> None:
    """
    Make sure that pictures can be drawn.

    :raises ValueError: if matplotlib is missing
    """
    try:
        import matplotlib.figure  # noqa: F401 - slow, and needed for pictures alone
    except ImportError as error:
        raise ValueError(
            'expected matplotlib, to draw a picture at the end, found none; pip install matplotlib'
        ) from error
