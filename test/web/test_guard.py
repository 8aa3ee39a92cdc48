"""Requests of other sites are told from those of the page."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from picture_files import draw_smooth
from picture_files import make_png
import pytest

pytest.importorskip('starlette', reason='needs the extra web')

from segnet_ros.web.guard import check_headers
from segnet_ros.web.guard import list_host_names
from segnet_ros.web.refusal import RefusalError
from starlette.datastructures import Headers

if TYPE_CHECKING:
    from page_server import PageServer

NAMES = list_host_names('127.0.0.1')
PAGE = 'http://localhost:8080'


@pytest.mark.parametrize(
    'host',
    [
        '127.0.0.1:8080',
        'localhost',
        'LOCALHOST:80',
        '[::1]:8080',
        '192.168.1.7',
        socket.gethostname(),
    ],
)
def test_own_hosts_are_answered(host: str) -> None:
    check_headers(Headers({'host': host}), NAMES)


@pytest.mark.parametrize(
    'host', ['', 'evil.example', 'localhost.evil.example:8080', '[::1', '1.2.3.4.5']
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    with pytest.raises(RefusalError, match=r'expected a request for .* or localhost'):
        check_headers(Headers({'host': host}), NAMES)


@pytest.mark.parametrize(
    'headers',
    [
        {'origin': 'https://evil.example'},
        {'origin': 'http://localhost:3000'},
        {'origin': 'null'},
        {'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors'},
        {'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors'},
    ],
)
def test_other_sites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(RefusalError, match='expected a request of the page itself'):
        check_headers(Headers({'host': 'localhost:8080', **headers}), NAMES)


@pytest.mark.parametrize(
    'headers',
    [
        {},
        {'origin': PAGE},
        {'origin': PAGE, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors'},
        {'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate'},  # a link to the page
    ],
)
def test_the_page_is_answered(headers: dict[str, str]) -> None:
    check_headers(Headers({'host': 'localhost:8080', **headers}), NAMES)


def test_refusals_come_before_any_work(server: PageServer) -> None:
    picture = make_png(draw_smooth())
    assert server.post(picture, Origin='https://evil.example').status == 403
    assert server.post(picture, Host='evil.example').status == 403
    assert server.get('/', Host='evil.example').status == 403
    assert server.post(picture, Origin=server.url.rstrip('/')).status == 200


def test_every_answer_allows_nothing_from_elsewhere(server: PageServer) -> None:
    for path, status in (('/', 200), ('/main.js', 200), ('/setup', 200), ('/none', 404)):
        answer = server.get(path)
        assert answer.status == status
        assert "default-src 'none'" in answer.headers['Content-Security-Policy']
        assert answer.headers['X-Content-Type-Options'] == 'nosniff'
        assert 'Access-Control-Allow-Origin' not in answer.headers
