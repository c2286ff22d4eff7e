"""How software is delivered: the DORA measures, each with its n, its interval and its open cases.

Definitions follow the DORA research programme's guide (dora.dev, "DORA's software delivery performance
metrics"); targets are the framework's (FRAMEWORK, Pipeline targets).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.deployments import FINISHED_STATES
from dashboard.domain.durations_summary import Summary, summarise
from dashboard.domain.intervals import Interval, Proportion, poisson_rate, wilson
from dashboard.domain.periods import Period, whole_days
from dashboard.domain.policy import DeliveryTargets
from dashboard.domain.releases import Release

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationMeasure:
    """Durations (seconds) against a target.

    `attainment` is met ÷ judged: an open case that has lasted longer than the target is a miss. `open` are
    cases without an end, `undetermined` those of them that are still within the target, `excluded` those
    whose times are missing or out of order.
    """

    summary: Summary
    attainment: Proportion | None
    open: int
    undetermined: int
    excluded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryMeasures:
    """The delivery of a period, pooled over its deployments.

    `deployments` finished in the period; `change_failure_rate` is failed ÷ judged; `pending` are not judged
    yet, `pending_failed` of them are known to have failed. Of the failed ones `failed_by_time_alone` are so
    only because an incident followed. `unknown_result` have a result without an end, or an end without a
    result: they are in no other figure. `frequency` is deployments that reached users per
    day, days without one included: there were `days_without` of the `days` that lie wholly in the period.
    `recovery` runs from the end of a failed deployment until its service was well again, `to_next_good`
    until the next deployment that did not fail. The lead time is made from commits, of which
    `without_commits` deployments gave none.
    """

    deployments: int
    reached_users: int
    failed: int
    pending: int
    pending_failed: int
    unknown_result: int
    failed_by_time_alone: int
    change_failure_rate: Proportion | None
    frequency: Interval | None
    days: int
    days_without: int
    lead_time: DurationMeasure
    without_commits: int
    recovery: DurationMeasure
    to_next_good: DurationMeasure
    rework_rate: Proportion | None


def delivery(
    found: Iterable[Release], period: Period, targets: DeliveryTargets, zone: ZoneInfo, now: datetime
) -> DeliveryMeasures:
    """The measures of the deployments among `found` that finished in `period`."""
    listed = list(found)
    mine = [
        item for item in listed if item.deployment.is_finished and period.holds(item.deployment.finished_at)
    ]
    judged = [item for item in mine if item.judged]
    failed = [item for item in mine if item.failed]
    reached = [item for item in mine if item.reached_users]
    until = min(period.end, now)
    # What finished at this very instant counts, so the day that begins with it does too.
    whole, used = whole_days(period.start, until, zone), _dates(reached, zone)
    return DeliveryMeasures(
        deployments=len(mine),
        reached_users=len(reached),
        failed=sum(item.failed for item in judged),
        pending=len(mine) - len(judged),
        pending_failed=sum(item.failed for item in mine if not item.judged),
        unknown_result=sum(_is_unknown(item, period) for item in listed),
        failed_by_time_alone=sum(item.by_time_alone for item in judged),
        change_failure_rate=wilson(sum(item.failed for item in judged), len(judged)),
        frequency=poisson_rate(len(reached), (until - period.start) / _DAY),
        days=len(whole),
        days_without=sum(day not in used for day in whole),
        lead_time=_lead_time(reached, targets.lead_time),
        without_commits=sum(not item.deployment.commit_times for item in reached if item.rollback is None),
        recovery=_recovery(failed, targets.recovery, now),
        to_next_good=_to_next_good(failed, targets.recovery, now),
        rework_rate=wilson(sum(item.is_rework for item in mine), len(mine)),
    )


def _is_unknown(item: Release, period: Period) -> bool:
    """Whether it ended in `period`, as far as that is known, and either its end or its result is missing."""
    deployment = item.deployment
    if deployment.finished_at is not None:
        return deployment.state not in FINISHED_STATES and period.holds(deployment.finished_at)
    return deployment.state in FINISHED_STATES and period.holds(deployment.began_at)


def measure(
    durations: Sequence[timedelta], open_for: Sequence[timedelta], target: timedelta, excluded: int
) -> DurationMeasure:
    """`durations` that ended and cases that have been open for `open_for`, against `target`, exactly."""
    met = sum(duration <= target for duration in durations)
    late = sum(length > target for length in open_for)
    return DurationMeasure(
        summary=summarise([duration.total_seconds() for duration in sorted(durations)]),
        attainment=wilson(met, len(durations) + late),
        open=len(open_for),
        undetermined=len(open_for) - late,
        excluded=excluded,
    )


def _dates(reached: Sequence[Release], zone: ZoneInfo) -> set[date]:
    return {
        item.deployment.finished_at.astimezone(zone).date()
        for item in reached
        if item.deployment.finished_at is not None
    }


def _lead_time(reached: Sequence[Release], target: timedelta) -> DurationMeasure:
    """From each commit to the end of the deployment that brought it; a rollback brings no new change."""
    lengths = [
        item.deployment.finished_at - committed
        for item in reached
        if item.rollback is None and item.deployment.finished_at is not None
        for committed in item.deployment.commit_times
    ]
    forward = [length for length in lengths if length >= timedelta(0)]
    return measure(forward, [], target, len(lengths) - len(forward))


def _recovery(failed: Sequence[Release], target: timedelta, now: datetime) -> DurationMeasure:
    """One that failed without an incident or a rollback had nothing to recover: it is excluded."""
    hurt = [item for item in failed if item.incidents or item.taken_away_by or item.deployment.rolled_back_at]
    return _until(hurt, [item.recovered_at for item in hurt], target, now, len(failed) - len(hurt))


def _to_next_good(failed: Sequence[Release], target: timedelta, now: datetime) -> DurationMeasure:
    return _until(failed, [item.next_good_at for item in failed], target, now, 0)


def _until(
    items: Sequence[Release],
    ends: Sequence[datetime | None],
    target: timedelta,
    now: datetime,
    excluded: int,
) -> DurationMeasure:
    durations, open_for = [], []
    for item, end in zip(items, ends, strict=True):
        start = item.deployment.finished_at
        if start is None:
            continue
        if end is None:
            open_for.append(now - start)
        elif end < start:
            excluded += 1
        else:
            durations.append(end - start)
    return measure(durations, open_for, target, excluded)
