"""The time axis of a chart puts every step at its true time, also where the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from dashboard.reports.service import Course
from dashboard.ui.charts import TIME_TICKS, course_times

BERLIN = ZoneInfo("Europe/Berlin")
STEP = timedelta(minutes=30)


def course(start: datetime, length: timedelta) -> Course:
    ends = [start + (number + 1) * STEP for number in range(length // STEP)]
    return Course(ends=ends, remaining=[], error_ratio=[], events_per_second=[])


@pytest.mark.parametrize(
    ("start", "days", "offset", "title"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), 7, 1, "Time (CET)"),
        (datetime(2026, 7, 1, tzinfo=UTC), 7, 2, "Time (CEST)"),
        # The clocks go back on 25 October 2026 and forward on 28 March 2027.
        (datetime(2026, 10, 20, tzinfo=UTC), 7, 1, "Time (CET, also before the clocks changed)"),
        (datetime(2027, 3, 25, tzinfo=UTC), 7, 2, "Time (CEST, also before the clocks changed)"),
        # Both changes lie within: the first and the newest step are on the same clock, the summer is not.
        (datetime(2026, 1, 10, tzinfo=UTC), 365, 1, "Time (CET, also before the clocks changed)"),
    ],
    ids=["winter", "summer", "clocks go back", "clocks go forward", "both in a year"],
)
def test_every_step_is_at_its_true_time_on_one_named_clock(
    start: datetime, days: int, offset: int, title: str
) -> None:
    shown = course(start, timedelta(days=days))
    axis, named = course_times(shown, BERLIN)
    first, step = datetime.fromisoformat(axis["x0"]), timedelta(milliseconds=axis["dx"])
    drawn = [first + number * step for number in range(len(shown.ends))]
    assert named == title
    assert all(before < after for before, after in pairwise(drawn))
    clock = timedelta(hours=offset)
    assert drawn == [(end + clock).replace(tzinfo=None) for end in shown.ends]
    assert drawn[-1] == shown.ends[-1].astimezone(BERLIN).replace(tzinfo=None)


def test_a_course_of_one_step_or_none_has_an_axis() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert course_times(course(at, STEP), BERLIN) == ({"x": ["2026-11-01 01:30:00"]}, "Time (CET)")
    assert course_times(course(at, timedelta(0)), BERLIN) == ({"x": []}, "Time (UTC)")


def test_a_time_axis_names_the_day_before_the_month_at_every_scale() -> None:
    formats = [str(stop["value"]) for stop in TIME_TICKS]
    assert formats == ["%H:%M:%S\n%-d %b %Y", "%H:%M\n%-d %b %Y", "%-d %b\n%Y", "%b %Y"]
    assert TIME_TICKS[0]["dtickrange"][0] is None, "no scale is left to the chart's own words"
    assert TIME_TICKS[-1]["dtickrange"][1] is None
