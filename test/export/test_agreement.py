"""How far two results agree, on a few pixels."""

import numpy as np
import pytest

pytest.importorskip('onnx', reason='needs ONNX')

from segnet_ros.export.agreement import Agreement
from segnet_ros.export.export_error import ExportError

LOGITS = np.array([[[4.0, 1.0, 0.0]], [[0.0, 1.5, -2.0]], [[1.0, 0.0, -8.0]]], np.float32)
"""Three classes of three pixels in a row; the highest are 0, 1 and 0."""


def make_outputs(*label):
    softmax = np.exp(LOGITS) / np.exp(LOGITS).sum(0)
    confidence = np.round(255 * softmax.max(0)).astype(np.uint8)
    return {'label': np.array([label], np.uint8), 'confidence': confidence}


def test_what_is_the_same_agrees():
    found = Agreement()
    found.add(make_outputs(0, 1, 0), LOGITS)
    found.add({'logits': LOGITS}, LOGITS)
    assert (found.pixels, found.differing, found.gaps) == (6, 0, [])
    assert found.confidence_error == found.logits_error == 0
    assert found.describe() == '0 of 6 labels differ'
    found.check('it', 'fp32')


def test_a_label_that_differs_is_counted_with_its_gap():
    found = Agreement()
    found.add(make_outputs(0, 0, 0), LOGITS)
    assert found.gaps == [0.5]
    assert found.describe() == (
        '1 of 3 labels differ, where the two highest logits are up to 0.5 apart'
    )
    found.check('it', 'fp32')  # a single one may be
    found.add(make_outputs(1, 1, 0), LOGITS)
    with pytest.raises(ExportError, match='with a number of labels that differ of at most 1 on 6'):
        found.check('it', 'fp32')


def test_in_fp16_a_label_that_was_all_but_a_tie_may_differ():
    logits = np.tile(LOGITS, (1, 1, 400))
    logits[1, 0, ::3] = 3.97  # of 4; closer than a hundredth of the highest, which is 8
    found = Agreement()
    outputs = {'logits': logits.copy()}
    outputs['logits'][1, 0, ::3] = 4.01
    found.add(outputs, logits)
    assert found.differing == 400
    found.check('it', 'fp16')
    with pytest.raises(ExportError):
        found.check('it', 'fp32')


@pytest.mark.parametrize('precision', ['fp32', 'fp16'])
def test_confidences_and_logits_count_as_well(precision):
    found = Agreement()
    outputs = make_outputs(0, 1, 0)
    outputs['confidence'][0, 0] -= 40
    found.add(outputs, LOGITS)
    with pytest.raises(ExportError, match='an average error of confidences of at most'):
        found.check('it', precision)
    found = Agreement()
    found.add({'logits': LOGITS + 0.5}, LOGITS)
    with pytest.raises(ExportError, match='an average error of logits'):
        found.check('it', precision)
    found = Agreement()
    found.add({'logits': np.full_like(LOGITS, np.nan)}, LOGITS)
    with pytest.raises(ExportError):
        found.check('it', precision)
