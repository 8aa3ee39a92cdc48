"""Which pixels keep their label, against the definition, pixel by pixel."""

import numpy as np
import pytest
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.outputs import compute_outputs
from segnet_ros.core.outputs import OUTPUTS
from segnet_ros.core.selection import ALL
from segnet_ros.core.selection import find_class_ids
from segnet_ros.core.selection import Selection
import torch

CLASSES = tuple(range(11))


def compute(selection, outputs=OUTPUTS, size=(24, 40)):
    torch.manual_seed(0)
    logits = torch.randn(1, 11, 24, 40).mul(2)
    image = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    palette = torch.randint(0, 256, (256, 3), dtype=torch.uint8)
    found = compute_outputs(logits, image, palette, outputs, torch.tensor(0.3), selection)
    return {name: tensor.numpy() for name, tensor in found.items()}, image.numpy(), palette.numpy()


@pytest.mark.parametrize('class_ids', [(), (0,), (3, 4, 9), CLASSES, None])
@pytest.mark.parametrize('min_confidence', [0.0, 0.3, 0.5, 1.0])
def test_pixels_are_kept_by_class_and_confidence(class_ids, min_confidence):
    everything, _, _ = compute(ALL)
    found, image, palette = compute(Selection(class_ids, min_confidence))
    label, confidence = everything['label'], everything['confidence']
    kept = confidence >= round(min_confidence * 255)
    if class_ids is not None:
        kept &= np.isin(label, class_ids)
    assert found['label'].dtype == np.uint8
    np.testing.assert_array_equal(found['label'], np.where(kept, label, 255))
    np.testing.assert_array_equal(found['confidence'], confidence)
    np.testing.assert_array_equal(found['color'], palette[found['label']])
    # Where nothing is known, the camera image alone is shown.
    expected = np.where(kept[..., None], everything['overlay'], image)
    np.testing.assert_array_equal(found['overlay'], expected)


def test_confidence_counts_where_it_is_not_asked_for():
    label, _, _ = compute(Selection(None, 0.5), ('label',))
    whole, _, _ = compute(Selection(None, 0.5))
    assert list(label) == ['label']
    np.testing.assert_array_equal(label['label'], whole['label'])
    assert 0 < (label['label'] == 255).mean() < 1


@pytest.mark.parametrize('softmax', [0.0, 0.1, 0.333, 0.5, 0.7, 0.999, 1.0])
def test_a_pixel_that_has_the_minimum_is_not_lost_by_rounding(softmax):
    assert Selection(None, softmax).least <= round(softmax * 255)


def test_classes_are_found_by_name():
    label_set = load_label_set('camvid')
    assert find_class_ids(['car', 'road'], label_set) == (3, 8)
    assert find_class_ids([], label_set) == ()


def test_an_unknown_class_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"expected .*, found 'bus', 'raod'; correct") as refusal:
        find_class_ids(['raod', 'car', 'bus'], load_label_set('camvid'))
    for name in load_label_set('camvid').names:
        assert name in str(refusal.value)
