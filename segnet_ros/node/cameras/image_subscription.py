"""The subscription to the images of a camera."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import HistoryPolicy
from rclpy.qos import QoSPolicyKind
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
    from rclpy.event_handler import UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks
    from rclpy.qos_event import UnsupportedEventTypeError


OVERRIDABLE = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH)
"""What qos_overrides may change of the subscription; its reliability has a parameter."""


def choose_reliability(publishers: Sequence[ReliabilityPolicy]) -> ReliabilityPolicy:
    """
    Choose the reliability that hears every publisher and loses least.

    A reliable subscription is deaf to a best-effort publisher, so one of those decides; and
    while there is no publisher, the next one may be of either kind.

    :param publishers: reliability of each publisher of the topic
    """
    if publishers and all(policy == ReliabilityPolicy.RELIABLE for policy in publishers):
        return ReliabilityPolicy.RELIABLE
    return ReliabilityPolicy.BEST_EFFORT


def subscribe_to_images(
    node: Node,
    kind: type[Any],
    name: str,
    receive: Callable[[bytes], None],
    reliability: ReliabilityPolicy,
    count_lost: Callable[[object], None],
) -> tuple[Subscription[Any], bool]:
    """
    Hear the newest image of a topic.

    :param kind: Image or CompressedImage
    :param name: of the topic, before remapping
    :param receive: called with each message as it was sent, serialized
    :param count_lost: called with the event that tells of images that the transport has lost
    :return: the subscription, and whether the transport tells of lost images at all
    """

    def subscribe(events: SubscriptionEventCallbacks) -> Subscription[Any]:
        return node.create_subscription(
            kind,
            name,
            receive,
            QoSProfile(
                history=HistoryPolicy.KEEP_LAST,
                depth=1,
                reliability=reliability,
                durability=DurabilityPolicy.VOLATILE,
            ),
            event_callbacks=events,
            raw=True,
            qos_overriding_options=QoSOverridingOptions(OVERRIDABLE),
        )

    try:
        return subscribe(SubscriptionEventCallbacks(message_lost=count_lost)), True
    except UnsupportedEventTypeError:
        return subscribe(SubscriptionEventCallbacks()), False


def describe_profile(profile: QoSProfile | None) -> dict[str, str]:
    """
    Describe how a topic is heard.

    :param profile: in use; None where the topic is not heard
    """
    if profile is None:
        return dict.fromkeys(('reliability', 'durability', 'history'), '')
    history = profile.history.name.lower().replace('_', ' ')
    if profile.history == HistoryPolicy.KEEP_LAST:
        history += f' {profile.depth}'
    return {
        'reliability': profile.reliability.name.lower(),
        'durability': profile.durability.name.lower(),
        'history': history,
    }
