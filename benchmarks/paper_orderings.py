"""What the paper concludes from its tables, as questions that figures answer with yes or no."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass

from paper_figures import Accuracy
from paper_figures import COSTS
from paper_figures import LARGE
from paper_figures import MEASURES
from paper_figures import OTHERS
from paper_figures import RELATIVES

Figures = Mapping[str, Mapping[str, float]]
"""By network and measure; percentages, and ``inference_mb`` where it was measured."""
ABOUT = 1.5
"""Percentage points that SegNet-Basic and FCN-Basic may differ in; in the paper up to 1.3."""


@dataclass(frozen=True)
class Ordering:
    """A conclusion, and how to see whether figures bear it out."""

    text: str
    measure: str
    needs: tuple[str, ...]
    """Networks without which there is nothing to say; more of the kind are taken into account."""
    holds: Callable[[Figures], bool]
    among: Collection[str] = ()
    """Networks that the paper concludes it of, where these are more than are needed."""


def judge(ordering: Ordering, figures: Figures) -> str:
    """Tell whether an ordering holds, and among how many networks if some are missing."""
    if len(_rank(figures, ordering.measure, ordering.needs)) < len(ordering.needs):
        return 'not measured'
    if not ordering.holds(figures):
        return 'does not hold'  # whatever the missing ones would come to
    measured = len(_rank(figures, ordering.measure, ordering.among))
    wanted = len(ordering.among)
    return 'holds' if measured == wanted else f'holds among {measured} of {wanted} networks'


def list_paper_figures(relatives: Mapping[str, Accuracy]) -> Figures:
    """
    Put the paper's own figures into the same form.

    :param relatives: one of the two halves of table 1
    """
    figures = {
        name: dict(zip(MEASURES, accuracy.test, strict=True))
        for name, accuracy in {**relatives, **LARGE}.items()
    }
    for name, costs in COSTS.items():
        figures.setdefault(name, {})['inference_mb'] = costs.inference_mb
    return figures


def _rank(figures: Figures, measure: str, names: Collection[str]) -> list[str]:
    """Sort those that were measured, the lowest first."""
    measured = [name for name in names if measure in figures.get(name, {})]
    return sorted(measured, key=lambda name: figures[name][measure])


def _loses_most_bf(figures: Figures, whole: str, without: str) -> bool:
    losses = {key: figures[whole][key] - figures[without][key] for key in MEASURES}
    return losses['bf'] > 0 and max(losses, key=lambda key: losses[key]) == 'bf'


def _are_close(figures: Figures) -> bool:
    return abs(figures['segnet-basic']['miou'] - figures['fcn-basic']['miou']) <= ABOUT


KEEPERS = ('fcn-basic-no-dim-reduction', 'segnet-basic-encoder-addition')
"""Decoders that are handed all encoder features."""
SINGLE = tuple(name for name in RELATIVES if not name.startswith('bayesian'))
"""Networks of table 1."""
VGG = tuple(name for name in OTHERS if not name.startswith('bayesian'))
"""Networks of table 6, and more like these; the Bayesian SegNet costs what SegNet does."""

ORDERINGS = (
    Ordering(
        'Table 1: Bilinear-Interpolation has the lowest mIoU',
        'miou',
        ('bilinear-interpolation', 'segnet-basic'),
        lambda figures: _rank(figures, 'miou', SINGLE)[0] == 'bilinear-interpolation',
        SINGLE,
    ),
    Ordering(
        'Table 1: without the addition FCN-Basic loses, and most in BF',
        'bf',
        ('fcn-basic', 'fcn-basic-no-addition'),
        lambda figures: _loses_most_bf(figures, 'fcn-basic', 'fcn-basic-no-addition'),
    ),
    Ordering(
        'Table 1: without the addition FCN-Basic-NoDimReduction loses, and most in BF',
        'bf',
        ('fcn-basic-no-dim-reduction', 'fcn-basic-no-addition-no-dim-reduction'),
        lambda figures: _loses_most_bf(
            figures, 'fcn-basic-no-dim-reduction', 'fcn-basic-no-addition-no-dim-reduction'
        ),
    ),
    Ordering(
        'Table 1: FCN-Basic-NoDimReduction and SegNet-Basic-EncoderAddition, which keep all'
        ' encoder features, have the highest mIoU',
        'miou',
        (*KEEPERS, 'segnet-basic', 'fcn-basic'),
        lambda figures: set(_rank(figures, 'miou', SINGLE)[-2:]) == set(KEEPERS),
        SINGLE,
    ),
    Ordering(
        f'Table 1: SegNet-Basic and FCN-Basic are within {ABOUT} points of mIoU',
        'miou',
        ('segnet-basic', 'fcn-basic'),
        _are_close,
    ),
    Ordering(
        'Table 3: SegNet, trained with dropout, has the highest mIoU of the networks there',
        'miou',
        ('bayesian-segnet', 'fcn'),
        lambda figures: _rank(figures, 'miou', LARGE)[-1] == 'bayesian-segnet',
        tuple(LARGE),
    ),
    Ordering(
        'Table 3: FCN with learned deconvolutions has a higher mIoU than with fixed ones',
        'miou',
        ('fcn', 'fcn-bilinear'),
        lambda figures: figures['fcn']['miou'] > figures['fcn-bilinear']['miou'],
    ),
    Ordering(
        'Table 6: SegNet needs the least memory for inference',
        'inference_mb',
        tuple(COSTS),
        lambda figures: _rank(figures, 'inference_mb', VGG)[0] == 'segnet',
    ),
)
