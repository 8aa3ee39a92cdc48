"""What is measured in the course of a run, as table and curves."""

import csv

import cv2
import pytest
from segnet_ros.training.run.history import COLUMNS
from segnet_ros.training.run.history import History
from segnet_ros.training.run.loop import Position
from segnet_ros.training.run.loop import Step

METRICS = ('miou', 'global_accuracy')


def make_history(*mious: 'float | None') -> History:
    history = History(METRICS)
    for number, miou in enumerate(mious, 1):
        position = Position(epoch=number, seconds=60.0 * number)
        for loss in (number, number + 1):
            history.add_step(Step(position, 0.5, loss, 0.1, (32, 32), number))
        metrics = {'miou': miou, 'global_accuracy': 0.5, 'iou': {'road': 0.1}}
        history.add_row(position, 10 * number, 0.1, metrics)
    return history


def test_rows_hold_the_mean_loss_since_the_last():
    assert [row['loss'] for row in make_history(0.1, 0.2).rows] == [1.5, 2.5]


def test_the_best_is_the_highest_that_was_measured():
    assert make_history(0.1, 0.3, None, 0.2).find_best('miou') == 0.3
    assert make_history(None).find_best('miou') < 0
    assert History(METRICS).find_best('miou') < 0


def test_a_step_has_one_row():
    history = make_history(0.1, 0.2)
    history.add_row(Position(epoch=2), 20, 0.1, {'miou': 0.4})
    assert [row['miou'] for row in history.rows] == [0.1, 0.4]
    assert history.rows[1]['loss'] == 2.5
    assert history.has_row_of(20)
    assert not history.has_row_of(10)


def test_the_table_can_be_read_again(tmp_path):
    make_history(0.1, None).write_table(tmp_path / 'history.csv')
    with open(tmp_path / 'history.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == (*COLUMNS, *METRICS)
    assert [float(row['loss']) for row in rows] == [1.5, 2.5]
    assert [row['miou'] for row in rows] == ['0.1', '']
    assert [row['minutes'] for row in rows] == ['1.0', '2.0']


@pytest.mark.parametrize('mious', [(), (0.1,), (0.1, None, 0.3)])
def test_curves_become_a_picture(tmp_path, mious):
    make_history(*mious).draw_curves(tmp_path / 'curves.png')
    height, width, _ = cv2.imread(str(tmp_path / 'curves.png')).shape
    assert width > height > 200
