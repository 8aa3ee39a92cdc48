"""Monte Carlo dropout: what samples are, and what is computed from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import time

import numpy as np
import pytest
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.monte_carlo import compute_log_mean
from segnet_ros.core.monte_carlo import measure_uncertainty
from segnet_ros.core.monte_carlo import sample_logits
from segnet_ros.core.network import SampledNetwork
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.outputs import compute_uncertainty
from segnet_ros.core.predictor import Predictor
from segnet_ros.networks.basic import BasicConfig
import torch
from torch import nn
from torch import Tensor

SEGNET = SegNetConfig(num_classes=11, widths=(8, 8, 8, 8, 8), dropout=0.5)
BASIC = BasicConfig(num_classes=11, widths=(8, 8, 8, 8), dropout=0.5)


def make_network(config: SegNetConfig | BasicConfig) -> SampledNetwork:
    """Make a network whose statistics are those of noise."""
    torch.manual_seed(0)
    network = config.build()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # of all that it has seen
    network(torch.randn(4, 3, 64, 64))
    return network.eval()


@pytest.fixture(params=[SEGNET, BASIC], ids=['segnet', 'basic'])
def network(request: pytest.FixtureRequest) -> SampledNetwork:
    """Make a small network."""
    return make_network(request.param)


def draw(network: SampledNetwork, x: Tensor, samples: int) -> Tensor:
    """Draw all samples: logits (samples, N, num_classes, H, W)."""
    return torch.cat(list(sample_logits(network, x, samples)))


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 33, 48, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_samples_are_passes_with_dropout_and_fixed_statistics(
    network: SampledNetwork, x: Tensor
) -> None:
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    reference = torch.stack([network(x).softmax(dim=1) for _ in range(150)]).mean(dim=0)
    network.eval()
    mean = measure_uncertainty(sample_logits(network, x, 150)).mean
    certain = network(x).softmax(dim=1)
    error = (mean - reference).abs().mean()
    assert error < 0.6 * (certain - reference).abs().mean()
    few = measure_uncertainty(sample_logits(network, x, 4)).mean
    assert error < 0.6 * (few - reference).abs().mean()


@torch.inference_mode()
def test_nothing_is_left_changed(network: SampledNetwork, x: Tensor) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    certain = network(x)
    draw(network, x, 5)
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(network(x), certain)


@torch.inference_mode()
def test_seeds_repeat_and_samples_differ(network: SampledNetwork, x: Tensor) -> None:
    torch.manual_seed(3)
    first = draw(network, x, 3)
    second = draw(network, x, 3)
    torch.manual_seed(3)
    assert torch.equal(draw(network, x, 3), first)
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert first.shape == (3, 2, 11, 33, 48)


@torch.inference_mode()
def test_what_has_no_dropout_is_computed_once(
    network: SampledNetwork, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So samples cost less than as many passes: of SegNet's operations 30 % are done once."""
    monkeypatch.setattr('segnet_ros.core.monte_carlo.MOST_PIXELS', 3 * x[:, 0].numel())
    once = {f'encoder.{number}' for number in range(3)}
    counts: Counter[str] = Counter()
    for name, module in network.named_modules():
        if name.startswith(('encoder.', 'decoder.')) and name.count('.') == 1:

            def count(_: nn.Module, inputs: tuple[Tensor], __: Tensor, name: str = name) -> None:
                counts[name] += len(inputs[0])

            module.register_forward_hook(count)
    assert [len(logits) for logits in sample_logits(network, x, 7)] == [3, 3, 1]
    assert len(counts) == 2 * len(network.config.widths)
    assert counts == {name: 2 if name in once else 14 for name in counts}


@torch.inference_mode()
def test_dropout_follows_the_deeper_stages_alone(network: SampledNetwork, x: Tensor) -> None:
    """At six places of SegNet and four of SegNet-Basic, as in the released files."""
    places: list[tuple[int, int]] = []
    network.dropout.register_forward_hook(lambda _, inputs, __: places.append(inputs[0].shape[2:]))
    network(x)
    sizes = [(33, 48), (17, 24), (9, 12), (5, 6), (3, 3), (2, 2)][: len(network.encoder) + 1]
    encoded, decoded = sizes[3:], sizes[-2:1:-1]
    assert places == [*encoded, *decoded]
    assert len(places) == (6 if isinstance(network, SegNet) else 4)
    features = torch.ones(1, 8, 5, 6)
    dropped = network.dropout.train()(features).eq(0).flatten(2)
    network.eval()
    assert dropped.any(dim=2).all()  # numbers one by one,
    assert not dropped.all(dim=2).any()  # not whole channels


