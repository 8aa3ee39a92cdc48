"""How each output of the network is written into messages."""

from __future__ import annotations

OUTPUT_ENCODINGS = {
    'label': 'mono8',
    'confidence': 'mono8',
    'color': 'rgb8',
    'overlay': 'rgb8',
    'uncertainty': 'mono8',
}
"""Encoding by output, in the order of publication."""
WITH_LOSS = ('overlay',)
"""Outputs that are compressed as JPEG. The others hold numbers or the colors of classes: PNG."""
