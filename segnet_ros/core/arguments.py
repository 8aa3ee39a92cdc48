"""Values on command lines, for the commands of training and of the node alike."""

from __future__ import annotations

import argparse
import math


def parse_positive_number(text: str) -> float:
    """
    Read a finite number above 0.

    :raises argparse.ArgumentTypeError: if it is not that
    """
    value = _parse_number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got '{text}'")
    return value


def parse_number_from_zero(text: str) -> float:
    """
    Read a finite number from 0 up.

    :raises argparse.ArgumentTypeError: if it is not that
    """
    value = _parse_number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number from 0 up, got '{text}'")
    return value


def _parse_number(text: str) -> float:
    """Read a number; nan, which compares with none, if it is not one."""
    try:
        return float(text)
    except ValueError:
        return math.nan
