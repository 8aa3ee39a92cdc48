"""Programs that run at the same time do not hear each other's nodes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from segnet_ros.node.process import ros_domain
from segnet_ros.node.process.dds_settings import make_dds_environment
from segnet_ros.node.process.ros_domain import claim_domain

CLAIM = """
import sys
from segnet_ros.node.process.ros_domain import claim_domain
domain, claim = claim_domain(int(sys.argv[1]))
print(domain, flush=True)
sys.stdin.read()
"""


def test_a_domain_is_claimed_once_until_its_process_ends() -> None:
    domain, claim = claim_domain(7)
    claim.close()
    command = [sys.executable, '-c', CLAIM, '7']
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert int(process.stdout.readline()) == domain
    other, claim = claim_domain(7)
    claim.close()
    assert other != domain
    process.communicate()
    again, claim = claim_domain(7)
    claim.close()
    assert again == domain


def test_where_all_are_taken_one_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros_domain, 'NUM_DOMAINS', 1)
    claims = [claim_domain(number) for number in (3, 4)]
    for _, claim in claims:
        claim.close()
    assert [domain for domain, _ in claims] == [1, 1]


def test_a_process_keeps_its_domain() -> None:
    assert make_dds_environment() == make_dds_environment()
