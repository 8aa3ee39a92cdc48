"""What is told of a trial beside the metrics: counts, rate and ages."""

from __future__ import annotations

import math
from typing import Any

from segnet_ros.node.cameras.age import find_percentile
from segnet_ros.node.trial.node_trial import Outcome
from segnet_ros.node.trial.table import format_rate


def summarize_outcome(outcome: Outcome) -> dict[str, Any]:
    """
    Put counts, rate and ages into plain values, as ``--json`` writes them.

    :return: None for what is not known
    """
    tally = outcome.tally
    ages_ms = sorted(outcome.ages_ms)
    return {
        'mode': 'real-time' if outcome.pace else 'drop-free',
        'published': tally.published,
        # One by one, an image that was missed is published until it is not.
        'missed': tally.missed if outcome.pace else {},
        'labels_per_second': None if math.isnan(outcome.rate) else outcome.rate,
        'age_ms': {
            'p50': find_percentile(ages_ms, 50),
            'p95': find_percentile(ages_ms, 95),
            'max': ages_ms[-1] if ages_ms else None,
        },
    }


def describe_outcome(outcome: Outcome) -> list[tuple[str, str]]:
    """
    Collect the lines of the table.

    :return: names and values
    """
    tally, values = outcome.tally, summarize_outcome(outcome)
    missed, ages = values['missed'], values['age_ms']
    known = [f'{name} {ms:.1f} ms' for name, ms in ages.items() if ms is not None]
    again = tally.published - tally.recorded
    one_by_one = 'one by one' + (f', {again} of them again' if again else '')
    return [
        ('published', str(outcome.pace or f'{tally.published} images, {one_by_one}')),
        ('labels', str(tally.recorded)),
        ('missed', str(sum(missed.values()))),
        *((f'  {reason}', str(number)) for reason, number in missed.items()),
        ('rate', format_rate(outcome.rate)),
        ('age', ', '.join(known) or 'unknown'),
    ]
