"""For every parameter that is declared, a value that it takes and one that it does not."""

from __future__ import annotations

from typing import Any
from typing import NamedTuple


class Case(NamedTuple):
    """
    Two values for one parameter.

    :ivar good: another than the default
    :ivar bad: of a wrong type, out of its range, or not among its choices
    """

    good: Any
    bad: Any


NODE = {
    'checkpoint': Case('there', 5),
    'checkpoint_sha256': Case('0' * 64, 5),
    'device': Case('cpu', 0),
    'precision': Case('bf16', 'fp8'),
    'backend': Case('onnxruntime', 'abacus'),
    'input_height': Case(64, 8193),
    'input_width': Case(96, 31),
    'cameras': Case(['front'], ['front', 'a/b']),
    'image_transport': Case('compressed', 'smoke'),
    'input_reliability': Case('reliable', 'best'),
    'overlay_opacity': Case(0.25, 1.5),
    'output_size': Case('scale', 'huge'),
    'output_scale': Case(0.5, 4.5),
    'classes': Case(['that'], ['horse']),
    'min_confidence': Case(0.5, -0.1),
    'mc_samples': Case(7, 101),
    'jpeg_quality': Case(10, 101),
    'png_level': Case(9, 10),
    'max_age': Case(2.0, -1.0),
    'expected_rate': Case(500.0, 2000.0),
    'stall_timeout': Case(0.2, 0.0),
    'max_latency_warn_ms': Case(0.001, -5.0),
    'diagnostics_period': Case(0.2, 0.0),
    'cpu_threads': Case(2, -1),
    'max_batch': Case(2, 65),
    'autostart': Case(False, 'maybe'),
}
CAMERA = {'enabled': Case(False, 1), 'max_rate': Case(4.0, 1001.0)}
SOURCE = {
    'source': Case('/dev/video0', None),
    'rate': Case(30.0, 0.0),
    'height': Case(64, 8193),
    'width': Case(96, 31),
    'frame_id': Case('front', 5),
    'reliability': Case('best_effort', 'perfect'),
    'loop': Case(False, 'maybe'),
    'count': Case(3, -1),
    'wait_for_subscribers': Case(1, 101),
    'seed': Case(3, -1),
    'speed': Case(5.0, -1.0),
    'scenes': Case(4, 1001),
}
