"""An encoder's weights from elsewhere: ImageNet's VGG16, or what ``segnet_pretrain`` wrote."""

from __future__ import annotations

from pathlib import Path
import pickle
from typing import Any
from typing import NamedTuple

from safetensors import safe_open
from safetensors import SafetensorError
from segnet_ros.core.checkpoint_file import METADATA_KEY as CHECKPOINT_KEY
from segnet_ros.core.encoder import EncoderConfig
from segnet_ros.core.network import Network
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.weight_files import WeightsError
from segnet_ros.training.encoder.encoder_file import load_encoder
from segnet_ros.training.encoder.encoder_file import METADATA_KEY as ENCODER_KEY
from segnet_ros.training.encoder.vgg16 import bypass_batch_norm
from segnet_ros.training.encoder.vgg16 import download
from segnet_ros.training.encoder.vgg16 import IMAGENET_WEIGHTS
from segnet_ros.training.encoder.vgg16 import map_to_encoder
import torch
from torch import Tensor

_UNREADABLE = (
    *(SafetensorError, OSError, RuntimeError, ValueError, pickle.UnpicklingError, EOFError),
    *(LookupError, TypeError, AttributeError, AssertionError),
)
"""What reading a damaged file ends in."""


class Origin(NamedTuple):
    """What comes with weights, beside the weights."""

    normalization: Normalization
    """With which they were trained; another one would give them other images to look at."""
    provenance: dict[str, Any] | None
    """Where they come from, JSON values; None where they are drawn anew."""


def fill_encoder(network: Network, source: str) -> Origin:
    """
    Put weights into the encoder of a network; the decoder stays as it is.

    :param source: ``vgg16`` or ``vgg16_bn`` for torchvision's weights from ImageNet, downloaded
        if they are not in its cache; or a file with the state dict of one of them, as .pth or
        .safetensors; or the file that ``segnet_pretrain`` wrote
    :raises FileNotFoundError: if there is no such file
    :raises WeightsError: if it cannot be had or read, or does not fit the network
    """
    if not isinstance(network.config, EncoderConfig):
        raise WeightsError(
            f"{source}: expected a network with VGG16's encoder, found another one; leave"
            ' --encoder out, or choose another --model'
        )
    if source in IMAGENET_WEIGHTS:
        return _fill_from_vgg16(network, download(source, network.config))
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(
            f"no encoder weights at '{path}': expected {' or '.join(IMAGENET_WEIGHTS)} to download"
            " torchvision's, or a file of theirs or of segnet_pretrain; correct the path"
        )
    keys = _read_metadata_keys(path)
    if CHECKPOINT_KEY in keys:
        raise WeightsError(
            f'{path}: expected the weights of an encoder, found a whole checkpoint; use --init'
        )
    if ENCODER_KEY in keys:
        return _fill_from_pretraining(network, network.config, path)
    return _fill_from_vgg16(network, path)


def _fill_from_pretraining(network: Network, here: EncoderConfig, path: Path) -> Origin:
    encoder = load_encoder(path)
    there = encoder.config
    if (here.widths, here.depths) != (there.widths, there.depths):
        raise WeightsError(
            f'{path}: expected an encoder with the widths {here.widths}, found {there.widths};'
            ' set --widths to match'
        )
    network.encoder.load_state_dict(encoder.weights)
    return Origin(encoder.normalization, encoder.provenance)


def _fill_from_vgg16(network: Network, path: Path) -> Origin:
    try:
        weights = map_to_encoder(_read_state_dict(path), network)
    except WeightsError as error:
        raise WeightsError(f'{path}: {error}') from error
    network.encoder.load_state_dict(weights, strict=False)
    kind = 'vgg16_bn' if any('running_mean' in name for name in weights) else 'vgg16'
    if kind == 'vgg16':
        # Scale 1 and shift 0, as the authors' Caffe model began. Training normalizes by the batch
        # and gathers the statistics; --freeze-batch-norm computes with those from here.
        bypass_batch_norm(network)
    # torchvision's weights are trained with the mean and deviation that are the default.
    return Origin(Normalization(), {'encoder': kind, 'file': path.name})


def _read_metadata_keys(path: Path) -> set[str]:
    """Read what kinds of metadata a safetensors file has; none if it is no such file."""
    try:
        with safe_open(path, framework='pt') as file:
            return set(file.metadata() or {})
    except (SafetensorError, OSError):
        return set()


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read tensors by name, without executing anything."""
    try:
        if path.suffix == '.safetensors':
            with safe_open(path, framework='pt') as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        state = torch.load(path, map_location='cpu', weights_only=True)
    except _UNREADABLE as error:
        raise _make_unreadable(error) from error
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise WeightsError(
            'expected a state dict, tensors by name, found other things; save the state_dict() of'
            " torchvision's vgg16 or vgg16_bn"
        )
    return state


def _make_unreadable(error: Exception) -> WeightsError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return WeightsError(
        "expected torchvision's weights of vgg16 or vgg16_bn as .pth or .safetensors, or a file"
        f' of segnet_pretrain, could not read it ({reason}); fetch it again'
    )
