"""`catalog.yaml`: what is measured."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.arm_selectors import counter, fast_counter, histogram_fault, threshold, timed_counter
from dashboard.config.fields import StrictModel, Target, choice, duration
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.domain import slo
from dashboard.domain.burn_rate import require_two_scrapes
from dashboard.domain.canary.arm_counts import ArmCounters, LatencyCounters
from dashboard.domain.event_counts import BUCKET

_BUCKET_PLACEHOLDER = "{{bucket}}"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
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
    fast: Annotated[str, BeforeValidator(fast_counter)]
    total: Annotated[str, BeforeValidator(timed_counter)]


class _CanaryCounts(StrictModel):
    good: Annotated[str, BeforeValidator(counter)]
    total: Annotated[str, BeforeValidator(counter)]
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
    return faults + _check_latency(parts(document, "canary_counts", "latency"))


def _check_latency(latency: dict[str, Any]) -> list[Fault]:
    message = histogram_fault(latency.get("fast"), latency.get("total"))
    return [] if message is None else [Fault(where=("canary_counts", "latency", "total"), message=message)]


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
    return LatencyCounters(fast=entry.fast, total=entry.total, threshold=threshold(entry.fast))


def _to_service(name: str, entry: _Service) -> slo.Service:
    objectives = tuple(
        slo.Objective(service=name, indicator=item.indicator, target=item.target, window=item.window)
        for item in entry.objectives
    )
    return slo.Service(name=name, tier=entry.tier, strategy=entry.strategy, objectives=objectives)
