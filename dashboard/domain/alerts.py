"""Alerts of one group → incidents: firings closer together than a gap are one (a flapping alert is one)."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.incidents import IncidentEvent

#: The fingerprint of what a group does not list: without an end it says that something unlisted fires since
#: then; with one, that the whole group had ended by then.
UNLISTED = "truncated"

_ID_LENGTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """What an alert manager said of one firing of one alert.

    A firing is one alert (`fingerprint`) of one `group` since `started_at`; `ended_at` is None while it
    fires, and a later word that it ended wins. `service` and `severity` are as the labels have them.
    """

    source: str
    group: str
    fingerprint: str
    started_at: datetime
    ended_at: datetime | None
    title: str | None = None
    severity: str | None = None
    service: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Firing:
    started_at: datetime
    ended_at: datetime | None
    events: tuple[AlertEvent, ...]
    end_was_lost: bool = False

    @property
    def fired_until(self) -> datetime | None:
        """Until when it is known to have fired; None while it fires."""
        return self.started_at if self.end_was_lost else self.ended_at


def incidents_of(events: Iterable[AlertEvent], gap: timedelta) -> Iterator[IncidentEvent]:
    """The incidents that `events` (of any groups, in any order) tell of.

    Firings of one group that overlap, or that are at most `gap` apart, are one incident; its id comes from
    its group and its beginning. An alert says when it was noticed, not when the trouble began. One that fires
    anew had ended before, also when its end was never told: it then counts as ended when it fired anew, at
    the latest that it can have been.
    """
    groups: dict[tuple[str, str], list[AlertEvent]] = {}
    for event in events:
        groups.setdefault((event.source, event.group), []).append(event)
    for (source, group), alerts in sorted(groups.items()):
        for firings in _episodes(_firings(alerts), gap):
            yield _incident(source, group, firings)


def _firings(alerts: Iterable[AlertEvent]) -> list[_Firing]:
    known: dict[tuple[str, datetime], list[AlertEvent]] = {}
    unlisted: list[AlertEvent] = []
    for alert in alerts:
        if alert.fingerprint == UNLISTED:
            unlisted.append(alert)
        else:
            known.setdefault((alert.fingerprint, alert.started_at), []).append(alert)
    starts: dict[str, list[datetime]] = {}
    for fingerprint, started_at in sorted(known):
        starts.setdefault(fingerprint, []).append(started_at)
    firings = _unlisted_firings(unlisted)
    for (fingerprint, started_at), told in known.items():
        ended_at = max((alert.ended_at for alert in told if alert.ended_at), default=None)
        again = next((start for start in starts[fingerprint] if start > started_at), None)
        lost = ended_at is None and again is not None
        firings.append(
            _Firing(
                started_at=started_at,
                ended_at=again if lost else ended_at,
                events=tuple(told),
                end_was_lost=lost,
            )
        )
    return sorted(firings, key=lambda firing: firing.started_at)


def _unlisted_firings(unlisted: Sequence[AlertEvent]) -> list[_Firing]:
    """What fired without being listed: until the first time at which its group had ended."""
    ends = sorted(event.ended_at for event in unlisted if event.ended_at is not None)
    firings = []
    for event in unlisted:
        if event.ended_at is None:
            ended = bisect_left(ends, event.started_at)
            firings.append(
                _Firing(
                    started_at=event.started_at,
                    ended_at=ends[ended] if ended < len(ends) else None,
                    events=(event,),
                )
            )
    return firings


def _episodes(firings: Sequence[_Firing], gap: timedelta) -> Iterator[list[_Firing]]:
    episode: list[_Firing] = []
    until: datetime | None = None
    for firing in firings:
        if episode and until is not None and firing.started_at - until > gap:
            yield episode
            episode = []
            until = firing.fired_until
        elif not episode:
            until = firing.fired_until
        elif until is not None:
            until = None if firing.fired_until is None else max(until, firing.fired_until)
        episode.append(firing)
    if episode:
        yield episode


def _incident(source: str, group: str, firings: Sequence[_Firing]) -> IncidentEvent:
    told = sorted((event for firing in firings for event in firing.events), key=repr)
    first = firings[0].started_at
    ends = [firing.ended_at for firing in firings]
    ended = max((end for end in ends if end is not None), default=None)
    digest = hashlib.sha256(f"{source}\n{group}\n{first.isoformat()}".encode()).hexdigest()
    # The gravest word is not known before it is mapped; the words come in a fixed order.
    severities = sorted({event.severity for event in told if event.severity})
    return IncidentEvent(
        source=source,
        incident=f"alert-{digest[:_ID_LENGTH]}",
        at=max([first, *(end for end in ends if end is not None)]),
        title=next((event.title for event in told if event.title), None),
        severity=", ".join(severities) or None,
        services=tuple(sorted({event.service for event in told if event.service})),
        detected_at=first,
        resolved_at=None if None in ends else ended,
        start_unmeasured=True,
        url=next((event.url for event in told if event.url), None),
    )
