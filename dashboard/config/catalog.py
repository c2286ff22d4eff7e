"""`catalog.yaml`: what is measured."""

import re
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import StrictModel, Target, choice, duration
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.domain import slo
from dashboard.domain.burn_rate import require_two_scrapes
from dashboard.domain.canary.arm_counts import ArmCounters, LatencyCounters
from dashboard.domain.event_counts import BUCKET

_BUCKET_PLACEHOLDER = "{{bucket}}"
_HASHES_PLACEHOLDER = "{{pod_hashes}}"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_COUNTER = re.compile(r"(?:[A-Za-z_:][A-Za-z0-9_:]*)?\s*\{[^(){}\[\]]*\}")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BUCKETS = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*_bucket\s*\{")
_SECONDS = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*_seconds_bucket\s*\{")
_UP_TO = re.compile(r"[{,]\s*le\s*=(~?)\s*([\"'`])(.*?)\2")
_DEFAULT_SCRAPE_INTERVAL = timedelta(seconds=60)
_DAY = timedelta(days=1)
_SHORTEST_TICK, _LONGEST_TICK = timedelta(seconds=15), timedelta(minutes=10)


def _query(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"found {value!r}, expected a PromQL query")
    if _BUCKET_PLACEHOLDER not in value:
        raise ValueError(
            f"found a query without {_BUCKET_PLACEHOLDER}, expected it where the range goes, as in"
            f" [{_BUCKET_PLACEHOLDER}]"
        )
    return value.strip()


def _counter(value: Any) -> str:
    if not isinstance(value, str) or not _COUNTER.fullmatch(_QUOTED.sub('""', value.strip())):
        raise ValueError(
            f"found {value!r}, expected a counter with its matchers alone, as in"
            f' http_requests_total{{rollouts_pod_template_hash=~"{_HASHES_PLACEHOLDER}"}}'
        )
    if _HASHES_PLACEHOLDER not in value:
        raise ValueError(
            f"found a counter without {_HASHES_PLACEHOLDER}, expected it where the hashes of the pods go,"
            f' as in rollouts_pod_template_hash=~"{_HASHES_PLACEHOLDER}"'
        )
    return value.strip()


def _fast(value: Any) -> str:
    """A counter of fast requests; where it is of a histogram's buckets, it names one of them.

    The sum over all buckets would count a request as often as there are buckets that it fits in.
    """
    counter = _counter(value)
    if not _BUCKETS.match(counter):
        return counter
    chosen = _UP_TO.search(counter)
    if chosen is None:
        raise ValueError(
            f"found {counter!r}, all buckets of a histogram; expected the one up to the threshold, as in"
            ' le="0.3"'
        )
    if not chosen[1] and not _is_finite(chosen[3]):
        raise ValueError(f'found the bucket le={chosen[3]!r}, expected one up to a number, as in le="0.3"')
    return counter


def _is_finite(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _tier(value: Any) -> slo.ServiceTier:
    if isinstance(value, bool) or not isinstance(value, int) or value not in set(slo.ServiceTier):
        raise ValueError(f"found {value!r}, expected 1, 2 or 3")
    return slo.ServiceTier(value)


def _label(value: Any) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value):
        raise ValueError(f"found {value!r}, expected a Prometheus label name")
    return value


def _window(value: Any) -> timedelta:
    window = duration(value)
    if window % _DAY:
        raise ValueError(f"found {value!r}, expected whole days such as 30d")
    return window


def _scrape_interval(value: Any) -> timedelta:
    interval = duration(value)
    try:
        require_two_scrapes(BUCKET, interval)
    except ValueError as error:
        raise ValueError(f"found {value!r}: {error}; expected 150s or less") from None
    return interval


class _Indicator(StrictModel):
    description: str = ""
    good: Annotated[str, BeforeValidator(_query)]
    total: Annotated[str, BeforeValidator(_query)]
    service_label: Annotated[str, BeforeValidator(_label)] = "service"
    scrape_interval: Annotated[timedelta, BeforeValidator(_scrape_interval)] = _DEFAULT_SCRAPE_INTERVAL


class _Objective(StrictModel):
    indicator: str
    target: Target
    window: Annotated[timedelta, BeforeValidator(_window)] = timedelta(days=30)


def _tick(value: Any) -> timedelta:
    tick = duration(value)
    if not _SHORTEST_TICK <= tick <= _LONGEST_TICK or tick % timedelta(seconds=1):
        raise ValueError(f"found {value!r}, expected whole seconds from 15s to 10m")
    return tick


class _Latency(StrictModel):
    fast: Annotated[str, BeforeValidator(_fast)]
    total: Annotated[str, BeforeValidator(_counter)]


class _CanaryCounts(StrictModel):
    good: Annotated[str, BeforeValidator(_counter)]
    total: Annotated[str, BeforeValidator(_counter)]
    latency: _Latency | None = None
    namespace_label: Annotated[str, BeforeValidator(_label)] = "namespace"
    pod_hash_label: Annotated[str, BeforeValidator(_label)] = "rollouts_pod_template_hash"
    target_label: Annotated[str, BeforeValidator(_label)] = "instance"
    tick: Annotated[timedelta, BeforeValidator(_tick)] = timedelta(minutes=1)


class _Service(StrictModel):
    tier: Annotated[slo.ServiceTier, BeforeValidator(_tier)]
    strategy: Annotated[slo.Strategy, choice(slo.Strategy)]
    objectives: list[_Objective] = Field(default_factory=list)


class _Catalog(StrictModel):
    indicators: dict[str, _Indicator]
    canary_counts: _CanaryCounts | None = None
    services: dict[str, _Service]


def load_catalog(path: Path) -> slo.Catalogue:
    """The catalogue at `path`.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    document = load_document(path, _Catalog, _check)
    return slo.Catalogue(
        indicators={name: _indicator(name, entry) for name, entry in document.indicators.items()},
        services={name: _to_service(name, entry) for name, entry in document.services.items()},
        canary_counts=None if document.canary_counts is None else _arm_counters(document.canary_counts),
    )


def _check(document: dict[str, Any]) -> list[Fault]:
    faults = []
    for kind in ("indicators", "services"):
        names = parts(document, kind)
        if document.get(kind) == {}:
            faults.append(Fault(where=(kind,), message="found none, expected at least one"))
        faults += [
            Fault(
                where=(kind, name),
                message=f"found the name {name!r}, expected letters, digits, '.', '_' and '-'",
            )
            for name in names
            if not _NAME.fullmatch(name)
        ]
    for service in parts(document, "services"):
        faults += _check_objectives(service, document)
    return faults


def _check_objectives(service: str, document: dict[str, Any]) -> list[Fault]:
    known = parts(document, "indicators")
    objectives = parts(document, "services", service).get("objectives")
    faults = []
    seen: set[str] = set()
    for index, objective in enumerate(objectives if isinstance(objectives, list) else ()):
        name = parts(objective).get("indicator")
        where = ("services", service, "objectives", index, "indicator")
        if not isinstance(name, str):
            continue
        if name not in known:
            message = f"found unknown indicator {name!r}, expected one of {', '.join(known) or 'none'}"
            faults.append(Fault(where=where, message=message))
        if name in seen:
            message = f"found a second objective on {name!r}, expected one per indicator"
            faults.append(Fault(where=where, message=message))
        seen.add(name)
    return faults


def _indicator(name: str, entry: _Indicator) -> slo.Indicator:
    return slo.Indicator(
        name=name,
        description=entry.description,
        good=entry.good,
        total=entry.total,
        service_label=entry.service_label,
        scrape_interval=entry.scrape_interval,
    )


def _arm_counters(entry: _CanaryCounts) -> ArmCounters:
    latency = entry.latency
    return ArmCounters(
        good=entry.good,
        total=entry.total,
        latency=None if latency is None else _latency_counters(latency),
        namespace_label=entry.namespace_label,
        pod_hash_label=entry.pod_hash_label,
        target_label=entry.target_label,
        tick=entry.tick,
    )


def _latency_counters(entry: _Latency) -> LatencyCounters:
    return LatencyCounters(fast=entry.fast, total=entry.total, threshold=_threshold(entry.fast))


def _threshold(fast: str) -> float | None:
    """Up to how many seconds a request is fast, where the counter is a bucket of a histogram of seconds."""
    chosen = _UP_TO.search(fast) if _SECONDS.match(fast) else None
    if chosen is None:
        return None
    # `1|1.0` is how one bucket is written for Prometheus 2 and 3.
    edges = {
        float(text) if _is_finite(text) else None for text in chosen[3].split("|" if chosen[1] else "\n")
    }
    return edges.pop() if len(edges) == 1 else None


def _to_service(name: str, entry: _Service) -> slo.Service:
    objectives = tuple(
        slo.Objective(service=name, indicator=item.indicator, target=item.target, window=item.window)
        for item in entry.objectives
    )
    return slo.Service(name=name, tier=entry.tier, strategy=entry.strategy, objectives=objectives)
