"""Tests of what oneDNN does with the weights that it is given."""

import os
import subprocess
import sys

import pytest
import torch

SECOND = 'the second call'
PROGRAM = f"""
import torch
from segnet_ros.core.engine.cpu_kernels import CpuKernels
from segnet_ros.core.engine.folding import Filters

filters = Filters(torch.rand(512, 512, 3, 3), torch.rand(512))
convolve = CpuKernels(torch.float32).make_convolution(filters, True)
with torch.inference_mode():
    for size in ((4, 5), (23, 30), (15, 20)):
        x = torch.rand(1, 512, *size).contiguous(memory_format=torch.channels_last)
        convolve(x)
        print('{SECOND}', flush=True)
        convolve(x)
        print('over', flush=True)
"""


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason='needs oneDNN')
def test_weights_are_put_in_order_once_for_each_size_of_map():
    result = subprocess.run(
        [sys.executable, '-c', PROGRAM],
        env={**os.environ, 'ONEDNN_VERBOSE': '1'},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    calls = [part.partition('over')[0] for part in result.stdout.split(SECOND)[1:]]
    assert len(calls) == 3
    for call in calls:
        assert call.count(',exec,cpu,convolution,') == 1
        assert ',reorder,' not in call
