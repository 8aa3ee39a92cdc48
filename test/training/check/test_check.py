"""The command segnet_train --check: what it finds, all of it, and its exit code."""

from pathlib import Path
import shutil

import cv2
import numpy as np
import pytest
from segnet_ros.training.train import main


def check(data: Path, output: Path, *more: str) -> int:
    return main(['--check', str(data), '--output', str(output), *more])


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


@pytest.fixture
def small(tmp_path) -> Path:
    """Three pairs to train on and one to validate on, whose pixels can be counted by hand."""
    root = tmp_path / 'small'
    labels = {
        'train/a': np.zeros((8, 10), np.uint8),
        'train/b': np.repeat(np.array([[0, 1], [1, 11]], np.uint8), 4, 0).repeat(5, 1),
        'train/c': np.zeros((4, 4), np.uint8),
        'val/d': np.ones((8, 10), np.uint8),
    }
    for name, label in labels.items():
        split, stem = name.split('/')
        write(root / 'images' / split / f'{stem}.jpg', np.zeros((*label.shape, 3), np.uint8))
        write(root / 'labels' / split / f'{stem}.png', label)
    return root


def read_table(text: str) -> dict[str, list[str]]:
    lines = text.partition('val:')[0].splitlines()
    return {line.split()[0]: line.split()[1:4] for line in lines if line.startswith('  ')}


def test_a_good_data_set_is_described(small, tmp_path, capsys):
    assert check(small, tmp_path / 'out') == 0
    text = capsys.readouterr().out
    assert f'train: 3 pairs in {small}/images/train and {small}/labels/train' in text
    assert 'image sizes, height x width: 2\n    8x10: 2\n    4x4: 1\n' in text
    table = read_table(text)
    # Of 176 pixels 116 are sky, 40 building, 20 unlabeled; of 80 in b half and a quarter.
    frequencies = [116 / 176, 40 / 80, 20 / 80]
    assert table['sky'] == [f'{100 * 116 / 156:.2f}', '3', f'{0.5 / frequencies[0]:.4f}']
    assert table['building'] == [f'{100 * 40 / 156:.2f}', '1', '1.0000']
    assert table['unlabeled'][:2] == [f'{100 * 20 / 176:.2f}', '1']
    assert 'classes that never occur: 9\n    pole\n' in text
    assert text.splitlines()[-1] == f'{small} can be trained on'


def test_a_contact_sheet_is_drawn_of_each_part(data, tmp_path):
    assert check(data, tmp_path) == 0
    shapes = {path.name: cv2.imread(str(path)).shape for path in tmp_path.iterdir()}
    assert shapes == {
        'contact_sheet_train.png': (2 * 264 + 48, 1280, 3),  # eight images
        'contact_sheet_val.png': (264 + 48, 1280, 3),
    }


def test_all_problems_are_told_at_once(data, tmp_path, capsys):
    root = tmp_path / 'data'
    shutil.copytree(data, root)
    (root / 'train' / '0.png').write_bytes(b'')
    (root / 'trainannot' / '1.png').write_bytes(b'broken')
    write(root / 'trainannot' / '2.png', np.zeros((40, 64), np.uint8))
    write(root / 'trainannot' / '3.png', np.full((48, 64), 77, np.uint8))
    write(root / 'trainannot' / '4.png', np.full((48, 64, 3), (3, 2, 1), np.uint8))
    (root / 'trainannot' / '5.png').unlink()
    (root / 'train' / '6.png').unlink()
    assert check(root, tmp_path / 'out') == 1
    text, error = capsys.readouterr()
    train = text.partition('val:')[0]
    assert 'train: 6 pairs' in train
    assert 'images without label: 1\n    5.png\n' in train
    assert 'labels without image: 1\n    6.png\n' in train
    assert 'files that cannot be read: 2\n' in train
    assert f'    {root}/train/0.png: expected a JPEG or PNG file' in train
    assert f'    {root}/trainannot/1.png: expected a JPEG or PNG file' in train
    assert 'size of their image: 1\n    2.png: 40x64, the image 48x64\n' in train
    assert "'camvid' does not know: 2\n    3.png: [77]\n    4.png: [[1, 2, 3]]\n" in train
    assert 'val: 2 pairs' in text
    assert f'{root}: expected a data set to train on, found problems in train;' in error
    assert 'Traceback' not in error
    assert cv2.imread(str(tmp_path / 'out' / 'contact_sheet_train.png')) is not None  # of 7.png


