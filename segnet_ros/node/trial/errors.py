"""Why a trial may end before it is done."""


class TrialError(OSError):
    """Raised when node, source or DDS did not do what they should; the text is for the user."""


class StoppedError(Exception):
    """Raised where a trial gives up because it was asked to."""
