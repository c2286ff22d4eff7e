"""One service in depth: its status, and the course of each objective over its window."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from dashboard.domain.burn_rate import BurnAlert, firing_since
from dashboard.domain.event_counts import BUCKET, BUCKET_SECONDS, EventCounts, to_events
from dashboard.domain.objective_status import ObjectiveStatus
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import TierBands
from dashboard.domain.service_status import ServiceStatus
from dashboard.domain.slo import Catalogue, Indicator
from dashboard.reports.fleet import read_statuses, required_service
from dashboard.reports.freshness import Freshness, freshness
from dashboard.store.database import open_for_reading
from dashboard.store.sli_history import flagged_by_fault, running_totals

#: Points of a chart: about what the pixels of a wide screen can show.
_MOST_POINTS = 720
#: How far back the beginning of an alert is looked for.
FOLLOWED_BACK = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """An objective over its window, in equal steps; `ends[i]` is the end of step i.

    `remaining` is the share of the whole window's budget that is left after each step, from 1 at the start
    of the window down to what remains now (a burn-down; None when the budget is unknown). `error_ratio` and
    `events_per_second` are of each step by itself, None for a step that was not measured.
    """

    ends: Sequence[datetime]
    remaining: Sequence[float | None]
    error_ratio: Sequence[float | None]
    events_per_second: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveDetail:
    """One objective with its course, the query behind it, and the buckets that could not be counted.

    `firing_since` holds, for each alert of the status, the end of the first bucket of its unbroken run; None
    when it began after the newest bucket. A run is followed back for `FOLLOWED_BACK`
    at most; one that is longer has the first bucket of that.
    """

    status: ObjectiveStatus
    indicator: Indicator
    course: Course | None
    flagged: Mapping[str, int]
    firing_since: tuple[datetime | None, ...]
    span: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """One service in depth, and how fresh the data is."""

    status: ServiceStatus
    objectives: tuple[ObjectiveDetail, ...]
    bands: TierBands
    freshness: Freshness


def service_report(
    store: Path, catalogue: Catalogue, policy: Policy, name: str, now: datetime
) -> ServiceReport:
    """The service `name` at `now`.

    Raises:
        InputError: the catalogue has no such service.
        StoreError: the store is missing or cannot be read.
    """
    service = required_service(catalogue, name)
    with open_for_reading(store) as connection:
        (status,) = read_statuses(connection, [service], policy, now)
        return ServiceReport(
            status=status,
            objectives=tuple(
                _detail(connection, catalogue, objective, now) for objective in status.objectives
            ),
            bands=policy.budget.bands,
            freshness=freshness(connection, policy.budget, now),
        )


def _detail(
    connection: sqlite3.Connection, catalogue: Catalogue, status: ObjectiveStatus, now: datetime
) -> ObjectiveDetail:
    objective = status.objective
    span = None if status.watermark is None else (status.watermark - objective.window, status.watermark)
    return ObjectiveDetail(
        status=status,
        indicator=catalogue.indicators[objective.indicator],
        course=None if span is None else _course(connection, status, *span),
        # Up to now, not to the watermark: the newest faults are why there is nothing newer.
        flagged=flagged_by_fault(connection, objective, span[0] if span else None, now),
        firing_since=tuple(_firing_since(connection, status, alert) for alert in status.alerts),
        span=span,
    )


def _firing_since(
    connection: sqlite3.Connection, status: ObjectiveStatus, alert: BurnAlert
) -> datetime | None:
    if status.watermark is None:
        return None
    objective, rule = status.objective, alert.rule
    newest = int(status.watermark.timestamp())
    ends = range(newest, newest - int(FOLLOWED_BACK.total_seconds()), -BUCKET_SECONDS)
    lengths = (0, int(rule.long.total_seconds()), int(rule.short.total_seconds()))
    instants = sorted({end - length for end in ends for length in lengths})
    totals = dict(zip(instants, running_totals(connection, objective, instants), strict=True))
    since = firing_since(rule, objective.window, objective.allowed_error_ratio, totals, ends)
    return None if since is None else datetime.fromtimestamp(since, tz=UTC)


def _course(
    connection: sqlite3.Connection, status: ObjectiveStatus, start: datetime, end: datetime
) -> Course:
    buckets = (end - start) // BUCKET
    step = -(-buckets // _MOST_POINTS) * BUCKET_SECONDS
    first, last = int(start.timestamp()), int(end.timestamp())
    # Steps are counted back from the end, so the newest one is whole; the oldest may be shorter.
    instants = [first, *reversed(range(last, first, -step))]
    totals = running_totals(connection, status.objective, instants)
    steps = [after - before for before, after in pairwise(totals)]
    return Course(
        ends=[datetime.fromtimestamp(instant, tz=UTC) for instant in instants[1:]],
        remaining=_burn_down(status, totals, steps),
        error_ratio=[_ratio(counts) for counts in steps],
        events_per_second=[_rate(counts) for counts in steps],
    )


def _burn_down(
    status: ObjectiveStatus, totals: Sequence[EventCounts], steps: Sequence[EventCounts]
) -> list[float | None]:
    if status.remaining is None or status.counts is None:
        return [None] * len(steps)
    allowed = status.counts.total * status.objective.allowed_error_ratio
    if not allowed:
        return [1.0] * len(steps)
    return [
        float(1 - Fraction(through.bad - totals[0].bad) / allowed) if counts.buckets else None
        for through, counts in zip(totals[1:], steps, strict=True)
    ]


def _ratio(counts: EventCounts) -> float | None:
    return counts.bad / counts.total if counts.total else None


def _rate(counts: EventCounts) -> float | None:
    """Over the measured part of the step only: what was not measured is not a dip in traffic."""
    return to_events(counts.total) / (counts.buckets * BUCKET_SECONDS) if counts.buckets else None
