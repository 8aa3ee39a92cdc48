"""
A part of a bag: some of its messages, of one file, that are labeled and then written as a file.

While a part is labeled only the outputs are kept, in a journal that survives whatever happens.
Then its messages are read a second time and written with the outputs between them. So an
interruption costs a batch, or a part's writing, and a bag of any size needs little more space
than it takes in the end. Where a part ends depends on its messages alone, and a batch never
reaches beyond: whoever was interrupted computes and writes the same as who was not.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence

from segnet_ros.bag.journal import Journal
from segnet_ros.bag.journal import Labeled
from segnet_ros.bag.labeler import Pending
from segnet_ros.bag.source.messages import Message
from segnet_ros.bag.source.messages import TopicKey

Label = Callable[[Sequence[Pending]], list[Labeled]]


def label_part(
    messages: Iterator[Message],
    keys: Collection[TopicKey],
    label: Label,
    journal: Journal,
    batch_size: int,
    most_bytes: float,
    count: Callable[[int], object],
) -> None:
    """
    Label a part, from where its journal ends.

    :param messages: from the beginning of the part; read up to its end, or to theirs
    :param keys: topics to label
    :param label: labels a batch
    :param journal: afterwards it tells how many messages the part has
    :param batch_size: images per batch
    :param most_bytes: of messages and outputs, after which the part ends
    :param count: told how many more images are done with
    """
    done, size, position = journal.passed, 0, 0
    pending: list[Pending] = []
    for position, message in enumerate(messages, 1):
        size += len(message.data)
        if position > done and message.key in keys:
            pending.append(Pending(position - 1, message))
        if len(pending) == batch_size:
            journal.add(label(pending), position)
            count(len(pending))
            pending = []
        if not pending and position >= done and size + journal.size >= most_bytes:
            break
    if pending or position > journal.passed:
        journal.add(label(pending), position)
        count(len(pending))


def merge(
    messages: Iterator[Message], journal: Journal
) -> Iterator[tuple[Message, Labeled | None]]:
    """
    Pair the messages of a part with what came of them.

    :param messages: from the beginning of the part
    :param journal: of the whole part
    :return: each message, with what came of it if it has an image that was to be labeled
    """
    labeled = journal.read()
    following = next(labeled, None)
    for position, message in zip(range(journal.passed), messages, strict=False):
        if following is not None and following.position == position:
            yield message, following
            following = next(labeled, None)
        else:
            yield message, None
