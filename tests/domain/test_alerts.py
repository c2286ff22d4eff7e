"""Firings of a group become incidents: flapping is one, and what is not listed counts too."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.alerts import UNLISTED, AlertEvent, incidents_of
from dashboard.domain.incidents import IncidentEvent

_NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
_GAP = timedelta(minutes=10)


def minute(minutes: int) -> datetime:
    return _NINE + timedelta(minutes=minutes)


def firing(start: int, end: int | None, fingerprint: str = "a", group: str = "g") -> AlertEvent:
    """One firing from one minute after nine to another."""
    return AlertEvent(
        source="alertmanager",
        group=group,
        fingerprint=fingerprint,
        started_at=minute(start),
        ended_at=None if end is None else minute(end),
        title=f"alert {fingerprint}",
        severity="critical",
        service="api",
    )


def unlisted(start: int, end: int | None, group: str = "g") -> AlertEvent:
    """Something unlisted fires since `start`; or, with an end, the whole group had ended by then."""
    return AlertEvent(
        source="alertmanager",
        group=group,
        fingerprint=UNLISTED,
        started_at=minute(start),
        ended_at=None if end is None else minute(end),
    )


def spans(events: Iterable[AlertEvent]) -> list[tuple[int, int | None]]:
    """From when to when each incident was, in minutes after nine."""
    return [(_minutes(found.detected_at) or 0, _minutes(found.resolved_at)) for found in _found(events)]


def _found(events: Iterable[AlertEvent]) -> list[IncidentEvent]:
    return list(incidents_of(events, _GAP))


def _minutes(moment: datetime | None) -> int | None:
    return None if moment is None else int((moment - _NINE) / timedelta(minutes=1))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([firing(0, 5)], [(0, 5)]),
        ([firing(0, None)], [(0, None)]),
        ([firing(0, None), firing(0, 5)], [(0, 5)]),
        ([firing(0, 5), firing(0, 7)], [(0, 7)]),
        ([firing(0, 5), firing(15, 20)], [(0, 20)]),
        ([firing(0, 5), firing(16, 20)], [(0, 5), (16, 20)]),
        ([firing(0, 60), firing(5, 6, "b"), firing(65, 70)], [(0, 70)]),
        ([firing(0, 5), firing(2, None, "b")], [(0, None)]),
        ([firing(0, None), firing(90, 95, "b")], [(0, None)]),
        ([firing(0, 5, group="g"), firing(0, 5, group="h")], [(0, 5), (0, 5)]),
    ],
)
def test_firings_close_together_are_one_incident(
    events: list[AlertEvent], expected: list[tuple[int, int | None]]
) -> None:
    assert spans(events) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([firing(0, 5), unlisted(0, None)], [(0, None)]),
        ([firing(0, 5), unlisted(0, None), unlisted(0, 40)], [(0, 40)]),
        ([firing(0, 5), unlisted(0, None), unlisted(3, 40)], [(0, 40)]),
        ([firing(0, 5), unlisted(0, None), unlisted(2, None), unlisted(0, 40), unlisted(0, 50)], [(0, 40)]),
        ([firing(0, 5), unlisted(0, 5)], [(0, 5)]),
        ([firing(0, 5), firing(60, 65), unlisted(0, 65)], [(0, 5), (60, 65)]),
        ([unlisted(0, 5)], []),
        ([firing(0, 5), unlisted(0, 5), firing(60, 65), unlisted(60, None)], [(0, 5), (60, None)]),
        ([firing(0, 5), unlisted(0, None), unlisted(0, 40, group="h")], [(0, None)]),
    ],
)
def test_what_is_not_listed_fires_until_its_group_ends(
    events: list[AlertEvent], expected: list[tuple[int, int | None]]
) -> None:
    assert spans(events) == expected


_events = st.lists(
    st.builds(
        lambda start, length, name: (
            unlisted(start, None if length is None else start + length)
            if name == UNLISTED
            else firing(start, None if length is None else start + length, name)
        ),
        st.integers(0, 100),
        st.none() | st.integers(0, 30),
        st.sampled_from(["a", "b", UNLISTED]),
    ),
    max_size=8,
)


@given(events=_events, data=st.data())
def test_neither_order_nor_repetition_changes_anything(events: list[AlertEvent], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*events, *events[:3]]))
    assert _found(events) == _found(again)


@given(events=_events)
def test_every_listed_firing_is_inside_an_incident(events: list[AlertEvent]) -> None:
    known = _found(events)
    for event in events:
        if event.fingerprint != UNLISTED:
            assert any(
                found.detected_at is not None
                and found.detected_at <= event.started_at
                and (found.resolved_at is None or found.resolved_at >= (event.ended_at or event.started_at))
                for found in known
            )


def test_an_incident_of_alerts_says_what_they_say() -> None:
    (found,) = _found([firing(0, 5), firing(2, 9, "b"), unlisted(0, 9)])
    assert (found.title, found.severity, found.services) == ("alert a", "critical", ("api",))
    assert (found.detected_at, found.resolved_at, found.start_unmeasured) == (minute(0), minute(9), True)
    assert found.incident.startswith("alert-")


def test_an_alert_that_fires_anew_had_ended_though_nobody_said_so() -> None:
    """One lost word must not make everything after it a single incident that never ends."""
    events = [firing(0, None), firing(600, 620), firing(1200, 1215)]
    found = sorted(incidents_of(events, _GAP), key=lambda event: event.at)
    assert [(event.detected_at, event.resolved_at) for event in found] == [
        (minute(0), minute(600)),  # at the latest that it can have been
        (minute(600), minute(620)),
        (minute(1200), minute(1215)),
    ]
    (open_one,) = incidents_of([firing(0, None)], _GAP)
    assert open_one.resolved_at is None
