"""Class frequencies: what is counted; the weights are tested with the loss."""

import numpy as np
from segnet_ros.training.data.frequencies import ClassFrequencies


def test_pixels_and_images_are_counted_of_each_class_and_of_unlabeled():
    frequencies = ClassFrequencies(3)
    frequencies.add(np.array([[0, 0, 2], [0, 0, 255]], np.uint8))
    frequencies.add(np.array([[0, 0]], np.uint8))
    assert frequencies.pixels.tolist() == [6, 0, 1, 1]
    assert frequencies.images.tolist() == [2, 0, 1, 1]
    assert frequencies.image_pixels.tolist() == [8, 0, 6, 6]
    assert frequencies.labeled_pixels == 7
