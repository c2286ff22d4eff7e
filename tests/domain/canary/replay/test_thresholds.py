"""What a chart draws of a metric: the numbers of its answers, and those that conditions compare them with."""

import pytest

from dashboard.domain.canary.replay.thresholds import Threshold, numbers, thresholds


@pytest.mark.parametrize(
    ("success", "failure", "expected"),
    [
        ("result[0] >= 0.95", "", [(">=", 0.95, True)]),
        ("0.05 > result[0]", "", [("<", 0.05, True)]),
        ("result < 2 && result > -1", "result >= 9", [("<", 2, True), (">", -1, True), (">=", 9, False)]),
        ("len(result) > 0 && result[0] < 0.02", "", [("<", 0.02, True)]),
        ("all(result, # < 0.05)", "", []),
        ("default(result[0], 0) < 0.05", "", [("<", 0.05, True)]),
        ("result == 'ok'", "", []),
        ("result[0] >", "", []),
        ("", "", []),
    ],
)
def test_the_numbers_that_an_answer_is_compared_with(
    success: str, failure: str, expected: list[tuple[str, float, bool]]
) -> None:
    assert thresholds(success, failure) == tuple(
        Threshold(operator=operator, number=number, passes=passes) for operator, number, passes in expected
    )


@pytest.mark.parametrize(
    ("provider", "value", "expected"),
    [
        ("prometheus", "[0.95,0.5]", (0.95, 0.5)),
        ("prometheus", "0.5", (0.5,)),
        ("prometheus", "[]", ()),
        ("prometheus", None, ()),
        ("prometheus", "not a number", ()),
        ("web", '{"a": 1}', ()),
        ("web", "3", (3.0,)),
        ("web", "true", ()),
        ("web", "<html>", ()),
        ("job", "", ()),
    ],
)
def test_the_numbers_of_an_answer(provider: str, value: str | None, expected: tuple[float, ...]) -> None:
    assert numbers(provider, value) == expected
