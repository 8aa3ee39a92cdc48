"""The page's server, as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Collection
from contextlib import asynccontextmanager
from dataclasses import asdict

from segnet_ros.core.predictor import Predictor
from segnet_ros.web.guard import Guard
from segnet_ros.web.inference_queue import InferenceQueue
from segnet_ros.web.limits import Limits
from segnet_ros.web.live import Live
from segnet_ros.web.segmentation import Segmentation
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route
from starlette.staticfiles import StaticFiles


def make_app(
    predictor: Predictor,
    queue: InferenceQueue,
    live: Live,
    limits: Limits,
    host_names: Collection[str],
) -> Starlette:
    """
    Make the application; it closes queue and live images when it ends.

    :param predictor: constructed on the queue's thread
    :param host_names: under which the page may be asked for, besides addresses
    """
    segmentation = Segmentation(predictor, queue, limits)
    setup = describe_setup(predictor, limits)

    async def answer_setup(_request: Request) -> Response:
        return JSONResponse(setup)

    @asynccontextmanager
    async def close_at_end(_app: Starlette) -> AsyncIterator[None]:
        yield
        live.close()
        queue.close()

    return Starlette(
        routes=[
            Route('/setup', answer_setup),
            Route('/segment', segmentation.answer, methods=['POST']),
            Route('/live', live.answer),
            Mount('/', StaticFiles(packages=[('segnet_ros.web', 'static')], html=True)),
        ],
        middleware=[Middleware(Guard, host_names=host_names)],
        lifespan=close_at_end,
    )


def describe_setup(predictor: Predictor, limits: Limits) -> dict[str, object]:
    """Describe what the page has to know once: classes, limits, and what computes."""
    label_set = predictor.label_set
    return {
        'label_set': label_set.name,
        'classes': [
            {'name': name, 'color': color}
            for name, color in zip(label_set.names, label_set.colors, strict=True)
        ],
        'device': str(predictor.device),
        'precision': predictor.precision,
        'limits': asdict(limits),
    }
