"""torchvision's VGG16, with and without batch normalization, as the encoder of a SegNet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
import fcntl
from http.client import HTTPException
from pathlib import Path
import re
from typing import NamedTuple

from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.network import Network
from segnet_ros.core.weight_files import WeightsError
import torch
from torch import nn
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models import VGG16_BN_Weights
from torchvision.models import VGG16_Weights

IMAGENET_WEIGHTS = {
    'vgg16': VGG16_Weights.IMAGENET1K_V1,
    'vgg16_bn': VGG16_BN_Weights.IMAGENET1K_V1,
}
"""What can be downloaded, by the name of torchvision's function."""
_NORM_PARTS = ('weight', 'bias', 'running_mean', 'running_var')


class Layers(NamedTuple):
    """A VGG16's layers in order, each by the name of its parts."""

    convolutions: list[dict[str, Tensor]]
    norms: list[dict[str, Tensor]]
    """Of batch normalization, one for each convolution; empty for plain VGG16."""


def download(name: str, config: EncoderConfig) -> Path:
    """
    Fetch weights trained on ImageNet into torchvision's cache, unless they are there.

    :param name: a key of :data:`IMAGENET_WEIGHTS`
    :param config: of the network that they are for; found not to fit before anything is fetched
    :return: the file
    :raises WeightsError: if the network has other widths, or they cannot be fetched
    """
    if (config.widths, config.depths) != (EncoderConfig().widths, EncoderConfig().depths):
        raise WeightsError(
            f'{name}: expected a network with the widths {EncoderConfig().widths}, found'
            f' {config.widths}; leave --widths out'
        )
    url: str = IMAGENET_WEIGHTS[name].url
    folder = Path(torch.hub.get_dir()) / 'checkpoints'  # where torchvision looks, too
    path = folder / url.rpartition('/')[2]
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            if not path.is_file():  # another process may have fetched it meanwhile
                print(f'downloading weights of {name} from {url} to {folder}', flush=True)
                # The name ends in the first digits of the file's hash.
                torch.hub.download_url_to_file(url, str(path), path.stem.rpartition('-')[2])
    except (OSError, RuntimeError, HTTPException) as error:
        raise WeightsError(
            f'{url}: expected to download it, could not ({error}); mend the network, or fetch the'
            ' file on another machine and name it: --encoder FILE'
        ) from error
    return path


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep other processes out until this one is done or has died, where files can be locked."""
    with open(path.with_name(f'.{path.name}.lock'), 'w') as file:
        with suppress(OSError):  # on some network drives; each process then downloads
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def map_to_encoder(state: dict[str, Tensor], network: Network) -> dict[str, Tensor]:
    """
    Give the weights of a VGG16 their names in a SegNet's encoder.

    :param state: torchvision's state dict, of which the layers ``features.*`` count
    :param network: where they are to go
    :return: by name within ``network.encoder``; without batch normalization for plain VGG16
    :raises WeightsError: if layers are missing or left over, or of another shape
    """
    layers = read_layers(state)
    expected = network.encoder.state_dict()
    # Not BatchNorm2d: where several GPUs train together, it is SyncBatchNorm.
    targets = {
        kind: [name for name, part in network.encoder.named_modules() if isinstance(part, kind)]
        for kind in (nn.Conv2d, _BatchNorm)
    }
    if len(layers.convolutions) != len(targets[nn.Conv2d]):
        raise WeightsError(
            f'expected the {len(targets[nn.Conv2d])} convolutions of a VGG16, found'
            f' {len(layers.convolutions)}; use the weights of vgg16 or vgg16_bn'
        )
    mapped = {
        f'{name}.{key}': tensor
        for kind, found in ((nn.Conv2d, layers.convolutions), (_BatchNorm, layers.norms))
        if found  # plain VGG16 has no norms to give
        for name, parts in zip(targets[kind], found, strict=True)
        for key, tensor in parts.items()
    }
    for name, tensor in mapped.items():
        if tensor.shape != expected[name].shape:
            raise WeightsError(
                f'expected the shape {tuple(expected[name].shape)} for encoder.{name}, found'
                f' {tuple(tensor.shape)}; set --widths to the channels of its stages'
            )
    return mapped


def bypass_batch_norm(network: Network) -> None:
    """
    Let batch normalization in the encoder change nothing, until training gives it statistics.

    :param network: with its encoder in evaluation what plain VGG16 is
    """
    for module in network.encoder.modules():
        if isinstance(module, _BatchNorm):
            module.reset_parameters()
            assert module.running_var is not None
            module.running_var.fill_(1 - module.eps)  # which is added before it divides


def read_layers(state: dict[str, Tensor]) -> Layers:
    """
    Find the convolutions of a VGG16, and the batch normalization after each if it has any.

    :param state: torchvision's state dict; all but ``features.*`` is left out
    :raises WeightsError: if it has other layers than these, or a layer lacks a part
    """
    parts: dict[int, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        found = re.fullmatch(r'features\.(\d+)\.(\w+)', name)
        if found:
            parts.setdefault(int(found[1]), {})[found[2]] = tensor
    filters = [n for n in sorted(parts) if 'weight' in parts[n] and parts[n]['weight'].dim() == 4]
    norms = [n for n in sorted(parts) if n not in filters]
    if norms and norms != [number + 1 for number in filters]:
        raise WeightsError(
            'expected batch normalization after each convolution or none, found convolutions'
            f' features.{filters} and others {norms}; use the weights of vgg16 or vgg16_bn'
        )
    return Layers(
        [_pick(parts[number], ('weight', 'bias'), number) for number in filters],
        [_pick(parts[number], _NORM_PARTS, number) for number in norms],
    )


def _pick(parts: dict[str, Tensor], wanted: tuple[str, ...], number: int) -> dict[str, Tensor]:
    missing = [key for key in wanted if key not in parts]
    if missing:
        raise WeightsError(
            f'expected {", ".join(wanted)} of the layer features.{number}, found'
            f' {", ".join(parts)}; use the weights of vgg16 or vgg16_bn'
        )
    return {key: parts[key].float() for key in wanted}
