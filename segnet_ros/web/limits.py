"""How much the page takes, from one upload and from all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is beyond is refused with a message that names the limit."""

    picture_bytes: int = 20_000_000
    picture_pixels: int = 16_000_000
    """Also what a phone's browser can draw."""
    video_bytes: int = 60_000_000
    video_pixels: int = 9_000_000
    """Of each image, as it is in the file; 4096x2160 fits."""
    video_seconds: float = 30.0
    video_images: int = 300
    """Labeled of one video; of more in the file, every second, third … is."""
    shown_pixels: int = 1_000_000
    """Images of a video are shrunk to this before they are labeled, as the page keeps them all."""
    uploads: int = 8
    """At a time, with those that wait for the network."""
    upload_seconds: float = 60.0
    """For an upload to arrive."""
    answer_seconds: float = 60.0
    """In which something of an answer has to be taken, or the connection is ended."""
