"""The network against the numbers of the paper and a plain PyTorch SegNet."""

from plain_segnet import PlainSegNet
import pytest
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
import torch
from torch import nn

SMALL = SegNetConfig(num_classes=5, widths=(4, 6, 8, 8, 8))


@pytest.mark.parametrize(('num_classes', 'expected'), [(11, 29_449_355), (37, 29_464_357)])
def test_parameters_are_those_of_the_paper(num_classes, expected):
    with torch.device('meta'):
        network = SegNet(SegNetConfig(num_classes))
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


@torch.no_grad()
def test_weights_moved_to_a_plain_segnet_give_the_same_logits():
    torch.manual_seed(0)
    network, plain = SegNet(SegNetConfig()), PlainSegNet()
    plain.load_state_dict(network.state_dict())
    x = torch.randn(2, 3, 45, 70)
    network(x), plain(x)  # in training mode: statistics that are not just 0 and 1
    torch.testing.assert_close(network.eval()(x), plain.eval()(x), rtol=0, atol=1e-4)


@pytest.mark.parametrize('size', [(32, 32), (33, 47), (45, 60), (90, 64)])
def test_logits_have_the_size_of_the_image(size):
    logits = SegNet(SMALL)(torch.randn(2, 3, *size))
    assert logits.shape == (2, 5, *size)


def test_classifier_is_bare():
    logits = SegNet(SMALL).eval()(torch.randn(1, 3, 32, 32))
    assert logits.min() < 0 < logits.max()


def test_images_below_32_pixels_are_refused():
    with pytest.raises(ValueError, match='at least 32 x 32 pixels, got 31 x 64'):
        SegNet(SMALL)(torch.randn(1, 3, 31, 64))


@pytest.mark.parametrize(
    'values', [{'num_classes': 0}, {'widths': (4,)}, {'widths': (), 'depths': ()}]
)
def test_impossible_configurations_are_refused(values):
    with pytest.raises(ValueError, match='expected'):
        SegNetConfig(**values)


def test_a_batch_is_learned_by_heart():
    torch.manual_seed(0)
    network = SegNet(SegNetConfig(num_classes=3, widths=(8, 8, 8, 8, 8)))
    optimizer = torch.optim.AdamW(network.parameters(), 0.02)
    image, label = torch.randn(2, 3, 32, 32), torch.zeros(2, 32, 32, dtype=torch.long)
    label[:, :, 16:], label[:, 20:, :8] = 1, 2
    for _ in range(40):
        loss = nn.functional.cross_entropy(network(image), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
