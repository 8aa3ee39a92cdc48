"""What became of the images of a trial."""

from segnet_ros.node.trial.tally import read_tally

STATUS = {
    'received': '7',
    'processed': '4',
    'dropped': '3',
    'dropped: replaced': '2',
    'dropped: too_old': '1',
    'lost in transport': '1',
}


def test_the_reasons_add_up_to_what_is_missed():
    tally = read_tally(STATUS, published=10, recorded=3)
    assert tally.missed == {
        'replaced': 2,
        'too_old': 1,
        'lost in transport': 1,
        'not received, other': 2,
        'label not received': 1,
    }
    assert sum(tally.missed.values()) == tally.published - tally.recorded


def test_reasons_that_did_not_occur_are_left_out():
    tally = read_tally(STATUS | {'lost in transport': 'unknown'}, published=7, recorded=4)
    assert tally.lost is None
    assert tally.missed == {'replaced': 2, 'too_old': 1}
