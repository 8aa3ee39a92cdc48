"""Every parameter of the node `image_source`, declared once: type, default, range, text."""

from __future__ import annotations

from dataclasses import dataclass

from segnet_ros.node.parameters.record import check_size
from segnet_ros.node.parameters.record import parameter


@dataclass(frozen=True)
class SourceParameters:
    """What `image_source` can be told, all of it at its start."""

    source: str = parameter(
        '',
        'Video file, folder of images, or webcam (/dev/video0 or 0). Empty: rendered scenes.',
        as_text=True,  # a webcam's number is an integer
    )
    rate: float = parameter(10.0, 'Images per second.', bounds=(0.1, 240.0))
    height: int = parameter(
        0, 'Height in pixels. 0: as the source has it, scenes 360.', bounds=(0, 8192)
    )
    width: int = parameter(
        0, 'Width in pixels. 0: as the source has it, scenes 480.', bounds=(0, 8192)
    )
    frame_id: str = parameter('camera', 'Coordinate frame of the header.')
    reliability: str = parameter(
        'reliable', 'Reliability of the publishers.', choices=('reliable', 'best_effort')
    )
    loop: bool = parameter(True, 'Begin videos and folders again at their end.')
    count: int = parameter(0, 'Exit after so many images. 0: never.', bounds=(0, 2**31 - 1))
    wait_for_subscribers: int = parameter(
        0, 'Subscribers of image_raw to wait for before the first image.', bounds=(0, 100)
    )
    seed: int = parameter(0, 'First street of the rendered scenes.', bounds=(0, 2**31 - 1))
    speed: float = parameter(
        8.0, 'Meters per second driven through the rendered scenes.', bounds=(0.0, 100.0)
    )
    scenes: int = parameter(
        0,
        'Scenes to render before the first image, then repeated. 0: always new ones.',
        bounds=(0, 1000),
    )

    def __post_init__(self) -> None:
        check_size('height', 'width', (self.height, self.width))

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) in pixels to publish, or None for the source's own."""
        return (self.height, self.width) if self.height else None
