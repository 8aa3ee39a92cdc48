"""The page in a real Chromium, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import shutil

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

pytest.importorskip('uvicorn', reason='needs the extra web')
pytest.importorskip('selenium', reason='needs selenium')

from chromium import Chromium
from page_scripts import CONTRASTS
from page_scripts import DROP
from page_scripts import HAS_RING
from page_scripts import PIXELS
from page_server import PageServer
from segnet_ros.core.scenes.scene import render_scene
from selenium.webdriver.common.keys import Keys
from video_files import make_video

SIZE = (90, 120)
WORDS = '#network, #limits, .drop strong, .drop span, footer, [role=tab], #status, .legend label'


@pytest.fixture(scope='module')
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder for downloads."""
    return tmp_path_factory.mktemp('downloads')


@pytest.fixture(scope='module')
def chromium(downloads: Path) -> Iterator[Chromium]:
    """Start a browser."""
    browser = shutil.which('chromium') or shutil.which('google-chrome')
    driver = shutil.which('chromedriver')
    if browser is None or driver is None:
        pytest.skip('needs chromium and chromedriver (apt install chromium chromium-driver)')
    chromium = Chromium(browser, driver, downloads)
    yield chromium
    chromium.close()


@pytest.fixture
def page(chromium: Chromium, server: PageServer) -> Iterator[Chromium]:
    """Open the page; nothing may be wrong with it in the end."""
    chromium.open(server.url)
    yield chromium
    problems = [line for line in chromium.read_log() if ' 415 ' not in line]
    assert problems == []


