"""An encoder filled from files of several kinds, told apart by what is in them."""

import pickle

import pytest
from safetensors.torch import save_file
from segnet_ros.core.encoder import make_encoder
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.core.weight_files import WeightsError
from segnet_ros.training.encoder.encoder_file import EncoderFile
from segnet_ros.training.encoder.encoder_file import save_encoder
from segnet_ros.training.encoder.encoder_weights import fill_encoder
import torch
from vgg16_weights import make_features
from vgg16_weights import make_state
from vgg16_weights import WIDTHS

CONFIG = SegNetConfig(widths=WIDTHS)


def save_as_of_old(state, path):
    torch.save(state, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize(
    ('suffix', 'save'),
    [('.pth', torch.save), ('.pth', save_as_of_old), ('.safetensors', save_file)],
)
@pytest.mark.parametrize('batch_norm', [False, True])
def test_a_local_file_of_torchvision_is_recognized_by_its_content(
    tmp_path, suffix, save, batch_norm
):
    path = tmp_path / f'vgg99{suffix}'
    features = make_features(batch_norm)
    save(make_state(features), path)
    network = SegNet(CONFIG)
    normalization, provenance = fill_encoder(network, str(path))
    assert torch.equal(network.encoder[0][0].weight, features[0].weight)
    assert torch.equal(network.encoder[4][6].bias, features[-4 if batch_norm else -3].bias)
    mean = features[1].running_mean if batch_norm else torch.zeros(4)
    assert torch.equal(network.encoder[0][1].running_mean, mean)
    kind = 'vgg16_bn' if batch_norm else 'vgg16'
    assert provenance == {'encoder': kind, 'file': path.name}
    assert normalization == Normalization((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def test_a_pretrained_encoder_brings_its_normalization(tmp_path):
    torch.manual_seed(4)
    weights = make_encoder(CONFIG).state_dict()
    normalization = Normalization((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    path = tmp_path / 'mine'
    save_encoder(path, EncoderFile(CONFIG, weights, normalization, {'classes': 7}))
    network = SegNet(CONFIG)
    assert fill_encoder(network, str(path)) == (normalization, {'classes': 7})
    for name, tensor in network.encoder.state_dict().items():
        torch.testing.assert_close(tensor, weights[name], atol=1e-3, rtol=1e-3)


def test_a_pretrained_encoder_of_other_widths_is_refused(tmp_path):
    weights = make_encoder(CONFIG).state_dict()
    save_encoder(tmp_path / 'x', EncoderFile(CONFIG, weights, Normalization(), {}))
    with pytest.raises(
        WeightsError, match=r'the widths \(4, 4, 4, 4, 4\), found \(4, 6, 8, 10, 12\)'
    ):
        fill_encoder(SegNet(SegNetConfig(widths=(4,) * 5)), str(tmp_path / 'x'))


def test_a_whole_checkpoint_is_for_another_option(small_checkpoint):
    with pytest.raises(WeightsError, match='found a whole checkpoint; use --init'):
        fill_encoder(SegNet(CONFIG), str(small_checkpoint))


class Intruder:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), 'w')


@pytest.mark.parametrize(
    ('write', 'message'),
    [
        (lambda path: path.write_text('hello'), 'could not read it'),
        (lambda path: path.write_bytes(b''), 'could not read it'),
        (lambda path: torch.save([1, 2], path), 'expected a state dict'),
        (lambda path: torch.save({'state_dict': {}, 'epoch': 3}, path), 'expected a state dict'),
        (lambda path: torch.save({0: torch.zeros(4)}, path), 'expected a state dict'),
        (lambda path: torch.save({'features.0.weight': torch.zeros(4)}, path), 'layer norm|batch'),
        (lambda path: save_file({'x': torch.zeros(1)}, path.with_name('x.safetensors')), 'no enc'),
    ],
)
def test_files_of_other_things_are_refused(tmp_path, write, message):
    path = tmp_path / 'x.pth'
    write(path)
    with pytest.raises((WeightsError, FileNotFoundError), match=message) as caught:
        fill_encoder(SegNet(CONFIG), str(path))
    assert '\n' not in str(caught.value)
    assert str(path) in str(caught.value)


def test_nothing_in_a_file_is_executed(tmp_path):
    path, trace = tmp_path / 'x.pth', tmp_path / 'trace'
    path.write_bytes(pickle.dumps({'features.0.weight': Intruder(trace)}, protocol=2))
    with pytest.raises(WeightsError, match='could not read it'):
        fill_encoder(SegNet(CONFIG), str(path))
    torch.save({'features.0.weight': Intruder(trace)}, path)
    with pytest.raises(WeightsError, match='could not read it') as caught:
        fill_encoder(SegNet(CONFIG), str(path))
    assert not trace.exists()
    assert '\n' not in str(caught.value)  # PyTorch's own text has many lines
