"""One computation after the other, and a few uploads at a time."""

from __future__ import annotations

import asyncio
import threading

import pytest

pytest.importorskip('starlette', reason='needs the extra web')

from segnet_ros.web.inference_queue import InferenceQueue
from segnet_ros.web.refusal import RefusalError


def test_uploads_beyond_the_bound_are_refused_until_one_leaves() -> None:
    queue = InferenceQueue(2)
    with queue.admit():
        with (
            queue.admit(),
            pytest.raises(RefusalError, match='up to 2 uploads at a time') as refused,
        ):
            queue.admit().__enter__()
        with queue.admit():
            pass
    assert refused.value.status == 503
    assert refused.value.headers == {'Retry-After': '5'}


def test_everything_is_computed_on_one_thread_in_order() -> None:
    async def compute() -> list[tuple[int, str]]:
        jobs = [queue.run(lambda i=i: (i, threading.current_thread().name)) for i in range(20)]
        return await asyncio.gather(*jobs)

    queue = InferenceQueue(1)
    results = asyncio.run(compute())
    assert [number for number, _ in results] == list(range(20))
    assert {name for _, name in results} == {'inference_0'}
    queue.close()


def test_what_is_cancelled_before_its_turn_is_not_computed() -> None:
    computed = []

    async def compute() -> None:
        waiting = asyncio.ensure_future(queue.run(lambda: computed.append('cancelled')))
        await asyncio.sleep(0)
        waiting.cancel()
        # Only once it has ended is the thread told: the event loop passes a cancellation on.
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.set()
        await queue.run(lambda: computed.append('later'))

    queue = InferenceQueue(2)
    gate = threading.Event()
    queue.submit(gate.wait)
    asyncio.run(compute())
    assert computed == ['later']
    queue.close()
