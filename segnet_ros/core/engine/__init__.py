"""The fastest way that device and PyTorch have to compute a SegNet, for the predictor."""

from segnet_ros.core.engine.choice import make_engine
from segnet_ros.core.engine.choice import make_plain

__all__ = ['make_engine', 'make_plain']
