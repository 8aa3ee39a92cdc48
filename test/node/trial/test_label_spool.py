"""Label images that wait to be scored."""

import tempfile

import numpy as np
from segnet_ros.node.trial.label_spool import LabelSpool


def test_labels_of_any_size_come_back_by_number():
    labels = {3: np.arange(6, dtype=np.uint8).reshape(2, 3), 0: np.full((5, 1), 255, np.uint8)}
    with tempfile.SpooledTemporaryFile(8) as file:  # less than both need
        spool = LabelSpool(file)
        for number, label in labels.items():
            spool.add(number, label)
            assert np.array_equal(spool.read(number), label)
        assert spool.numbers == [3, 0]
        assert 0 in spool
        assert 1 not in spool
        for number, label in labels.items():
            assert np.array_equal(spool.read(number), label)


def test_the_first_label_of_a_number_counts():
    with tempfile.SpooledTemporaryFile() as file:
        spool = LabelSpool(file)
        spool.add(1, np.zeros((2, 2), np.uint8))
        spool.add(1, np.ones((3, 3), np.uint8))
        assert len(spool) == 1
        assert spool.read(1).shape == (2, 2)
