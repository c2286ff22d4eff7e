"""Exceptions that expire too early: before a release may go by them, or before what they lift matters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.deployment_window import Span, open_spans, without
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import ExceptionType, GateRules
from dashboard.domain.outlook import Moment
from dashboard.domain.policy import Policy
from dashboard.domain.release_exceptions import ExceptionState, ReleaseException
from dashboard.domain.slo import Catalogue, ServiceTier

#: So far after its end it is looked for when an exception would have been of use.
_SEARCHED = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When releases of services of `service_tier` may go: windows, all `freezes`, all `exceptions`."""

    service_tier: ServiceTier
    zone: ZoneInfo
    rules: GateRules
    freezes: Sequence[Freeze]
    exceptions: Sequence[ReleaseException]


def too_early(  # noqa: PLR0913 - one argument per fact
    asked: Iterable[ReleaseException],
    *,
    freezes: Sequence[Freeze],
    exceptions: Sequence[ReleaseException],
    policy: Policy,
    catalogue: Catalogue,
    now: datetime,
) -> dict[str, Moment]:
    """Those of the exceptions `asked` about that expire before they are of use, with when they would be."""
    found = {}
    for exception in asked:
        service = catalogue.services.get(exception.service)
        if service is None:
            continue
        calendar = Calendar(
            service_tier=service.tier,
            zone=policy.timezone,
            rules=policy.gate,
            freezes=freezes,
            exceptions=exceptions,
        )
        moment = useful_from(exception, calendar, now)
        if moment is not None:
            found[exception.id] = moment
    return found


def warning(exception: ReleaseException, first_use: Moment, zone: ZoneInfo) -> str:
    """The sentence that tells of an exception that expires too early, with both times."""
    return (
        f"The exception {exception.id} ({exception.type}) expires on {_time(exception.expires_at, zone)},"
        f" before {first_use.what} on {_time(first_use.at, zone)}: it will lift nothing"
    )


def _time(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local:%Z}"


def useful_from(exception: ReleaseException, calendar: Calendar, now: datetime) -> Moment | None:
    """When `exception` would first be of use, if it has expired by then; None where it is of use before.

    It is of use while the window is open and no freeze stands, as far as it does not lift them itself, and
    while what it lifts is in the way: a closed window, or a freeze. What a budget or a pipeline does nobody
    knows, so exceptions of the other types wait for window and freezes only. One for every environment is of
    use where it first is in any. None also where it is over or was used, and where nothing is known of the
    time after it.
    """
    if exception.state(now) not in (ExceptionState.REQUESTED, ExceptionState.APPROVED):
        return None
    named = exception.environment
    found = []
    for environment in calendar.rules.environments if named is None else (named,):
        first = _first_use(exception, environment, calendar, now)
        if first is None:  # it lifts nothing that is in the way there, ever
            continue
        if first.at < exception.expires_at:
            return None
        found.append(first)
    return min(found, key=lambda moment: moment.at, default=None)


def _first_use(
    exception: ReleaseException, environment: str, calendar: Calendar, now: datetime
) -> Moment | None:
    if environment not in calendar.rules.environments:
        return None
    ahead = Span(start=now, end=exception.expires_at + _SEARCHED)
    others = list(_others(exception, environment, calendar.exceptions, now))
    covering = [item for item in calendar.freezes if item.covers(exception.service, environment)]
    lifted = [item for item in covering if _lifts(exception, item)]
    frozen = [
        span for item in covering if item not in lifted for span in _without_lifts(_span(item), others, item)
    ]
    closed = _closed(environment, calendar, ahead)
    if exception.type is ExceptionType.WINDOW:
        useful = without(closed, frozen)
    else:
        lifts = [Span(start=now, end=item.expires_at) for item in others if item.type == ExceptionType.WINDOW]
        useful = without(without([ahead], without(closed, lifts)), frozen)
    if exception.type is ExceptionType.FREEZE:
        unlifted = without([ahead], [_span(item) for item in lifted])
        useful = without(useful, unlifted)
    first = min((span.start for span in useful), default=None)
    if first is None:
        return None
    return Moment(at=first, what=_happening(exception, first, covering, lifted))


def _closed(environment: str, calendar: Calendar, ahead: Span) -> tuple[Span, ...]:
    """When the window is closed, where there is one; a relaxed service waits for none."""
    rules, tier = calendar.rules, calendar.service_tier
    if not rules.environments[environment].window or tier in rules.relaxed_tiers:
        return ()
    return without([ahead], open_spans(rules.windows, tier, calendar.zone, ahead))


def _others(
    exception: ReleaseException, environment: str, exceptions: Iterable[ReleaseException], now: datetime
) -> Iterator[ReleaseException]:
    """Exceptions in force that the same release may use."""
    for item in exceptions:
        same = item.service == exception.service and item.environment in (None, environment)
        version = item.version is None or exception.version in (None, item.version)
        if item.id != exception.id and same and version and item.in_force(now):
            yield item


def _lifts(exception: ReleaseException, freeze: Freeze) -> bool:
    return exception.type is ExceptionType.FREEZE and exception.freeze in (None, freeze.id)


def _span(freeze: Freeze) -> Span:
    return Span(start=freeze.start, end=freeze.end)


def _without_lifts(span: Span, others: Iterable[ReleaseException], freeze: Freeze) -> tuple[Span, ...]:
    lifts = [Span(start=span.start, end=item.expires_at) for item in others if _lifts(item, freeze)]
    return without([span], lifts)


def _happening(
    exception: ReleaseException, at: datetime, covering: Iterable[Freeze], lifted: Iterable[Freeze]
) -> str:
    """What makes the exception useful at `at`."""
    for freeze in lifted:
        if freeze.start == at:
            return f"the freeze {freeze.id} begins"
    for freeze in covering:
        if freeze.end == at:
            return f"the freeze {freeze.id} ends"
    is_window = exception.type is ExceptionType.WINDOW
    return f"the deployment window {'closes' if is_window else 'opens'}"
