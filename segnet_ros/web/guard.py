"""
Who may talk to the page's server, and what its answers allow.

A browser lets any site send requests to this machine. Two things tell them from the page's own:
the Host that they name (a site that has its name point here names itself) and their Origin.
"""

from __future__ import annotations

from collections.abc import Collection
import ipaddress
import socket
from urllib.parse import urlsplit

from segnet_ros.web.refusal import RefusalError
from starlette.datastructures import Headers
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp
from starlette.types import Message
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

HEADERS = {
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
        " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
}
"""Of every answer: nothing from elsewhere, nothing for others to embed."""


def list_host_names(host: str) -> frozenset[str]:
    """
    List the names under which the page is asked for; addresses need not be listed.

    :param host: that the server listens on
    """
    own = socket.gethostname().lower()
    return frozenset({host.lower(), 'localhost', own, f'{own}.local'})


class Guard:
    """Lets requests through that come from the page itself, or from no page at all."""

    def __init__(self, app: ASGIApp, host_names: Collection[str]) -> None:
        """
        Stand before an application.

        :param host_names: from :func:`list_host_names`
        """
        self._app = app
        self._host_names = host_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with more headers, or refuse."""
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault('Cache-Control', 'no-store')
            await send(message)

        try:
            check_headers(Headers(scope=scope), self._host_names)
        except RefusalError as refusal:
            await refusal.to_response()(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)


def check_headers(headers: Headers, host_names: Collection[str]) -> None:
    """
    Tell the page's own requests, and those of programs, from those of other sites.

    :raises RefusalError: if a request is another site's
    """
    host = headers.get('host', '')
    if not _is_own_host(host, host_names):
        raise RefusalError(
            403,
            f'expected a request for {" or ".join(sorted(host_names))}, found one for {host!r};'
            ' use one of these, or the address in numbers',
        )
    origin = headers.get('origin')
    is_foreign = origin not in (None, f'http://{host}', f'https://{host}')
    is_embedded = headers.get('sec-fetch-mode', 'navigate') != 'navigate'
    if is_foreign or (
        is_embedded and headers.get('sec-fetch-site') in ('cross-site', 'same-site')
    ):
        raise RefusalError(
            403,
            f'expected a request of the page itself, found one of {origin or "another site"!r};'
            ' open the page by its own address',
        )


def _is_own_host(host: str, host_names: Collection[str]) -> bool:
    """Tell whether a host is an address, which no other site can have, or a name of this one."""
    try:
        name = urlsplit(f'//{host}').hostname or ''
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in host_names
    return True
