"""The deployment window: half-open, by service tier, local to the policy's zone whatever its clock does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.policy.data import GatePolicy
from tests.policy.policies import written_policy
from tests.policy.releases import MISSING, SERVICE_OF, clock, moment, release
from tests.policy.verdicts import Judge, checks, violated

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MICROSECOND = timedelta(microseconds=1)
_WINDOW = "approval.window"


def _is_open(judge: Judge, at: datetime, tier: int = 1, **changes: Any) -> bool:
    """Whether the window is open for a service of `tier` at `at`."""
    told = clock(at, judge.policy.data["timezone"])
    decision = judge(release(service=SERVICE_OF[tier], now=moment(at), clock=told, **changes))
    asked = tier in (1, 2)
    assert (_WINDOW in violated(decision)) == (asked and not checks(decision)[_WINDOW]["met"])
    met: bool = checks(decision)[_WINDOW]["met"]
    return met


@pytest.mark.parametrize("tier", SERVICE_OF)
@pytest.mark.parametrize("weekday", range(7))
def test_the_window_of_each_day_and_tier_is_half_open(judge: Judge, weekday: int, tier: int) -> None:
    day = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=weekday)
    until = 16 if weekday < 4 else 12 if weekday == 4 and tier in (2, 3) else None
    edges = {hour: day + timedelta(hours=hour) for hour in (0, 9, 12, 16)}
    for hour, edge in edges.items():
        assert _is_open(judge, edge, tier) == (until is not None and 9 <= hour < until)
        assert _is_open(judge, edge - _MICROSECOND, tier) == (until is not None and 9 < hour <= until)
    assert not _is_open(judge, day + timedelta(hours=24) - _MICROSECOND, tier)


@pytest.mark.parametrize(
    ("told", "met"),
    [("08:59:59", False), ("09:00:00", True), ("09:00:00.0", True), ("15:59:59", True), ("16:00:00", False)],
)
def test_a_clock_may_tell_fewer_decimals(judge: Judge, told: str, *, met: bool) -> None:
    decision = judge(release(clock={"weekday": "Monday", "time": told}))
    assert checks(decision)[_WINDOW]["met"] == met


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        # Central European Time, one hour ahead: the last days before the one change ...
        ("2026-03-26T08:00", "2026-03-26T15:00"),
        # ... and, two hours ahead, the first days after it.
        ("2026-03-30T07:00", "2026-03-30T14:00"),
        ("2026-10-22T07:00", "2026-10-22T14:00"),
        ("2026-10-26T08:00", "2026-10-26T15:00"),
    ],
)
def test_the_window_follows_the_local_clock_on_both_sides_of_its_changes(
    judge: Judge, in_berlin: GatePolicy, opens: str, closes: str
) -> None:
    local = judge.under(in_berlin)
    first, last = (datetime.fromisoformat(f"{edge}+00:00") for edge in (opens, closes))
    assert [_is_open(local, at) for at in (first - _MICROSECOND, first)] == [False, True]
    assert [_is_open(local, at) for at in (last - _MICROSECOND, last)] == [True, False]


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_left_out_never(
    judge: Judge, tmp_path: Path
) -> None:
    window = "{days: [Sunday], from: '02:00', until: '03:00'}"
    policy = f"timezone: Europe/Berlin\nrelease_gate:\n  windows: [{window}]\n"
    local = judge.under(written_policy(tmp_path, policy))
    autumn, spring = datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)
    half_hours = [timedelta(minutes=30 * number) for number in range(6)]
    # 00:00Z is 02:00 in summer time, 01:00Z is 02:00 again; in spring 01:00 is followed by 03:00.
    assert [_is_open(local, autumn + step) for step in half_hours] == [True] * 4 + [False] * 2
    assert not any(_is_open(local, spring + step) for step in half_hours)


def test_a_window_may_last_until_the_end_of_the_day(judge: Judge, of_a_team: GatePolicy) -> None:
    team = judge.under(of_a_team)
    for told, opened in {
        ("Sunday", "23:59:59.999999"): True,
        ("Monday", "00:00:00.000000"): False,
        ("Monday", "22:29:59.999999"): False,
        ("Monday", "22:30:00.000000"): True,
        ("Monday", "23:59:59.999999"): True,
        ("Thursday", "23:00:00.000000"): False,
    }.items():
        document = release(environment="live", clock={"weekday": told[0], "time": told[1]})
        assert (_WINDOW not in violated(team(document))) == opened


@pytest.mark.parametrize("year", [2000, 2024, 2026, 2100])
def test_without_a_clock_the_weekday_follows_from_the_time_in_utc(judge: Judge, year: int) -> None:
    day = datetime(year, 1, 1, 9, tzinfo=UTC)
    while day.year == year:
        decision = judge({"now": moment(day)})
        assert checks(decision)[_WINDOW]["seen"] == {
            "weekday": _WEEKDAYS[day.weekday()],
            "time": "09:00:00.000000",
        }
        assert checks(decision)[_WINDOW]["met"] == (day.weekday() < 4)
        day += timedelta(days=5)


@pytest.mark.parametrize(
    ("now", "met"),
    [
        ("2026-11-23T09:00:00Z", True),
        ("2026-11-23T15:59:59.9Z", True),
        ("2026-11-23T16:00:00Z", False),
        ("2026-11-23T08:59:59.999999Z", False),
        ("2026-11-23T10:00:00", False),
        ("2026-11-23T10:00:00+00:00", False),
        ("2026-11-23T10:00:00.0000000Z", False),
        ("2026-11-23T10:00:00.Z", False),
        ("2026-11-23 10:00:00Z", False),
        ("2026-13-23T10:00:00Z", False),
        ("2026-11-00T10:00:00Z", False),
        ("2026-11-23T24:00:00Z", False),
        ("2026-11-23T10:60:00Z", False),
        ("x2026-11-23T10:00:00Z", False),
        ("2026-11-23T10:00:00Z\n", False),
        ("2026-11-23", False),
        ("", False),
        (None, False),
        (1795428000, False),
        (["2026-11-23T10:00:00Z"], False),
        (MISSING, False),
    ],
)
def test_a_time_in_utc_that_cannot_be_read_opens_nothing(judge: Judge, now: object, *, met: bool) -> None:
    decision = judge(release(now=now, clock=MISSING))
    assert checks(decision)[_WINDOW]["met"] == met


@pytest.mark.parametrize("told", [MISSING, None])
def test_without_a_clock_no_other_zone_has_a_window(
    judge: Judge, in_berlin: GatePolicy, told: object
) -> None:
    decision = judge.under(in_berlin)(release(clock=told))
    assert violated(decision) == {_WINDOW}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"weekday": "Monday"},
        {"time": "10:00:00.000000"},
        {"weekday": "Monday", "time": None},
        {"weekday": None, "time": "10:00:00.000000"},
        {"weekday": "Monday", "time": "10"},
        {"weekday": "Monday", "time": "10:00"},
        {"weekday": "Monday", "time": "10 o'clock"},
        {"weekday": "Monday", "time": "1"},
        {"weekday": "Monday", "time": "10:60:00"},
        {"weekday": "Monday", "time": "10:00:00\n"},
        {"weekday": "Monday", "time": "10:00:00.0000001"},
        {"weekday": "Monday", "time": 10},
        {"weekday": "monday", "time": "10:00:00.000000"},
        {"weekday": 0, "time": "10:00:00.000000"},
        {"weekday": ["Monday"], "time": "10:00:00.000000"},
        ["Monday", "10:00:00.000000"],
        "Monday 10:00:00.000000",
        True,
    ],
)
def test_a_clock_that_cannot_be_read_opens_no_window(judge: Judge, told: object) -> None:
    assert violated(judge(release(clock=told))) == {_WINDOW}


@pytest.mark.parametrize("environment", ["staging", "development"])
def test_only_production_has_a_window(judge: Judge, environment: str) -> None:
    decision = judge(release(environment=environment, clock=MISSING, slo=release()["slo"]))
    assert (_WINDOW in checks(decision), decision["allow"]) == (False, True)


@pytest.mark.parametrize("environment", ["moon", "", None, MISSING])
def test_an_environment_that_nobody_knows_has_the_strictest_rules(judge: Judge, environment: object) -> None:
    decision = judge(release(environment=environment, clock={"weekday": "Sunday", "time": "10:00:00"}))
    assert violated(decision) == {"policy.environment", _WINDOW}
    assert checks(decision)["security.slsa_level"]["needed"] == {"at_least": 3}
