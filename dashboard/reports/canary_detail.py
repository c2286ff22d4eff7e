"""One canary in depth: its ladder, what each metric measured, what it cost, and what the error counts say."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.budget_ledger import Claim, Owner, OwnerKind, canary_claim, deployment_claim
from dashboard.domain.canary.agreement import Agreement, ArgoWord, agreement, argo_word
from dashboard.domain.canary.arm_counts import ArmCounters
from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.error_level import OwnErrors, own_errors
from dashboard.domain.canary.ladder import Ladder, ladder_of
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict, judge_errors, rule_for
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.canary.time_ahead import (
    AnalysesAhead,
    VerdictAhead,
    analyses_ahead,
    usual_length,
    verdict_ahead,
)
from dashboard.domain.canary.traffic_split import TrafficSplit, traffic_splits
from dashboard.domain.names import NameMap
from dashboard.domain.periods import Period
from dashboard.domain.policy import ErrorLimits, Policy
from dashboard.domain.releases import Release
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError
from dashboard.reports.canaries import CanaryRow, consequence_of, pause_factor
from dashboard.reports.canary_before import ComparedWithBefore, compared_with_before
from dashboard.reports.canary_commands import commands
from dashboard.reports.canary_metrics import RunView, run_view, spec_of
from dashboard.reports.canary_reading import (
    NamedCanary,
    canaries_between,
    canary_named,
    ticks_of,
    with_measurements,
)
from dashboard.reports.canary_templates import templates_of
from dashboard.reports.fleet import read_statuses
from dashboard.reports.freshness import Freshness, freshness
from dashboard.reports.history import History
from dashboard.reports.ledgers import Cost, cost_of, is_measured
from dashboard.store import canaries as stored
from dashboard.store import canary_ticks
from dashboard.store.canaries import SourceRead
from dashboard.store.canary_ticks import BY_FILE
from dashboard.store.database import open_for_reading

#: So far back an earlier canary tells how long the analyses of its templates take.
_EARLIER = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCost:
    """What the service spent while its canary ran: `own` to the canary's account, and each incident's part.

    Counts of a service do not tell its arms apart: what stable spent meanwhile is in it. `measured` is false
    for a service without objectives, or of which nothing was measured.
    """

    own: tuple[Cost, ...]
    incidents: Mapping[str, tuple[Cost, ...]]
    measured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsCompared:
    """What both arms counted in one measure, the verdict on it, and how that stands to Argo's.

    `verdict_ahead` is when the verdict can be expected. `before` is the comparison with the deployment
    before, where nothing of a stable sibling was counted; it changes no verdict.
    """

    ticks: tuple[Tick, ...]
    judgement: ErrorJudgement
    agreement: Agreement
    verdict_ahead: VerdictAhead | None
    before: ComparedWithBefore | None = None

    @property
    def has_stable(self) -> bool:
        """Whether any request to a stable sibling was counted."""
        return any(tick.stable_total for tick in self.ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCounts(ArmsCompared):
    """The errors of both arms, how the traffic was split, and the canary's share of errors by itself."""

    traffic: tuple[TrafficSplit, ...]
    own: OwnErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryReport:
    """One canary; `errors` and `slow` requests are None where the counts of both arms are not known.

    Slow are requests that took longer than `slow_above` seconds; None where that is not known either. A sync
    `seeks_slow` requests where the catalogue names their counters and no file told the counts.

    `commands` are what a person may run on it, by what they do; this product never runs them. They act on
    the Rollout as it is now, so there are fewer of a canary that is not its newest any more (`is_newest`).
    `analyses_ahead` is None where its steps are not known.
    """

    row: CanaryRow
    argo: ArgoWord
    is_newest: bool
    analyses_ahead: AnalysesAhead | None
    runs: tuple[RunView, ...]
    errors: ErrorCounts | None
    slow: ArmsCompared | None
    slow_above: float | None
    seeks_slow: bool
    cost: CanaryCost
    commands: Mapping[str, str]
    reads: tuple[SourceRead, ...]
    freshness: Freshness

    @property
    def compared(self) -> dict[Measure, ArmsCompared]:
        """What is known of both arms, by measure."""
        counts = ((Measure.ERRORS, self.errors), (Measure.SLOW, self.slow))
        return {measure: found for measure, found in counts if found is not None}

    @property
    def shown_worse(self) -> tuple[Measure, ...]:
        """In what the canary is shown to be worse than stable."""
        return tuple(
            measure for measure, found in self.compared.items() if found.judgement.verdict is Verdict.FAIL
        )

    @property
    def beside_argo(self) -> tuple[Measure, Agreement] | None:
        """Which counts stand beside Argo's word, and how: errors, unless slow requests alone show a FAIL."""
        if self.slow is not None and self.shown_worse == (Measure.SLOW,):
            return Measure.SLOW, self.slow.agreement
        return None if self.errors is None else (Measure.ERRORS, self.errors.agreement)


