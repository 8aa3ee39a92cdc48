"""Rendered street scenes with exact labels of the CamVid classes."""

from segnet_ros.core.scenes.scene import render_scene
from segnet_ros.core.scenes.scene import Scene

__all__ = ['Scene', 'render_scene']
