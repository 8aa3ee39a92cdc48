"""Why an image is refused."""

from __future__ import annotations


class ImageError(ValueError):
    """
    Raised when an image message cannot be read; the text says expected, found and remedy.

    :ivar reason: key to count by: 'bad_encoding', 'empty', 'bad_size', 'bad_step', 'short_data' or
        'bad_data'; of compressed images 'bad_data', 'empty' or 'too_large'; of what is no message
        'bad_message'
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
