"""Tests of what is kept between two images."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
from resource import getrusage, RUSAGE_SELF

import numpy as np
from segnet_ros.core.predictor import Predictor

predictor = Predictor.from_checkpoint(device='cpu', precision='fp32', input_size=(192, 256))
image = np.zeros((192, 256, 3), np.uint8)
for _ in range(3):
    before = getrusage(RUSAGE_SELF).ru_minflt
    predictor.predict(image)
print(getrusage(RUSAGE_SELF).ru_minflt - before)
"""
FEW = 2000
"""Pages; the largest map alone has 3072."""


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='needs glibc')
def test_an_image_gets_the_memory_of_the_one_before():
    command = [sys.executable, '-c', PROGRAM]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert int(result.stdout) < FEW
