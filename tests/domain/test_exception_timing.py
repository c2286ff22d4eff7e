"""An exception that expires before it is of use is known, with when it would have been."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.exception_timing import Calendar, useful_from, warning
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import AuditLevel, ExceptionType
from dashboard.domain.outlook import Moment
from dashboard.domain.release_exceptions import ExceptionApproval, ReleaseException, Revocation
from dashboard.domain.release_target import ReleaseTarget
from dashboard.domain.slo import ServiceTier
from tests.domain.controls import HOUR, rules
from tests.domain.outlooks import freeze

_UTC = ZoneInfo("UTC")
_MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
#: The window is open from nine to four; it is Monday evening.
_EVENING, _TUESDAY = _MONDAY + 18 * HOUR, _MONDAY + 33 * HOUR
_NOON = _MONDAY + 12 * HOUR


def _exception(kind: str, now: datetime, lasts: timedelta, **of: Any) -> ReleaseException:
    said: dict[str, Any] = {"environment": "production", "version": None, "freeze": None}
    return ReleaseException(
        id=f"EXC-{kind}",
        type=ExceptionType(kind),
        service="api",
        requestor="Eve",
        needed_roles=("SRE",),
        audit=AuditLevel.STANDARD,
        reason="why",
        mitigation="how",
        created_at=now,
        expires_at=now + lasts,
        approvals=(ExceptionApproval(name="Ada", roles=("SRE",), at=now),),
        **(said | of),
    )


def _first_use(
    exception: ReleaseException,
    *others: ReleaseException,
    freezes: tuple[Freeze, ...] = (),
    tier: ServiceTier = ServiceTier.CRITICAL_PATH,
) -> Moment | None:
    calendar = Calendar(
        service_tier=tier,
        zone=_UTC,
        rules=rules(),
        freezes=freezes,
        exceptions=(exception, *others),
    )
    return useful_from(exception, calendar, exception.created_at)


@pytest.mark.parametrize("kind", ["slo", "budget", "security"])
def test_one_that_expires_before_the_window_opens_is_too_early(kind: str) -> None:
    opens = Moment(at=_TUESDAY, what="the deployment window opens")
    assert _first_use(_exception(kind, _EVENING, 2 * HOUR)) == opens
    assert _first_use(_exception(kind, _EVENING, _TUESDAY - _EVENING)) == opens
    longer = _exception(kind, _EVENING, _TUESDAY - _EVENING + timedelta(seconds=1))
    assert _first_use(longer) is None
    assert _first_use(_exception(kind, _NOON, HOUR)) is None


def test_no_window_is_waited_for_where_there_is_none() -> None:
    assert _first_use(_exception("slo", _EVENING, HOUR, environment="staging")) is None
    assert _first_use(_exception("slo", _EVENING, HOUR, environment=None)) is None, "it may go to staging"
    assert _first_use(_exception("slo", _EVENING, HOUR), tier=ServiceTier.INTERNAL) is None


def test_another_exception_that_lifts_the_window_makes_it_of_use() -> None:
    slo, window = _exception("slo", _EVENING, HOUR), _exception("window", _EVENING, HOUR)
    assert _first_use(slo, window) is None
    assert _first_use(slo, replace(window, version="v9")) is None
    assert _first_use(replace(slo, version="v8"), replace(window, version="v9")) is not None
    assert _first_use(slo, replace(window, approvals=())) is not None, "it is not approved"


def test_one_from_the_window_is_too_early_while_the_window_is_open_anyway() -> None:
    closes = Moment(at=_MONDAY + 16 * HOUR, what="the deployment window closes")
    assert _first_use(_exception("window", _NOON, HOUR)) == closes
    assert _first_use(_exception("window", _NOON, 5 * HOUR)) is None
    assert _first_use(_exception("window", _EVENING, HOUR)) is None


def test_one_from_the_window_is_too_early_while_a_freeze_stands() -> None:
    sale = freeze("FRZ-1", _NOON, _EVENING + 3 * HOUR)
    ends = Moment(at=_EVENING + 3 * HOUR, what="the freeze FRZ-1 ends")
    assert _first_use(_exception("window", _EVENING, 2 * HOUR), freezes=(sale,)) == ends
    lifted = _exception("freeze", _EVENING, 2 * HOUR)
    assert _first_use(_exception("window", _EVENING, 2 * HOUR), lifted, freezes=(sale,)) is None


def test_one_from_a_freeze_is_too_early_before_it_begins() -> None:
    sale = freeze("FRZ-1", _NOON + 2 * HOUR, _NOON + 3 * HOUR)
    begins = Moment(at=sale.start, what="the freeze FRZ-1 begins")
    assert _first_use(_exception("freeze", _NOON, HOUR, freeze="FRZ-1"), freezes=(sale,)) == begins
    assert _first_use(_exception("freeze", _NOON, HOUR), freezes=(sale,)) == begins
    assert _first_use(_exception("freeze", _NOON, 3 * HOUR), freezes=(sale,)) is None


def test_environments_where_one_never_is_of_use_do_not_make_it_so() -> None:
    closes = Moment(at=_MONDAY + 16 * HOUR, what="the deployment window closes")
    assert _first_use(_exception("window", _NOON, HOUR, environment=None)) == closes
    assert _first_use(_exception("window", _NOON, 5 * HOUR, environment=None)) is None
    sale = replace(freeze("FRZ-1", _NOON + 2 * HOUR, _NOON + 3 * HOUR), environments=("production",))
    begins = Moment(at=sale.start, what="the freeze FRZ-1 begins")
    assert _first_use(_exception("freeze", _NOON, HOUR, environment=None), freezes=(sale,)) == begins


def test_one_from_a_freeze_that_stands_waits_for_the_window_and_for_other_freezes() -> None:
    sale = freeze("FRZ-1", _NOON, _TUESDAY + 2 * HOUR)
    exception = _exception("freeze", _EVENING, HOUR, freeze="FRZ-1")
    opens = Moment(at=_TUESDAY, what="the deployment window opens")
    assert _first_use(exception, freezes=(sale,)) == opens
    other = freeze("FRZ-2", _NOON, _TUESDAY + HOUR)
    ends = Moment(at=other.end, what="the freeze FRZ-2 ends")
    assert _first_use(exception, freezes=(sale, other)) == ends


def test_what_is_over_or_used_or_lifts_nothing_known_has_no_time() -> None:
    exception = _exception("slo", _EVENING, HOUR)
    assert _first_use(replace(exception, revoked=Revocation(by="A", at=_EVENING, reason="no"))) is None
    used = replace(exception, used_for=ReleaseTarget(service="api", environment="production", version="1"))
    assert _first_use(replace(used, used_at=_EVENING, used_by="Eve")) is None
    assert _first_use(_exception("freeze", _NOON, HOUR)) is None
    assert _first_use(replace(exception, approvals=())) is not None, "one that waits for approval is told"


def test_the_warning_has_both_times_in_the_zone_of_the_policy() -> None:
    exception = _exception("slo", _EVENING, HOUR)
    first_use = Moment(at=_TUESDAY, what="the deployment window opens")
    assert warning(exception, first_use, ZoneInfo("Europe/Berlin")) == (
        "The exception EXC-slo (slo) expires on 2026-11-23 20:00 CET, before the deployment window opens on"
        " 2026-11-24 10:00 CET: it will lift nothing"
    )
