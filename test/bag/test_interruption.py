"""Whatever ends segnet_bag, the same command goes on, and the bag is as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import shutil
import signal
from typing import Any
from typing import NamedTuple

from bag_files import draw
from bag_files import drive
from bag_files import make_image
from bag_files import read_bag
from bag_files import Sent
from bag_files import START
from bag_files import write_bag
from ending_bag import Ended
from ending_bag import run_until
from ending_bag import run_with_small_disk
import pytest
from segnet_ros.bag.journal import Journal
from segnet_ros.bag.labeler import Labeler
from segnet_ros.bag.workplace import Workplace

ROUNDS = 6
IMAGES = 3 * ROUNDS
OPTIONS = ('--batch-size', '2', '--max-file-size', '0.08', '--outputs', 'label', 'overlay')
LABELING = 'segnet_ros.bag.journal:Journal.add'


class Case(NamedTuple):
    """A bag, what must come of it, and how to get there."""

    source: Path
    target: Path
    expected: list[Sent]
    label_bag: Callable[..., int]
    arguments: list[str]
    log: Path

    def end(self, moment: str, number: int, ending: str = 'SIGKILL') -> Ended:
        """Run segnet_bag up to a moment."""
        ended = run_until(moment, number, ending, self.arguments, self.log)
        assert 'Traceback' not in ended.stderr
        assert not self.target.exists()
        return ended

    def go_on(self) -> None:
        """Run the same command to its end; what comes of it must be as without interruption."""
        assert self.label_bag(self.source, self.target, *OPTIONS) == 3
        assert read_bag(self.target) == self.expected
        assert not self.target.with_name('out.unfinished').exists()


@pytest.fixture(params=['mcap', 'sqlite3'], scope='module')
def labeled(
    request: pytest.FixtureRequest,
    small_checkpoint: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, list[Sent]]:
    """Label a bag, in which one image cannot be labeled, without interruption."""
    from segnet_ros.bag.bag import main

    folder = tmp_path_factory.mktemp('labeled')
    sent = drive(ROUNDS)
    strange = make_image(START, 'x', draw(0), 'plaid8')
    sent.insert(8, Sent('/rear/image_raw', sent[8].stamp, strange))
    source = write_bag(folder / 'in', sent, request.param)
    with pytest.raises(SystemExit):
        main([str(source), str(folder / 'out'), '--checkpoint', str(small_checkpoint), *OPTIONS])
    files = list((folder / 'out').iterdir())
    assert len(files) > 3, 'interruptions between files are not tested'
    return source, read_bag(folder / 'out')


@pytest.fixture
def case(
    labeled: tuple[Path, list[Sent]],
    label_bag: Callable[..., int],
    small_checkpoint: Path,
    tmp_path: Path,
) -> Case:
    """Prepare to interrupt the labeling of that bag."""
    source, expected = labeled
    target = tmp_path / 'out'
    arguments = [str(source), str(target), '--checkpoint', str(small_checkpoint), *OPTIONS]
    return Case(source, target, expected, label_bag, arguments, tmp_path / 'log')


@pytest.mark.parametrize(
    ('moment', 'number'),
    [
        (LABELING, 2),
        ('rosbags.rosbag2:Writer.write', 9),  # in the first file
        ('rosbags.rosbag2:Writer.write', 30),  # in another
        ('segnet_ros.bag.workplace:Workplace.keep', 2),
        ('segnet_ros.bag.progress:Progress.save', 3),
        ('segnet_ros.bag.workplace:join_metadata', 1),
    ],
)
def test_a_killed_one_goes_on(
    case: Case, moment: str, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert case.end(moment, number).code == -signal.SIGKILL
    case.go_on()
    printed = capsys.readouterr().out
    assert f'{IMAGES} images labeled' in printed
    assert '/rear/image_raw: 1 without labels' in printed


def test_one_that_is_killed_as_the_bag_appears_has_done_its_work(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    source = case.target.with_name('unlisted')
    shutil.copytree(case.source, source)
    (source / 'metadata.yaml').unlink()  # as of a recorder that was killed
    case = case._replace(source=source, arguments=[str(source), *case.arguments[1:]])
    moment = 'segnet_ros.bag.workplace:Workplace.clear'
    run_until(moment, 1, 'SIGKILL', case.arguments, case.log)
    assert read_bag(case.target) == case.expected
    case.go_on()
    printed = capsys.readouterr().out
    assert f'{IMAGES} images labeled' in printed
    assert 'to /rear/segnet/label, /rear/segnet/overlay' in printed
    assert '/rear/image_raw: 1 without labels' in printed
    assert 'not whole, labeled as far as it goes: metadata.yaml: there is none' in printed
    assert case.label_bag(case.source, case.target, *OPTIONS) == 1


def test_one_that_is_killed_again_and_again_computes_nothing_twice(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert case.end(LABELING, 3).code == -signal.SIGKILL
    computed: list[Any] = []
    label = Labeler.label

    def count(labeler: Labeler, batch: Any) -> Any:
        computed.extend(batch)
        return label(labeler, batch)

    monkeypatch.setattr(Labeler, 'label', count)
    case.go_on()
    kept = 3 * 2 * 2  # two batches of each run, before the one that it died with
    assert len(computed) == IMAGES + 1 - kept


def test_a_batch_that_was_not_written_as_a_whole_does_not_count(case: Case) -> None:
    case.end(LABELING, 3)
    (journal,) = case.target.with_name('out.unfinished').glob('*.journal')
    whole = journal.read_bytes()
    for damaged in (whole[:-1000], whole[:-1000] + bytes(1000), whole + bytes(7)):
        journal.write_bytes(damaged)
        opened = Journal(journal)
        opened.close()
        assert opened.images == (4 if damaged.startswith(whole) else 2)
    journal.write_bytes(whole[:-1000])
    case.go_on()


@pytest.mark.parametrize(('ending', 'code'), [('SIGTERM', 143), ('SIGINT', 130)])
def test_one_that_is_asked_to_end_says_how_to_go_on(case: Case, ending: str, code: int) -> None:
    ended = case.end(LABELING, 2, ending)
    assert ended.code == code
    assert 'the same command goes on from here' in ended.stderr
    case.go_on()


def test_a_full_disk_is_told_in_a_line_and_can_be_mended(case: Case) -> None:
    """A limit for the size of files stands for the disk."""
    ended = run_with_small_disk(70_000, case.arguments, case.log)
    assert ended.code == 1
    assert 'Traceback' not in ended.stderr
    assert 'segnet_bag: error: ' in ended.stderr.splitlines()[-1]
    case.go_on()


def test_another_bag_or_other_options_do_not_go_on(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case.end(LABELING, 2)
    other = write_bag(tmp_path / 'in', drive(2))
    for source, options, words in (
        (case.source, ('--opacity', '0.7'), ('--opacity 0.5', 'found 0.7', 'out.unfinished')),
        (case.source, ('--topics', '/rear/image_raw'), ('--topics', '/front/image_raw')),
        (other, (), ('other or changed files', 'out.unfinished')),
    ):
        assert case.label_bag(source, case.target, *OPTIONS, *options) == 1
        line = capsys.readouterr().err.splitlines()[-1]
        assert [word for word in words if word not in line] == []
    progress = json.loads((tmp_path / 'out.unfinished' / 'progress.json').read_text())
    assert progress['options']['--opacity'] == 0.5
    case.go_on()


def test_two_do_not_work_on_the_same_bag(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    with Workplace(case.target).occupy():
        assert case.label_bag(case.source, case.target, *OPTIONS) == 1
        assert 'expected no other segnet_bag' in capsys.readouterr().err
    assert not case.target.with_name('out.unfinished').exists()
