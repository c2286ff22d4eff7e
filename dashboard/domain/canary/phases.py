"""The phases of measurements, metrics and runs, in Argo's words."""

from enum import StrEnum


class Phase(StrEnum):
    """A phase. CANNOT_REPLAY is ours: we cannot tell what Argo would say."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    ERROR = "Error"
    INCONCLUSIVE = "Inconclusive"
    CANNOT_REPLAY = "cannot replay"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows it."""
        return self in {Phase.SUCCESSFUL, Phase.FAILED, Phase.ERROR, Phase.INCONCLUSIVE}

    @property
    def ends_the_run(self) -> bool:
        """Whether a metric in this phase ends its run, unless it only runs dry."""
        return self in {Phase.FAILED, Phase.ERROR, Phase.INCONCLUSIVE}

    def is_worse_than(self, other: "Phase") -> bool:
        """Whether a run takes this phase rather than `other` from its metrics."""
        return _FROM_BEST.index(self) > _FROM_BEST.index(other)


_FROM_BEST = (
    Phase.SUCCESSFUL,
    Phase.RUNNING,
    Phase.PENDING,
    Phase.INCONCLUSIVE,
    Phase.ERROR,
    Phase.FAILED,
    Phase.CANNOT_REPLAY,
)
