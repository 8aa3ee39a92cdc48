"""What became of the images of a trial, as far as anybody tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DROPPED = 'dropped: '
"""How keys of the diagnostics begin that count drops by reason."""


@dataclass(frozen=True)
class Tally:
    """Counts of images, after the node has dealt with all that it received."""

    published: int
    received: int
    """By the node's subscription."""
    processed: int
    dropped: Mapping[str, int]
    """By the node, by reason."""
    lost: int | None
    """In transport to the node; None if the transport does not tell."""
    recorded: int
    """Label images that have come."""

    @property
    def not_received(self) -> int:
        """
        Images that the node has not received for other reasons than a known loss.

        Replaced by the next one before the subscription was read, or sent while it was made anew.
        """
        return self.published - self.received - (self.lost or 0)

    @property
    def missed(self) -> dict[str, int]:
        """Images without a label, by reason; together those published less those recorded."""
        reasons = {
            **self.dropped,
            'lost in transport': self.lost or 0,
            'not received, other': self.not_received,
            'label not received': self.processed - self.recorded,
        }
        return {reason: number for reason, number in reasons.items() if number}


def read_tally(status: Mapping[str, str], published: int, recorded: int) -> Tally:
    """
    Count.

    :param status: values of the camera's diagnostics, by key
    :param published: images that were sent to the node
    :param recorded: label images that have come
    """
    lost = status['lost in transport']
    return Tally(
        published=published,
        received=int(status['received']),
        processed=int(status['processed']),
        dropped=read_dropped(status),
        lost=int(lost) if lost.isdecimal() else None,
        recorded=recorded,
    )


def read_dropped(status: Mapping[str, str]) -> dict[str, int]:
    """
    Read how many images a node has dropped, by reason.

    :param status: values of the camera's diagnostics, by key
    """
    return {
        key[len(DROPPED) :]: int(value) for key, value in status.items() if key.startswith(DROPPED)
    }