def canary_report(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path, catalogue: Catalogue, policy: Policy, history: History, names: NameMap, name: str
) -> CanaryReport:
    """The canary with the id `name`, as it stood at the instant of `history`.

    Raises:
        InputError: the store knows no such canary.
        StoreError: the store is missing or cannot be read.
    """
    now = history.as_of
    with open_for_reading(store) as connection:
        found = canary_named(connection, names, name, now)
        if found is None:
            raise InputError(f"canary: found {name!r}, expected one that the store knows")
        canary = found.canary
        around = Period(name="around", start=canary.began_at - _EARLIER, end=now)
        others = [
            item
            for item in canaries_between(connection, names, around, now, [canary.rollout])
            if item.canary.id != canary.id
        ]
        later = [item for item in others if item.canary.began_at >= canary.began_at]
        consequence = consequence_of(connection, found, later, history)
        service = catalogue.services.get(found.service or "")
        (status,) = read_statuses(connection, [service], policy, now) if service else (None,)
        tier = None if status is None else status.policy_tier
        factor = pause_factor(policy, tier)
        runs = with_measurements(connection, canary.runs, now)
        counted_by = canary_ticks.counted_by(connection, canary.rollout, canary.pod_hash, Measure.SLOW)
        counted = {measure: _counted(connection, canary, others, now, measure) for measure in Measure}
        cost = CanaryCost(own=(), incidents={}, measured=False)
        if service is not None and service.objectives:
            claim = _claim(canary, consequence.release, policy, history)
            spent = cost_of(connection, service, history, policy, claim)
            cost = _cost(spent, claim.owner, measured=is_measured(connection, service, claim))
        reads, fresh = stored.reads(connection), freshness(connection, policy.budget, now)
    ladder = ladder_of(canary, now, factor)
    word = argo_word(canary, ladder)
    return CanaryReport(
        row=CanaryRow(
            named=found,
            consequence=consequence,
            policy_tier=tier,
            pause_factor=factor,
            ladder=ladder,
        ),
        argo=word,
        is_newest=not later,
        analyses_ahead=_analyses_ahead(canary, ladder, [item.canary for item in others], now),
        runs=tuple(map(run_view, runs)),
        errors=_errors(counted[Measure.ERRORS], word, policy.canary_errors),
        slow=_compared(counted[Measure.SLOW], word, Measure.SLOW),
        slow_above=_slow_above(catalogue.canary_counts, counted_by),
        seeks_slow=_seeks_slow(catalogue.canary_counts, counted_by),
        cost=cost,
        commands=commands(canary, is_newest=not later),
        reads=tuple(reads),
        freshness=fresh,
    )


def _claim(canary: Canary, release: Release | None, policy: Policy, history: History) -> Claim:
    """The claim of the deployment that the canary is; one of its own time where none is known."""
    now = history.as_of
    known = None if release is None else deployment_claim(release.deployment, policy.delivery.bake_time, now)
    return known or canary_claim(canary.id, canary.began_at, canary.ended_at or now)


def _cost(spent: Mapping[Owner, tuple[Cost, ...]], own: Owner, *, measured: bool) -> CanaryCost:
    return CanaryCost(
        own=spent.get(own, ()),
        incidents={owner.name: costs for owner, costs in spent.items() if owner.kind is OwnerKind.INCIDENT},
        measured=measured,
    )


def _analyses_ahead(
    canary: Canary, ladder: Ladder | None, others: Iterable[Canary], now: datetime
) -> AnalysesAhead | None:
    """What the analyses that are to come take, by the newest run of the same templates that is known."""
    if ladder is None or not ladder.analyses_ahead:
        return None
    lengths: dict[tuple[str, ...], timedelta] = {}
    for one in sorted((*others, canary), key=lambda item: item.began_at):
        for run in one.runs:
            spec, _ = spec_of(run)
            length = None if spec is None else usual_length(spec)
            if length is not None:
                lengths[templates_of(one, run)] = length
    return analyses_ahead(ladder, lengths, now)


#: What both arms counted, and the comparison that stands in where nothing of a stable sibling was.
_Counted = tuple[tuple[Tick, ...], ComparedWithBefore | None]


def _counted(
    connection: sqlite3.Connection,
    canary: Canary,
    others: Iterable[NamedCanary],
    now: datetime,
    measure: Measure,
) -> _Counted:
    ticks = ticks_of(connection, canary, now, measure)
    known = [item.canary for item in others]
    return ticks, compared_with_before(connection, canary, ticks, known, now, measure)


def _seeks_slow(counters: ArmCounters | None, counted_by: str | None) -> bool:
    return counters is not None and counters.latency is not None and counted_by != BY_FILE


def _slow_above(counters: ArmCounters | None, counted_by: str | None) -> float | None:
    """The threshold of the catalogue, if it is the one that slow requests were counted by."""
    if counters is None or counters.latency is None or counters.digest != counted_by:
        return None
    return counters.latency.threshold


def _compared(counted: _Counted, word: ArgoWord, measure: Measure) -> ArmsCompared | None:
    ticks, before = counted
    if not ticks:
        return None
    judgement = judge_errors(ticks, rule_for(measure))
    return ArmsCompared(
        ticks=ticks,
        judgement=judgement,
        agreement=agreement(judgement.verdict, word),
        verdict_ahead=verdict_ahead(ticks, judgement),
        before=before,
    )


def _errors(counted: _Counted, word: ArgoWord, limits: ErrorLimits) -> ErrorCounts | None:
    found = _compared(counted, word, Measure.ERRORS)
    if found is None:
        return None
    return ErrorCounts(
        ticks=found.ticks,
        judgement=found.judgement,
        agreement=found.agreement,
        verdict_ahead=found.verdict_ahead,
        before=found.before,
        traffic=traffic_splits(found.ticks),
        own=own_errors(found.ticks, limits),
    )
