"""Limits beside the traffic of a service: how many good canaries they abort."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.domain.canary.lint.condition_trials import Conditions, conditions_of, kind_of, phase_of
from dashboard.domain.canary.lint.false_abort import FailsAt, FalseAbort, false_abort, more_than, threshold
from dashboard.domain.canary.lint.finding import Finding, at_value, finding
from dashboard.domain.canary.lint.promql_facts import PromqlFacts
from dashboard.domain.canary.lint.query import PromqlReader, facts_of
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.analysis import Analysis, Metric
from dashboard.domain.canary.manifest.go_duration import short_duration
from dashboard.domain.canary.manifest.placeholders import placeholders
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.condition import ValueKind

#: Labels by which the pods of a canary are told from the others.
_CANARY_LABEL = re.compile(r"pod_template_hash|canary|subset|revision|track|role|version", re.IGNORECASE)
#: Chances below are not worth a word.
_SELDOM = 0.01
_MOST_REQUESTS = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a service gets: requests a second, and, if known, the share of errors on good days."""

    requests_per_second: float
    error_ratio: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of the traffic that the canary has at a step, and which step that is."""

    part: float
    where: str


def lint_traffic(
    analysis: Analysis, read: PromqlReader, traffic: Traffic, shares: Sequence[Share]
) -> Iterator[Finding]:
    """Metrics that abort good canaries; `shares` are those of the steps that run `analysis`."""
    for metric in analysis.metrics:
        conditions = conditions_of(metric, analysis.values)
        facts = facts_of(metric, read, analysis.values)
        if conditions is None or conditions.probed or not isinstance(facts, PromqlFacts) or metric.dry_run:
            continue
        taken, limit = metric.measurements, metric.failure_limit
        if facts.ratio is None or taken is None or taken < 1 or limit is None or limit < 0:
            continue
        window = max(facts.windows, default=metric.interval)
        fails = _fails(conditions, kind_of(metric, facts), facts.ratio)
        if window is None or fails is None or metric.success_limit:
            continue
        share = min(shares, key=lambda found: found.part, default=None)
        if not _sees_canary_alone(analysis, metric, facts):
            share = None
        seen = _Seen(rate=traffic.requests_per_second, share=share, window=window, apart=metric.interval)
        ratio = traffic.error_ratio if traffic.error_ratio is not None else (threshold(fails) or 0.0) / 2
        requests = min(max(1, round(seen.requests)), _MOST_REQUESTS)
        found = false_abort(fails, requests=requests, ratio=ratio, measurements=taken, failure_limit=limit)
        if found is not None and _chance(found, seen, limit, taken) >= _SELDOM:
            yield _told(metric, seen, found, fails)


def _fails(conditions: Conditions, kind: ValueKind | None, whole: float) -> FailsAt | None:
    """Whether a measurement fails by its share of errors; None where that share is not what it measures."""
    if kind is None:
        return None
    lowest, highest = phase_of(conditions, kind, 0.0), phase_of(conditions, kind, whole)
    if (lowest, highest) == (Phase.SUCCESSFUL, Phase.FAILED):
        return lambda errors: phase_of(conditions, kind, errors * whole) is Phase.FAILED
    if (lowest, highest) == (Phase.FAILED, Phase.SUCCESSFUL):
        return lambda errors: phase_of(conditions, kind, (1.0 - errors) * whole) is Phase.FAILED
    return None


def _sees_canary_alone(analysis: Analysis, metric: Metric, facts: PromqlFacts) -> bool:
    query = metric.asked.string("query") if metric.asked is not None else None
    used = {found.argument for found in placeholders(query or "")}
    if used & analysis.canary_arguments:
        return True
    return any(_CANARY_LABEL.search(name) or "canary" in value for name, value in facts.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one measurement sees: `requests` (expected) over `window`, of `rate`, all or a `share` of them.

    The next one follows after the time `apart`.
    """

    rate: float
    share: Share | None
    window: timedelta
    apart: timedelta | None

    @property
    def overlaps(self) -> bool:
        """Whether a measurement sees requests that the one before has seen."""
        return self.apart is not None and self.apart < self.window

    @property
    def requests(self) -> float:
        return self.rate * self.window.total_seconds() * (self.share.part if self.share else 1.0)


def _chance(found: FalseAbort, seen: _Seen, limit: int, count: int) -> float:
    """The larger chance of a false abort: of measurements on their own, or all of the same requests.

    Where windows overlap, failures come together: the truth lies between. Then all fail, or none does.
    """
    return max(found.chance, found.one) if seen.overlaps and limit < count else found.chance


def _told(metric: Metric, seen: _Seen, found: FalseAbort, fails: FailsAt) -> Finding:
    share = seen.share
    part = f", {_percent(share.part)} of them the canary's at {share.where}" if share is not None else ""
    count, limit = metric.measurements or 1, metric.failure_limit or 0
    errors = "1 error fails it" if found.errors == 1 else f"{found.errors:,} errors fail it"
    aborts = f"aborts {_percent(found.chance)} of good canaries"
    if seen.overlaps and seen.apart is not None and count > 1:
        every = f"windows of {short_duration(seen.window)} every {short_duration(seen.apart)} share them"
        aborts += (
            f" if each measurement saw requests of its own, and {_percent(found.one)} if all saw the same"
        )
        aborts += f" ones ({every})"
    message = (
        f"{metric.name}: with {_rate(seen.rate)}{part}, a measurement over {short_duration(seen.window)} sees"
        f" {_count(seen.requests)}, and {errors}: a true error ratio of {_percent(found.ratio)} {aborts}"
        f" ({count} measurements, failureLimit {limit})"
    )
    node = metric.node.get("failureLimit") or metric.node.get("successCondition") or metric.node
    mend = _mend(fails, found, seen, count, limit)
    return finding(RuleId.FALSE_ABORT, at_value(metric.manifest, node), message, mend=mend)


def _mend(fails: FailsAt, found: FalseAbort, seen: _Seen, count: int, limit: int) -> str:
    parts = []
    higher = range(limit + 1, count)  # the chance falls with each failure that is allowed
    at = bisect_left(higher, True, key=lambda allowed: more_than(allowed, count, found.one) < _SELDOM)  # noqa: FBT003 - the key's value
    if at < len(higher) and not (seen.overlaps and found.one >= _SELDOM):
        better = more_than(higher[at], count, found.one)
        parts.append(f"failureLimit {higher[at]} makes it {_percent(better)}")
    for times in (2, 5, 10, 20, 50):
        wider = false_abort(
            fails,
            requests=found.requests * times,
            ratio=found.ratio,
            measurements=count,
            failure_limit=limit,
        )
        chance = None if wider is None else _chance(wider, seen, limit, count)
        if chance is not None and chance < _SELDOM:
            parts.append(
                f"{times} times the requests (a wider window, more weight) make it {_percent(chance)}"
            )
            break
    return ("; ".join(parts) or "Raise the threshold, or judge by a comparison with stable") + "."


def _rate(per_second: float) -> str:
    if per_second >= 10:  # noqa: PLR2004 - minutes read better below
        return f"{per_second:,.0f} requests a second"
    return f"{per_second * 60:,.3g} requests a minute"


def _count(requests: float) -> str:
    shown = f"{requests:,.0f}" if requests >= 10 else f"{requests:.2g}"  # noqa: PLR2004 - two digits
    return "1 request" if shown == "1" else f"{shown} requests"


def _percent(part: float) -> str:
    percent = 100 * part
    return f"{percent:.2g} %" if percent < 99.5 else f"{percent:.0f} %"  # noqa: PLR2004 - two digits
