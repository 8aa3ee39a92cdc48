"""Exported graphs against PyTorch, in ONNX Runtime and OpenVINO."""

import json

import numpy as np
import pytest

pytest.importorskip('onnx', reason='needs ONNX')
pytest.importorskip('onnxruntime', reason='needs ONNX Runtime')
pytest.importorskip('openvino', reason='needs OpenVINO')

import onnx
from segnet_ros.core.checkpoint import Checkpoint
from segnet_ros.core.labels import load_label_set
from segnet_ros.core.predictor import Predictor
from segnet_ros.core.registry import MODULES
from segnet_ros.core.scenes import render_scene
from segnet_ros.export.agreement import Agreement
from segnet_ros.export.export_error import ExportError
from segnet_ros.export.exported_model import build_model
from segnet_ros.export.exported_model import Export
from segnet_ros.export.operator_check import check_operators
from segnet_ros.export.operator_check import FORBIDDEN
from segnet_ros.export.operator_check import read_types
from segnet_ros.export.runtimes import open_runtimes
from small_networks import make_small_config
import torch
from torch import nn

CASES = [
    # Images and input of one size, even and odd; images that are larger, smaller, both by turns.
    ((64, 96), (64, 96)),
    ((45, 61), (45, 61)),
    ((90, 120), (45, 60)),
    ((40, 50), (63, 77)),
    ((100, 50), (64, 96)),
]


def make_checkpoint(network: str = 'segnet', num_classes: int = 11) -> Checkpoint:
    """Make a narrow network whose statistics are not just 0 and 1."""
    torch.manual_seed(1)
    config = make_small_config(network, num_classes)
    module = config.build()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.running_mean, 0, 0.3)
            nn.init.uniform_(part.running_var, 0.3, 3)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.3)
    return Checkpoint(
        config,
        load_label_set('camvid'),
        (48, 64),
        module.state_dict(),
        provenance={'data': 'none', 'epochs': 3},
        network=network,
    )


@pytest.fixture(scope='module')
def checkpoint() -> Checkpoint:
    return make_checkpoint()


def compare(checkpoint: Checkpoint, export: Export, batch: int) -> dict[str, Agreement]:
    images = np.stack([render_scene(seed, size=export.image_size).image for seed in range(batch)])
    predictor = Predictor(checkpoint, 'cpu', 'fp32', export.input_size)
    agreements = {}
    model = build_model(checkpoint, export)
    for name, run in open_runtimes(model.SerializeToString()).items():
        agreements[name] = Agreement()
        outputs = run(images)
        for output, array in outputs.items():
            assert array.dtype == (np.float32 if output == 'logits' else np.uint8)
            assert array.shape[:1] + array.shape[-2:] == (batch, *export.image_size)
        for number, image in enumerate(images):
            one = {output: array[number] for output, array in outputs.items()}
            agreements[name].add(one, predictor.compute_logits(image).numpy())
    assert [name.split()[0] for name in agreements] == ['ONNX', 'OpenVINO']
    return agreements


@pytest.mark.parametrize(('image_size', 'input_size'), CASES)
@pytest.mark.parametrize('batch', [1, 4])
def test_labels_and_confidences_are_those_of_the_predictor(
    checkpoint, image_size, input_size, batch
):
    for name, found in compare(checkpoint, Export(image_size, input_size), batch).items():
        assert found.pixels == batch * image_size[0] * image_size[1]
        assert found.differing <= max(1, 1e-5 * found.pixels), name
        assert all(gap < 1e-3 for gap in found.gaps), name
        assert found.confidence_error < 0.01, name


@pytest.mark.parametrize(('image_size', 'input_size'), CASES[1:3])
def test_raw_logits_are_those_of_the_predictor(checkpoint, image_size, input_size):
    for name, found in compare(checkpoint, Export(image_size, input_size, is_raw=True), 2).items():
        assert found.differing <= 1, name
        assert found.logits_error < 1e-5, name


@pytest.mark.parametrize('is_raw', [False, True])
def test_fp16_is_close(checkpoint, is_raw):
    export = Export((90, 120), (45, 61), 'fp16', is_raw)
    for name, found in compare(checkpoint, export, 2).items():
        found.check(name, 'fp16')


def test_fp16_computes_in_fp16_and_takes_half(checkpoint):
    whole, half = (
        build_model(checkpoint, Export((48, 64), (48, 64), precision))
        for precision in ('fp32', 'fp16')
    )
    weights = [
        sum(len(one.raw_data) for one in model.graph.initializer if 'weight' in one.name)
        for model in (whole, half)
    ]
    assert weights[0] == 2 * weights[1]
    types = read_types(half)
    maps = {types[n.output[0]] for n in half.graph.node if n.op_type in ('Conv', 'Max', 'Where')}
    assert maps == {'FLOAT16'}


def test_a_bayesian_segnet_is_exported_as_a_segnet():
    checkpoint = make_checkpoint('bayesian-segnet')
    for found in compare(checkpoint, Export((48, 64), (48, 64)), 1).values():
        assert found.differing <= 1


@pytest.mark.parametrize('network', sorted(MODULES.keys() - {'segnet', 'bayesian-segnet'}))
def test_other_networks_are_refused_with_a_remedy(network):
    config = make_small_config(network, 11)
    checkpoint = Checkpoint(
        config, load_label_set('camvid'), (48, 64), config.build().state_dict(), network=network
    )
    with pytest.raises(ExportError, match=f'found one of {network}; train a SegNet, or run this'):
        build_model(checkpoint, Export((48, 64), (48, 64)))


def test_the_batch_alone_is_open(checkpoint):
    model = build_model(checkpoint, Export((90, 120), (48, 64)))
    shapes = {
        value.name: [one.dim_param or one.dim_value for one in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        'image': ['N', 90, 120, 3],
        'label': ['N', 90, 120],
        'confidence': ['N', 90, 120],
    }


@pytest.mark.parametrize('precision', ['fp32', 'fp16'])
@pytest.mark.parametrize('is_raw', [False, True])
@pytest.mark.parametrize('sizes', CASES)
def test_every_runtime_takes_the_operators(checkpoint, sizes, is_raw, precision):
    model = build_model(checkpoint, Export(*sizes, precision, is_raw))
    onnx.checker.check_model(model, full_check=True)
    found = check_operators(model)
    assert not set(found) & {*FORBIDDEN, 'BatchNormalization', 'Dropout', 'Shape', 'Gather'}
    assert found['Conv'] == 26
    types = read_types(model)
    made = [(node.op_type, types[name]) for node in model.graph.node for name in node.output]
    assert {operator for operator, kind in made if kind == 'INT64'} <= {'ArgMax'}
    assert not [kind for _, kind in made if kind in ('INT32', 'DOUBLE')]


def test_label_set_and_provenance_travel_in_the_metadata(checkpoint):
    model = build_model(checkpoint, Export((90, 120), (64, 96), 'fp16'))
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata['names'])['10'] == checkpoint.label_set.names[10]
    assert json.loads(metadata['provenance']) == checkpoint.provenance
    assert metadata['precision'] == 'fp16'
    own = json.loads(metadata['segnet_ros'])
    assert own['label_set'] == checkpoint.label_set.to_dict()
    assert own['input_size'] == [64, 96]
