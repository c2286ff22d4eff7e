"""Deployment freezes: when one is active, what it covers, and what cannot be known of one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.policy.releases import MISSING, OVERRIDE, Document, moment, release
from tests.policy.verdicts import Judge, checks, violated

_NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FREEZE = "approval.freeze"


def _freeze(**changes: Any) -> Document:
    usual = {
        "id": "F-1",
        "start": moment(_NOW - timedelta(days=1)),
        "end": moment(_NOW + timedelta(days=1)),
        "services": [],
        "environments": [],
        "reason": "Cyber Monday",
    }
    return {key: value for key, value in (usual | changes).items() if value is not MISSING}


def _stands(judge: Judge, *freezes: object, **changes: Any) -> bool:
    decision = judge(release(changes, freezes=list(freezes)))
    assert decision["allow"] == (violated(decision) == set())
    return _FREEZE in violated(decision)


@pytest.mark.parametrize(
    ("start", "end", "stands"),
    [
        (timedelta(0), timedelta(days=1), True),
        (_MICROSECOND, timedelta(days=1), False),
        (-_MICROSECOND, timedelta(days=1), True),
        (-timedelta(days=1), timedelta(0), False),
        (-timedelta(days=1), _MICROSECOND, True),
        (-timedelta(days=1), -_MICROSECOND, False),
        (timedelta(0), timedelta(0), False),
        (timedelta(0), _MICROSECOND, True),
        (_MICROSECOND, -_MICROSECOND, False),
    ],
)
def test_a_freeze_is_active_from_its_start_up_to_but_not_at_its_end(
    judge: Judge, start: timedelta, end: timedelta, *, stands: bool
) -> None:
    assert _stands(judge, _freeze(start=moment(_NOW + start), end=moment(_NOW + end))) == stands


def test_times_are_compared_as_times_whatever_their_decimals(judge: Judge) -> None:
    assert not _stands(judge, _freeze(end="2026-11-23T10:00:00Z"))
    assert _stands(judge, _freeze(end="2026-11-23T10:00:00.1Z"))
    assert _stands(judge, _freeze(start="2026-11-23T10:00:00.000Z"))
    assert not _stands(judge, _freeze(start="2026-11-23T10:00:00.5Z"))
    assert _stands(judge, _freeze(start="2026-11-23T10:00:00Z"), now="2026-11-23T10:00:00Z")


@pytest.mark.parametrize(
    ("services", "environments", "covers"),
    [
        ([], [], True),
        (["api"], [], True),
        (["docs", "api"], ["staging", "production"], True),
        ([], ["production"], True),
        (["docs"], [], False),
        ([], ["staging"], False),
        (["api"], ["staging"], False),
        (["docs"], ["production"], False),
        (["API"], [], False),
        (["ap"], ["prod"], False),
    ],
)
def test_a_freeze_covers_what_its_lists_hold_and_an_empty_list_everything(
    judge: Judge, services: list[str], environments: list[str], *, covers: bool
) -> None:
    assert _stands(judge, _freeze(services=services, environments=environments)) == covers


def test_what_nobody_knows_is_covered_by_every_freeze(judge: Judge) -> None:
    frozen = {"policy.service", _FREEZE}
    for service in ("nobody-s", None, MISSING):
        document = release(service=service, freezes=[_freeze(services=["docs"])])
        assert violated(judge(document)) == frozen
    document = release(environment="moon", freezes=[_freeze(environments=["staging"])])
    assert violated(judge(document)) == {"policy.environment", _FREEZE}


@pytest.mark.parametrize("service", ["api", "conductor", "devtools", "docs"])
@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_a_freeze_holds_for_every_tier_and_environment(judge: Judge, service: str, environment: str) -> None:
    assert _stands(judge, _freeze(), service=service, environment=environment)


def test_of_several_freezes_those_that_stand_are_named(judge: Judge) -> None:
    over = _freeze(id="F-2", end=moment(_NOW))
    elsewhere = _freeze(id="F-3", services=["docs"])
    decision = judge(release(freezes=[_freeze(), over, elsewhere, _freeze(id="F-4")]))
    assert checks(decision)[_FREEZE]["seen"] == ["F-1", "F-4"]


@pytest.mark.parametrize(
    "freeze",
    [
        *(_freeze(**{key: MISSING}) for key in ("id", "start", "end", "services", "environments")),
        *(_freeze(**{key: None}) for key in ("id", "start", "end", "services", "environments")),
        _freeze(id=1),
        _freeze(start="yesterday"),
        _freeze(end="2026-11-22"),
        _freeze(end="2026-11-22T10:00:00+00:00"),
        _freeze(end=0),
        _freeze(services="docs"),
        _freeze(services=[1]),
        _freeze(services=["docs", None]),
        _freeze(environments={"staging": True}),
        *(None, "F-1", 1, [], {}),
    ],
)
def test_a_freeze_that_cannot_be_read_might_be_active_and_is_nobody_s_to_lift(
    judge: Judge, freeze: object
) -> None:
    lifts_all = [{"id": "EXC-1", "type": "freeze"}]
    decision = judge(release(freezes=[freeze], exceptions=lifts_all))
    assert violated(decision) == {_FREEZE}
    assert checks(decision)[_FREEZE]["seen"] is None


@pytest.mark.parametrize("freezes", [MISSING, None, []])
def test_who_knows_of_no_freeze_may_leave_the_list_out(judge: Judge, freezes: object) -> None:
    assert violated(judge(release(freezes=freezes))) == set()


@pytest.mark.parametrize("freezes", [{}, "", "none", 0, False])
def test_a_list_of_freezes_that_is_none_may_hold_one_that_is_active(judge: Judge, freezes: object) -> None:
    assert violated(judge(release(freezes=freezes))) == {_FREEZE}


@pytest.mark.parametrize("now", [MISSING, None, "", "now", "2026-11-23T10:00", 5])
def test_without_the_time_nobody_knows_if_a_freeze_is_active(judge: Judge, now: object) -> None:
    assert violated(judge(release(now=now))) == {_FREEZE}


def test_an_override_in_an_emergency_lifts_a_freeze(judge: Judge) -> None:
    decision = judge(release(OVERRIDE, freezes=[_freeze()]))
    assert (decision["allow"], decision["emergency"]["overridden"]) == (True, [_FREEZE])