@pytest.fixture(scope='module')
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a picture."""
    path = tmp_path_factory.mktemp('pictures') / 'my street.png'
    cv2.imwrite(str(path), render_scene(3, size=SIZE).image[..., ::-1])
    return path


@pytest.fixture(scope='module')
def expected(server: PageServer) -> NDArray[np.uint8]:
    """Label the picture without the page."""
    image = render_scene(3, size=SIZE).image
    label = server.queue.submit(lambda: server.predictor.predict(image).label).result()
    assert isinstance(label, np.ndarray)
    assert len(np.unique(label)) > 1
    return label


def read_pixels(page: Chromium, canvas: str) -> NDArray[np.uint8]:
    """Read the RGBA that a canvas shows."""
    return np.array(page.run(PIXELS, canvas), np.uint8).reshape(*SIZE, 4)


def test_a_picture_is_labeled_and_shown(
    page: Chromium, server: PageServer, street: Path, expected: NDArray[np.uint8]
) -> None:
    page.upload(street)
    assert page.find('result').is_displayed()
    colors = server.predictor.label_set.palette[expected]
    assert np.array_equal(read_pixels(page, 'colors')[..., :3], colors)
    image = render_scene(3, size=SIZE).image
    difference = read_pixels(page, 'picture')[..., :3] - image.astype(float)
    assert np.abs(difference).mean() < 6
    shares = np.bincount(expected.ravel(), minlength=11) / expected.size
    shown = [row.text.split('\n') for row in page.find_all('.legend li')]
    assert [name for name, _ in shown] == list(server.predictor.label_set.names)
    for (_, text), share in zip(shown, shares, strict=True):
        assert text in (f'{100 * share:.1f} %', '< 0.1 %')
    largest = server.predictor.label_set.names[int(shares.argmax())]
    assert page.text('status').startswith(f'my street.png: {largest} ')
    assert largest in str(page.find('stage').get_attribute('aria-label'))


def test_the_label_png_is_downloaded(
    page: Chromium, street: Path, downloads: Path, expected: NDArray[np.uint8]
) -> None:
    page.upload(street)
    page.find('download').send_keys(Keys.ENTER)
    path = downloads / 'my street_label.png'
    page.wait(path.exists)
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), expected)


def test_the_keyboard_is_enough(page: Chromium, street: Path) -> None:
    page.upload(street)
    reached = []
    for _ in range(24):
        page.press(Keys.TAB)
        active = page.driver.switch_to.active_element
        reached.append(active.get_attribute('id') or active.get_attribute('type'))
        if reached[-1]:  # not beyond the end of the page
            assert page.run(HAS_RING, active), f'{reached[-1]} does not show its focus'
    for name in ('opacity', 'download', 'show-all', 'show-none', 'upload-tab'):
        assert name in reached
    assert reached.count('checkbox') == 11


def test_opacity_follows_the_keyboard(page: Chromium, street: Path) -> None:
    page.upload(street)
    opacity = 'return Number(getComputedStyle(document.getElementById("colors")).opacity)'
    assert page.run(opacity) == pytest.approx(0.5)
    page.find('opacity').send_keys(Keys.END)
    assert page.run(opacity) == 1
    page.find('opacity').send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert page.run(opacity) == pytest.approx(0.01)
    assert page.text('opacity-value') == '1 %'


def test_classes_are_switched(page: Chromium, street: Path, expected: NDArray[np.uint8]) -> None:
    page.upload(street)
    present = int(np.bincount(expected.ravel()).argmax())
    page.find_all('.legend input')[present].send_keys(Keys.SPACE)
    visible = read_pixels(page, 'colors')[..., 3] == 255
    assert np.array_equal(visible, expected != present)
    page.find('show-none').click()
    assert not read_pixels(page, 'colors')[..., 3].any()
    page.find('show-all').click()
    assert read_pixels(page, 'colors')[..., 3].all()


def test_a_picture_can_be_dropped(page: Chromium, street: Path) -> None:
    page.run(DROP, 'dropped.png', list(street.read_bytes()))
    page.wait_until_labeled()
    assert page.text('status').startswith('dropped.png: ')


def test_a_refusal_is_shown_and_then_forgotten(
    page: Chromium, street: Path, tmp_path: Path
) -> None:
    text = tmp_path / 'letter.png'
    text.write_text('Dear SegNet,\n' * 10)
    page.upload(text)
    assert 'xpected a picture (JPEG, PNG, WebP) or a video' in page.text('error')
    assert page.find('error').get_attribute('role') == 'alert'
    assert not page.find('result').is_displayed()
    page.upload(street)
    assert page.text('error') == ''
    assert page.find('result').is_displayed()


def test_a_video_is_played(page: Chromium, tmp_path: Path) -> None:
    path = tmp_path / 'drive.avi'
    path.write_bytes(make_video(5, size=SIZE))
    page.upload(path)
    assert page.text('status') == 'drive.avi: 5 images labeled.'
    assert page.text('position') == '5 / 5'
    page.find('scrubber').send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert page.text('position') == '2 / 5'
    page.wait(lambda: abs(read_pixels(page, 'picture')[..., 0].mean() - 10) < 3)
    assert page.find('download').get_attribute('download') == 'drive_0001_label.png'
    page.find('play').send_keys(Keys.ENTER)
    page.wait(lambda: page.text('position') == '5 / 5' and page.text('play') == 'Play')
    page.wait(lambda: abs(read_pixels(page, 'picture')[..., 0].mean() - 40) < 3)


def test_a_file_that_is_dropped_on_the_live_tab_is_shown(page: Chromium, street: Path) -> None:
    page.find('live-tab').click()
    page.run(DROP, 'dropped.png', list(street.read_bytes()))
    page.wait_until_labeled()
    assert page.find('result').is_displayed()


def test_the_live_tab_says_what_is_missing(page: Chromium) -> None:
    page.find('upload-tab').send_keys(Keys.ARROW_RIGHT)
    assert page.find('live-panel').is_displayed()
    assert not page.find('upload-panel').is_displayed()
    page.wait(lambda: 'xpected ' in page.text('live-status'))
    page.press(Keys.ARROW_LEFT)
    assert page.find('upload-panel').is_displayed()


@pytest.mark.parametrize('color_scheme', ['light', 'dark'])
def test_it_fits_a_phone_and_can_be_read(
    page: Chromium, server: PageServer, street: Path, color_scheme: str
) -> None:
    page.open(server.url, width=360, color_scheme=color_scheme)
    page.upload(street)
    assert page.run('return document.documentElement.scrollWidth') <= 360
    back = page.run('return getComputedStyle(document.body).backgroundColor')
    is_dark = int(back.split('(')[1].split(',')[0]) < 128
    assert is_dark == (color_scheme == 'dark')
    contrasts = page.run(CONTRASTS, WORDS)
    assert len(contrasts) > 15
    assert [pair for pair in contrasts if pair[1] < 4.5] == []
