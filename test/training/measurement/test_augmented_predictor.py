"""Flips and scales against the same average computed without the predictor."""

import numpy as np
import pytest
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.predictor import Image
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.scenes import render_scene
from segnet_ros.training.measurement.augmented_predictor import AugmentedPredictor
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812

SIZE = (60, 50)
SIZES = {0.75: (36, 48), 1: (48, 64), 1.25: (60, 80)}
"""Input sizes by scale: the checkpoint's own is 48 x 64."""


@pytest.fixture(scope='module')
def predictor(small_checkpoint) -> Predictor:
    return Predictor.from_checkpoint(small_checkpoint, 'cpu', 'fp32')


@pytest.fixture(scope='module')
def image() -> Image:
    return render_scene(0, size=SIZE)[0]


def compute_softmax(path, image: Image, size: tuple[int, int]) -> Tensor:
    checkpoint = load_checkpoint(path)
    x = torch.tensor(image).permute(2, 0, 1)[None].float()
    x = F.interpolate(x, size, mode='bilinear', antialias=True)
    with torch.no_grad():
        logits = checkpoint.build_network()(checkpoint.normalization.normalize(x))
    return F.interpolate(logits, SIZE, mode='bilinear').softmax(1)[0]


@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('scales', [(1,), (0.75, 1, 1.25)])
def test_softmax_is_averaged_at_the_size_of_the_image(
    small_checkpoint, predictor, image, flip, scales
):
    variants = [compute_softmax(small_checkpoint, image, SIZES[scale]) for scale in scales]
    if flip:
        mirrored = image[:, ::-1].copy()
        variants += [
            compute_softmax(small_checkpoint, mirrored, SIZES[scale]).flip(2) for scale in scales
        ]
    expected = torch.stack(variants).mean(0)

    augmented = AugmentedPredictor(predictor, flip, scales)

    assert torch.allclose(augmented.compute_probabilities(image), expected, atol=1e-5)
    label = augmented.predict(image).label
    assert label.dtype == np.uint8
    assert (label == expected.argmax(0).numpy()).mean() > 0.999


def test_with_flips_the_mirror_image_has_the_mirrored_labels(predictor, image):
    augmented = AugmentedPredictor(predictor, True, (1, 1.25))
    mirrored = augmented.predict(np.fliplr(image)).label
    assert (np.fliplr(mirrored) == augmented.predict(image).label).mean() > 0.999
    alone = predictor.predict(np.fliplr(image)).label
    assert (np.fliplr(alone) == predictor.predict(image).label).mean() < 0.99


@pytest.mark.parametrize(
    ('scales', 'message'),
    [
        ((), 'at least one scale, got none'),
        ((1, 0.5), 'at least 32 x 32, got 24 x 32 for 0.5; use'),
    ],
)
def test_scales_without_a_use_are_refused(predictor, scales, message):
    with pytest.raises(ValueError, match=message):
        AugmentedPredictor(predictor, False, scales)
