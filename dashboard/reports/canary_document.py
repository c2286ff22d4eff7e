"""Canary state as JSON, for `GET /api/v1/services/{service}`: unrounded, unknown is null."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.ladder import Ladder, Rung
from dashboard.domain.canary.named_runs import named_only, verdict_with_named
from dashboard.domain.canary.rollouts import CurrentRun
from dashboard.domain.canary.room import Room
from dashboard.domain.canary.sequential import ErrorJudgement
from dashboard.domain.canary.ticks import Arm
from dashboard.reports.canary_standing import Standing
from dashboard.reports.canary_state import CanaryState, MetricRoom, OpenCanary, shown_state
from dashboard.reports.status_document import iso_time

Document = dict[str, Any]


def canaries_document(
    state: CanaryState, service: str, standings: Mapping[str, Standing] | None = None
) -> list[Document]:
    """The canaries of `service` that are under way, the oldest first.

    One that was not seen for too long has the state `unknown`, with `last_state` as it was seen then; what
    follows from the time that passed since is null. `standings` are by id; one that is not told is null.
    """
    told = standings or {}
    return [
        _canary(item, told.get(item.named.canary.id))
        for item in state.under_way
        if item.named.service == service
    ]


def _canary(item: OpenCanary, standing: Standing | None) -> Document:
    canary, state = item.named.canary, item.named.canary.state
    ladder, seen, verdict = item.ladder, item.named.seen, verdict_with_named(canary)
    going_on = None if item.named.stale else ladder
    return {
        "id": canary.id,
        "rollout": canary.name,
        "namespace": canary.namespace,
        "environment": item.named.environment,
        "revision": canary.revision,
        "attempt": canary.attempt,
        "version": canary.version,
        "stable_version": canary.stable_version,
        "strategy": None if state is None else state.strategy,
        "state": shown_state(item),
        "last_state": canary.outcome.value,
        "stale": item.named.stale,
        "seen_at": None if seen is None else iso_time(seen.at),
        "phase": None if state is None or state.phase is None else state.phase.value,
        "message": (state.message or None) if state is not None else None,
        "weight": None if ladder is None else ladder.weight,
        "began_at": iso_time(canary.began_at),
        "step": None if ladder is None else ladder.position,
        "elapsed_seconds": None if going_on is None else _seconds(going_on.elapsed),
        "pauses_left_seconds": None if going_on is None else _seconds(going_on.left),
        "not_done_before": None if going_on is None else iso_time(going_on.eta),
        "analyses_ahead": None if ladder is None else ladder.analyses_ahead,
        "waits_for": None if ladder is None else ladder.waits_for,
        "steps": _steps(ladder),
        "analysis": None if verdict is None else verdict.value,
        "errors": _counts(item.errors),
        "slow": _counts(item.slow),
        "standing": None if standing is None else standing.name.lower(),
        "runs": [_run(run, item.rooms) for run in canary.runs] + [_named(run) for run in named_only(canary)],
    }


def _counts(found: ErrorJudgement | None) -> Document:
    """The verdict on the counts of both arms; all of it null where they are not known."""
    if found is None:
        return dict.fromkeys(("verdict", "ratio", "canary", "stable", "failed_at"))
    ratio = found.ratio
    return {
        "verdict": found.verdict.value,
        "ratio": {"value": ratio.value, "low": ratio.low, "high": ratio.high},
        "canary": _arm(found.canary),
        "stable": _arm(found.stable),
        "failed_at": iso_time(found.failed_at),
    }


def _arm(arm: Arm) -> Document:
    return {"bad": arm.bad, "total": arm.total}


def _steps(ladder: Ladder | None) -> list[Document]:
    return [] if ladder is None else [_step(rung) for rung in ladder.rungs]


def _step(rung: Rung) -> Document:
    return {
        "kind": rung.step.kind.value,
        "weight": rung.weight,
        "pause_seconds": _seconds(rung.step.pause),
        "templates": list(rung.step.templates),
        "place": rung.place.value,
        "since": iso_time(rung.since),
        "left_seconds": _seconds(rung.left),
    }


def _run(run: AnalysisRunState, rooms: tuple[MetricRoom, ...]) -> Document:
    of_run = {item.metric: item.room for item in rooms if item.run == run.name}
    return {
        "name": run.name,
        "kind": run.site or None,
        "step": run.step_index,
        "phase": None if run.phase is None else run.phase.value,
        "message": run.message or None,
        "began_at": iso_time(run.began_at),
        "metrics": [
            {
                "name": metric.name,
                "phase": None if metric.phase is None else metric.phase.value,
                "dry_run": metric.dry_run,
                "successful": metric.counts.successful,
                "failed": metric.counts.failed,
                "inconclusive": metric.counts.inconclusive,
                "errors": metric.counts.error,
                "room": _room(of_run.get(metric.name)),
            }
            for metric in run.metrics
        ],
    }


def _named(run: CurrentRun) -> Document:
    """A run of which the Rollout tells, and nothing else was seen."""
    return {
        "name": run.name,
        "kind": run.site[:1].upper() + run.site[1:],
        "step": None,
        "phase": None if run.phase is None else run.phase.value,
        "message": run.message or None,
        "began_at": None,
        "metrics": [],
    }


def _room(room: Room | None) -> Document | None:
    if room is None:
        return None
    return {
        "failures_allowed": room.failures_allowed,
        "failures_left": room.failures_left,
        "measurements_to_go": room.to_go,
        "sentence": room.sentence,
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