@pytest.mark.parametrize('problem', ['unknown', 'label', 'image', 'size', 'missing'])
def test_one_bad_file_is_enough_to_fail(small, tmp_path, problem):
    path = small / 'labels' / 'val' / 'd.png'
    write(small / 'images' / 'val' / 'e.png', np.zeros((8, 10, 3), np.uint8))
    shutil.copy(path, path.with_name('e.png'))
    assert check(small, tmp_path / 'out') == 0
    if problem == 'unknown':
        write(path, np.full((8, 10), 12, np.uint8))
    elif problem == 'size':
        write(path, np.zeros((8, 9), np.uint8))
    elif problem == 'missing':
        path.unlink()
    else:
        (small / f'{problem}s' / 'val' / 'e.png').write_bytes(b'')
    assert check(small, tmp_path / 'out') == 1


def test_labels_without_image_do_no_harm(small, tmp_path):
    write(small / 'labels' / 'train' / 'more.png', np.full((2, 2), 99, np.uint8))
    assert check(small, tmp_path / 'out') == 0


def test_long_lists_are_cut(small, tmp_path, capsys):
    for number in range(7):
        write(small / 'images' / 'train' / f'{number}.png', np.zeros((8, 10, 3), np.uint8))
    assert check(small, tmp_path / 'out') == 1
    text = capsys.readouterr().out
    assert 'images without label: 7\n    0.png\n' in text
    assert '    4.png\n    and 2 more\n' in text


def test_a_missing_part_does_not_hide_the_other(small, tmp_path, capsys):
    shutil.rmtree(small / 'images' / 'train')
    assert check(small, tmp_path / 'out') == 1
    text, error = capsys.readouterr()
    assert f"train: {small}: expected the folders 'train'" in text
    assert 'val: 1 pairs' in text
    assert 'found problems in train;' in error


def test_a_part_without_any_labeled_pixel_is_refused(small, tmp_path, capsys):
    write(small / 'labels' / 'val' / 'd.png', np.full((8, 10), 11, np.uint8))
    assert check(small, tmp_path / 'out') == 1
    assert 'no labeled pixel' in capsys.readouterr().out


def test_the_data_set_alone_is_enough(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(['--check', str(small)]) == 0
    folder = tmp_path / 'check_output'
    names = ['contact_sheet_train.png', 'contact_sheet_val.png']
    assert sorted(path.name for path in folder.iterdir()) == names


def test_parts_and_label_set_can_be_chosen(small, tmp_path, capsys):
    label_set = tmp_path / 'own.yaml'
    label_set.write_text('name: own\nclasses: [{name: floor, color: [1, 2, 3], value: 1}]\n')
    options = ('--split', 'val', '--val-split', 'val', '--label-set', str(label_set))
    assert check(small, tmp_path / 'out', *options) == 0
    text = capsys.readouterr().out
    assert text.count('val: 1 pairs') == 1
    assert 'floor' in text
    assert 'train:' not in text


def test_training_still_needs_an_output(small, capsys):
    assert main(['--data', str(small)]) == 1
    assert 'expected --output DIR' in capsys.readouterr().err


def test_check_takes_the_place_of_data(small, capsys):
    with pytest.raises(SystemExit):
        main(['--check', str(small), '--data', str(small)])
    assert 'not allowed with argument' in capsys.readouterr().err
