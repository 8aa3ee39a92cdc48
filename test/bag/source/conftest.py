"""Bags are read without a network."""

import pytest

pytest.importorskip('rosbags', reason='needs rosbags')
