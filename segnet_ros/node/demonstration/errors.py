"""Why a demo may end without showing what it was to show."""


class DemoError(RuntimeError):
    """Raised when the demo could not show what it was to show."""


class StoppedError(Exception):
    """Raised where the demo gives up because it was asked to."""
