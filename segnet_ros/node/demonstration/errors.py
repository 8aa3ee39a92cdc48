"""Why a demo may end without showing what it was to show."""

from segnet_ros.node.trial.errors import TrialError


class DemoError(TrialError):
    """Raised when the demo could not show what it was to show."""
