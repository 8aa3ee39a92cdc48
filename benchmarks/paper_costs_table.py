"""Costs of networks as tables, with the paper's figures and its ratios beside."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from markdown_table import format_number
from markdown_table import format_table
from markdown_table import NOTHING
from paper_costs import REFERENCE
from paper_costs import TRAINING_BATCH
from paper_figures import BASIC_COSTS
from paper_figures import COSTS
from paper_figures import OTHERS
from paper_figures import RELATIVES

Rows = Mapping[str, Mapping[str, Any]]
"""Costs by the name of the network."""
COMPARED = {
    'forward': ('forward_ms_median', 'forward_ms'),
    'backward': ('backward_ms_median', 'backward_ms'),
    'training memory': ('training_mb', 'training_mb'),
    'inference memory': ('inference_mb', 'inference_mb'),
    'model': ('model_mb', 'model_mb'),
    'parameters': ('parameters', 'parameters'),
    'GMAC': ('gmac', 'gmac'),
}
"""What ratios are told of: our name of it, and the paper's."""


class Family(NamedTuple):
    """Networks that the paper lists in one table."""

    title: str
    networks: Sequence[str]
    reference: str
    """Of the ratios."""
    paper: Mapping[str, Any]
    columns: Mapping[str, str]
    """Of the paper's table, by the name of the figure."""


FAMILIES = (
    Family(
        'Table 6: networks with the encoder of VGG16',
        OTHERS,
        REFERENCE,
        COSTS,
        {
            'forward_ms': 'forward ms',
            'backward_ms': 'backward ms',
            'training_mb': 'training MB',
            'inference_mb': 'inference MB',
            'model_mb': 'model MB',
        },
    ),
    Family(
        'Table 1: SegNet-Basic and its relatives',
        RELATIVES,
        'segnet-basic',
        BASIC_COSTS,
        {'parameters': 'million parameters', 'storage': 'storage', 'forward_ms': 'forward ms'},
    ),
)


def compute_ratios(rows: Rows) -> dict[str, dict[str, dict[str, float]]]:
    """
    Set the costs in relation to the reference of each family, and the paper's likewise.

    :return: by network, name of the cost, and ``ours`` or ``paper``; what is not known is absent
    """
    return {
        name: {
            title: {
                source: value
                for source, value in (
                    ('ours', _divide(rows, name, family.reference, ours)),
                    ('paper', _divide(_list_paper(family), name, family.reference, paper)),
                )
                if value
            }
            for title, (ours, paper) in COMPARED.items()
        }
        for family in FAMILIES
        for name in family.networks
        if name in rows
    }


def compute_drift(first: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, float]:
    """Tell how many times as long each pass of the same network took in the end."""
    passes = {name: f'{name}_ms_median' for name in ('forward', 'backward')}
    both = first.keys() & again.keys()
    return {name: again[key] / first[key] for name, key in passes.items() if key in both}


def _list_paper(family: Family) -> Rows:
    return {name: costs._asdict() for name, costs in family.paper.items()}


def _divide(rows: Rows, name: str, reference: str, key: str) -> float | None:
    value, base = (rows.get(one, {}).get(key) for one in (name, reference))
    return value / base if value and base else None


def format_costs(report: Mapping[str, Any]) -> str:
    """
    Put a report into tables, below a line on where it comes from.

    :param report: as ``costs`` writes it
    """
    rows = report['networks']
    parts = [_format_head(report)]
    for family in FAMILIES:
        names = [name for name in family.networks if name in rows]
        if names:
            parts += [f'### {family.title}', _format_figures(family, names, rows)]
            parts += [f"Times {family.reference}: ours, and the paper's in brackets."]
            parts += [_format_ratios(names, report['ratios'])]
    notes = [f'* {name}: {note}' for name in rows for note in rows[name]['notes']]
    return '\n\n'.join([*parts, '\n'.join(notes)]).rstrip() + '\n'


def _format_head(report: Mapping[str, Any]) -> str:
    height, width = report['size']
    machine = ', '.join(report[key] for key in ('device', 'system', 'torch', 'commit'))
    drift = ', '.join(f'{value:.2f} times {key}' for key, value in report['drift'].items())
    return (
        f'{machine}\n\n{height}x{width}, fp32 without TF32, batch 1, median (mean) of'
        f' {report["runs"]} passes; memory of training at batch {TRAINING_BATCH}. Memory is'
        f' {report["memory"]}. {REFERENCE} once more after all others: {drift}.'
    )


def _format_figures(family: Family, names: Iterable[str], rows: Rows) -> str:
    head = ['network', 'parameters', 'model MB', 'GMAC', 'forward ms']
    head += ['backward ms', 'training MB', 'inference MB']
    head += [f'paper: {column}' for column in family.columns.values()]
    return format_table(
        head, ([*_format_own(name, rows[name]), *_format_paper(family, name)] for name in names)
    )


def _format_own(name: str, row: Mapping[str, Any]) -> list[str]:
    return [
        name,
        format_number(row.get('parameters')),
        format_number(row.get('model_mb'), ',.1f'),
        format_number(row.get('gmac'), ',.1f'),
        *(_format_pair(row, f'{key}_ms_median', f'{key}_ms') for key in ('forward', 'backward')),
        *(_format_pair(row, f'{k}_mb', f'{k}_reserved_mb') for k in ('training', 'inference')),
    ]


def _format_pair(row: Mapping[str, Any], first: str, second: str) -> str:
    """Put one figure into a cell, and another in brackets if there is one."""
    if first not in row:
        return NOTHING
    form = ',.0f' if row[first] >= 100 else '.2f'
    brackets = f' ({row[second]:{form}})' if second in row else ''
    return f'{row[first]:{form}}{brackets}'


def _format_paper(family: Family, name: str) -> list[str]:
    costs = family.paper.get(name)
    return [format_number(getattr(costs, key, None), ',g') for key in family.columns]


def _format_ratios(
    names: Iterable[str], ratios: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> str:
    rows = ([name, *(_format_ratio(ratios[name][key]) for key in COMPARED)] for name in names)
    return format_table(['network', *COMPARED], rows)


def _format_ratio(ratio: Mapping[str, float]) -> str:
    brackets = f' ({ratio["paper"]:.2f})' if 'paper' in ratio else ''
    return format_number(ratio.get('ours'), '.2f') + brackets
