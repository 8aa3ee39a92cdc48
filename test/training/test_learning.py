"""A real run, small: what a broken loss, unpooling or label could not reach."""

from segnet_ros.core.predictor import Predictor
from segnet_ros.training.dataset import RenderedScenes
from segnet_ros.training.evaluate import evaluate
from segnet_ros.training.train import main

SIZE = (64, 96)


def test_a_narrow_segnet_learns_rendered_streets(tmp_path):
    options = ['--scenes', '160', '--epochs', '6', '--batch-size', '4', '--learning-rate', '4e-3']
    options += ['--size', '64x96', '--widths', '12', '16', '24', '24', '24', '--precision', 'fp32']
    options += ['--validate-every', '6', '--workers', '0', '--device', 'cpu']
    assert main(['--output', str(tmp_path), *options]) == 0
    predictor = Predictor.from_checkpoint(tmp_path / 'checkpoint.safetensors', 'cpu', 'fp32')
    evaluation = evaluate(predictor, RenderedScenes(24, SIZE))
    iou = dict(zip(predictor.label_set.names, evaluation.matrix.iou, strict=True))
    print(evaluation.matrix.miou, iou)
    assert evaluation.matrix.miou > 0.3
    assert min(iou[name] for name in ('sky', 'road', 'building')) > 0.5
