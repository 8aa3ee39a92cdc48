"""The paper's conclusions: its own figures bear them out, others need not."""

from __future__ import annotations

from paper_figures import BALANCED
from paper_figures import NATURAL
from paper_orderings import judge
from paper_orderings import list_paper_figures
from paper_orderings import ORDERINGS
import pytest

EXCHANGED = (
    ('bilinear-interpolation', 'segnet-basic'),
    ('fcn-basic', 'fcn-basic-no-addition'),
    ('fcn-basic-no-dim-reduction', 'fcn-basic-no-addition-no-dim-reduction'),
    ('fcn-basic-no-dim-reduction', 'bilinear-interpolation'),
    ('segnet-basic', 'bilinear-interpolation'),
    ('bayesian-segnet', 'fcn'),
    ('fcn', 'fcn-bilinear'),
    ('segnet', 'deeplab-largefov'),
)
"""Networks by whose figures each conclusion would be refuted."""


@pytest.mark.parametrize('ordering', ORDERINGS, ids=lambda ordering: ordering.text)
@pytest.mark.parametrize('relatives', [BALANCED, NATURAL], ids=['balanced', 'natural'])
def test_every_conclusion_holds_in_the_paper(ordering, relatives):
    assert judge(ordering, list_paper_figures(relatives)) == 'holds'


@pytest.mark.parametrize(('ordering', 'exchanged'), list(zip(ORDERINGS, EXCHANGED, strict=True)))
def test_no_conclusion_holds_with_the_figures_of_two_networks_exchanged(ordering, exchanged):
    figures = dict(list_paper_figures(BALANCED))
    one, other = exchanged
    figures[one], figures[other] = figures[other], figures[one]
    assert judge(ordering, figures) == 'does not hold'


@pytest.mark.parametrize('ordering', ORDERINGS, ids=lambda ordering: ordering.text)
def test_nothing_is_concluded_without_the_networks(ordering):
    figures = dict(list_paper_figures(BALANCED))
    del figures[ordering.needs[-1]]
    assert judge(ordering, figures) == 'not measured'


RANKINGS = [ordering for ordering in ORDERINGS if ordering.among]


@pytest.mark.parametrize('ordering', RANKINGS, ids=lambda ordering: ordering.text)
def test_a_rank_among_some_of_the_networks_is_told_as_that(ordering):
    whole = list_paper_figures(BALANCED)
    figures = {name: whole[name] for name in ordering.needs}
    needed, all_of_them = len(ordering.needs), len(ordering.among)
    assert judge(ordering, figures) == f'holds among {needed} of {all_of_them} networks'


def test_ranks_are_among_all_networks_of_their_table():
    found = {(ordering.text[:7], len(ordering.among)) for ordering in RANKINGS}
    assert found == {('Table 1', 8), ('Table 3', 5)}
    assert len(RANKINGS) == 3
