"""Every parameter of the node, declared once: type, default, range, text."""

from __future__ import annotations

from dataclasses import dataclass
import re

from segnet_ros.node.parameters.record import check_size
from segnet_ros.node.parameters.record import parameter
from segnet_ros.node.parameters.record import ParameterError

NAME = '[A-Za-z][A-Za-z0-9_]*'
"""What can be a part of a topic's name."""


@dataclass(frozen=True)
class Parameters:
    """The value of every parameter, as of one moment."""

    checkpoint: str = parameter(
        '',
        'Checkpoint file, as path or package://PACKAGE/FILE. Empty: the packaged one. A change '
        'counts from ~/reload on.',
        read_only=False,
    )
    checkpoint_sha256: str = parameter(
        '',
        'SHA-256 that the checkpoint file must have. Empty: any. A change counts from ~/reload '
        'on.',
        read_only=False,
    )
    device: str = parameter('auto', 'Where to compute: auto, cpu, cuda or cuda:N.')
    precision: str = parameter(
        'auto',
        'Number format of the network. auto: by what the device can do.',
        choices=('auto', 'fp32', 'fp16', 'bf16'),
    )
    backend: str = parameter(
        'torch',
        'Who computes the network: PyTorch, or ONNX Runtime by its execution providers. The latter'
        ' takes an exported .onnx file as checkpoint, too.',
        choices=('torch', 'onnxruntime'),
    )
    input_height: int = parameter(
        0, 'Height of the network input in pixels. 0: from the checkpoint.', bounds=(0, 8192)
    )
    input_width: int = parameter(
        0, 'Width of the network input in pixels. 0: from the checkpoint.', bounds=(0, 8192)
    )
    cameras: tuple[str, ...] = parameter(
        ('',),
        'Names of the cameras, which become a part of their topics: front/image_raw and '
        '~/front/label. One without a name: image_raw and ~/label.',
    )
    image_transport: str = parameter(
        'raw',
        'Which kind of images to hear; compressed ones beside image_raw, on image_raw/compressed.',
        choices=('raw', 'compressed'),
    )
    input_reliability: str = parameter(
        'auto',
        'Reliability of the image subscription. auto: reliable if every publisher is.',
        choices=('auto', 'reliable', 'best_effort'),
    )
    overlay_opacity: float = parameter(
        0.5,
        'Share of the class color in ~/overlay. 0: the camera image alone.',
        bounds=(0.0, 1.0),
        read_only=False,
    )
    output_size: str = parameter(
        'source',
        'Size of the outputs: that of the image, of the network input, or of the image times '
        'output_scale.',
        choices=('source', 'network', 'scale'),
    )
    output_scale: float = parameter(
        1.0, 'Size of the outputs, where output_size is scale.', bounds=(0.05, 4.0)
    )
    classes: tuple[str, ...] = parameter(
        ('',),
        "Names of the classes to keep; the others become unlabeled. ['']: all.",
        read_only=False,
    )
    min_confidence: float = parameter(
        0.0, 'Pixels of less confidence become unlabeled.', bounds=(0.0, 1.0), read_only=False
    )
    mc_samples: int = parameter(
        0,
        'Samples to average of a network with dropout, such as bayesian-segnet, for labels and'
        ' ~/uncertainty, at a cost. 0: one pass without dropout.',
        bounds=(0, 100),
        read_only=False,
    )
    jpeg_quality: int = parameter(
        80, 'Quality of ~/overlay/compressed.', bounds=(1, 100), read_only=False
    )
    png_level: int = parameter(
        1,
        'Effort for a small file of the other compressed outputs, which have no loss.',
        bounds=(0, 9),
        read_only=False,
    )
    max_age: float = parameter(
        0.0,
        'Images that are older than this, in seconds, are dropped, unless they are older than a '
        'minute, which tells of clocks that differ. 0: none.',
        bounds=(0.0, 60.0),
        read_only=False,
    )
    expected_rate: float = parameter(
        0.0,
        'Images per second that each camera should send; a warning below 90 % of it. 0: any.',
        bounds=(0.0, 1000.0),
        read_only=False,
    )
    stall_timeout: float = parameter(
        2.0,
        'Seconds without an image after which a camera counts as silent.',
        bounds=(0.1, 3600.0),
        read_only=False,
    )
    max_latency_warn_ms: float = parameter(
        0.0,
        'Age of outputs, and latency of inference, above which there is a warning (p95, in ms). '
        '0: none.',
        bounds=(0.0, 60000.0),
        read_only=False,
    )
    diagnostics_period: float = parameter(
        1.0, 'Seconds between two diagnostics messages.', bounds=(0.1, 60.0)
    )
    cpu_threads: int = parameter(
        0,
        'Threads for computing on the CPU. 0: all cores on the CPU, 1 beside CUDA.',
        bounds=(0, 1024),
    )
    max_batch: int = parameter(
        0,
        'Images of different cameras, but of one size, to compute at once, at most. 0: as many '
        'as make each a fifth cheaper, which is found out at the start. Always a power of two; '
        'compressed ones go one by one.',
        bounds=(0, 64),
    )
    autostart: bool = parameter(
        True, 'Whether the node configures and activates itself, as a node without lifecycle.'
    )

    def __post_init__(self) -> None:
        check_size('input_height', 'input_width', (self.input_height, self.input_width))
        _check_cameras(self.cameras)

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Network input as (height, width) in pixels, or None for the checkpoint's."""
        return (self.input_height, self.input_width) if self.input_height else None


@dataclass(frozen=True)
class CameraParameters:
    """The parameters of one camera, under the prefix of :func:`prefix_of`."""

    enabled: bool = parameter(True, 'Whether its images are segmented.', read_only=False)
    max_rate: float = parameter(
        0.0,
        'Images per second at most. 0: as many as can be.',
        bounds=(0.0, 1000.0),
        read_only=False,
    )


def prefix_of(camera: str) -> str:
    """Begin the names of a camera's parameters; its own name may be empty."""
    return f'camera.{camera}.' if camera else 'camera.'


def _check_cameras(names: tuple[str, ...]) -> None:
    is_unnamed = names == ('',)
    are_names = all(re.fullmatch(NAME, name) for name in names)
    if not is_unnamed and not (names and are_names and len(set(names)) == len(names)):
        raise ParameterError(
            "parameter 'cameras'",
            'different names of letters, digits and underscores that begin with a letter',
            f'{list(names)}',
            "name each camera, such as cameras:=['front', 'rear'], or leave it out for one camera",
        )
