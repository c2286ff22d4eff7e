"""Argo's word on a canary beside that of the error counts: do they agree, and if not, in what?"""

from enum import StrEnum

from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.ladder import Ladder, Place
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import StepKind
from dashboard.domain.canary.sequential import Verdict


class ArgoWord(StrEnum):
    """What Argo's analyses have said of a canary; PASSED_SO_FAR while others are still to end."""

    NOTHING = "no analysis has ended"
    PASSED_SO_FAR = "passed so far"
    PASSED = "passed"
    STOPPED = "stopped"
    COULD_NOT_TELL = "could not tell"
    NO_ANSWER = "got no answer"


def argo_word(canary: Canary, ladder: Ladder | None) -> ArgoWord:
    """Argo's word on `canary`; without a `ladder` only the analyses that run are known to be still to end."""
    phase = canary.verdict
    if phase is None:
        return ArgoWord.NOTHING
    if phase is Phase.SUCCESSFUL:
        goes_on = canary.outcome.is_open and _has_more(canary, ladder)
        return ArgoWord.PASSED_SO_FAR if goes_on else ArgoWord.PASSED
    return _BAD_WORDS[phase]


def _has_more(canary: Canary, ladder: Ladder | None) -> bool:
    """Whether an analysis runs or is ahead; that of the step at which it stands may have ended already."""
    if any(run.phase is None or not run.phase.is_final for run in canary.runs):
        return True
    ended = {run.step_index for run in canary.runs}
    return ladder is not None and any(
        rung.place is Place.TO_COME or (rung.place is Place.CURRENT and rung.index not in ended)
        for rung in ladder.rungs
        if rung.step.kind in {StepKind.ANALYSIS, StepKind.EXPERIMENT}
    )


_BAD_WORDS = {
    Phase.FAILED: ArgoWord.STOPPED,
    Phase.INCONCLUSIVE: ArgoWord.COULD_NOT_TELL,
    Phase.ERROR: ArgoWord.NO_ANSWER,
}


class Agreement(StrEnum):
    """How two verdicts stand to each other, each with one sentence."""

    AGREE = "agree"
    AGREE_SO_FAR = "agree so far"
    ARGO_PASSED_WORSE = "Argo passed a canary that is worse"
    ARGO_PASSES_WORSE = "Argo has passed a canary so far that is worse"
    ARGO_STOPPED_GOOD = "Argo stopped a canary that is not shown to be worse"
    ARGO_NOT_YET = "the error counts show it, Argo has not decided"
    GOOD_ARGO_NOT_YET = "the error counts show no harm, Argo has not decided"
    WORSE_ARGO_COULD_NOT_TELL = "the error counts show it, Argo could not tell"
    GOOD_ARGO_COULD_NOT_TELL = "the error counts show no harm, Argo could not tell"
    NEITHER_COULD_TELL = "neither could tell"
    WORSE_ARGO_NO_ANSWER = "the error counts show it, Argo got no answer"
    GOOD_ARGO_NO_ANSWER = "the error counts show no harm, Argo got no answer"
    NEITHER_KNOWS = "Argo got no answer, the error counts cannot tell"
    COUNTS_NOT_YET = "Argo has decided, the error counts cannot tell yet"
    COUNTS_NOT_YET_SO_FAR = "Argo has passed it so far, the error counts cannot tell yet"
    NEITHER_YET = "neither has decided yet"

    def sentence(self, of: Measure = Measure.ERRORS) -> str:
        """What it means that the counts `of` both arms stand so to Argo's word, in one sentence."""
        return _SENTENCES[self].replace(_COUNTS[Measure.ERRORS], _COUNTS[of])

    def past_sentence(self, of: Measure = Measure.ERRORS) -> str:
        """What it meant, of a canary that has ended."""
        return _PAST.get(self, _SENTENCES[self]).replace(_COUNTS[Measure.ERRORS], _COUNTS[of])

    @property
    def is_disagreement(self) -> bool:
        """Whether one of the two says the opposite of the other, or alone says that the canary is worse."""
        return self in {
            Agreement.ARGO_PASSED_WORSE,
            Agreement.ARGO_PASSES_WORSE,
            Agreement.ARGO_STOPPED_GOOD,
            Agreement.ARGO_NOT_YET,
            Agreement.WORSE_ARGO_COULD_NOT_TELL,
            Agreement.WORSE_ARGO_NO_ANSWER,
        }