@torch.inference_mode()
def test_samples_are_computed_when_they_are_asked_for(
    network: SampledNetwork, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So what is kept does not grow with their number, nor is dropout left on in between."""
    monkeypatch.setattr('segnet_ros.core.monte_carlo.MOST_PIXELS', 3 * x[:, 0].numel())
    batches = sample_logits(network, x, 10**6)
    assert next(batches).shape == (3, 2, 11, 33, 48)
    assert not any(module.training for module in network.modules())


@torch.inference_mode()
def assert_samples_cost_less_than(margin: float, size: tuple[int, int]) -> None:
    """Compare samples with as many passes of the full SegNet, by turns, the best of three."""
    network = SegNet(SegNetConfig(dropout=0.5)).eval().to(memory_format=torch.channels_last)
    x, samples = torch.randn(1, 3, *size).to(memory_format=torch.channels_last), 8

    def measure(act: Callable[[], object]) -> float:
        begun = time.perf_counter()
        act()
        return time.perf_counter() - begun

    network(x)
    together, alone = zip(
        *(
            (
                measure(lambda: draw(network, x, samples)),
                measure(lambda: [network(x) for _ in range(samples)]),
            )
            for _ in range(3)
        ),
        strict=True,
    )
    assert min(together) < margin * min(alone)


def test_samples_cost_less_than_three_times_as_many_passes() -> None:
    assert_samples_cost_less_than(3, (32, 48))


@pytest.mark.soak
def test_samples_cost_less_than_as_many_passes() -> None:
    assert_samples_cost_less_than(1, (90, 120))


def test_uncertainty_is_what_its_names_say() -> None:
    sure, unsure = torch.tensor([9.0, -9.0]), torch.tensor([0.0, 0.0])
    pixels = torch.stack(
        [
            torch.stack([sure, sure]),  # agree, and are sure
            torch.stack([unsure, unsure]),  # agree that they do not know
            torch.stack([sure, -sure]),  # disagree
        ]
    )
    logits = pixels.permute(1, 2, 0)[:, None, :, None, :]  # (samples, N, classes, 1, 3)
    found = measure_uncertainty([logits])
    bit = np.log(2)
    for values, expected in (
        (found.entropy, [0, bit, bit]),
        (found.mutual_information, [0, 0, bit]),
        (found.variance, [0, 0, 0.25]),
    ):
        torch.testing.assert_close(values[0, 0], torch.tensor(expected).float(), rtol=0, atol=1e-5)
    torch.testing.assert_close(compute_log_mean([logits]).softmax(dim=1), found.mean)


def test_uncertainty_of_batches_is_that_of_all_their_samples() -> None:
    logits = 3 * torch.randn(7, 2, 5, 4, 6)
    whole, parts = (measure_uncertainty(logits.split(size)) for size in (7, 3))
    variance = logits.softmax(dim=2).var(dim=0, correction=0).mean(dim=1)
    torch.testing.assert_close(parts.variance, variance, rtol=0, atol=1e-6)
    torch.testing.assert_close(vars(parts), vars(whole), rtol=0, atol=1e-6)
    mean = compute_log_mean(logits.split(3)).softmax(dim=1)
    torch.testing.assert_close(mean, whole.mean, rtol=0, atol=1e-6)


@pytest.fixture
def predictor() -> Predictor:
    weights = make_network(SEGNET).state_dict()
    checkpoint = Checkpoint(
        SEGNET, load_label_set('camvid'), (48, 64), weights, network='bayesian-segnet'
    )
    return Predictor(checkpoint, 'cpu', 'fp32')


OUTPUTS = ('label', 'confidence', 'uncertainty')


@pytest.mark.parametrize('samples', [2, 6])
@torch.inference_mode()
def test_a_predictor_averages_as_many_samples_as_it_is_asked_for(
    predictor: Predictor, samples: int
) -> None:
    """Of an image that has the size of the input, so that nothing is resized."""
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    torch.manual_seed(5)
    found = predictor.predict(image, OUTPUTS, mc_samples=samples)
    x = Normalization().normalize(torch.from_numpy(image).permute(2, 0, 1)[None])
    # As the predictor has it, because numbers are left out in the order of memory.
    network = make_network(SEGNET).to(memory_format=torch.channels_last)
    torch.manual_seed(5)
    drawn = draw(network, x.contiguous(memory_format=torch.channels_last), samples)
    mean = drawn.softmax(dim=2).mean(dim=0)
    assert found.label is not None
    assert (found.label == mean.argmax(dim=1)[0].numpy()).mean() > 0.99
    for name, expected in (
        ('confidence', 255 * mean[0].amax(dim=0)),
        ('uncertainty', compute_uncertainty(mean.log())),
    ):
        np.testing.assert_allclose(getattr(found, name), expected, rtol=0, atol=1)


def test_samples_of_a_predictor_are_repeated_by_seeds_and_differ_from_no_samples(
    predictor: Predictor,
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    torch.manual_seed(5)
    sampled = predictor.predict(image, OUTPUTS, mc_samples=6)
    torch.manual_seed(5)
    again = predictor.predict(image, OUTPUTS, mc_samples=6)
    plain = predictor.predict(image, OUTPUTS)
    for name in OUTPUTS:
        found = getattr(sampled, name)
        assert found.shape == (50, 70)
        np.testing.assert_array_equal(found, getattr(again, name))
    assert sampled.uncertainty is not None
    assert plain.uncertainty is not None
    assert sampled.confidence is not None
    # Of two numbers, one falls as the other rises.
    assert np.corrcoef(sampled.uncertainty.ravel(), sampled.confidence.ravel())[0, 1] < -0.8
    assert (sampled.uncertainty != plain.uncertainty).mean() > 0.5


def test_a_network_without_dropout_is_not_sampled(small_checkpoint: str) -> None:
    predictor = Predictor.from_checkpoint(small_checkpoint, 'cpu')
    with pytest.raises(ValueError, match='expected a network that can be sampled for 4 samples'):
        predictor.predict(np.zeros((40, 40, 3), np.uint8), mc_samples=4)
    with pytest.raises(ValueError, match='expected mc_samples from 0 up, got -1'):
        predictor.predict(np.zeros((40, 40, 3), np.uint8), mc_samples=-1)
