"""Subscribers of outputs that hear nothing, because they ask for more than is offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from typing import NamedTuple

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import LivelinessPolicy
from rclpy.qos import qos_check_compatible
from rclpy.qos import QoSCompatibility
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy

INFINITE = Duration(nanoseconds=2**63 - 1)
"""How the graph has a duration that nobody has set; in the profile of a publisher it is 0."""


class Deafness(NamedTuple):
    """A subscriber that hears nothing."""

    topic: str
    text: str
    """Who it is, why, and what to do."""


def find_deafness(node: Node, publishers: Iterable[Publisher[Any]]) -> Deafness | None:
    """
    Find the first subscriber of a node's publishers that hears nothing.

    :return: None if there is none
    """
    for publisher in publishers:
        topic = publisher.topic_name
        # Most have no subscriber, which this tells in a fifth of the time.
        if not node.count_subscribers(topic):
            continue
        offered = _complete(publisher.qos_profile)
        for info in node.get_subscriptions_info_by_topic(topic):
            # Of what the graph does not tell there are warnings only.
            compatibility, reason = qos_check_compatible(offered, info.qos_profile)
            if compatibility == QoSCompatibility.ERROR:
                remedy = _find_remedy(topic, offered, info.qos_profile)
                return Deafness(
                    topic,
                    f'{topic}: {info.node_name} hears nothing, because of its QoS'
                    f' ({_list_errors(reason)}); {remedy}',
                )
    return None


def _complete(profile: QoSProfile) -> QoSProfile:
    """Write out what a publisher offers, so that it can be compared with what the graph has."""
    return QoSProfile(
        depth=1,
        reliability=profile.reliability,
        durability=profile.durability,
        deadline=INFINITE,
        liveliness=LivelinessPolicy.AUTOMATIC,
        liveliness_lease_duration=INFINITE,
    )


def _list_errors(reason: str) -> str:
    """Name what does not match, without what may not, from the text of rclpy."""
    parts = [part.partition('ERROR: ')[2] for part in reason.split(';')]
    return ', '.join(part.lower() for part in parts if part)


def _find_remedy(topic: str, offered: QoSProfile, asked: QoSProfile) -> str:
    names = [policy.name.lower() for policy in (offered.reliability, offered.durability)]
    remedy = f'let it ask for no more than {" and ".join(names)}'.replace('_', ' ')
    is_less = offered.reliability == ReliabilityPolicy.BEST_EFFORT
    if is_less and asked.reliability == ReliabilityPolicy.RELIABLE:
        # Outputs are reliable by themselves.
        return f'remove qos_overrides.{topic}.publisher.reliability, or {remedy}'
    return remedy