#: What is compared, in the sentences below: they are written of errors.
_COUNTS = {Measure.ERRORS: "error counts", Measure.SLOW: "slow requests"}
_WORSE = "The error counts of both arms show the canary to be worse than stable"
_GOOD = "The error counts of both arms show no harm"
_SENTENCES = {
    Agreement.AGREE: "Argo's analysis and the error counts of both arms say the same.",
    Agreement.AGREE_SO_FAR: f"{_GOOD}, and every analysis that has ended passed; others are still to end.",
    Agreement.ARGO_PASSED_WORSE: (
        "Argo's analysis passed, but the error counts of both arms show the canary to be worse than stable."
    ),
    Agreement.ARGO_PASSES_WORSE: (
        f"{_WORSE}, though every analysis that has ended passed; others are still to end."
    ),
    Agreement.ARGO_STOPPED_GOOD: (
        "Argo's analysis stopped it, but the error counts of both arms show no harm: see what it measured."
    ),
    Agreement.ARGO_NOT_YET: f"{_WORSE}; Argo has not decided yet.",
    Agreement.GOOD_ARGO_NOT_YET: f"{_GOOD}; Argo has not decided yet.",
    Agreement.WORSE_ARGO_COULD_NOT_TELL: f"{_WORSE}; Argo could not tell.",
    Agreement.GOOD_ARGO_COULD_NOT_TELL: f"{_GOOD}; Argo could not tell.",
    Agreement.NEITHER_COULD_TELL: (
        "Argo could not tell, and the error counts of both arms are too few to tell in its place."
    ),
    Agreement.WORSE_ARGO_NO_ANSWER: f"{_WORSE}; Argo got no answer from its provider.",
    Agreement.GOOD_ARGO_NO_ANSWER: f"{_GOOD}; Argo got no answer from its provider.",
    Agreement.NEITHER_KNOWS: (
        "Argo got no answer from its provider, and the error counts of both arms are too few to tell."
    ),
    Agreement.COUNTS_NOT_YET: (
        "Argo's analysis has decided; the error counts of both arms are too few to say so as well."
    ),
    Agreement.COUNTS_NOT_YET_SO_FAR: (
        "Every analysis that has ended passed, others are still to end; the error counts of both arms are"
        " too few to say so as well."
    ),
    Agreement.NEITHER_YET: "Neither Argo's analysis nor the error counts of both arms have decided yet.",
}
_PAST = {
    Agreement.ARGO_NOT_YET: f"{_WORSE}; no analysis of Argo's ended.",
    Agreement.GOOD_ARGO_NOT_YET: f"{_GOOD}; no analysis of Argo's ended.",
    Agreement.COUNTS_NOT_YET: (
        "Argo's analysis decided; the error counts of both arms were too few to say so as well."
    ),
    Agreement.NEITHER_COULD_TELL: (
        "Argo could not tell, and the error counts of both arms were too few to tell in its place."
    ),
    Agreement.NEITHER_KNOWS: (
        "Argo got no answer from its provider, and the error counts of both arms were too few to tell."
    ),
    Agreement.NEITHER_YET: "Neither Argo's analysis nor the error counts of both arms ever decided.",
}
_FOUND = {
    Verdict.FAIL: {
        ArgoWord.NOTHING: Agreement.ARGO_NOT_YET,
        ArgoWord.PASSED_SO_FAR: Agreement.ARGO_PASSES_WORSE,
        ArgoWord.PASSED: Agreement.ARGO_PASSED_WORSE,
        ArgoWord.STOPPED: Agreement.AGREE,
        ArgoWord.COULD_NOT_TELL: Agreement.WORSE_ARGO_COULD_NOT_TELL,
        ArgoWord.NO_ANSWER: Agreement.WORSE_ARGO_NO_ANSWER,
    },
    Verdict.PASS: {
        ArgoWord.NOTHING: Agreement.GOOD_ARGO_NOT_YET,
        ArgoWord.PASSED_SO_FAR: Agreement.AGREE_SO_FAR,
        ArgoWord.PASSED: Agreement.AGREE,
        ArgoWord.STOPPED: Agreement.ARGO_STOPPED_GOOD,
        ArgoWord.COULD_NOT_TELL: Agreement.GOOD_ARGO_COULD_NOT_TELL,
        ArgoWord.NO_ANSWER: Agreement.GOOD_ARGO_NO_ANSWER,
    },
    Verdict.NONE: {
        ArgoWord.NOTHING: Agreement.NEITHER_YET,
        ArgoWord.PASSED_SO_FAR: Agreement.COUNTS_NOT_YET_SO_FAR,
        ArgoWord.PASSED: Agreement.COUNTS_NOT_YET,
        ArgoWord.STOPPED: Agreement.COUNTS_NOT_YET,
        ArgoWord.COULD_NOT_TELL: Agreement.NEITHER_COULD_TELL,
        ArgoWord.NO_ANSWER: Agreement.NEITHER_KNOWS,
    },
}


def agreement(verdict: Verdict, word: ArgoWord) -> Agreement:
    """How the verdict of the error counts stands to Argo's word."""
    return _FOUND[verdict][word]
