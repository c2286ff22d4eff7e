"""Argo's word on a canary beside that of the error counts: do they agree, and if not, in what?"""

from enum import StrEnum

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.sequential import Verdict


class Agreement(StrEnum):
    """How two verdicts stand to each other, each with one sentence."""

    AGREE = "agree"
    ARGO_PASSED_WORSE = "Argo passed a canary that is worse"
    ARGO_STOPPED_GOOD = "Argo stopped a canary that is not shown to be worse"
    ARGO_NOT_YET = "the error counts show it, Argo has not decided"
    COUNTS_NOT_YET = "Argo has decided, the error counts cannot tell yet"
    NEITHER_YET = "neither has decided yet"

    @property
    def sentence(self) -> str:
        """What it means, in one sentence."""
        return _SENTENCES[self]

    @property
    def is_disagreement(self) -> bool:
        """Whether one of the two says the opposite of the other, or says it earlier."""
        return self in {Agreement.ARGO_PASSED_WORSE, Agreement.ARGO_STOPPED_GOOD, Agreement.ARGO_NOT_YET}


_SENTENCES = {
    Agreement.AGREE: "Argo's analysis and the error counts of both arms say the same.",
    Agreement.ARGO_PASSED_WORSE: (
        "Argo's analysis passed, but the error counts of both arms show the canary to be worse than stable."
    ),
    Agreement.ARGO_STOPPED_GOOD: (
        "Argo's analysis stopped it, but the error counts of both arms show no harm: see what it measured."
    ),
    Agreement.ARGO_NOT_YET: (
        "The error counts of both arms show the canary to be worse than stable; Argo has not decided yet."
    ),
    Agreement.COUNTS_NOT_YET: (
        "Argo's analysis has decided; the error counts of both arms are too few to say so as well."
    ),
    Agreement.NEITHER_YET: "Neither Argo's analysis nor the error counts of both arms have decided yet.",
}


def agreement(verdict: Verdict, phase: Phase | None) -> Agreement:
    """How the verdict of the error counts stands to the worst phase that Argo recorded (None: none yet)."""
    passed = phase is Phase.SUCCESSFUL
    stopped = phase is not None and phase.ends_the_run
    if verdict is Verdict.FAIL:
        if passed:
            return Agreement.ARGO_PASSED_WORSE
        return Agreement.AGREE if stopped else Agreement.ARGO_NOT_YET
    if verdict is Verdict.PASS:
        return Agreement.ARGO_STOPPED_GOOD if stopped else Agreement.AGREE
    return Agreement.COUNTS_NOT_YET if passed or stopped else Agreement.NEITHER_YET
