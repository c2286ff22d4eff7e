"""Argo's word beside that of the error counts."""

import pytest

from dashboard.domain.canary.agreement import Agreement, ArgoWord, agreement, argo_word
from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.ladder import ladder_of
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sequential import Verdict
from tests.canary_states import run, state
from tests.rollout_objects import measurement, metric_result, moment


def canary(*phases: str, step: int = 3, settled: bool = False) -> Canary:
    """One at the step `step`, with a run of its third step in each of `phases`."""
    runs = [
        run(f"r{at}", metric_result("m", [measurement(at)], phase), phase=phase, at=at)
        for at, phase in enumerate(phases, start=5)
    ]
    end = [state(at=30, stable="new", version=102)] if settled else []
    (made,) = canaries_of([state(at=0, step=step), *end], runs)
    return made


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (canary(), ArgoWord.NOTHING),
        (canary("Running"), ArgoWord.NOTHING),
        (canary("Successful", "Running"), ArgoWord.PASSED_SO_FAR),
        (canary("Successful", step=1), ArgoWord.PASSED_SO_FAR),
        (canary("Successful", step=2), ArgoWord.PASSED),
        (canary("Successful"), ArgoWord.PASSED),
        (canary("Successful", settled=True), ArgoWord.PASSED),
        (canary("Successful", "Failed"), ArgoWord.STOPPED),
        (canary("Successful", "Inconclusive"), ArgoWord.COULD_NOT_TELL),
        (canary("Successful", "Error"), ArgoWord.NO_ANSWER),
    ],
)
def test_argo_has_passed_a_canary_only_when_no_analysis_is_left(found: Canary, expected: ArgoWord) -> None:
    assert argo_word(found, ladder_of(found, moment(20))) is expected


@pytest.mark.parametrize(
    ("verdict", "word", "expected"),
    [
        (Verdict.FAIL, ArgoWord.PASSED, Agreement.ARGO_PASSED_WORSE),
        (Verdict.FAIL, ArgoWord.PASSED_SO_FAR, Agreement.ARGO_PASSES_WORSE),
        (Verdict.FAIL, ArgoWord.STOPPED, Agreement.AGREE),
        (Verdict.FAIL, ArgoWord.NOTHING, Agreement.ARGO_NOT_YET),
        (Verdict.FAIL, ArgoWord.COULD_NOT_TELL, Agreement.WORSE_ARGO_COULD_NOT_TELL),
        (Verdict.FAIL, ArgoWord.NO_ANSWER, Agreement.WORSE_ARGO_NO_ANSWER),
        (Verdict.PASS, ArgoWord.STOPPED, Agreement.ARGO_STOPPED_GOOD),
        (Verdict.PASS, ArgoWord.NO_ANSWER, Agreement.GOOD_ARGO_NO_ANSWER),
        (Verdict.PASS, ArgoWord.COULD_NOT_TELL, Agreement.GOOD_ARGO_COULD_NOT_TELL),
        (Verdict.PASS, ArgoWord.PASSED, Agreement.AGREE),
        (Verdict.PASS, ArgoWord.PASSED_SO_FAR, Agreement.AGREE_SO_FAR),
        (Verdict.PASS, ArgoWord.NOTHING, Agreement.GOOD_ARGO_NOT_YET),
        (Verdict.NONE, ArgoWord.PASSED, Agreement.COUNTS_NOT_YET),
        (Verdict.NONE, ArgoWord.STOPPED, Agreement.COUNTS_NOT_YET),
        (Verdict.NONE, ArgoWord.COULD_NOT_TELL, Agreement.NEITHER_COULD_TELL),
        (Verdict.NONE, ArgoWord.NO_ANSWER, Agreement.NEITHER_KNOWS),
        (Verdict.NONE, ArgoWord.NOTHING, Agreement.NEITHER_YET),
    ],
)
def test_each_pair_of_verdicts_has_its_sentence(
    verdict: Verdict, word: ArgoWord, expected: Agreement
) -> None:
    found = agreement(verdict, word)
    assert found is expected
    assert found.sentence().endswith(".")


def test_a_sentence_is_told_of_slow_requests_as_of_errors() -> None:
    assert Agreement.ARGO_PASSED_WORSE.sentence(Measure.SLOW) == (
        "Argo's analysis passed, but the slow requests of both arms show the canary to be worse than stable."
    )
    for item in Agreement:
        for told in (item.sentence(Measure.SLOW), item.past_sentence(Measure.SLOW)):
            assert "slow requests" in told
            assert "error" not in told


def test_both_say_the_same_only_when_both_have_decided() -> None:
    same = {(verdict, word) for verdict in Verdict for word in ArgoWord
            if agreement(verdict, word) is Agreement.AGREE}  # fmt: skip
    assert same == {(Verdict.FAIL, ArgoWord.STOPPED), (Verdict.PASS, ArgoWord.PASSED)}


def test_worse_by_the_counts_is_a_disagreement_unless_argo_stopped_it_too() -> None:
    assert {item for item in Agreement if item.is_disagreement} == {
        Agreement.ARGO_PASSED_WORSE,
        Agreement.ARGO_PASSES_WORSE,
        Agreement.ARGO_STOPPED_GOOD,
        Agreement.ARGO_NOT_YET,
        Agreement.WORSE_ARGO_COULD_NOT_TELL,
        Agreement.WORSE_ARGO_NO_ANSWER,
    }


def test_of_a_canary_that_has_ended_nothing_is_yet_to_come() -> None:
    for item in set(Agreement) - {Agreement.AGREE_SO_FAR, Agreement.ARGO_PASSES_WORSE}:
        if item is not Agreement.COUNTS_NOT_YET_SO_FAR:
            assert "yet" not in item.past_sentence()
            assert " has " not in item.past_sentence()
