"""Messages of a file, with the place that is reached."""

from __future__ import annotations

from collections.abc import Iterator

from segnet_ros.bag.source.messages import BagFile
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import Place


class Reading(Iterator[Message]):
    """
    Read a file from a place on.

    :ivar place: after the last message that was taken
    """

    def __init__(self, file: BagFile, place: Place) -> None:
        self.place = place
        self._messages = file.read(place)
        self._following = next(self._messages, None)

    @property
    def is_at_end(self) -> bool:
        """Whether there are no more messages."""
        return self._following is None

    def __next__(self) -> Message:
        message = self._following
        if message is None:
            raise StopIteration
        self.place = self.place.after(message.stamp)
        self._following = next(self._messages, None)
        return message
