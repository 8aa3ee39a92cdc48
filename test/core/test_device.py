"""The choice of device and precision."""

import re

import pytest
from segnet_ros.core.device import cpu_computes_bf16
from segnet_ros.core.device import describe_hardware
from segnet_ros.core.device import DeviceError
from segnet_ros.core.device import measure_memory
from segnet_ros.core.device import select_device
from segnet_ros.core.device import select_precision
import torch

NO_GPU = not torch.cuda.is_available()


@pytest.mark.parametrize('name', ['gpu', 'cuda:x', 'cpu:0', ''])
def test_unknown_devices_are_refused(name):
    with pytest.raises(DeviceError, match=f"expected device .* got '{name}'"):
        select_device(name)


@pytest.mark.skipif(not NO_GPU, reason='there is a GPU')
def test_cuda_without_a_gpu_says_what_to_do():
    with pytest.raises(DeviceError, match=r"expected a GPU for device 'cuda'.* found 0; install"):
        select_device('cuda')
    assert select_device('auto').type == 'cpu'


def test_a_cpu_is_one_of_many_and_has_no_memory_of_its_own():
    assert describe_hardware(torch.device('cpu')) == 'cpu'
    assert measure_memory(torch.device('cpu')) == {}


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason='needs a CUDA device')
def test_a_gpu_is_named_by_what_it_is_and_by_which_one():
    name = torch.cuda.get_device_name()
    found = describe_hardware(torch.device('cuda'))
    assert found == name or re.fullmatch(rf'{re.escape(name)} .*[0-9a-f-]{{36}}', found)


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason='needs a CUDA device')
def test_memory_that_a_tensor_takes_is_told():
    device = torch.device('cuda')
    before = measure_memory(device)
    tensor = torch.zeros(2**20, dtype=torch.uint8, device=device)
    after = measure_memory(device)
    assert after['allocated'] - before['allocated'] == tensor.nbytes
    assert after['reserved'] >= after['allocated']
    assert after['free'] > 0


def test_precision_is_decided_by_capability():
    assert select_precision('auto', torch.device('cuda')) == 'fp16'
    expected = 'bf16' if cpu_computes_bf16() else 'fp32'
    assert select_precision('auto', torch.device('cpu')) == expected
    with pytest.raises(DeviceError, match='on the CPU'):
        select_precision('fp16', torch.device('cpu'))
    with pytest.raises(DeviceError, match='expected a precision'):
        select_precision('int8', torch.device('cpu'))


def test_a_pytorch_that_does_not_tell_of_bf16_gets_fp32(monkeypatch):
    for name in ('_is_avx512_bf16_supported', '_is_amx_tile_supported'):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert select_precision('auto', torch.device('cpu')) == 'fp32'
