"""One service in depth: the course of each objective over its window."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.ingest.load import Readings, load
from dashboard.reports.service import Course, service_report
from tests.histories import DAY_BUCKETS, END, NOW, STEP, Buckets, evenly, objective

_MakeStore = Callable[[Mapping[Objective, Buckets]], tuple[Path, Catalogue]]
_DAY = objective(days=1)


def _course(store: Path, known: Catalogue, policy: Policy) -> Course:
    (detail,) = service_report(store, known, policy, "api", NOW).objectives
    assert detail.course is not None
    return detail.course


def test_a_burn_down_goes_from_one_to_what_remains(make_store: _MakeStore, policy: Policy) -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    for index in (10, 200):
        buckets[sorted(buckets)[index]] = (928, 1000)
    store, known = make_store({_DAY: buckets})
    course = _course(store, known, policy)
    (detail,) = service_report(store, known, policy, "api", NOW).objectives
    assert detail.status.remaining is not None
    assert course.remaining[-1] == float(detail.status.remaining) == 0.5
    assert course.remaining == [1.0] * 10 + [0.75] * 190 + [0.5] * 88
    assert course.ends[0] == NOW - timedelta(days=1) + timedelta(minutes=5)
    assert course.ends[-1] == NOW
    assert detail.span == (NOW - timedelta(days=1), NOW)


def test_each_step_shows_its_own_errors_and_traffic(make_store: _MakeStore, policy: Policy) -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    buckets[sorted(buckets)[10]] = (900, 1000)
    course = _course(*make_store({_DAY: buckets}), policy)
    assert course.error_ratio[9:12] == [0.0, 0.1, 0.0]
    assert course.events_per_second == pytest.approx([1000 / 300] * 288)


def test_a_gap_is_none_in_every_line(make_store: _MakeStore, policy: Policy) -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    for start in sorted(buckets)[100:103]:
        del buckets[start]
    course = _course(*make_store({_DAY: buckets}), policy)
    for line in (course.remaining, course.error_ratio, course.events_per_second):
        assert [index for index, value in enumerate(line) if value is None] == [100, 101, 102]


def test_an_unknown_budget_has_no_burn_down_but_its_traffic(make_store: _MakeStore, policy: Policy) -> None:
    course = _course(*make_store({_DAY: evenly(200_000, 0, 200)}), policy)
    assert set(course.remaining) == {None}
    assert course.events_per_second[:88] == [None] * 88
    assert None not in course.events_per_second[88:]


def test_no_traffic_keeps_the_whole_budget(make_store: _MakeStore, policy: Policy) -> None:
    course = _course(*make_store({_DAY: evenly(0, 0, DAY_BUCKETS)}), policy)
    assert set(course.remaining) == {1.0}
    assert set(course.events_per_second) == {0.0}


def test_a_long_window_has_no_more_points_than_a_screen_shows(make_store: _MakeStore, policy: Policy) -> None:
    subject = objective(days=7)  # 2,016 buckets in steps of 15 minutes
    buckets = evenly(2_016_000, 1008, 7 * DAY_BUCKETS)
    course = _course(*make_store({subject: buckets}), policy)
    assert len(course.ends) == len(course.remaining) == 672
    assert {after - before for before, after in zip(course.ends, course.ends[1:], strict=False)} == {
        timedelta(minutes=15)
    }
    assert course.remaining[-1] == 0.5


def test_an_odd_window_has_a_shorter_first_step_and_whole_newest_ones(
    make_store: _MakeStore, policy: Policy
) -> None:
    subject = objective(days=11)  # 3,168 buckets in steps of 25 minutes: 633 whole ones and a rest
    course = _course(*make_store({subject: evenly(3_168_000, 0, 11 * DAY_BUCKETS)}), policy)
    assert len(course.ends) == 634
    assert course.ends[-1] - course.ends[-2] == timedelta(minutes=25)
    assert course.ends[0] == NOW - timedelta(days=11) + timedelta(minutes=15)
    assert course.events_per_second == pytest.approx([1000 / 300] * 634)


def test_a_step_that_is_measured_in_part_shows_the_traffic_of_that_part(
    make_store: _MakeStore, policy: Policy
) -> None:
    subject = objective(days=7)
    buckets = evenly(2_016_000, 0, 7 * DAY_BUCKETS)
    del buckets[sorted(buckets)[300]]
    course = _course(*make_store({subject: buckets}), policy)
    assert course.events_per_second == pytest.approx([1000 / 300] * 672)


def test_flags_are_told_by_fault_and_add_up_to_those_of_the_status(
    make_store: _MakeStore, policy: Policy
) -> None:
    buckets = evenly(288_000, 0, DAY_BUCKETS)
    store, known = make_store({_DAY: buckets})
    later = [END + STEP, END + 2 * STEP]
    old = END - 400 * STEP
    wrong = Readings(
        objective=_DAY,
        good=dict.fromkeys([*later, old], 2.0),
        total=dict.fromkeys([*later, old], 1.0),
    )
    load(store, known, [wrong])
    (detail,) = service_report(store, known, policy, "api", NOW + timedelta(minutes=10)).objectives
    assert detail.status.flagged == 2
    assert dict(detail.flagged) == {"good_exceeds_total": 2}


def test_a_source_that_only_answers_nonsense_has_its_faults_shown(
    make_store: _MakeStore, policy: Policy
) -> None:
    store, known = make_store({_DAY: {END - STEP: (2, 1)}})
    (detail,) = service_report(store, known, policy, "api", NOW).objectives
    assert (detail.course, detail.span, detail.status.flagged) == (None, None, 1)
    assert dict(detail.flagged) == {"good_exceeds_total": 1}


def test_an_unknown_service_is_told(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    with pytest.raises(InputError, match="found 'nobody', expected a service of the catalogue"):
        service_report(*fleet, policy, "nobody", NOW)


def test_a_best_effort_service_has_no_objectives(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    report = service_report(*fleet, policy, "free", NOW)
    assert (report.objectives, report.status.policy_tier) == ((), None)


def test_the_burn_down_begins_with_the_whole_budget_whatever_burnt_before_the_window(
    make_store: _MakeStore, policy: Policy
) -> None:
    """A history of two days behind a window of one: only the bad events of the window count."""
    buckets = evenly(576_000, 0, 2 * DAY_BUCKETS)
    for start in sorted(buckets)[:12]:
        buckets[start] = (0, 1000)  # an outage, long before the window
    course = _course(*make_store({_DAY: buckets}), policy)
    assert set(course.remaining) == {1.0}
