"""What networks cost, in small: that every figure is there, and stands beside the paper's."""

from __future__ import annotations

from dataclasses import dataclass
import json
import os
from typing import NoReturn

from paper_costs import Conditions
from paper_costs import find_missing_memory
from paper_costs_table import format_costs
from paper_tables import report_costs
import pytest
from segnet_ros.core.model import SegNetConfig
from segnet_ros.networks.basic import BasicConfig
from torch import nn

SMALL = Conditions((48, 64), 'cpu', runs=1)
FIGURES = (
    'parameters',
    'model_mb',
    'gmac',
    *('forward_ms', 'forward_ms_median', 'backward_ms', 'backward_ms_median'),
    *('inference_mb', 'training_mb'),
)


@dataclass(frozen=True)
class EndingConfig(BasicConfig):
    """A network that ends its process, as the system does where memory is short."""

    def build(self) -> NoReturn:
        os._exit(1)


@pytest.fixture(scope='module')
def report():
    configs = {
        'segnet': SegNetConfig(widths=(4, 4, 4, 4, 4)),
        'segnet-basic': BasicConfig(widths=(4, 4, 4, 4)),
        'fcn-basic': EndingConfig(),
    }
    return report_costs(configs, SMALL)


def test_every_figure_is_told_of_every_network(report):
    report = json.loads(json.dumps(report))
    assert report.keys() >= {'device', 'system', 'torch', 'commit', 'size', 'runs', 'memory'}
    assert report['drift'].keys() == {'forward', 'backward'}
    for name in ('segnet', 'segnet-basic'):
        row = report['networks'][name]
        assert all(row[key] > 0 for key in FIGURES), row
        assert row['training_mb'] > row['inference_mb']
        assert not row['notes']
    assert report['networks']['segnet']['model_mb'] == pytest.approx(
        4e-6 * report['networks']['segnet']['parameters']
    )


def test_ratios_are_to_the_reference_of_the_family(report):
    segnet, basic = (report['ratios'][name]['forward'] for name in ('segnet', 'segnet-basic'))
    assert segnet == basic == {'ours': 1, 'paper': 1}


def test_a_network_whose_process_ends_is_left_out_with_a_note(report):
    assert report['networks']['fcn-basic'].keys() == {'notes'}
    text = format_costs(report)
    assert '* fcn-basic: not measured' in text
    assert '| fcn-basic | – (0.46) |' in text  # noqa: RUF001 - a dash, as in print


def test_tables_have_a_row_for_each_network(report):
    lines = format_costs(report).splitlines()
    for name in report['networks']:
        rows = [line for line in lines if line.startswith(f'| {name} |')]
        assert len(rows) == 2
    assert any(line.startswith('| segnet | ') and '6,803' in line for line in lines)


class Peak:
    """A memory that has had a peak."""

    def __init__(self, megabytes: float) -> None:
        self._megabytes = megabytes

    def read(self, name: str) -> dict[str, float]:
        return {f'{name}_mb': self._megabytes}


def test_a_batch_that_does_not_fit_is_not_tried():
    network = nn.Linear(2, 2)
    assert find_missing_memory(network, Peak(1)) == ''
    assert find_missing_memory(network, Peak(1e9)).startswith('about 4,000,000,000 MB, of which')
