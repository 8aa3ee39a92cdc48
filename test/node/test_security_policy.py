"""The policy for SROS2 allows what the running node does, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import importlib.util
from pathlib import Path
from typing import NamedTuple
import xml.etree.ElementTree as ElementTree

from node_control import make_parameter_arguments
from node_control import NodeProcess
import pytest
from ros_client import RosClient

pytestmark = pytest.mark.ros

POLICY = Path(__file__).parents[2] / 'config' / 'segnet_policy.xml'
CAMERAS = {'/segnet': [''], '/segnet_cameras': ['front', 'rear']}
"""The value of the parameter ``cameras`` by enclave."""
DISCOVERY_S = 10.0
NODE = 'segnet'
SINCE_IRON = 'get_type_description'


class Names(NamedTuple):
    """Resolved names, by what the node does with them."""

    published: set[str]
    subscribed: set[str]
    replied: set[str]
    requested: set[str]


def read_policy() -> dict[str, ElementTree.Element]:
    """Read the profile of each enclave."""
    enclaves = ElementTree.parse(POLICY).getroot().findall('enclaves/enclave')
    profiles = {}
    for enclave in enclaves:
        (profile,) = enclave.findall('profiles/profile')
        profiles[enclave.get('path', '')] = profile
    return profiles


def resolve(name: str, namespace: str) -> str:
    """Resolve a name as sros2 does: absolute, private to the node, or in its namespace."""
    if name.startswith('/'):
        return name
    return f'{namespace}/{NODE}{name[1:]}' if name.startswith('~') else f'{namespace}/{name}'


def list_allowed(profile: ElementTree.Element, namespace: str) -> Names:
    """
    List the names that a profile allows.

    :param namespace: in place of the profile's
    """

    def find(tag: str, attribute: str) -> set[str]:
        found = [
            resolve(str(entry.text), namespace)
            for group in profile.findall(f'{tag}[@{attribute}="ALLOW"]')
            for entry in group
        ]
        assert len(set(found)) == len(found)
        return set(found)

    return Names(
        find('topics', 'publish'),
        find('topics', 'subscribe'),
        find('services', 'reply'),
        find('services', 'request'),
    )


def look(client: RosClient, namespace: str) -> Names:
    """List the names that the graph reports of the node."""
    node = client.node
    looks = (
        node.get_publisher_names_and_types_by_node,
        node.get_subscriber_names_and_types_by_node,
        node.get_service_names_and_types_by_node,
        node.get_client_names_and_types_by_node,
    )
    return Names(*({name for name, _ in look_at(NODE, namespace)} for look_at in looks))


def wait_for_names(client: RosClient, namespace: str, expected: Names) -> None:
    """Wait for these names, because discovery brings them one after the other; or compare."""
    client.spin_until(
        lambda: (NODE, namespace) in client.node.get_node_names_and_namespaces(), 'node'
    )
    with contextlib.suppress(AssertionError):
        client.spin_until(lambda: look(client, namespace) == expected, timeout_s=DISCOVERY_S)
    assert look(client, namespace) == expected


def choose_transport(allowed: Names, transport: str) -> Names:
    """Leave out the image topics of the other transport."""
    others = {
        name
        for name in allowed.subscribed
        if 'image_raw' in name and name.endswith('/compressed') != (transport == 'compressed')
    }
    return allowed._replace(subscribed=allowed.subscribed - others)


def test_every_profile_is_that_of_a_node_with_cameras_of_its_own() -> None:
    profiles = read_policy()
    assert profiles.keys() == CAMERAS.keys()
    for profile in profiles.values():
        assert (profile.get('ns'), profile.get('node')) == ('/', NODE)
        rules = [value for group in profile for value in group.attrib.values()]
        assert set(rules) == {'ALLOW'}


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
@pytest.mark.parametrize('enclave', CAMERAS)
def test_the_policy_names_what_the_node_has_and_nothing_else(
    client: RosClient, start_node: Callable[..., NodeProcess], enclave: str, transport: str
) -> None:
    """With sim time and either transport, because what it subscribes to depends on them."""
    namespace = f'{enclave}_{transport}'  # because a node stays in the graph for a while
    given = {'cameras': CAMERAS[enclave], 'use_sim_time': True, 'image_transport': transport}
    node = start_node(*make_parameter_arguments(given), '-r', f'__ns:={namespace}')
    node.wait_for('ready')
    allowed = list_allowed(read_policy()[enclave], namespace)
    if importlib.util.find_spec('rclpy.type_description_service') is None:
        newer = {name for name in allowed.replied if name.endswith(SINCE_IRON)}
        allowed = allowed._replace(replied=allowed.replied - newer)
    if importlib.util.find_spec('vision_msgs') is None:
        infos = {name for name in allowed.published if name.endswith('/label_info')}
        assert len(infos) == len(CAMERAS[enclave])
        allowed = allowed._replace(published=allowed.published - infos)
    wait_for_names(client, namespace, choose_transport(allowed, transport))
