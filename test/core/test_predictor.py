"""The predictor: geometry, outputs, devices."""

import gc
import time

import numpy as np
from numpy.typing import NDArray
import pytest
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
from segnet_ros.core.selection import Selection
import torch
import torch.nn.functional as F  # noqa: N812

CONFIG = SegNetConfig(num_classes=11, widths=(4, 4, 4, 4, 4))
NO_GPU = not torch.cuda.is_available()
WORKSPACE_BYTES = 8 * 2**20
"""
What PyTorch keeps when a network has gone: the workspaces of cuBLAS and cuDNN, which belong to the
thread and stay for the next network, and the state of random numbers that comes with graphs. The
filters of the packaged network alone are seven times as big.
"""


@pytest.fixture(scope='module')
def checkpoint() -> Checkpoint:
    torch.manual_seed(1)
    network = SegNet(CONFIG)
    network(torch.randn(4, 3, 64, 64))
    return Checkpoint(CONFIG, load_label_set('camvid'), (48, 64), network.state_dict())


@pytest.fixture(scope='module', params=['torch', 'onnxruntime'])
def backend(request) -> str:
    """Run a test with each."""
    if request.param == 'onnxruntime':
        for package in ('onnx', 'onnxruntime'):
            pytest.importorskip(package, reason='needs the extra onnx')
    return request.param


@pytest.fixture(scope='module')
def predictor(checkpoint, backend) -> Predictor:
    return Predictor(checkpoint, 'cpu', 'fp32', backend=backend)


def make_image(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize('size', [(48, 64), (37, 91), (200, 50), (1, 1)])
def test_outputs_have_the_size_of_the_image(predictor, size):
    prediction = predictor.predict(make_image(*size), OUTPUTS)
    assert prediction.label.shape == prediction.confidence.shape == size
    assert prediction.color.shape == prediction.overlay.shape == (*size, 3)
    assert all(getattr(prediction, name).dtype == np.uint8 for name in OUTPUTS)


def test_label_and_confidence_are_those_of_the_upsampled_logits(checkpoint, predictor):
    image = make_image(96, 100)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    x = F.interpolate(x, (48, 64), mode='bilinear', antialias=True) / 255
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).view(2, 1, 3, 1, 1)
    with torch.no_grad():
        logits = checkpoint.build_network()((x - mean) / std)
    softmax = F.interpolate(logits, (96, 100), mode='bilinear').softmax(1)[0].numpy()

    prediction = predictor.predict(image, ('label', 'confidence'))

    assert (prediction.label == softmax.argmax(0)).mean() > 0.999
    assert np.abs(prediction.confidence - 255 * softmax.max(0)).max() < 0.6


def test_the_label_is_the_highest_logit(predictor):
    image = make_image(60, 50)
    logits = predictor.compute_logits(image)
    assert logits.shape == (11, 60, 50)
    assert logits.dtype == torch.float32
    assert np.array_equal(logits.argmax(0).numpy(), predictor.predict(image).label)


def test_logits_are_computed_at_the_input_size_asked_for(checkpoint, predictor, backend):
    image = make_image(60, 50)
    other = Predictor(checkpoint, 'cpu', 'fp32', input_size=(64, 96), backend=backend)
    expected = other.compute_logits(image)
    logits = predictor.compute_logits(image, (64, 96))
    assert torch.equal(logits, expected)
    assert not torch.allclose(logits, predictor.compute_logits(image), atol=0.01)


def test_color_and_overlay_follow_from_the_label(predictor):
    image = make_image(50, 60)
    prediction = predictor.predict(image, OUTPUTS, overlay_opacity=0.25)
    assert np.array_equal(prediction.color, predictor.label_set.palette[prediction.label])
    expected = 0.75 * image + 0.25 * prediction.color
    assert np.abs(prediction.overlay - expected).max() <= 0.501


@pytest.mark.parametrize(('opacity', 'same'), [(0.0, 'image'), (1.0, 'color')])
def test_opacity_goes_from_image_to_color(predictor, opacity, same):
    image = make_image(40, 50)
    prediction = predictor.predict(image, ('overlay', 'color'), opacity)
    expected = {'image': image, 'color': prediction.color}[same]
    assert np.array_equal(prediction.overlay, expected)


def test_only_what_was_asked_for_is_there(predictor):
    prediction = predictor.predict(make_image(40, 50), ('overlay',))
    assert prediction.overlay is not None
    assert prediction.label is prediction.confidence is prediction.color is None


def test_a_batch_of_different_sizes_equals_single_images(predictor):
    images = [make_image(48, 64), make_image(60, 50), make_image(33, 32)]
    for image, batched in zip(images, predictor.predict_batch(images, OUTPUTS), strict=True):
        single = predictor.predict(image, OUTPUTS)
        assert np.mean(batched.label == single.label) > 0.999


