"""Why a program ended, found in its log."""

import pytest
from segnet_ros.node.trial.last_words import find_last_words

INFO = '[INFO] [1700000000.123] [segnet]: ready\n'
ERROR = '\x1b[31m[ERROR] [1700000000.200] [segnet]: image dropped: short\x1b[0m\n'
FATAL = '[FATAL] [1700000000.300] [segnet]: expected a GPU, found none; use cpu\n'
TRACEBACK = (
    '[FATAL] [1700000000.400] [segnet]: inference failed:\n'
    'Traceback (most recent call last):\n'
    '  File "segmenter.py", line 1\n'
    'RuntimeError: the device is gone\n'
    '\n'
)


@pytest.mark.parametrize(
    ('log', 'words'),
    [
        (INFO + FATAL + ERROR + INFO, 'expected a GPU, found none; use cpu'),
        (INFO + ERROR + INFO, 'image dropped: short'),
        (INFO + TRACEBACK + INFO, 'inference failed: RuntimeError: the device is gone'),
        ('Traceback:\n  line\nImportError: no rclpy\n\n', 'ImportError: no rclpy'),
        ('', 'it has said nothing'),
    ],
)
def test_the_worst_entry_counts(log, words):
    assert find_last_words(log) == words
