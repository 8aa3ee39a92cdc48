"""The backend onnxruntime: with checkpoints, with exported files, and where it is missing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('onnx', reason='needs ONNX')
pytest.importorskip('onnxruntime', reason='needs ONNX Runtime')

import onnx
from segnet_ros.core.checkpoint import CheckpointError
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.device import DeviceError
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
from segnet_ros.core.selection import Selection
from segnet_ros.export.exported_model import build_model
from segnet_ros.export.exported_model import Export
from segnet_ros.export.providers import choose_providers
import torch


@pytest.fixture(scope='module')
def save_export(small_checkpoint, tmp_path_factory):
    """Export the small checkpoint, and return the file."""

    def save(name, *args, **options):
        path = tmp_path_factory.mktemp('exported') / name
        onnx.save(build_model(load_checkpoint(small_checkpoint), Export(*args, **options)), path)
        return path

    return save


@pytest.fixture(scope='module')
def predictor(small_checkpoint):
    return Predictor.from_checkpoint(small_checkpoint, 'cpu', 'fp32')


@pytest.mark.parametrize('is_raw', [False, True])
def test_an_exported_file_does_what_its_checkpoint_does(save_export, predictor, is_raw):
    """Also for images of another size than it was exported for, and with all outputs."""
    path = save_export('a.onnx', (90, 120), (48, 64), is_raw=is_raw)
    found = Predictor.from_checkpoint(path, 'cpu', backend='onnxruntime')
    assert found.precision == 'fp32'
    assert found.label_set == predictor.label_set
    assert found.provenance == predictor.provenance
    assert found.num_parameters == predictor.num_parameters
    assert found.input_size == (48, 64)
    images = [render_scene(3, size=size).image for size in ((90, 120), (60, 77), (48, 64))]
    selection = Selection((0, 1, 2), 0.1)
    for one, other in zip(
        found.predict_batch(images, OUTPUTS, selection=selection),
        predictor.predict_batch(images, OUTPUTS, selection=selection),
        strict=True,
    ):
        for name in OUTPUTS:
            assert np.mean(getattr(one, name) == getattr(other, name)) > 0.999, name


def test_an_exported_file_in_fp16_computes_in_fp16(save_export, predictor):
    path = save_export('half.onnx', (48, 64), (48, 64), 'fp16')
    found = Predictor.from_checkpoint(path, 'cpu', backend='onnxruntime')
    assert found.precision == 'fp16'
    image = render_scene(3, size=(48, 64)).image
    logits, expected = found.compute_logits(image), predictor.compute_logits(image)
    assert 0 < (logits - expected).abs().mean() < 0.01 * expected.abs().max()
    with pytest.raises(DeviceError, match=r"precision fp16 of the ONNX file, got 'fp32'"):
        Predictor.from_checkpoint(path, 'cpu', 'fp32', backend='onnxruntime')


def test_an_exported_file_has_one_input_size(save_export):
    path = save_export('a.onnx', (48, 64), (48, 64))
    with pytest.raises(ValueError, match='size 48 x 64 of the ONNX file, got 64 x 96; export it'):
        Predictor.from_checkpoint(path, 'cpu', input_size=(64, 96), backend='onnxruntime')


def test_an_exported_file_is_nothing_for_pytorch(save_export):
    with pytest.raises(CheckpointError, match="found an ONNX file; use the backend 'onnxruntime'"):
        Predictor.from_checkpoint(save_export('a.onnx', (48, 64), (48, 64)), 'cpu')


def test_other_onnx_files_are_refused(tmp_path, save_export):
    path = tmp_path / 'b.onnx'
    path.write_bytes(b'no ONNX')
    with pytest.raises(CheckpointError, match=r'b\.onnx: expected an ONNX file, could not read'):
        Predictor.from_checkpoint(path, 'cpu', backend='onnxruntime')
    model = onnx.load(save_export('a.onnx', (48, 64), (48, 64)))
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(CheckpointError, match=r'b\.onnx: expected the metadata of a SegNet'):
        Predictor.from_checkpoint(path, 'cpu', backend='onnxruntime')
    with pytest.raises(FileNotFoundError, match='no checkpoint at'):
        Predictor.from_checkpoint(tmp_path / 'none.onnx', 'cpu', backend='onnxruntime')


def test_other_networks_and_precisions_are_refused(
    small_checkpoint, save_small_checkpoint, tmp_path
):
    path = tmp_path / 'unet.safetensors'
    save_small_checkpoint(path, load_label_set('camvid'), network='unet')
    with pytest.raises(ValueError, match=r'found one of unet; .* run this one by PyTorch'):
        Predictor.from_checkpoint(path, 'cpu', backend='onnxruntime')
    for precision in ('bf16', 'fp16', 'fp8'):
        with pytest.raises(DeviceError, match='expected the precision fp32 for ONNX Runtime on a'):
            Predictor.from_checkpoint(small_checkpoint, 'cpu', precision, backend='onnxruntime')
    with pytest.raises(ValueError, match="a backend of torch, onnxruntime, got 'tensorrt'"):
        Predictor.from_checkpoint(small_checkpoint, 'cpu', backend='tensorrt')


def test_nothing_can_be_sampled(save_small_checkpoint, tmp_path):
    path = tmp_path / 'bayesian.safetensors'
    save_small_checkpoint(path, load_label_set('camvid'), network='bayesian-segnet')
    found = Predictor.from_checkpoint(path, 'cpu', backend='onnxruntime')
    assert not found.can_be_sampled
    with pytest.raises(ValueError, match='expected a network that can be sampled'):
        found.predict(np.zeros((48, 64, 3), np.uint8), mc_samples=2)


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_a_gpu_is_not_made_up(small_checkpoint):
    assert Predictor.from_checkpoint(small_checkpoint, backend='onnxruntime').device.type == 'cpu'
    with pytest.raises(DeviceError, match="expected a GPU for device 'cuda'"):
        Predictor.from_checkpoint(small_checkpoint, 'cuda', backend='onnxruntime')


@pytest.mark.parametrize('package', ['onnx', 'onnxruntime'])
def test_a_missing_package_is_told_in_a_line(package):
    program = (
        f"import sys; sys.modules['{package}'] = None;"  # as if it were not installed
        'from segnet_ros.core.predictor import Predictor\n'
        "try: Predictor.from_checkpoint(backend='onnxruntime')\n"
        'except ValueError as error: print(error)'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"expected the Python package {package} for the backend 'onnxruntime'")
    assert line.endswith("or use the backend 'torch'")


def test_providers_are_those_of_the_device_in_the_order_of_preference(monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', '/cache')
    available = (
        *('TensorrtExecutionProvider', 'CUDAExecutionProvider', 'OpenVINOExecutionProvider'),
        *('AzureExecutionProvider', 'CPUExecutionProvider'),
    )
    cpu = choose_providers(available, torch.device('cpu'), 'fp32', 'key')
    assert cpu == [
        ('OpenVINOExecutionProvider', {'device_type': 'CPU', 'precision': 'FP32'}),
        ('CPUExecutionProvider', {}),
    ]
    gpu = choose_providers(available, torch.device('cuda', 1), 'fp16', 'key')
    assert [name for name, _ in gpu] == [*available[:3], available[4]]
    assert gpu[0][1] == {
        'device_id': 1,
        'trt_engine_cache_enable': True,
        'trt_engine_cache_path': '/cache/segnet_ros/tensorrt/key',
        'trt_fp16_enable': True,
    }
    assert gpu[1][1] == {'device_id': 1}
