"""The DORA measures of a period: exact, with what is pending, open or excluded beside them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.attribution import attribute
from dashboard.domain.delivery import DeliveryMeasures, delivery, measure
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.incidents import Incident
from dashboard.domain.periods import Period
from dashboard.domain.policy import DeliveryTargets
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.releases import releases
from dashboard.domain.rollbacks import find_rollbacks
from tests.happenings import DAY_MINUTES, at, deployment, incident

W = timedelta(hours=24)
FAILED = DeploymentState.FAILED
ZONE = ZoneInfo("Europe/Berlin")
_TARGETS = DeliveryTargets(
    lead_time=timedelta(hours=1),
    deployments_per_day=Fraction(1),
    change_failure_rate=Fraction(1, 20),
    recovery=timedelta(minutes=30),
)
#: Ten days, from ten o'clock in Berlin on.
_PERIOD = Period(name="ten days", start=at(0), end=at(10 * DAY_MINUTES))


def _measures(
    deployments: Sequence[Deployment],
    incidents: Sequence[Incident] = (),
    *,
    now: float = 30 * DAY_MINUTES,
    period: Period = _PERIOD,
) -> DeliveryMeasures:
    rollbacks = find_rollbacks(deployments)
    attributions = attribute(incidents, deployments, rollbacks, (), W)
    found = releases(deployments, rollbacks, incidents, attributions, W, at(now))
    return delivery(found, period, _TARGETS, ZONE, at(now))


def test_nothing_is_no_number() -> None:
    found = _measures([])
    assert (found.deployments, found.reached_users, found.days, found.days_without) == (0, 0, 9, 9)
    assert (found.change_failure_rate, found.rework_rate) == (None, None)
    assert found.frequency is not None
    assert found.frequency.value == 0, "days without a deployment count"
    for measured in (found.lead_time, found.recovery, found.to_next_good):
        assert (measured.attainment, measured.summary.n, measured.summary.median) == (None, 0, None)


def test_before_the_period_there_is_not_even_a_frequency() -> None:
    found = _measures([], now=-1)
    assert (found.frequency, found.days, found.days_without) == (None, 0, 0)


def test_a_deployment_counts_in_the_period_in_which_it_finished() -> None:
    lane = [deployment("d0", -0.001), deployment("d1", 0), deployment("d2", 10 * DAY_MINUTES)]
    assert _measures(lane).deployments == 1
    later = Period(name="later", start=_PERIOD.end, end=at(20 * DAY_MINUTES))
    assert _measures(lane, period=later).deployments == 1


def test_the_change_failure_rate_is_failed_of_judged() -> None:
    lane = [
        deployment("d0", 10, "A"),
        deployment("d1", 20, "B", state=FAILED),
        deployment("d2", 30, "C"),
        deployment("d3", 2 * DAY_MINUTES, "D"),
        deployment("d4", 2 * DAY_MINUTES + 1, "E", state=FAILED),
    ]
    found = _measures(lane, [incident("i", 60, 90)], now=2 * DAY_MINUTES + 60)
    assert found.change_failure_rate is not None
    assert (found.change_failure_rate.k, found.change_failure_rate.n) == (2, 3)
    assert (found.deployments, found.failed, found.pending, found.pending_failed) == (5, 2, 2, 1)


@pytest.mark.parametrize(("now", "pending"), [(DAY_MINUTES - 0.001, 1), (DAY_MINUTES, 0)])
def test_a_deployment_is_pending_until_w_has_passed(now: float, pending: int) -> None:
    assert _measures([deployment("d", 0)], now=now).pending == pending


def test_what_is_unfinished_or_has_no_known_result_is_in_no_rate() -> None:
    lane = [
        deployment("d0", None, started=10, state=DeploymentState.IN_PROGRESS),
        deployment("d1", None, started=20, state=DeploymentState.SUPERSEDED),
        deployment("d2", 30, state=None),
    ]
    found = _measures(lane)
    assert (found.deployments, found.unknown_result, found.change_failure_rate) == (0, 1, None)


def test_the_frequency_is_per_day_of_the_whole_period_as_far_as_it_has_come() -> None:
    lane = [
        deployment("d0", 5),
        deployment("d1", 6),
        deployment("d2", 3 * DAY_MINUTES),
        deployment("f", 7, state=FAILED),
    ]
    found = _measures(lane)
    assert found.frequency is not None
    assert (found.frequency.value, found.reached_users) == (0.3, 3)
    assert (found.days, found.days_without) == (9, 8)
    sooner = _measures(lane, now=4 * DAY_MINUTES)
    assert sooner.frequency is not None
    assert sooner.frequency.value == 3 / 4
    assert (sooner.days, sooner.days_without) == (3, 2)


def test_a_day_is_one_of_the_zone() -> None:
    # 22:59 and 23:01 in UTC are two days in Berlin.
    two = [deployment("d0", 13 * 60 + 59), deployment("d1", 14 * 60 + 1)]
    # The first of them is not wholly in the period.
    assert _measures(two).days_without == 8


def test_a_day_that_has_just_begun_is_not_one_without_a_deployment() -> None:
    midnight = datetime(2026, 11, 3, 23, 0, tzinfo=UTC)
    minutes = (midnight - at(0)) / timedelta(minutes=1)
    period = Period(name="x", start=midnight - timedelta(days=1), end=midnight + timedelta(days=9))
    found = _measures([deployment("d0", minutes - 60)], now=minutes + 5, period=period)
    assert (found.days, found.days_without) == (1, 0)


def test_the_lead_time_is_per_commit_and_a_commit_after_the_end_is_excluded() -> None:
    lane = [
        deployment("d0", 100, "A", commits=(40, 39.999, 100)),
        deployment("d1", 200, "B", commits=(200.001, 140)),
        deployment("d2", 300, "C"),
        deployment("d3", 400, "B", commits=(0,)),  # a rollback brings no new change
        deployment("d4", 500, "D", commits=(0,), state=FAILED),  # this reached nobody
    ]
    found = _measures(lane)
    lead = found.lead_time
    assert (lead.summary.n, lead.excluded, lead.open) == (4, 1, 0)
    assert lead.attainment is not None
    assert (lead.attainment.k, lead.attainment.n) == (3, 4)
    assert lead.summary.median == 60 * 60
    assert found.without_commits == 1


def test_recovery_and_the_next_good_deployment_are_two_measures() -> None:
    lane = [
        deployment("d0", 0, "A"),
        deployment("d1", 100, "B"),
        deployment("d2", 140, "A"),  # takes B away
        deployment("d3", 300, "C", state=FAILED),  # nobody met it
        deployment("d4", 330, "D"),
        deployment("d5", 500, "E"),
    ]
    found = _measures(lane, [incident("i", 510, caused_by="d5")])
    recovery, good = found.recovery, found.to_next_good
    assert (recovery.summary.n, recovery.summary.mean) == (1, 40 * 60)
    assert (recovery.open, recovery.undetermined, recovery.excluded) == (1, 0, 1)
    assert recovery.attainment is not None
    assert (recovery.attainment.k, recovery.attainment.n) == (0, 2), "one took too long, one is open too long"
    assert (good.summary.n, good.summary.mean) == (2, 35 * 60)
    assert (good.open, good.excluded) == (1, 0)
    assert good.attainment is not None
    assert (good.attainment.k, good.attainment.n) == (1, 3)


def test_an_open_recovery_within_its_target_is_undetermined() -> None:
    lane, broken = [deployment("d", 0)], [incident("i", 1)]
    for now, undetermined in ((30, 1), (30.001, 0)):
        found = _measures(lane, broken, now=now).recovery
        assert (found.open, found.undetermined) == (1, undetermined)


def test_what_was_well_again_before_it_had_finished_is_excluded() -> None:
    lane = [deployment("d0", -100, "A"), deployment("d1", 20, "B", started=0)]
    found = _measures(lane, [incident("i", 5, 15, caused_by="d1")])
    assert (found.recovery.summary.n, found.recovery.excluded, found.failed) == (0, 1, 1)


def test_what_was_well_again_at_the_very_instant_at_which_it_had_finished_took_no_time() -> None:
    lane = [deployment("d0", -100, "A"), deployment("d1", 20, "B", started=0)]
    found = _measures(lane, [incident("i", 5, 20, caused_by="d1")])
    assert (found.recovery.summary.n, found.recovery.summary.mean, found.recovery.excluded) == (1, 0, 0)


def test_one_that_its_source_rolled_back_tells_no_time_to_recover() -> None:
    found = _measures([deployment("d", 0, state=DeploymentState.ROLLED_BACK)])
    assert (found.failed, found.recovery.open, found.recovery.excluded) == (1, 0, 1)


def test_rework_is_rollbacks_and_emergency_fixes_of_all() -> None:
    lane = [
        deployment("d0", 0, "A"),
        deployment("d1", 60, "B"),
        deployment("d2", 120, "A"),
        deployment("d3", 180, "C", change=ChangeType.EMERGENCY),
    ]
    rework = _measures(lane).rework_rate
    assert rework is not None
    assert (rework.k, rework.n) == (2, 4)


def test_a_duration_meets_its_target_exactly() -> None:
    target, micro = timedelta(minutes=30), timedelta.resolution
    found = measure([target, target + micro], [target, target + micro], target, 7)
    assert found.attainment is not None
    assert (found.attainment.k, found.attainment.n) == (1, 3)
    assert (found.open, found.undetermined, found.excluded) == (2, 1, 7)


_LANES = st.lists(
    st.tuples(
        st.integers(-3, 12),
        st.sampled_from("ABC"),
        st.sampled_from([*DeploymentState, None]),
        st.lists(st.integers(-50, 50), max_size=2),
    ),
    max_size=12,
).map(
    lambda rows: [
        deployment(
            f"d{index}",
            day * DAY_MINUTES + index,
            artefact,
            state=state,
            commits=tuple((day * 24 + hours) * 60.0 for hours in commits),
        )
        for index, (day, artefact, state, commits) in enumerate(rows)
    ]
)


@given(
    lane=_LANES,
    broken=st.lists(st.tuples(st.integers(-80, 300), st.none() | st.integers(0, 40)), max_size=5),
    now=st.integers(-1, 15),
)
def test_every_deployment_is_counted_once(
    lane: list[Deployment], broken: list[tuple[int, int | None]], now: int
) -> None:
    known = [item for item in lane if item.finished_at and item.finished_at <= at(now * DAY_MINUTES)]
    incidents = [
        incident(f"i{index}", began * 60, None if length is None else (began + length) * 60)
        for index, (began, length) in enumerate(broken)
        if began < now * 24
    ]
    found = _measures(known, incidents, now=now * DAY_MINUTES)
    mine = [item for item in known if _PERIOD.holds(item.finished_at)]
    assert found.deployments == sum(item.is_finished for item in mine)
    assert found.unknown_result == len(mine) - found.deployments
    judged = found.change_failure_rate.n if found.change_failure_rate else 0
    assert judged + found.pending == found.deployments
    failed = found.failed + found.pending_failed
    for measured in (found.recovery, found.to_next_good):
        assert measured.summary.n + measured.open + measured.excluded == failed
    for measured in (found.lead_time, found.recovery, found.to_next_good):
        counted = measured.attainment.n if measured.attainment else 0
        assert counted + measured.undetermined == measured.summary.n + measured.open
    assert 0 <= found.days_without <= found.days
    assert found.reached_users >= found.days - found.days_without


def test_a_result_without_an_end_is_counted_as_unknown_and_in_no_figure() -> None:
    lane = [
        deployment("d0", None, started=5, state=FAILED),
        deployment("d1", None, started=6),
        deployment("d2", 7),
    ]
    found = _measures(lane)
    assert (found.deployments, found.unknown_result) == (1, 2)


def test_what_failed_by_the_time_of_an_incident_alone_is_told_apart() -> None:
    lane = [deployment("d0", 0, "A"), deployment("d1", 5 * DAY_MINUTES, "B")]
    follows = incident("i0", 30, 60)
    named = incident("i1", 5 * DAY_MINUTES + 30, 5 * DAY_MINUTES + 60, caused_by="d1")
    found = _measures(lane, [follows, named])
    assert (found.failed, found.failed_by_time_alone) == (2, 1)
