"""What came of the comparison as tables, with the paper's figures and conclusions beside."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from markdown_table import format_number
from markdown_table import format_table
from markdown_table import NOTHING
from paper_figures import Accuracy
from paper_figures import BALANCED
from paper_figures import LARGE
from paper_figures import MEASURES
from paper_figures import NATURAL
from paper_figures import OTHERS
from paper_figures import RELATIVES
from paper_orderings import judge
from paper_orderings import list_paper_figures
from paper_orderings import ORDERINGS

TRAIN_MEASURES = tuple(measure for measure in MEASURES if measure != 'bf')
"""Those that the paper tells of training images."""
SHORT = {'val': 'G / C / mIoU / BF', 'train': 'G / C / mIoU'}


def choose_relatives(class_weights: str) -> Mapping[str, Accuracy]:
    """Choose the half of the paper's table 1 that fits a way to weight classes."""
    return NATURAL if class_weights == 'none' else BALANCED


def judge_orderings(
    networks: Mapping[str, Any], costs: Mapping[str, Any], class_weights: str
) -> list[dict[str, str]]:
    """
    See which of the paper's conclusions hold, there and here, by means over the seeds.

    :param networks: as collected
    :param costs: by network; empty if they were not measured
    """
    paper = list_paper_figures(choose_relatives(class_weights))
    ours = {name: dict(found['mean']['val']) for name, found in networks.items()}
    for name, row in costs.items():
        if 'inference_mb' in row:
            ours.setdefault(name, {})['inference_mb'] = row['inference_mb']
    return [
        {'text': one.text, 'paper': judge(one, paper), 'ours': judge(one, ours)}
        for one in ORDERINGS
    ]


def format_training(report: Mapping[str, Any]) -> str:
    """
    Put a report into tables, below a line on where it comes from.

    :param report: as ``training`` writes it
    """
    networks = report['networks']
    relatives = choose_relatives(report['class_weights'])
    kind = 'natural frequencies' if relatives is NATURAL else 'balanced classes'
    parts = [_format_head(report)]
    for title, names, paper in (
        (f'Table 1: SegNet-Basic and its relatives ({kind})', RELATIVES, relatives),
        ("Table 3: networks with the encoder of VGG16 (the paper's: natural)", OTHERS, LARGE),
    ):
        trained = [name for name in names if name in networks]
        if trained:
            parts += [f'### {title}', _format_means(trained, networks, paper)]
            if any(len(networks[name]['runs']) > 1 for name in trained):
                parts += ['Least and most of the seeds:', _format_spread(trained, networks)]
    parts += ['### Conclusions of the paper', _format_orderings(report['orderings'])]
    parts += [f'* {run}: {text}' for run, text in report['failed'].items()]
    return '\n\n'.join(parts) + '\n'


def _format_head(report: Mapping[str, Any]) -> str:
    machine = ', '.join(report[key] for key in ('device', 'system', 'torch', 'commit'))
    arguments = ' '.join(report['arguments'])
    return (
        f'{machine}\n\nMeans over the seeds, in percent, of the last epoch, on val and train of'
        f" {report['data']}; segnet_train {arguments}. The paper's are of other images (test, and"
        ' its own training images) and of longer training.'
    )


def _format_means(
    names: Iterable[str], networks: Mapping[str, Any], paper: Mapping[str, Accuracy]
) -> str:
    head = ['network', 'seeds', f'val {SHORT["val"]}', f'train {SHORT["train"]}', 'seconds']
    head += [f'paper: test {SHORT["val"]}', f'paper: train {SHORT["train"]}']
    return format_table(
        head,
        (
            [
                name,
                ' '.join(networks[name]['runs']),
                *_format_splits(networks[name]['mean']),
                format_number(networks[name]['mean']['seconds']),
                *_format_paper(paper.get(name)),
            ]
            for name in names
        ),
    )


def _format_spread(names: Iterable[str], networks: Mapping[str, Any]) -> str:
    head = ['network', *(f'{split}, {way}' for way in ('least', 'most') for split in SHORT)]
    return format_table(
        head,
        (
            [name, *(c for way in ('min', 'max') for c in _format_splits(networks[name][way]))]
            for name in names
        ),
    )


def _format_splits(figures: Mapping[str, Any]) -> list[str]:
    return [
        _join([figures['val'][measure] for measure in MEASURES]),
        _join([figures['train'][measure] for measure in TRAIN_MEASURES]),
    ]


def _format_paper(accuracy: Accuracy | None) -> list[str]:
    return [_join(accuracy.test), _join(accuracy.train)] if accuracy else [NOTHING, NOTHING]


def _join(percentages: Sequence[float]) -> str:
    return ' / '.join(f'{value:.1f}' for value in percentages) or NOTHING


def _format_orderings(orderings: Iterable[Mapping[str, str]]) -> str:
    rows = ([one['text'], one['paper'], one['ours']] for one in orderings)
    return format_table(['', 'the paper', 'here'], rows)
