"""One step of training: parts, clipping, frozen statistics, losses that are not finite."""

import dataclasses
import math

import pytest
from segnet_ros.core.engine.cudnn import keep_fp32
from segnet_ros.core.model import SegNet
from segnet_ros.core.model import SegNetConfig
from segnet_ros.core.normalization import Normalization
from segnet_ros.training.step.optimizer import make_optimizer
from segnet_ros.training.step.segnet_trainer import SegNetTrainer
from segnet_ros.training.step.trainer import TrainingError
import torch


def make_trainer(**changes) -> SegNetTrainer:
    torch.manual_seed(0)
    network = SegNet(SegNetConfig(num_classes=3, widths=(4, 4, 4, 4, 4)))
    trainer = SegNetTrainer(
        network=network,
        optimizer=make_optimizer(network, 'sgd', 0.1, 0.0),
        class_weights=torch.tensor([1.0, 2.0, 0.5]),
        normalization=Normalization(),
        device=torch.device('cpu'),
        precision='fp32',
        peak_learning_rate=0.1,
        size=(32, 48),
        schedule='constant',
    )
    return dataclasses.replace(trainer, **changes)


def make_batch(count: int = 4):
    generator = torch.Generator().manual_seed(1)
    image = torch.randint(0, 256, (count, 3, 32, 48), dtype=torch.uint8, generator=generator)
    label = torch.randint(0, 3, (count, 32, 48), dtype=torch.uint8, generator=generator)
    label[0] = 255  # parts of unequal weight
    return image, label


def copy_weights(trainer: SegNetTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.network.state_dict().items()}


@pytest.mark.parametrize('accumulate', [2, 3, 4])
def test_parts_add_up_to_the_whole_batch(accumulate):
    whole = make_trainer(freeze_batch_norm=True)
    parts = make_trainer(freeze_batch_norm=True, accumulate=accumulate)
    for _ in range(3):
        losses = [trainer.train_batch(*make_batch(), 0.5) for trainer in (whole, parts)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(parts.network.state_dict()[name], value, atol=1e-5, rtol=1e-4)


def test_frozen_statistics_stay_as_they_are():
    for is_frozen in (True, False):
        trainer = make_trainer(freeze_batch_norm=is_frozen)
        before = copy_weights(trainer)
        trainer.train_batch(*make_batch(), 0.5)
        after = trainer.network.state_dict()
        name = next(name for name in before if name.endswith('running_mean'))
        assert torch.equal(before[name], after[name]) is is_frozen
        assert not torch.equal(before['classifier.weight'], after['classifier.weight'])


def test_clipping_shortens_the_step():
    moved = []
    for clip_norm in (None, 1e-3):
        trainer = make_trainer(clip_norm=clip_norm)
        before = copy_weights(trainer)
        trainer.train_batch(*make_batch(), 0.5)
        squares = [
            (value.detach() - before[name]).square().sum()
            for name, value in trainer.network.named_parameters()
        ]
        moved.append(math.sqrt(sum(squares)))
    assert moved[1] == pytest.approx(0.1 * 1e-3, rel=1e-3)  # learning rate times norm
    assert moved[0] > 2 * moved[1]


def test_a_loss_that_is_not_finite_changes_nothing():
    trainer = make_trainer(freeze_batch_norm=True)
    with torch.no_grad():
        trainer.network.classifier.bias[0] = math.nan
    before = copy_weights(trainer)
    with pytest.raises(TrainingError, match='expected a finite loss, got nan'):
        trainer.train_batch(*make_batch(), 0.5)
    after = trainer.network.state_dict()
    assert all(
        torch.equal(before[name].nan_to_num(7), after[name].nan_to_num(7)) for name in before
    )


def test_a_constant_schedule_stays_at_its_peak():
    trainer = make_trainer()
    assert {trainer.choose_learning_rate(step / 10) for step in range(11)} == {0.1}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_a_gpu_follows_the_cpu():
    losses = {}
    for name in ('cpu', 'cuda'):
        trainer = make_trainer(device=torch.device(name))
        trainer.network.to(name).to(memory_format=torch.channels_last)
        trainer = dataclasses.replace(trainer, class_weights=trainer.class_weights.to(name))
        with keep_fp32():
            losses[name] = [trainer.train_batch(*make_batch(), 0.5) for _ in range(5)]
    assert losses['cuda'][:2] == pytest.approx(losses['cpu'][:2], rel=1e-3)
    # What rounding changed grows from step to step.
    assert losses['cuda'] == pytest.approx(losses['cpu'], rel=0.05)
