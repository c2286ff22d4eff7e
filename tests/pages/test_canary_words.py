"""The words and charts of canaries: what is not known is never a number, and no gap is drawn over."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.canary.analysis_runs import MetricState, SeenMeasurement
from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.consequences import Hindsight
from dashboard.domain.canary.gaps import Gap, GapReason
from dashboard.domain.canary.ladder import Ladder, Place, Rung
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import MetricSpec, RecordedMeasurement
from dashboard.domain.canary.replay.metric_phase import Counts, Limits
from dashboard.domain.canary.replay.thresholds import Threshold
from dashboard.domain.canary.rollouts import CanaryStep, StepKind
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.canary.time_ahead import AnalysesAhead, VerdictAhead
from dashboard.reports.canary_metrics import MetricView, metric_view
from dashboard.reports.canary_standing import Standing, is_last_chance
from dashboard.ui import canary_words as words
from dashboard.ui import format as show
from dashboard.ui.canary_chart import (
    MOST_POINTS,
    MOST_SERIES,
    arms_figure,
    has_chart,
    merged,
    metric_alt,
    metric_figure,
)
from dashboard.ui.canary_time_words import verdict_words, when_words

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THROUGH = "Through in **14 min** at the earliest (23 Nov 09:14 UTC)"


def _view(*values: tuple[str | None, Phase], phase: Phase = Phase.RUNNING, **limits: int) -> MetricView:
    counts = Counts()
    seen = []
    for ordinal, (value, of) in enumerate(values):
        counts = counts.after(of)
        at = NOW + ordinal * MINUTE
        taken = RecordedMeasurement(value=value, phase=of, started_at=at, finished_at=at)
        seen.append(SeenMeasurement(taken=taken, ordinal=ordinal))
    state = MetricState(name="rate", phase=phase, counts=counts, measurements=tuple(seen))
    spec = MetricSpec(
        name="rate",
        limits=Limits(**{"failure": 2, "effective_count": 10} | limits),
        success_condition="result[0] >= 0.95",
        interval=MINUTE,
    )
    return metric_view(state, spec, None)


GOOD, BAD, ERROR = ("[0.99]", Phase.SUCCESSFUL), ("[0.9]", Phase.FAILED), (None, Phase.ERROR)


def test_every_state_has_a_symbol_and_a_word() -> None:
    tables = (
        (Standing, words.STANDINGS),
        (Outcome, words.OUTCOMES),
        (Hindsight, words.HINDSIGHTS),
        (Phase, words.PHASES),
    )
    for states, signs in tables:
        assert set(states) <= set(signs), states
        assert all(sign.symbol and sign.word for sign in signs.values())


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (CanaryStep(kind=StepKind.SET_WEIGHT, weight=10), "set the weight to 10 %"),
        (CanaryStep(kind=StepKind.PAUSE, pause=timedelta(minutes=5)), "pause 5 min"),
        (CanaryStep(kind=StepKind.PAUSE), "pause until promoted"),
        (CanaryStep(kind=StepKind.ANALYSIS, templates=("a", "b")), "analysis: a, b"),
        (CanaryStep(kind=StepKind.ANALYSIS), "analysis: no template named"),
        (CanaryStep(kind=StepKind.OTHER), "a step of a kind that is not known here"),
    ],
)
def test_a_step_says_what_it_does(step: CanaryStep, said: str) -> None:
    assert words.step_words(step) == said


def _ladder(**told: object) -> Ladder:
    facts = {
        "rungs": (),
        "position": 0,
        "weight": 1,
        "elapsed": MINUTE,
        "left": 14 * MINUTE,
        "eta": NOW + 14 * MINUTE,
        "analyses_ahead": 0,
        "waits_for": None,
    }
    return Ladder(**facts | told)  # type: ignore[arg-type]  # the facts are of the right types


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        (None, "When it is through is not known: its Rollout or its steps were not seen."),
        (_ladder(), f"{THROUGH}."),
        (
            _ladder(analyses_ahead=2),
            f"{THROUGH}, and later by as long as 2 analyses ahead take.",
        ),
        (_ladder(left=timedelta()), "No pause remains."),
        (_ladder(left=None, eta=None), "When it is through is not known."),
        (_ladder(waits_for="it is held"), "It does not go on by itself: it is held."),
    ],
)
def test_when_it_is_known_says_what_it_takes_for_granted(ladder: Ladder | None, said: str) -> None:
    assert when_words(ladder, UTC_ZONE) == said


def _verdict_ahead(left: timedelta | None, *, to_pass: bool = False) -> str:
    ratio = 1.5 if to_pass else 2.0
    return verdict_words(VerdictAhead(per_minute=480.0, ratio=ratio, to_pass=to_pass, left=left))


@pytest.mark.parametrize(("rate", "told"), [(3511.4, "3,511"), (480.0, "480"), (2.5, "2.5"), (0.25, "0.25")])
def test_requests_a_minute_have_their_thousands_apart(rate: float, told: str) -> None:
    ahead = VerdictAhead(per_minute=rate, ratio=2.0, to_pass=False, left=MINUTE)
    assert verdict_words(ahead).endswith(f"at {told} requests a minute.")


def test_when_the_counts_can_tell_is_about_a_time_or_says_why_not() -> None:
    shows = "The error counts show a 2× rise in about **15 min**, at 480 requests a minute."
    assert _verdict_ahead(15 * MINUTE) == shows
    assert "rule out a 1.5× rise in about **1 h**" in _verdict_ahead(60 * MINUTE, to_pass=True)
    assert "requests enough" in _verdict_ahead(timedelta(), to_pass=True)
    assert "is not known yet" in _verdict_ahead(None)


def test_analyses_ahead_are_as_long_as_is_known_of_them() -> None:
    def told(known: timedelta, unknown: int) -> str:
        ahead = AnalysesAhead(known=known, unknown=unknown)
        return when_words(_ladder(analyses_ahead=2), UTC_ZONE, ahead)

    assert told(9 * MINUTE, 0).endswith("later by as long as 2 analyses ahead take: 9 min.")
    assert told(4 * MINUTE, 1).endswith("take: 4 min for 1 of them, the rest is not known.")
    assert told(timedelta(), 2).endswith("later by as long as 2 analyses ahead take.")


def test_a_pause_that_is_over_says_so_and_one_that_goes_on_how_long_yet() -> None:
    step = CanaryStep(kind=StepKind.PAUSE, pause=5 * MINUTE)
    here = Rung(index=0, step=step, weight=10, place=Place.CURRENT, since=NOW - MINUTE, left=4 * MINUTE)
    assert words.place_words(here, NOW, UTC_ZONE).endswith("since 23 Nov 08:59 UTC, 4 min left")
    over = Rung(index=0, step=step, weight=10, place=Place.CURRENT, since=NOW, left=timedelta())
    assert words.place_words(over, NOW, UTC_ZONE).endswith("the pause is over")


def test_room_that_was_passed_names_what_passed_it() -> None:
    assert words.room_words(_view(GOOD, BAD)) == "1 of 2 failures used, 8 measurements to go"
    failed = _view(BAD, BAD, BAD, phase=Phase.FAILED)
    assert words.room_words(failed) == "3 failures, 2 allowed"
    errors = _view(*[ERROR] * 5, phase=Phase.ERROR)
    assert words.room_words(errors) == "5 errors in a row, 4 allowed"


def test_the_last_chance_is_after_a_failure_never_before_one() -> None:
    assert not is_last_chance(_view(GOOD, failure=0)), "no failure allowed is no failure used"
    assert not is_last_chance(_view(BAD, GOOD))
    assert is_last_chance(_view(BAD, BAD, GOOD))
    assert is_last_chance(_view(*[ERROR] * 4))


def test_a_gap_says_when_how_often_and_why() -> None:
    gap = Gap(reason=GapReason.PROVIDER, start=NOW, end=NOW + 3 * MINUTE, count=3, detail="no [route]")
    said = words.gap_words(gap, UTC_ZONE)
    assert said == r"**provider error** 23 Nov 09:00 → 09:03 UTC: 3 measurements, no \[route\]"
    unknown = Gap(reason=GapReason.DROPPED, start=None, end=None, count=0, detail="")
    assert words.gap_words(unknown, UTC_ZONE) == "**not seen** at an unknown time: no reason was given"


def test_thresholds_and_values_read_as_written() -> None:
    assert (
        words.threshold_words(Threshold(operator=">=", number=0.95, passes=True)) == "passes at 0.95 or more"
    )
    assert words.threshold_words(Threshold(operator=">", number=0.02, passes=False)) == "fails above 0.02"
    assert [show.value(number) for number in (0.98765, 0, 12345.6)] == [
        "0.9877",
        "0",
        "12,346",
    ]


def test_a_chart_has_its_threshold_in_view_and_never_bridges_a_gap() -> None:
    view = _view(GOOD, ERROR, GOOD)
    figure = metric_figure(view, UTC_ZONE, dark=False)
    assert figure.data[0].y == (0.99, None, 0.99)
    assert figure.layout.yaxis.title.text == "rate"
    low, high = figure.layout.yaxis.range
    assert low < 0.95 < high
    assert [shape.type for shape in figure.layout.shapes] == ["line", "rect"]
    assert "1 error of the provider" in metric_alt(view)


def test_a_metric_without_a_number_has_no_chart() -> None:
    assert not has_chart(_view(ERROR, ("[]", Phase.FAILED)))
    assert not has_chart(_view())


def test_many_points_and_many_numbers_are_thinned() -> None:
    many = tuple(("[1,2,3,4,5,6]", Phase.SUCCESSFUL) for _ in range(MOST_POINTS + 100))
    figure = metric_figure(_view(*many), UTC_ZONE, dark=True)
    assert len(figure.data) == 2 * MOST_SERIES
    assert max(len(trace.x) for trace in figure.data) == MOST_POINTS


def test_an_infinite_answer_is_not_drawn_and_breaks_nothing() -> None:
    figure = metric_figure(
        _view(("[+Inf]", Phase.FAILED), ("[NaN]", Phase.FAILED), GOOD), UTC_ZONE, dark=False
    )
    low, high = figure.layout.yaxis.range
    assert low > 0
    assert high < 2


def test_an_arm_without_requests_has_no_rate() -> None:
    ticks = [
        Tick(canary_bad=1, canary_total=10, stable_bad=1, stable_total=100, at=NOW),
        Tick(canary_bad=0, canary_total=0, stable_bad=1, stable_total=100, at=NOW + MINUTE),
    ]
    figure = arms_figure(ticks, UTC_ZONE, dark=False)
    assert figure.data[0].name == "canary"
    assert figure.data[0].y == (0.1, None)
    assert figure.data[1].y == (0.01, 0.01)


def test_many_ticks_are_added_up_so_that_no_error_is_lost() -> None:
    ticks = [
        Tick(canary_bad=1, canary_total=10, stable_bad=2, stable_total=90, at=NOW + minute * MINUTE)
        for minute in range(1001)
    ]
    found = merged(ticks)
    assert len(found) <= 240
    assert sum(tick.canary_bad for tick in found) == 1001
    assert found[-1].at == ticks[-1].at
    assert len(merged(ticks[:100])) == 100


def test_a_single_measurement_has_a_minute_around_it() -> None:
    figure = metric_figure(_view(GOOD), UTC_ZONE, dark=False)
    assert figure.layout.xaxis.range == ("2026-11-23 08:59:30", "2026-11-23 09:00:30")


def test_while_a_run_goes_on_its_axis_has_room_for_what_is_to_be_measured() -> None:
    figure = metric_figure(_view(GOOD), UTC_ZONE, goes_on=True, dark=False)
    assert figure.layout.xaxis.range[1] > "2026-11-23 09:09:00"
    single = metric_figure(_view(GOOD), UTC_ZONE, dark=False)
    assert single.layout.xaxis.ticktext == ("09:00:00",)
