"""Uploads over real HTTP: each is answered, with labels or in words, and the server lives."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import as_completed
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.client import HTTPResponse
import socket
import threading
import time
from typing import Any

import cv2
import numpy as np
from picture_files import draw_smooth
from picture_files import make_jpeg
from picture_files import make_png
from picture_files import set_png_size
import pytest

pytest.importorskip('uvicorn', reason='needs the extra web')

from gate import Gate
from page_server import Answer
from page_server import HOST
from page_server import PageServer
from page_server import PATIENCE_S
from segnet_ros.web.limits import Limits
from video_files import make_video

Serve = Callable[..., PageServer]
PICTURE = draw_smooth()
PNG = make_png(PICTURE)
POST = b'POST /segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n'


@pytest.fixture
def gated(serve: Serve) -> Iterator[PageServer]:
    """Serve, with room for three uploads, from behind a gate."""
    server = serve(limits=Limits(uploads=3), wrap=Gate)
    yield server
    server.predictor.opened.set()


@pytest.fixture(autouse=True)
def check_that_it_lives(server: PageServer) -> Iterator[None]:
    """Label a picture after each test."""
    yield
    assert server.post(PNG).status == 200


def test_a_picture_comes_back_with_its_labels(server: PageServer) -> None:
    answer = server.post(PNG)
    assert answer.status == 200
    assert [record['kind'] for record in answer.records] == ['start', 'image', 'end']
    expected = server.queue.submit(lambda: server.predictor.predict(PICTURE).label).result()
    (label,), (picture,) = answer.labels, answer.pictures
    assert label.dtype == np.uint8
    assert np.array_equal(label, expected)
    assert np.abs(picture[..., ::-1] - PICTURE.astype(float)).max() < 20
    assert answer.headers['Cache-Control'] == 'no-store'


def test_the_page_learns_classes_and_limits(server: PageServer) -> None:
    answer = server.get('/setup')
    assert answer.status == 200
    (setup,) = answer.records
    assert setup['classes'][3] == {'name': 'road', 'color': [128, 64, 128]}
    assert setup['limits']['picture_pixels'] == 16_000_000


def test_a_video_comes_back_image_by_image(server: PageServer) -> None:
    answer = server.post(make_video(4))
    assert answer.status == 200
    kinds = [record['kind'] for record in answer.records]
    assert kinds == ['start', 'image', 'image', 'image', 'image', 'end']
    assert answer.records[0] == {'kind': 'start', 'count': 4, 'rate': 10}
    assert [label.shape for label in answer.labels] == [(48, 64)] * 4
    assert [round(picture.mean() / 10) for picture in answer.pictures] == [0, 1, 2, 3]


def refuse(answer: Answer, status: int, *texts: str) -> None:
    """Check that an answer says no, and why."""
    assert answer.status == status, answer.body
    assert answer.headers['Content-Type'] == 'application/json'
    assert answer.message.startswith('expected ')
    assert '\n' not in answer.message
    for text in texts:
        assert text in answer.message


def test_a_png_of_20_megapixels_is_refused(server: PageServer) -> None:
    pixels = np.zeros((4000, 5000, 3), np.uint8)
    data = cv2.imencode('.png', pixels)[1].tobytes()
    refuse(server.post(data), 413, '16 megapixels', '5000x4000', '20 megapixels', '4472x3577')


def test_a_decompression_bomb_is_refused(server: PageServer) -> None:
    refuse(server.post(set_png_size(PNG, 60_000, 60_000)), 413, '60000x60000', 'shrink')


def test_a_text_is_refused(server: PageServer) -> None:
    refuse(server.post(b'Dear SegNet,\n' * 100), 415, 'JPEG, PNG, WebP', 'another kind of file')
    refuse(server.post(b'short'), 415)


def test_a_jpeg_that_is_cut_off_is_refused(server: PageServer) -> None:
    data = make_jpeg(PICTURE)
    refuse(server.post(data[: len(data) // 2]), 422, 'complete picture', 'cut off')


def test_nothing_is_refused(server: PageServer) -> None:
    refuse(server.post(b''), 400, 'found none')


def test_many_bytes_are_refused(server: PageServer) -> None:
    refuse(server.post(PNG + bytes(25_000_000)), 413, 'up to 20 MB', 'found 25.0 MB')


def test_after_a_refusal_the_connection_is_used_again(server: PageServer) -> None:
    connection = HTTPConnection(HOST, server.port, timeout=PATIENCE_S)
    for data, status in ((PNG + bytes(25_000_000), 413), (PNG, 200)):
        connection.request('POST', '/segment', data)
        used = connection.sock
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        assert connection.sock is used, 'the server has closed it, and may have before the answer'
    connection.close()


def test_a_video_that_is_cut_off_is_refused(server: PageServer) -> None:
    refuse(server.post(make_video(3)[:200]), 422, 'complete video')


def test_nothing_is_uploaded_elsewhere(server: PageServer) -> None:
    assert server.ask('POST', '/', b'x').status == 405
    assert server.ask('PUT', '/segment', PNG).status == 405


def test_a_slow_upload_is_given_up(serve: Serve) -> None:
    server = serve(limits=Limits(upload_seconds=0.2))
    with server.connect() as connection:
        connection.sendall(POST % 9 + b'ab')
        response = HTTPResponse(connection)
        response.begin()
        assert response.status == 408
        assert b'within 0.2 seconds' in response.read()


def test_ten_uploads_at_once_are_answered(server: PageServer) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(server.post, [PNG] * 10))
    assert {answer.status for answer in answers} <= {200, 503}
    labeled = [answer for answer in answers if answer.status == 200]
    assert len(labeled) >= Limits().uploads
    assert all(np.array_equal(answer.labels[0], labeled[0].labels[0]) for answer in labeled)


def test_what_cannot_wait_is_told_to_come_back(gated: PageServer) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(gated.post, PNG) for _ in range(10)]
        refused = [answer for answer in wait_for(answers, 7) if answer.status == 503]
        gated.predictor.opened.set()
    assert len(refused) == 7
    refuse(refused[0], 503, 'up to 3 uploads at a time', 'try again in 5 seconds')
    assert refused[0].headers['Retry-After'] == '5'
    assert sorted(answer.result().status for answer in answers) == [200] * 3 + [503] * 7


def wait_for(answers: list[Any], number: int) -> list[Answer]:
    """Wait until some of the answers are there."""
    done = as_completed(answers, PATIENCE_S)
    return [next(done).result() for _ in range(number)]


def test_whoever_leaves_makes_room(gated: PageServer) -> None:
    connections = [gated.connect() for _ in range(3)]
    for connection in connections:
        connection.sendall(POST % len(PNG) + PNG)
    assert gated.predictor.entered.acquire(timeout=PATIENCE_S)
    for connection in connections[1:]:
        connection.close()
    for _ in range(2):
        gated.get('/setup')  # what happened before has been noticed by then
    gated.predictor.opened.set()
    assert connections[0].recv(12) == b'HTTP/1.1 200'
    connections[0].close()
    answers = [gated.post(PNG) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert count(gated.predictor.entered) <= 3, 'computed for those who had left'


def count(semaphore: threading.Semaphore) -> int:
    """Count what was released and not acquired."""
    number = 0
    while semaphore.acquire(blocking=False):
        number += 1
    return number


def test_whoever_leaves_a_video_ends_it(gated: PageServer) -> None:
    data = make_video(50)
    connection = gated.connect()
    connection.sendall(POST % len(data) + data)
    assert connection.recv(12) == b'HTTP/1.1 200'
    assert gated.predictor.entered.acquire(timeout=PATIENCE_S)
    connection.close()
    gated.predictor.opened.set()
    assert gated.post(PNG).status == 200
    assert count(gated.predictor.entered) < 10


def test_whoever_takes_no_answer_makes_room(serve: Serve) -> None:
    server = serve(limits=Limits(uploads=1, answer_seconds=0.5))
    data = make_video(30, (700, 900), is_noise=True)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((HOST, server.port))
        connection.sendall(POST % len(data) + data)
        assert connection.recv(12) == b'HTTP/1.1 200'
        deadline = time.monotonic() + PATIENCE_S
        while server.post(PNG).status == 503:
            assert time.monotonic() < deadline


def test_videos_make_room_when_they_end(gated: PageServer) -> None:
    gated.predictor.opened.set()
    assert [gated.post(make_video(1)).status for _ in range(4)] == [200] * 4


def test_a_failure_of_the_network_is_told(gated: PageServer) -> None:
    gated.predictor.opened.set()
    gated.predictor.failure = RuntimeError('no\nmemory')
    refuse(gated.post(PNG), 500, 'RuntimeError (no memory)', 'the log')
    records = gated.post(make_video(2)).records
    assert [record['kind'] for record in records] == ['start', 'error']
    assert 'RuntimeError (no memory)' in records[1]['message']
    gated.predictor.failure = None
    assert gated.post(PNG).status == 200
