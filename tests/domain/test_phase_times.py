"""Where the time goes: shares add up to the whole, of the incidents whose every phase is known."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.phase_times import phase_times
from dashboard.domain.recovery import TimedIncident, timed

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def item(*minutes: float | None) -> TimedIncident:
    """An incident whose phases ended so many minutes after it began."""
    times = [None if after is None else BEGAN + timedelta(minutes=after) for after in minutes]
    incident = Incident(
        id="one",
        title="one",
        severity=Severity.P1,
        severity_given="P1",
        services=("api",),
        unmapped=(),
        started_at=BEGAN,
        start_is_detection=False,
        detected_at=times[0],
        acknowledged_at=times[1],
        mitigated_at=times[2],
        resolved_at=times[3],
        caused_by=None,
        url=None,
        sources=("test",),
    )
    return timed([incident], {}, BEGAN + timedelta(days=1))[0]


def test_the_shares_are_of_the_summed_time_and_add_up() -> None:
    found = phase_times([item(10, 20, 30, 40), item(10, 10, 50, 160)])
    assert found is not None
    assert (found.n, found.of, found.spent) == (2, 2, timedelta(minutes=200))
    assert found.longest_share == pytest.approx(0.8)
    assert [of.phase for of in found.phases] == [phase for phase in Phase if phase is not Phase.TOTAL]
    assert [of.share for of in found.phases] == pytest.approx([0.1, 0.05, 0.25, 0.6])
    assert [of.median for of in found.phases] == pytest.approx([600, 300, 1500, 3600])
    assert sum(of.share for of in found.phases) == pytest.approx(1)


def test_only_complete_incidents_count_and_it_is_said_how_many() -> None:
    found = phase_times([item(10, 20, 30, 40), item(10, None, 30, 40), item(10, 20, None, None)])
    assert found is not None
    assert (found.n, found.of) == (1, 3)


@pytest.mark.parametrize("items", [[], [item(10, 20, 30, None)], [item(0, 0, 0, 0)]])
def test_without_any_time_nothing_is_said(items: list[TimedIncident]) -> None:
    assert phase_times(items) is None
