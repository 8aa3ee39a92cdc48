"""Why an image message cannot be read."""

from __future__ import annotations

LONGEST_SHOWN = 40
"""Characters; the longest encoding in use has 14."""
LONGEST_EXPLANATION = 120
"""Characters, of what an exception says."""


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


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Cut a text of a message, which has any length, to what is worth showing."""
    return text if len(text) <= longest else f'{text[:longest]}...'
