"""A network that ONNX Runtime computes, from tensors to tensors of PyTorch, without a copy."""

from __future__ import annotations

import hashlib
import logging

import numpy as np
from onnx import ModelProto
import onnxruntime
from segnet_ros.core.device import DeviceError
from segnet_ros.export.image_graph import INPUT
from segnet_ros.export.network_graph import LOGITS
from segnet_ros.export.providers import choose_providers
from segnet_ros.export.providers import ON_CUDA
import torch
from torch import Tensor

logger = logging.getLogger(__name__)
NUMPY_TYPES = {torch.float32: np.float32, torch.float16: np.float16}


class OnnxRuntimeNetwork:
    """A model of the network alone, for one size of input."""

    def __init__(self, model: ModelProto, device: torch.device, precision: str) -> None:
        """
        Load it into the first provider that takes it.

        :param model: of :func:`segnet_ros.export.exported_model.build_network_model`
        :param device: of the tensors
        :param precision: of the model
        :raises DeviceError: if nothing computes on that device
        """
        data = model.SerializeToString()
        providers = choose_providers(
            onnxruntime.get_available_providers(),
            device,
            precision,
            hashlib.sha256(data).hexdigest()[:16],
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Its threads would wait busily, on cores that PyTorch needs for what follows.
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        self._session = onnxruntime.InferenceSession(data, options, providers)
        self._device = device
        self._num_classes: int = self._session.get_outputs()[0].shape[1]
        found = self._session.get_providers()
        missing = [name for name, _ in providers if name not in found]
        if missing:
            logger.warning(
                'expected ONNX Runtime to compute by %s, found that it cannot, for the reason that'
                ' it gives above; computing by %s',
                ', '.join(missing),
                ', '.join(found),
            )
        if device.type == 'cuda' and not set(found) & set(ON_CUDA):
            raise DeviceError(
                f'expected ONNX Runtime to compute on {device}, found that it can only by'
                f' {", ".join(found)}; install the libraries that it misses, as it says above, or'
                " use device 'cpu'"
            )

    def __call__(self, x: Tensor) -> Tensor:
        """
        Compute the logits of each class for each pixel.

        :param x: normalized images, (N, 3, H, W), of the model's type, on the device
        :return: logits, (N, num_classes, H, W), likewise
        """
        x = x.contiguous()
        logits = x.new_empty((x.shape[0], self._num_classes, *x.shape[2:]))
        if x.is_cuda:
            torch.cuda.current_stream(x.device).synchronize()  # it has a stream of its own
        binding = self._session.io_binding()
        for bind, name, tensor in (
            (binding.bind_input, INPUT, x),
            (binding.bind_output, LOGITS, logits),
        ):
            bind(
                name,
                x.device.type,
                x.device.index or 0,
                NUMPY_TYPES[tensor.dtype],
                tuple(tensor.shape),
                tensor.data_ptr(),
            )
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return logits
