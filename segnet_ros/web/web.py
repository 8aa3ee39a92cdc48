"""Serve the page: ``segnet_web``."""

from __future__ import annotations

import argparse
from contextlib import suppress
from functools import partial
import ipaddress
import signal
import socket
import sys

from segnet_ros.commands.command import add_checkpoint_options
from segnet_ros.commands.command import parse_natural
from segnet_ros.commands.command import run_command
from segnet_ros.core.predictor import Predictor
from segnet_ros.web.app import make_app
from segnet_ros.web.guard import list_host_names
from segnet_ros.web.inference_queue import InferenceQueue
from segnet_ros.web.limits import Limits
from segnet_ros.web.live import Live
import uvicorn

LIVE_TOPIC = '/segnet/overlay/compressed'
MOST_CONNECTIONS = 64
MOST_PORT = 65535
GRACE_S = 2
"""For answers in progress, at the end."""


def main(args: list[str] | None = None) -> int:
    """Run the command; the exit code is 1 on bad input."""
    return run_command(_make_parser(), _serve, args)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        'segnet_web',
        description='Serve a page that segments pictures and short videos that are dropped on it,'
        ' and shows the overlay of a running node. Nothing is stored. Ctrl-C ends it.',
    )
    parser.add_argument(
        '--host', default='127.0.0.1', help='address to listen on (%(default)s: this machine only)'
    )
    parser.add_argument(
        '--port', type=parse_natural, default=8080, help='0 for any that is free (%(default)s)'
    )
    parser.add_argument(
        '--live-topic',
        default=LIVE_TOPIC,
        metavar='TOPIC',
        help='what the live tab shows (%(default)s)',
    )
    add_checkpoint_options(parser)
    return parser


def _serve(options: argparse.Namespace) -> None:
    limits = Limits()
    queue = InferenceQueue(limits.uploads)
    with listen(options.host, options.port, limits.answer_seconds) as listener:
        print('segnet_web: loading the network', file=sys.stderr)
        load = partial(load_predictor, options.checkpoint, options.device, options.precision)
        predictor = queue.submit(load).result()
        live = Live(options.live_topic)
        app = make_app(predictor, queue, live, limits, list_host_names(options.host))
        config = uvicorn.Config(
            app,
            log_level='warning',
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=GRACE_S,
        )
        _warn_of_guests(options.host)
        print(f'segnet_web: {describe_address(listener)} (Ctrl-C ends it)', flush=True)
        # uvicorn ends at a signal, and then raises it once more for whoever was there before.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listener])


def load_predictor(checkpoint: str, device: str, precision: str) -> Predictor:
    """Load a network and use it once, on the thread that will compute."""
    predictor = Predictor.from_checkpoint(checkpoint, device, precision)
    predictor.warm_up()
    return predictor


def listen(host: str, port: int, answer_seconds: float) -> socket.socket:
    """
    Let connections wait, so that whoever hears of the address can use it.

    :param answer_seconds: after which Linux ends a connection of which nothing is taken, though
        there is something; or a reader that stops would keep its place
    :raises OSError: if the address cannot be had
    """
    try:
        if port > MOST_PORT:  # which would be taken for another
            raise OverflowError(f'ports end at {MOST_PORT}')
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family)
        milliseconds = round(1000 * answer_seconds)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        return listener
    except (OSError, OverflowError) as error:
        raise OSError(
            f'expected to listen on {host}, port {port}, found: {error}; choose another --host or'
            ' --port'
        ) from error


def describe_address(listener: socket.socket) -> str:
    """Make the URL of the page."""
    host, port = listener.getsockname()[:2]
    return f'http://[{host}]:{port}/' if ':' in host else f'http://{host}:{port}/'


def _warn_of_guests(host: str) -> None:
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = host == 'localhost'
    if not is_local:
        print(
            f'segnet_web: warning: whoever reaches {host} can use the page; nobody is asked for a'
            ' password',
            file=sys.stderr,
        )


if __name__ == '__main__':
    sys.exit(main())
