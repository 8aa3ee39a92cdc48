"""segnet_web as a command: its address, its end, and what is wrong with its options."""

from __future__ import annotations

from pathlib import Path
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

pytest.importorskip('uvicorn', reason='needs the extra web')

from segnet_ros.web.web import main

PATIENCE_S = 60.0
PROGRAM = (
    'import sys; sys.argv[0] = "segnet_web";'
    'from segnet_ros.commands.entry import web; sys.exit(web())'
)


def start(*args: str) -> subprocess.Popen[str]:
    """Start the command as a process."""
    command = [sys.executable, '-c', PROGRAM, *args]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end(small_checkpoint: Path, number: int) -> None:
    process = start('--port', '0', '--checkpoint', str(small_checkpoint), '--device', 'cpu')
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith('segnet_web: http://127.0.0.1:'), line + process.communicate()[1]
    with urlopen(line.split()[1], timeout=PATIENCE_S) as answer:
        assert b'<title>SegNet' in answer.read()
    process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert output == ''
    assert errors == 'segnet_web: loading the network\n'


def test_other_hosts_are_warned_of(small_checkpoint: Path) -> None:
    process = start('--host', '0.0.0.0', '--port', '0', '--checkpoint', str(small_checkpoint))
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert 'warning: whoever reaches 0.0.0.0 can use the page' in errors


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(('127.0.0.1', 0)) as other:
        port = other.getsockname()[1]
        assert main(['--port', str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f'segnet_web: error: expected to listen on 127.0.0.1, port {port}')


@pytest.mark.parametrize(
    ('args', 'found'),
    [
        (['--port', '70000'], 'port 70000'),
        (['--host', '203.0.113.1'], 'expected to listen on 203.0.113.1'),
        (['--port', '0', '--checkpoint', 'none.safetensors'], 'none.safetensors'),
    ],
)
def test_bad_options_are_told(
    args: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith('segnet_web: error: ')
    assert found in line