def test_strides_and_read_only_memory_do_not_matter(predictor):
    image = make_image(60, 80)
    frozen = image.copy()
    frozen.setflags(write=False)
    expected = predictor.predict(image[:, ::-1]).label
    assert np.array_equal(predictor.predict(image[:, ::-1].copy()).label, expected)
    assert np.array_equal(predictor.predict(frozen).label, predictor.predict(image).label)


def test_another_input_size_is_used(checkpoint, backend):
    predictor = Predictor(checkpoint, 'cpu', 'fp32', input_size=(64, 96), backend=backend)
    assert predictor.input_size == (64, 96)
    assert predictor.predict(make_image(40, 50)).label.shape == (40, 50)


@pytest.mark.parametrize(
    'image',
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(predictor, image):
    with pytest.raises(ValueError, match=r'expected a non-empty RGB image, uint8 \(H, W, 3\)'):
        predictor.predict(image)


@pytest.mark.parametrize('outputs', [(), ('mask',)])
def test_other_outputs_are_refused(predictor, outputs):
    with pytest.raises(ValueError, match='expected outputs out of'):
        predictor.predict(make_image(40, 50), outputs)


def test_a_small_input_size_is_refused(checkpoint, backend):
    with pytest.raises(ValueError, match='at least 32 x 32, got 16 x 64'):
        Predictor(checkpoint, 'cpu', input_size=(16, 64), backend=backend)


def test_an_input_size_for_logits_is_checked_too(predictor):
    with pytest.raises(ValueError, match='at least 32 x 32, got 64 x 16'):
        predictor.compute_logits(make_image(48, 64), (64, 16))


def test_half_precision_keeps_nearly_all_labels(checkpoint, predictor):
    image = make_image(48, 64)
    half = Predictor(checkpoint, 'cpu', 'bf16').predict(image).label
    assert np.mean(half == predictor.predict(image).label) > 0.9


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason='needs a CUDA device')
# Without training many logits are nearly equal, and fp16 decides between them.
@pytest.mark.parametrize(('precision', 'share'), [('fp32', 0.999), ('fp16', 0.95)])
def test_gpu_and_cpu_agree(checkpoint, predictor, precision, share):
    image = make_image(120, 160)
    gpu = Predictor(checkpoint, 'cuda', precision)
    begun = time.perf_counter()
    prediction = gpu.predict(image, OUTPUTS)
    assert 0 < gpu.device_ms < 1000 * (time.perf_counter() - begun)
    assert np.mean(prediction.label == predictor.predict(image).label) > share
    assert predictor.device_ms is None


def test_a_cpu_takes_images_one_by_one(predictor):
    assert predictor.find_batch(4) == 1


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason='needs a CUDA device')
def test_a_gpu_takes_as_many_images_as_pay(checkpoint):
    assert Predictor(checkpoint, 'cuda').find_batch(4) in (1, 2, 3, 4)


def measure_reserved_bytes() -> int:
    """Give back what nobody uses, as the node does, and measure what PyTorch holds of the GPU."""
    gc.collect()  # captured graphs are in cycles
    torch.cuda.empty_cache()
    return torch.cuda.memory_reserved()


@pytest.mark.gpu
@pytest.mark.skipif(NO_GPU, reason='needs a CUDA device')
def test_a_network_that_is_let_go_gives_back_its_memory():
    before = measure_reserved_bytes()
    predictor = Predictor.from_checkpoint(device='cuda')
    predictor.predict(make_image(360, 480), OUTPUTS)
    loaded = measure_reserved_bytes()
    del predictor
    assert measure_reserved_bytes() <= before + WORKSPACE_BYTES < loaded


def test_outputs_have_the_size_that_is_asked_for(predictor):
    image = render_scene(0, size=(60, 80)).image
    smaller = predictor.predict(image, OUTPUTS, output_size=(30, 40))
    assert smaller.label.shape == smaller.confidence.shape == (30, 40)
    assert smaller.color.shape == smaller.overlay.shape == (30, 40, 3)
    whole = predictor.predict(image, ('label', 'overlay'), 0.0)
    small = predictor.predict(image, ('overlay',), 0.0, (30, 40))
    np.testing.assert_array_equal(whole.overlay, image)
    blocks = image.reshape(30, 2, 40, 2, 3).mean((1, 3))
    assert np.abs(small.overlay - blocks).mean() < 8  # a little wider filter than blocks


def test_a_selection_reaches_the_outputs(predictor):
    image = render_scene(0, size=(60, 80)).image
    whole = predictor.predict(image).label
    kept = int(np.bincount(whole.ravel()).argmax())
    label = predictor.predict(image, selection=Selection((kept,))).label
    np.testing.assert_array_equal(label, np.where(whole == kept, whole, 255))
