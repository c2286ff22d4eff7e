"""Why a condition has no answer: Argo itself would fail on it, or we cannot tell what Argo would do."""


class ConditionFaultError(Exception):
    """Argo cannot evaluate the condition: it does not parse, its types do not fit, or it fails on this value.

    The measurement is an Error then. The message says what is wrong, in our words.
    """


class CannotReplayError(Exception):
    """The condition is outside what we evaluate exactly, so nothing is said of it. The message says why."""
