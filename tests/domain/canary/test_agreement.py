"""Argo's word beside that of the error counts."""

import pytest

from dashboard.domain.canary.agreement import Agreement, agreement
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.sequential import Verdict


@pytest.mark.parametrize(
    ("verdict", "phase", "expected"),
    [
        (Verdict.FAIL, Phase.SUCCESSFUL, Agreement.ARGO_PASSED_WORSE),
        (Verdict.FAIL, Phase.FAILED, Agreement.AGREE),
        (Verdict.FAIL, None, Agreement.ARGO_NOT_YET),
        (Verdict.PASS, Phase.FAILED, Agreement.ARGO_STOPPED_GOOD),
        (Verdict.PASS, Phase.ERROR, Agreement.ARGO_STOPPED_GOOD),
        (Verdict.PASS, Phase.SUCCESSFUL, Agreement.AGREE),
        (Verdict.PASS, None, Agreement.AGREE),
        (Verdict.NONE, Phase.SUCCESSFUL, Agreement.COUNTS_NOT_YET),
        (Verdict.NONE, None, Agreement.NEITHER_YET),
    ],
)
def test_each_pair_of_verdicts_has_its_sentence(
    verdict: Verdict, phase: Phase | None, expected: Agreement
) -> None:
    found = agreement(verdict, phase)
    assert found is expected
    assert found.sentence.endswith(".")


def test_what_one_says_and_the_other_does_not_is_a_disagreement() -> None:
    assert {item for item in Agreement if item.is_disagreement} == {
        Agreement.ARGO_PASSED_WORSE,
        Agreement.ARGO_STOPPED_GOOD,
        Agreement.ARGO_NOT_YET,
    }
