"""The demo's canaries → the store, the way on which a cluster's Rollouts and AnalysisRuns get there."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.demo.canaries import demo_canaries
from dashboard.demo.canary_counts import ServiceCounts
from dashboard.demo.canary_file import canaries_file
from dashboard.demo.deployments import DemoRelease
from dashboard.demo.fleet import DemoReadings
from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.arm_counts import ArmCounters
from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.rollouts import RolloutState, in_order
from dashboard.ingest.canaries import record_canaries
from dashboard.sources.argo_observations import Observation, Observations
from dashboard.store import canaries, canary_ticks

_SOURCE = "demo"
_AVAILABILITY, _LATENCY = "availability", "latency"


@dataclass(slots=True)
class Kept:
    """The readings of the services that have a Rollout, kept while all of them pass by."""

    _services: frozenset[str] = field(default_factory=lambda: frozenset(canaries_file().rollouts))
    _found: dict[tuple[str, str], DemoReadings] = field(default_factory=dict)

    def passing(self, readings: Iterable[DemoReadings]) -> Iterator[DemoReadings]:
        """All of `readings`, as they come."""
        for item in readings:
            if item.objective.service in self._services:
                self._found[item.objective.service, item.objective.indicator] = item
            yield item

    def counts(self) -> dict[str, ServiceCounts]:
        """What was counted of each service."""
        return {
            service: ServiceCounts.of(item.total, item.good, None if quick is None else quick.good)
            for (service, indicator), item in self._found.items()
            if indicator == _AVAILABILITY
            for quick in [self._found.get((service, _LATENCY))]
        }


def record_demo_canaries(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    deployed: Iterable[DemoRelease],
    kept: Kept,
    registry: str,
    end: datetime,
    counters: ArmCounters | None = None,
) -> Counter[Outcome]:
    """Store the canaries of what was deployed, inside the caller's transaction; returns how they ended.

    Their arms are told to be counted by `counters`. A version that was tried again is a canary each time.
    """
    told = demo_canaries(list(deployed), kept.counts(), registry, end)
    observed = list(Observations(_SOURCE, told.objects))
    record_canaries(connection, observed)
    for rollout, pods, measure, ticks in told.ticks:
        canary_ticks.record_ticks(connection, rollout, pods, ticks, measure)
        if counters is not None:
            canary_ticks.mark_counted(connection, rollout, pods, counters.digest, end)
    there = {item.rollout for item in observed if isinstance(item, RolloutState)}
    canaries.mark_present(connection, _SOURCE, there)
    canaries.mark_read(connection, _SOURCE, end)
    return Counter(canary.outcome for canary in _seen(observed))


def _seen(observed: Iterable[Observation]) -> Iterator[Canary]:
    """The canaries that the store will tell of."""
    states: dict[str, list[RolloutState]] = {}
    runs: dict[str, list[AnalysisRunState]] = {}
    for item in observed:
        if isinstance(item, RolloutState):
            states.setdefault(item.rollout, []).append(item)
        elif isinstance(item, AnalysisRunState):
            runs.setdefault(item.rollout or "", []).append(item)
    for rollout, told in states.items():
        yield from canaries_of(in_order(told), runs.get(rollout, ()))
