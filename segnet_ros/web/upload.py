"""Take the body of a request, into memory and up to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import anyio
from segnet_ros.web.file_kind import FileKind
from segnet_ros.web.file_kind import NUM_BYTES
from segnet_ros.web.file_kind import tell_kind
from segnet_ros.web.limits import Limits
from segnet_ros.web.refusal import RefusalError
from starlette.requests import Request


class Upload(NamedTuple):
    """A file in memory."""

    kind: FileKind
    data: bytes


class UploadReader:
    """Reads one request's body, which is the file and nothing around it."""

    def __init__(self, request: Request, limits: Limits) -> None:
        """
        Prepare to read.

        :param limits: bytes by kind of file, and seconds
        """
        self._chunks: AsyncIterator[bytes] = request.stream()
        self._announced = int(request.headers.get('content-length', 0))
        self._limits = limits

    async def read(self) -> Upload:
        """
        Read the file.

        :raises RefusalError: if it is empty, of an unknown kind, too large, or too slow
        """
        try:
            with anyio.fail_after(self._limits.upload_seconds):
                return await self._read()
        except TimeoutError as error:
            raise RefusalError(
                408,
                f'expected the file within {self._limits.upload_seconds:g} seconds, found the'
                ' connection slower; send a smaller file',
            ) from error

    async def _read(self) -> Upload:
        data = bytearray()
        async for chunk in self._chunks:
            data += chunk
            if len(data) >= NUM_BYTES:
                self._check_size(_require_kind(data), max(len(data), self._announced))
        if not data:
            raise RefusalError(
                400, 'expected a file as the body of the request, found none; send one'
            )
        return Upload(_require_kind(data), bytes(data))

    def _check_size(self, kind: FileKind, size: int) -> None:
        is_video = kind is FileKind.VIDEO
        most = self._limits.video_bytes if is_video else self._limits.picture_bytes
        if size > most:
            remedy = 'cut or compress it' if is_video else 'shrink it, or save it as JPEG'
            raise RefusalError(
                413,
                f'expected a {kind.value} of up to {most / 1e6:g} MB, found {size / 1e6:.1f} MB or'
                f' more; {remedy}',
            )


def _require_kind(data: bytearray) -> FileKind:
    kind = tell_kind(bytes(data[:NUM_BYTES]))
    if kind is None:
        raise RefusalError(
            415,
            'expected a picture (JPEG, PNG, WebP) or a video (MP4, MOV, WebM, MKV, AVI), found'
            ' another kind of file; convert it first',
        )
    return kind
