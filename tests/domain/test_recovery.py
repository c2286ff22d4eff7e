"""Every phase over many incidents: what is judged, open or excluded adds up to all of them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.incident_phases import Exclusion, Phase, PhaseResult
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.periods import Period
from dashboard.domain.recovery import (
    TimedIncident,
    period_means,
    phase_statistics,
    recovery_chart,
    recovery_trend,
    severity_statistics,
    timed,
)
from tests.happenings import DAY_MINUTES, PHASE_TARGETS, at, incident


def _timed(*incidents: Incident, now: float = 100 * DAY_MINUTES) -> list[TimedIncident]:
    return timed(incidents, PHASE_TARGETS, at(now))


def _whole(name: str, began: float, total: float, severity: Severity | None = Severity.P1) -> Incident:
    """An incident with all of its times, a fifth of its total each phase but the last."""
    return incident(
        name,
        began,
        began + total,
        detected=began + total / 5,
        acknowledged=began + total * 2 / 5,
        mitigated=began + total * 3 / 5,
        severity=severity,
    )


def test_a_phase_counts_met_missed_open_and_excluded() -> None:
    found = _timed(
        _whole("met", 0, 60),
        _whole("missed", 0, 60.001),
        incident("late", 0, severity=Severity.P1),
        incident("new", 100 * DAY_MINUTES - 60, severity=Severity.P1),
        incident("lost", None, 60, detected=5, severity=Severity.P1),
        _whole("graveness unknown", 0, 10, None),
    )
    total = phase_statistics(found, Phase.TOTAL)
    assert (total.n, total.met, total.missed, total.missed_open, total.undetermined) == (3, 1, 2, 1, 1)
    assert total.excluded == {Exclusion.MISSING_TIME: 1}
    assert total.attainment is not None
    assert (total.attainment.k, total.attainment.n) == (1, 3)
    assert total.summary.n == 3, "one without a severity has a duration, and no result"
    assert total.survival is not None
    assert (total.survival.n, total.survival.open) == (5, 2)


def test_without_an_acknowledgement_is_counted() -> None:
    found = _timed(incident("i", 0, 50, detected=5, mitigated=20), _whole("j", 0, 50))
    assert phase_statistics(found, Phase.MITIGATE).without_acknowledgement == 1
    assert phase_statistics(found, Phase.RECOVER).without_acknowledgement == 0


def test_nothing_is_no_number() -> None:
    none = severity_statistics([], Severity.P1, timedelta(days=30))
    assert (none.incidents, none.open) == (0, 0)
    assert none.per_30_days is not None
    assert none.per_30_days.value == 0
    for phase in none.phases.values():
        assert (phase.n, phase.attainment, phase.survival, phase.summary.mean) == (0, None, None, None)
    assert severity_statistics([], Severity.P1, timedelta(0)).per_30_days is None


def test_severities_are_told_apart_also_the_unknown_one() -> None:
    found = _timed(
        _whole("a", 0, 10),
        _whole("b", 0, 10),
        _whole("c", 0, 10, Severity.P2),
        incident("d", 0, severity=None),
    )
    by_severity = {
        severity: severity_statistics(found, severity, timedelta(days=60)) for severity in (*Severity, None)
    }
    assert [item.incidents for item in by_severity.values()] == [2, 1, 0, 1]
    assert [item.open for item in by_severity.values()] == [0, 0, 0, 1]
    rate = by_severity[Severity.P1].per_30_days
    assert rate is not None
    assert rate.value == 1


def test_an_incident_counts_in_the_period_in_which_it_began() -> None:
    first, second = (
        Period(name=name, start=at(start * DAY_MINUTES), end=at((start + 1) * DAY_MINUTES))
        for name, start in (("first", 0), ("second", 1))
    )
    found = _timed(
        _whole("a", 0, 60),
        _whole("b", DAY_MINUTES - 1, 120),
        _whole("c", DAY_MINUTES, 30),
        incident("d", DAY_MINUTES + 1),
        incident("e", None, DAY_MINUTES + 9, detected=DAY_MINUTES + 2),
    )
    means = period_means(found, [first, second])
    assert [(mean.incidents, mean.open, mean.excluded) for mean in means] == [(2, 0, 0), (3, 1, 1)]
    assert [mean.summary.mean for mean in means] == [90 * 60, 30 * 60]


def test_a_month_without_an_incident_has_no_mean() -> None:
    (mean,) = period_means([], [Period(name="x", start=at(0), end=at(1))])
    assert (mean.incidents, mean.summary.mean) == (0, None)


def test_more_small_incidents_are_no_progress_over_all_severities() -> None:
    """Each duration counts as a multiple of its severity's target."""
    grave = _timed(*(_whole(f"a{n}", 0, 60 + n) for n in range(8)))
    small = _timed(*(_whole(f"b{n}", 0, (60 + n) * 8, Severity.P3) for n in range(8)))
    both = recovery_trend(grave, small)
    assert both == recovery_trend(grave, grave)
    assert both.ratio is not None
    assert both.ratio.value == 1
    assert (both.n_before, both.n_after) == (8, 8)
    assert recovery_trend(grave, small, Severity.P1).n_after == 0


def test_of_one_severity_the_trend_is_that_of_its_own_durations() -> None:
    slow = _timed(*(_whole(f"a{n}", 0, 60 + n) for n in range(8)), incident("open", 0))
    fast = _timed(*(_whole(f"b{n}", 0, 30 + n / 2) for n in range(8)), _whole("c", 0, 999, Severity.P2))
    found = recovery_trend(slow, fast, Severity.P1)
    assert found.ratio is not None
    assert (found.n_before, found.n_after, round(found.ratio.value, 9)) == (8, 8, 0.5)


def test_the_chart_has_the_ended_incidents_of_one_severity_in_the_order_of_their_beginning() -> None:
    found = _timed(
        _whole("c", 20, 30),
        _whole("b", 10, 20),
        _whole("a", 10, 40),
        incident("d", 0),
        _whole("e", 5, 5, Severity.P2),
    )
    items, _ = recovery_chart(found, Severity.P1)
    assert [item.incident.id for item in items] == ["a", "b", "c"]


_TIMES = st.none() | st.integers(0, 200)
_INCIDENTS = st.lists(
    st.tuples(_TIMES, _TIMES, _TIMES, _TIMES, _TIMES, st.none() | st.sampled_from(Severity)), max_size=8
).map(
    lambda rows: [
        incident(
            f"i{index}",
            row[0],
            row[4],
            detected=row[1],
            acknowledged=row[2],
            mitigated=row[3],
            severity=row[5],
        )
        for index, row in enumerate(rows)
    ]
)


@given(incidents=_INCIDENTS, now=st.integers(200, 1000))
def test_each_incident_is_judged_undetermined_or_excluded_once(incidents: list[Incident], now: int) -> None:
    found = _timed(*incidents, now=now)
    for severity in (*Severity, None):
        mine = severity_statistics(found, severity, timedelta(days=1))
        for phase in mine.phases.values():
            outcomes = [item.phases[phase.phase] for item in found if item.incident.severity is severity]
            without_target = sum(
                item.result is PhaseResult.EXCLUDED and item.exclusion is None for item in outcomes
            )
            excluded = sum(phase.excluded.values()) + without_target
            assert phase.n + phase.undetermined + excluded == mine.incidents
            assert phase.missed_open <= phase.missed
            assert all(length >= 0 for length in phase.durations + phase.open_for)
