"""Training the networks that SegNet is compared with."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
from segnet_ros.core.checkpoint import load_checkpoint
from segnet_ros.core.labels import LabelSet
from segnet_ros.core.registry import list_class_weights
from segnet_ros.training.encoder.initial_weights import fill_in_initial_weights
from segnet_ros.training.train import main
import torch

SHORT = ['--scenes', '4', '--size', '48x64', '--batch-size', '2', '--epochs', '1']
HERE = ['--workers', '0', '--device', 'cpu']


def train(output: Path, model: str, *more: str, widths: int = 4) -> int:
    options = ['--model', model, '--widths', *['4'] * widths, '--output', str(output)]
    return main([*options, *SHORT, *HERE, *more])


@pytest.mark.parametrize(
    ('model', 'stages'), [('fcn-basic', 4), ('bayesian-segnet', 5), ('unet', 5)]
)
def test_a_checkpoint_names_what_was_trained(tmp_path: Path, model: str, stages: int) -> None:
    assert train(tmp_path, model, widths=stages) == 0
    checkpoint = load_checkpoint(tmp_path / 'checkpoint.safetensors')
    assert checkpoint.network == model
    assert checkpoint.config.widths == (4,) * stages
    assert checkpoint.provenance['recipe']['model'] == model


def test_dropout_can_be_added_to_what_was_trained_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / 'first', 'segnet', widths=5) == 0
    first = str(tmp_path / 'first' / 'checkpoint.safetensors')
    assert train(tmp_path / 'then', 'bayesian-segnet', '--init', first, widths=5) == 0
    assert train(tmp_path / 'other', 'unet', '--init', first, widths=5) == 1
    assert 'expected unet with the widths' in capsys.readouterr().err


@pytest.mark.parametrize('model', ['fcn-basic', 'deeplab-largefov', 'segnet'])
def test_what_belongs_to_other_classes_is_not_taken_over(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the classes differ in number, so do the shapes of what belongs to them."""
    widths = 4 if 'basic' in model else 5
    assert train(tmp_path / 'first', model, widths=widths) == 0
    first = load_checkpoint(tmp_path / 'first' / 'checkpoint.safetensors')
    network = replace(first.config, num_classes=3).build()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    names = ('road', 'sky', 'car')
    label_set = LabelSet('three', names, ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
    path = str(tmp_path / 'first' / 'checkpoint.safetensors')
    fill_in_initial_weights(network, Namespace(init=path, model=model), label_set)
    after = network.state_dict()
    of_classes = list_class_weights(network.config)
    assert of_classes
    for name, tensor in after.items():
        expected = before if name in of_classes else first.weights
        assert torch.equal(tensor, expected[name].to(tensor.dtype)), name


@pytest.mark.parametrize(
    ('model', 'more', 'message'),
    [
        ('segnet-basic', ['--encoder', 'vgg16'], "expected a network with VGG16's encoder"),
        ('segnet-basic', ['--widths', '4', '4', '4', '8'], 'expected the same width'),
        ('segnet', ['--widths', '4', '4'], 'expected a width and a depth'),
    ],
)
def test_what_does_not_fit_the_network_is_refused(
    tmp_path: Path,
    model: str,
    more: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(tmp_path, model, *more) == 1
    assert message in capsys.readouterr().err


def test_another_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train(tmp_path, 'fish')
    assert "invalid choice: 'fish'" in capsys.readouterr().err
