"""Other programs that compute an ONNX model, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
import onnxruntime
from segnet_ros.export.export_error import ExportError

Run = Callable[[NDArray[np.uint8]], dict[str, NDArray[Any]]]
"""From images, uint8 (N, H, W, 3), to the outputs of a model, by name."""


def open_runtimes(model: bytes) -> dict[str, Run]:
    """
    Open a model in each runtime.

    :param model: of one input
    :return: by name and version of the runtime
    :raises ExportError: if one is not installed, or refuses the model
    """
    return dict((_open_onnxruntime(model), _open_openvino(model)))


def import_openvino() -> Any:
    """
    Import OpenVINO, without what reports every import to its makers over the network.

    :raises ExportError: if it is not installed
    """
    sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise ExportError(
            'expected the Python package openvino, which the file is checked with, found none;'
            ' pip install openvino'
        ) from error
    return openvino


def _open_onnxruntime(model: bytes) -> tuple[str, Run]:
    try:
        session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    except Exception as error:  # it has a class for each kind, and no base for them
        raise ExportError(_describe('ONNX Runtime', error)) from error
    (image,) = session.get_inputs()
    names = [output.name for output in session.get_outputs()]

    def run(images: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        return dict(zip(names, session.run(names, {image.name: images}), strict=True))

    return f'ONNX Runtime {onnxruntime.__version__}', run


def _open_openvino(model: bytes) -> tuple[str, Run]:
    openvino = import_openvino()
    # By itself it rounds to what the processor is fastest with.
    settings = {'INFERENCE_PRECISION_HINT': 'f32'}
    try:
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(model=model), 'CPU', settings)
    except RuntimeError as error:
        raise ExportError(_describe('OpenVINO', error)) from error

    def run(images: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        results = compiled(images)
        return {output.any_name: results[output] for output in compiled.outputs}

    return f'OpenVINO {openvino.__version__.partition("-")[0]}', run


def _describe(name: str, error: Exception) -> str:
    reason = str(error).strip().partition('\n')[0]
    return f'expected a model that {name} takes, found: {reason}; report it'
