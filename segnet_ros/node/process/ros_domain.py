"""A ROS domain for programs whose nodes nobody else is meant to hear."""

from __future__ import annotations

from functools import cache
import os
import socket

NUM_DOMAINS = 101
"""From 1 up: those whose ports are free on every Linux, but for the usual domain 0."""


@cache
def claim_own_domain() -> tuple[int, socket.socket]:
    """Claim a domain for this process, until it ends."""
    return claim_domain(os.getpid())  # which the cache keeps from being closed


def claim_domain(number: int) -> tuple[int, socket.socket]:
    """
    Claim a domain.

    :param number: where to begin to look, any
    :return: the domain, and what ends the claim by being closed; where all are taken, one that
        another process has
    """
    for domain in (1 + (number + step) % NUM_DOMAINS for step in range(NUM_DOMAINS)):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f'\0segnet_ros/ros_domain/{domain}')  # a name without a file, of Linux
        except OSError:
            claim.close()
            continue
        return domain, claim
    return 1 + number % NUM_DOMAINS, socket.socket(socket.AF_UNIX)
