"""
Monte Carlo dropout: several samples of what a network thinks, and how far they agree.

Source: Kendall, Badrinarayanan, Cipolla, "Bayesian SegNet: Model Uncertainty in Deep
Convolutional Encoder-Decoder Architectures for Scene Understanding", BMVC 2017; entropy and mutual
information as in Gal's thesis "Uncertainty in Deep Learning", 2016, section 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import math

from segnet_ros.core.network import SampledNetwork
from segnet_ros.core.pooling import Pooled
import torch
from torch import nn
from torch import Tensor
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch user knows

MOST_PIXELS = 2_000_000
"""Of a batch of samples: eleven of 360 x 480. A pixel takes about a kilobyte in fp32."""


@dataclass(frozen=True)
class Uncertainty:
    """What samples of the softmax say together; each float (N, H, W), but for the mean."""

    mean: Tensor
    """Of the samples, float (N, num_classes, H, W); its highest class is the label."""
    variance: Tensor
    """Of each class over the samples, averaged over the classes: the paper's measure."""
    entropy: Tensor
    """Of the mean, in nats: not to know, for whatever reason."""
    mutual_information: Tensor
    """By how much entropy exceeds that of a sample, in nats: to disagree, as with few data."""


def sample_logits(network: SampledNetwork, x: Tensor, samples: int) -> Iterator[Tensor]:
    """
    Compute logits several times, each with other features left out.

    The samples are one batch, or several where one would take gigabytes; what comes before the
    first dropout is computed once. Batch normalization keeps its statistics.
    ``torch.manual_seed`` makes it repeatable.

    :param network: in evaluation mode
    :param x: normalized images, float (N, 3, H, W)
    :param samples: at least 1
    :return: logits of each batch of samples, float (n, N, num_classes, H, W), computed when they
        are asked for, so that no more than one has to be kept
    """
    begun = network.begin(x)
    at_once = max(1, MOST_PIXELS // (x.shape[0] * x.shape[2] * x.shape[3]))
    for first in range(0, samples, at_once):
        repeated = [_repeat(pooled, min(at_once, samples - first)) for pooled in begun]
        with _dropping(network):
            logits = network.finish(repeated)
        yield logits.unflatten(0, (-1, x.shape[0]))


def compute_log_mean(batches: Iterable[Tensor]) -> Tensor:
    """
    Average the softmax of samples.

    :param batches: logits of at least one sample, as :func:`sample_logits` gives them
    :return: logarithm of the mean, float (N, num_classes, H, W): logits whose softmax it is
    """
    log_sums: Tensor | None = None
    count = 0
    for logits in batches:
        own = F.log_softmax(logits.float(), dim=2).logsumexp(dim=0)
        log_sums = own if log_sums is None else torch.logaddexp(log_sums, own)
        count += logits.shape[0]
    assert log_sums is not None
    return log_sums - math.log(count)


def measure_uncertainty(batches: Iterable[Tensor]) -> Uncertainty:
    """
    Measure how far samples agree.

    :param batches: logits of at least one sample, as :func:`sample_logits` gives them
    """
    sums: list[Tensor] = []
    count = 0
    for logits in batches:
        softmax = logits.float().softmax(dim=2)
        entropies = torch.special.entr(softmax).sum(dim=2)
        own = [values.sum(dim=0) for values in (softmax, softmax.square(), entropies)]
        sums = [before + more for before, more in zip(sums, own, strict=True)] if sums else own
        count += logits.shape[0]
    mean, mean_square, mean_entropy = (total / count for total in sums)
    entropy = torch.special.entr(mean).sum(dim=1)
    return Uncertainty(
        mean=mean,
        variance=(mean_square - mean.square()).clamp(min=0).mean(dim=1),
        entropy=entropy,
        mutual_information=entropy - mean_entropy,
    )


def _repeat(pooled: Pooled, samples: int) -> Pooled:
    """Repeat a batch as a whole; of a single image, without a copy."""
    features, indices = (
        tensor.expand(samples, *tensor.shape).flatten(0, 1) for tensor in pooled[:2]
    )
    return Pooled(features, indices, pooled.size)


@contextmanager
def _dropping(network: SampledNetwork) -> Iterator[None]:
    """Leave features out, as in training, and nothing else of it."""
    dropouts = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    for module in dropouts:
        module.train()
    try:
        yield
    finally:
        for module in dropouts:
            module.eval()
