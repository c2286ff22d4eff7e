"""What is wrong with analysis templates and Rollouts, beside the real traffic of a service."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from dashboard.domain.canary.lint.files import Surroundings, lint
from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.rules import Severity
from dashboard.domain.canary.lint.traffic import Traffic
from dashboard.domain.event_counts import BUCKET_SECONDS, EventCounts, floor_to_bucket, to_events
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.reports.fleet import required_service
from dashboard.sources.manifest import read_manifests
from dashboard.sources.promql import read_promql
from dashboard.store.database import open_for_reading
from dashboard.store.sli import objective_ids
from dashboard.store.sli_history import running_totals_of

#: So long the traffic of a service is looked at.
TRAFFIC_DAYS = 7
_LEAST_BUCKETS = 12
_USUAL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """The findings in `files`, in reading order, and the traffic that limits were held to."""

    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    traffic: Traffic | None

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in Severity}

    @property
    def has_errors(self) -> bool:
        """Whether the lint says no."""
        return self.counts[Severity.ERROR] > 0


def lint_report(
    texts: Mapping[str, str],
    *,
    scrape_interval: timedelta | None = None,
    traffic: Traffic | None = None,
) -> LintReport:
    """What is wrong with `texts`, by the names of their files; templates are found across files.

    Raises:
        InputError: a text is no YAML or JSON, or holds no objects.
    """
    files = {name: read_manifests(name, text) for name, text in texts.items()}
    known = Surroundings(scrape_interval=scrape_interval, traffic=traffic)
    return LintReport(files=tuple(files), findings=lint(files, read_promql, known), traffic=traffic)


def service_traffic(
    store: Path, catalogue: Catalogue, service: str, now: datetime, error_ratio: float | None = None
) -> Traffic:
    """The traffic of `service`: the median of its 5-minute buckets of 7 days, and its share of errors.

    It is that of the first objective that has data. The share leaves out the worst twentieth of the buckets:
    a good canary is not to be held to the outages of the week. `error_ratio` takes the place of it.

    Raises:
        InputError: the service is none of the catalogue, or has too little data.
        StoreError: the store is missing or cannot be read.
    """
    objectives = required_service(catalogue, service).objectives
    end = int(floor_to_bucket(now).timestamp())
    instants = range(end - TRAFFIC_DAYS * 86_400, end + 1, BUCKET_SECONDS)
    with open_for_reading(store) as connection:
        ids = objective_ids(connection, objectives)
        for objective in objectives:
            totals = running_totals_of(connection, ids.get(objective.key), instants)
            found = _traffic(objective, totals, error_ratio)
            if found is not None:
                return found
    raise InputError(
        f"--service: found too little of {service} in the last {TRAFFIC_DAYS} days of {store}, expected"
        f" {_LEAST_BUCKETS} buckets or more; give --requests-per-second instead"
    )


def _traffic(
    objective: Objective, totals: Sequence[EventCounts], error_ratio: float | None
) -> Traffic | None:
    buckets = [after - before for before, after in pairwise(totals)]
    measured = [bucket for bucket in buckets if bucket.buckets]
    if len(measured) < _LEAST_BUCKETS:
        return None
    ratio = _usual_error_ratio(measured)
    return Traffic(
        requests_per_second=to_events(round(median(bucket.total for bucket in measured))) / BUCKET_SECONDS,
        error_ratio=ratio if error_ratio is None else error_ratio,
        source=f"the median of {len(measured):,} buckets of {objective.key} in {TRAFFIC_DAYS} days",
    )


def _usual_error_ratio(measured: Sequence[EventCounts]) -> float | None:
    by_share = sorted((bucket for bucket in measured if bucket.total), key=lambda one: one.bad / one.total)
    usual = by_share[: max(1, round(len(by_share) * _USUAL))]
    total = sum(bucket.total for bucket in usual)
    return sum(bucket.bad for bucket in usual) / total if total else None
