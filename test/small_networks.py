"""Networks of few channels, for tests."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segnet_ros.core.network import NetworkConfig


def make_small_config(network: str, num_classes: int, width: int = 4) -> NetworkConfig:
    """Describe a network that has the same number of channels in each encoder stage."""
    from segnet_ros.core.registry import make_config

    config = make_config(network, {})
    values: dict[str, Any] = {'num_classes': num_classes, 'widths': [width] * len(config.widths)}
    if hasattr(config, 'head_width'):
        values['head_width'] = 2 * width
    return make_config(network, values)
