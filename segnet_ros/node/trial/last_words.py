"""What a program said last, from all that it has written."""

from __future__ import annotations

from pathlib import Path
import re

RECORD = re.compile(r'\[(DEBUG|INFO|WARN|ERROR|FATAL)\] \[[\d.]+\] \[[^\]]*\]: ')
"""How ROS begins an entry of the log."""
COLOR = re.compile('\x1b\\[[0-9;]*m')


def read_log(path: Path) -> str:
    """Read what programs have written, of which the user's part may be in any encoding."""
    return path.read_text(encoding='utf-8', errors='replace')


def find_last_words(log: str) -> str:
    """
    Find why a program ended, in one line.

    :param log: all that it has written
    :return: its last fatal entry, else its last error, else its last line
    """
    log = COLOR.sub('', log)
    _, *parts = RECORD.split(log)  # level and text by turns
    entries = list(zip(parts[::2], parts[1::2], strict=True))
    for wanted in ('FATAL', 'ERROR'):
        texts = [text for level, text in entries if level == wanted]
        if texts:
            return _shorten(texts[-1])
    return _shorten(log[log.rstrip().rfind('\n') + 1 :])


def _shorten(entry: str) -> str:
    """Put an entry into a line; of a traceback, what it is of and what it ends in."""
    lines = [line.strip() for line in entry.strip().splitlines() if line.strip()]
    return ' '.join(lines if len(lines) < 2 else (lines[0], lines[-1])) or 'it has said nothing'
