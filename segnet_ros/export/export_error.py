"""What cannot be exported, or does not compute what it should."""

from __future__ import annotations


class ExportError(ValueError):
    """Raised when a network cannot become an ONNX file, or the file would differ from it."""
