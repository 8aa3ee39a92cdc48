"""The status of the network and of inference for ``/diagnostics``."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticStatus
from segnet_ros.node.diagnostics.status import format_number
from segnet_ros.node.diagnostics.status import format_size
from segnet_ros.node.diagnostics.status import make_status
from segnet_ros.node.inference.checkpoint_source import LoadedNetwork
from segnet_ros.node.inference.latency import Latencies
from segnet_ros.node.inference.processing import ImagePredictor
from segnet_ros.node.inference.segmenter import Segmenter
from segnet_ros.node.parameters.segnet_parameters import Parameters

STUCK_S = 10.0
"""An image that takes longer than this will perhaps never be done."""


class NetworkMonitor:
    """Describe the network once per period; for the thread of the executor."""

    def __init__(self, node_name: str, segmenter: Segmenter) -> None:
        """
        Prepare.

        :param node_name: with namespace
        """
        self._node_name = node_name
        self._segmenter = segmenter
        self._asked_at = time.monotonic()
        self._total = 0

    def describe_model(self, hardware_id: str, remedy: str) -> DiagnosticStatus:
        """
        Say what is loaded.

        :param remedy: what to do where nothing is, for no other reason
        """
        level, text = self._judge_model(remedy)
        values: dict[str, str] = {}
        thread = self._segmenter.thread
        if thread and thread.network:
            values = {
                **_describe_network(thread.network),
                'loaded in (s)': format_number(thread.load_s),
                'warmed up in (s)': format_number(thread.warm_up_s),
                'images at once': str(thread.batch),
            }
        return make_status(self._node_name, 'model', level, text, hardware_id, values)

    def _judge_model(self, remedy: str) -> tuple[bytes, str]:
        refusal = self._segmenter.refusal
        if self._segmenter.predictor:
            if refusal:
                return DiagnosticStatus.WARN, f'kept the old network: {refusal}'
            network = self._segmenter.thread and self._segmenter.thread.network
            if network and network.advice:
                return DiagnosticStatus.WARN, network.advice
            return DiagnosticStatus.OK, 'OK'
        if self._segmenter.is_loading:
            return DiagnosticStatus.WARN, 'loading'
        if refusal:
            return DiagnosticStatus.ERROR, f'no network is loaded: {refusal}'
        return DiagnosticStatus.ERROR, f'no network is loaded; {remedy}'

    def describe_inference(self, hardware_id: str, parameters: Parameters) -> DiagnosticStatus:
        """
        Say how fast images are segmented, and whether it fails.

        :param parameters: say how fast it should be
        """
        thread = self._segmenter.thread
        level, text, values = DiagnosticStatus.OK, 'OK', {}
        if thread and thread.network:
            latencies = thread.latencies.summary()
            failure = _describe_failures(thread.failures, thread.last_error)
            level, text = _judge_inference(failure, latencies, parameters)
            values = {
                **self._describe_speed(latencies),
                'failures in a row': str(thread.failures),
                'last error': thread.last_error,
            }
            if latencies.running_s <= STUCK_S:  # else the GPU may not answer, for ever
                values |= _describe_gpu(thread.network.predictor)
        return make_status(self._node_name, 'inference', level, text, hardware_id, values)

    def _describe_speed(self, latencies: Latencies) -> dict[str, str]:
        now = time.monotonic()
        # Fewer than before: another thread has taken over, or the statistics began anew.
        new = max(0, latencies.total - self._total)
        rate = new / max(now - self._asked_at, 1e-3)
        self._asked_at, self._total = now, latencies.total
        return {
            'images per second': format_number(rate),
            'latency p50 (ms)': format_number(latencies.p50_ms),
            'latency p95 (ms)': format_number(latencies.p95_ms),
            'latency p99 (ms)': format_number(latencies.p99_ms),
            'latency max (ms)': format_number(latencies.max_ms),
        }


def _describe_failures(number: int, last_error: str) -> str:
    """Say how often inference has failed in a row, and why; empty if it has not."""
    why = f': {last_error}' if last_error else ''  # forgotten by ~/reset_statistics
    return f'failed for {number} images in a row{why}' if number else ''


def _judge_inference(
    failure: str, latencies: Latencies, parameters: Parameters
) -> tuple[bytes, str]:
    if latencies.running_s > STUCK_S:
        return (
            DiagnosticStatus.ERROR,
            f'an image has been computed for {latencies.running_s:.0f} s; start the node anew',
        )
    if failure:
        return DiagnosticStatus.ERROR, failure
    limit_ms = parameters.max_latency_warn_ms
    if limit_ms and latencies.p95_ms is not None and latencies.p95_ms > limit_ms:
        return (
            DiagnosticStatus.WARN,
            f'images take {latencies.p95_ms:.0f} ms (p95), expected at most {limit_ms:g}',
        )
    return DiagnosticStatus.OK, 'OK'


def _describe_gpu(predictor: ImagePredictor) -> dict[str, str]:
    """Describe what a GPU did last and what it holds; nothing for a CPU."""
    values = {}
    if predictor.device_ms is not None:
        values['GPU time (ms)'] = f'{predictor.device_ms:.2f}'
    for kind, size in predictor.measure_memory().items():
        values[f'GPU memory {kind} (MB)'] = format_number(size / 1e6)
    return values


def _describe_network(network: LoadedNetwork) -> dict[str, str]:
    predictor = network.predictor
    return {
        'checkpoint': network.checkpoint,
        'sha256': network.sha256,
        'label set': predictor.label_set.name,
        'classes': ', '.join(predictor.label_set.names),
        'parameters': str(predictor.num_parameters),
        'precision': predictor.precision,
        'backend': network.backend,
        'input size': format_size(predictor.input_size),
    }
