"""Statistics of batch normalization against the same computed by hand."""

from collections.abc import Iterator

import pytest
from segnet_ros.training.measurement.batch_norm import recompute_batch_norm
import torch
from torch import nn
from torch import Tensor


def make_network() -> nn.Sequential:
    """Chain two batch normalizations, with statistics that belong to nothing."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Conv2d(4, 5, 1),
        nn.BatchNorm2d(5, momentum=0.3),
    )
    for norm in (network[1], network[5]):
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.uniform_(norm.bias, -1, 1)
        nn.init.constant_(norm.running_mean, 7)
        nn.init.constant_(norm.running_var, 9)
        norm.num_batches_tracked += 5
    return network


def make_batches() -> list[Tensor]:
    torch.manual_seed(1)
    return [(n + 1) * torch.randn(2, 3, 8, 9) + n for n in range(3)]


def copy_statistics(network: nn.Sequential) -> list[Tensor]:
    return [value.clone() for value in network.buffers()]


def test_statistics_are_averages_over_the_batches():
    network = make_network()
    first, second = [], []
    for batch in make_batches():
        with torch.no_grad():
            x = network[0](batch)
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            first.append((mean, x.var((0, 2, 3))))
            x = (x - mean.view(-1, 1, 1)) / (variance.view(-1, 1, 1) + 1e-5).sqrt()
            x = x * network[1].weight.view(-1, 1, 1) + network[1].bias.view(-1, 1, 1)
            x = network[4](x.clamp(min=0))  # without dropout
            second.append((x.mean((0, 2, 3)), x.var((0, 2, 3))))

    recompute_batch_norm(network, iter(make_batches()))

    for norm, statistics in ((network[1], first), (network[5], second)):
        means, variances = zip(*statistics, strict=True)
        assert torch.allclose(norm.running_mean, torch.stack(means).mean(0), rtol=1e-4)
        assert torch.allclose(norm.running_var, torch.stack(variances).mean(0), rtol=1e-4)


def test_only_statistics_change():
    network = make_network().train()
    network[1].eval()  # as where an encoder is frozen
    modes = [module.training for module in network.modules()]
    before = {name: value.clone() for name, value in network.named_parameters()}

    recompute_batch_norm(network, make_batches())

    assert [module.training for module in network.modules()] == modes
    assert (network[1].momentum, network[5].momentum) == (0.1, 0.3)
    assert all(torch.equal(value, before[name]) for name, value in network.named_parameters())
    assert all(value.grad is None for value in network.parameters())


def test_modes_and_momentum_outlast_a_failure():
    def fail() -> Iterator[Tensor]:
        yield make_batches()[0]
        raise OSError('no such image')

    network = make_network().train()
    with pytest.raises(OSError, match='no such image'):
        recompute_batch_norm(network, fail())
    assert all(module.training for module in network.modules())
    assert (network[1].momentum, network[5].momentum) == (0.1, 0.3)


def test_without_a_batch_nothing_changes():
    network = make_network()
    before = copy_statistics(network)
    with pytest.raises(ValueError, match='at least one batch to compute statistics of, got none'):
        recompute_batch_norm(network, [])
    assert all(torch.equal(*pair) for pair in zip(copy_statistics(network), before, strict=True))
