"""The *Canary analysis* page: what is under way, and what past analyses decided and what followed."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dashboard.domain.canary.canary import Outcome, deciding_metrics
from dashboard.domain.canary.consequences import (
    Accuracy,
    Consequence,
    Releases,
    accuracy,
    consequences,
)
from dashboard.domain.canary.ladder import Ladder, ladder_of
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sequential import is_shown_worse, rule_for
from dashboard.domain.names import NameMap
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import Catalogue
from dashboard.reports.canary_reading import (
    NamedCanary,
    NamedRun,
    canaries_between,
    open_canaries,
    runs_alone,
    ticks_of,
)
from dashboard.reports.fleet import read_statuses, without_collecting
from dashboard.reports.freshness import Freshness, freshness
from dashboard.reports.history import History
from dashboard.store import canaries as stored
from dashboard.store.canaries import SourceRead
from dashboard.store.database import open_for_reading


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRow:
    """A canary as a list shows it; `ladder` is only of one that is under way, and has steps.

    `policy_tier` is that of its service now, and `pause_factor` how many times as long as its Rollout says
    the policy asks its pauses to be.
    """

    named: NamedCanary
    consequence: Consequence
    policy_tier: PolicyTier | None = None
    pause_factor: int = 1
    ladder: Ladder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CanariesReport:
    """Every canary that is `under_way`, and those that began in `period`, the newest first.

    `accuracy` is of the period, and `aborted_by` how many of its canaries each metric aborted.
    `runs_alone` belong to no Rollout. `unmapped` counts canaries by the name of a Rollout that none of our
    services is called by; they are in the lists as well. `ever` says whether the store knows any at all.
    """

    as_of: datetime
    period: Period
    under_way: tuple[CanaryRow, ...]
    past: tuple[CanaryRow, ...]
    runs_alone: tuple[NamedRun, ...]
    accuracy: Accuracy
    aborted_by: Mapping[str, int]
    outcomes: Mapping[Outcome, int]
    unmapped: Mapping[str, int]
    ever: bool
    reads: tuple[SourceRead, ...]
    freshness: Freshness


def canaries_report(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    policy: Policy,
    history: History,
    names: NameMap,
    period: Period,
    services: Sequence[str] | None = None,
) -> CanariesReport:
    """The canaries of all services, or of those named, as they stood at the instant of `history`.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    now = history.as_of
    with open_for_reading(store) as connection, without_collecting():
        under_way = _chosen(open_canaries(connection, names, now), services)
        # Up to now, not to the end of the period: what followed is what tells whether an abort was false.
        since = _chosen(canaries_between(connection, names, replace(period, end=now), now), services)
        alone = [
            item
            for item in runs_alone(connection, names, period, now)
            if services is None or item.service in services
        ]
        busy = [
            catalogue.services[name]
            for name in dict.fromkeys(item.service for item in under_way)
            if name in catalogue.services
        ]
        statuses = read_statuses(connection, busy, policy, now)
        tiers = {status.service.name: status.policy_tier for status in statuses}
        worse = shown_worse(connection, since)
        ever, reads = stored.holds_data(connection), stored.reads(connection)
        fresh = freshness(connection, policy.budget, now)
    known = _consequences([*under_way, *since], history, worse)
    past = [item for item in since if not item.canary.outcome.is_open and period.holds(item.canary.began_at)]
    rows = [CanaryRow(named=item, consequence=known[item.canary.id]) for item in past]
    everything = [*under_way, *past]
    return CanariesReport(
        as_of=now,
        period=period,
        under_way=tuple(
            _under_way(item, known[item.canary.id], tiers.get(item.service or ""), policy, now)
            for item in under_way
        ),
        past=tuple(reversed(rows)),
        runs_alone=tuple(reversed(alone)),
        accuracy=accuracy((row.named.canary, row.consequence) for row in rows),
        aborted_by=_aborted_by(past),
        outcomes=Counter(item.canary.outcome for item in everything),
        unmapped=Counter(item.canary.name for item in everything if item.service is None),
        ever=ever,
        reads=tuple(reads),
        freshness=fresh,
    )


def _chosen(found: Iterable[NamedCanary], services: Sequence[str] | None) -> list[NamedCanary]:
    return [item for item in found if services is None or item.service in services]


def shown_worse(connection: sqlite3.Connection, found: Iterable[NamedCanary]) -> dict[str, Measure]:
    """Of those that were aborted and were worse than stable, by id, which counts show that, errors first."""
    aborted = (item.canary for item in found if item.canary.outcome is Outcome.ABORTED)
    return {
        canary.id: measure
        for canary in aborted
        if canary.ended_at is not None
        for measure in reversed(Measure)
        if is_shown_worse(ticks_of(connection, canary, canary.ended_at, measure), rule_for(measure))
    }


def _consequences(
    found: Iterable[NamedCanary], history: History, worse: Mapping[str, Measure]
) -> dict[str, Consequence]:
    """By the id of the canary; deployments are known of the environment that counts only."""
    lanes: dict[tuple[str, str], list[NamedCanary]] = {}
    for item in found:
        lanes.setdefault((item.service or item.canary.rollout, item.environment), []).append(item)
    known: dict[str, Consequence] = {}
    for (service, environment), of_lane in lanes.items():
        releases = Releases(
            release
            for release in history.releases_by_service.get(service, ())
            if release.deployment.environment == environment
        )
        known |= consequences([item.canary for item in of_lane], releases, worse)
    return known


def consequence_of(
    connection: sqlite3.Connection, item: NamedCanary, others: Iterable[NamedCanary], history: History
) -> Consequence:
    """What became of one canary; `others` are those of its service that came after."""
    found = {one.canary.id: one for one in (*others, item)}
    worse = shown_worse(connection, found.values())
    return _consequences(found.values(), history, worse)[item.canary.id]


def _under_way(
    item: NamedCanary, consequence: Consequence, tier: PolicyTier | None, policy: Policy, now: datetime
) -> CanaryRow:
    factor = pause_factor(policy, tier)
    return CanaryRow(
        named=item,
        consequence=consequence,
        policy_tier=tier,
        pause_factor=factor,
        ladder=ladder_of(item.canary, now, factor),
    )


def pause_factor(policy: Policy, tier: PolicyTier | None) -> int:
    """How many times as long the policy asks the pauses of a canary to be in `tier`."""
    return 1 if tier is None else policy.gate.pause_factors.get(tier, 1)


def _aborted_by(past: Iterable[NamedCanary]) -> dict[str, int]:
    """How many canaries each metric aborted, the most first; one that two metrics aborted counts for both."""
    found: Counter[str] = Counter()
    for item in past:
        if item.canary.outcome is Outcome.ABORTED:
            metrics = (name for run in item.canary.runs for name in deciding_metrics(run))
            found.update(dict.fromkeys(metrics, 1))
    return dict(found.most_common())
