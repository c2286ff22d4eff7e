"""The demo's counts of every objective: 90 days of what goes wrong, after 30 quiet ones."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dashboard.demo.deployments import demo_deployment_effects
from dashboard.demo.effects import HISTORY, RUN_UP, DemoEffect, EffectKind
from dashboard.demo.incidents import demo_incidents
from dashboard.demo.traffic import (
    GROWTH,
    Counts,
    Series,
    expected_requests,
    overlap,
    profile_of,
    quiet_bad_ratio,
)
from dashboard.domain.event_counts import BUCKET_SECONDS, floor_to_bucket
from dashboard.domain.slo import Catalogue, Objective

#: Every other seed tells the same story with other noise.
_SEED = 20_240

_SLOW_INDICATOR = "latency"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReadings:
    """Good and total events of one objective, whole numbers, by the end of the bucket (unix seconds)."""

    objective: Objective
    good: Mapping[int, int]
    total: Mapping[int, int]


def readings(catalogue: Catalogue, as_of: datetime) -> Iterator[DemoReadings]:
    """The 120 days before `as_of` (floored to a bucket) of each objective of `catalogue`, in its order.

    The same `as_of` gives the same counts. Days and weekends fall where the calendar has them; what goes
    wrong is placed relative to `as_of`.

    Raises:
        ConfigurationError: a file of the demo cannot be read; names the file and every fault in it.
    """
    end = int(floor_to_bucket(as_of).timestamp())
    begin = end - int(HISTORY.total_seconds())
    before = np.arange(begin - int(RUN_UP.total_seconds()), begin, BUCKET_SECONDS, dtype=np.int64)
    starts = np.arange(begin, end, BUCKET_SECONDS, dtype=np.int64)
    effects = [effect for incident in demo_incidents(as_of) for effect in incident.effects]
    effects += demo_deployment_effects(as_of)
    for objective in catalogue.objectives:
        mine = [effect for effect in effects if objective.service in effect.services]
        quiet, eventful = _run_up(objective, before), _readings(objective, mine, starts)
        yield DemoReadings(
            objective=objective,
            good={**quiet.good, **eventful.good},
            total={**quiet.total, **eventful.total},
        )


def _run_up(objective: Objective, starts: Counts) -> DemoReadings:
    """Quiet days, with chance of their own: the history after them is the same without them."""
    profile = profile_of(objective)
    expected = expected_requests(profile, starts, _random(f"{objective.service} shape before")) * (1 - GROWTH)
    total = _random(f"{objective.service} traffic before").poisson(expected)
    random = _random(f"{objective.key} before")
    bad = random.binomial(total, quiet_bad_ratio(profile.bad[objective.indicator], len(starts), random))
    return _counted(objective, starts, total, bad)


def _readings(objective: Objective, effects: Sequence[DemoEffect], starts: Counts) -> DemoReadings:
    profile = profile_of(objective)
    # All indicators of a service count the same requests, so the traffic's noise belongs to the service.
    expected = expected_requests(profile, starts, _random(f"{objective.service} shape"))
    total = _random(f"{objective.service} traffic").poisson(expected)
    hurting = EffectKind.SLOW if objective.indicator == _SLOW_INDICATOR else EffectKind.FAILING
    random = _random(objective.key)
    quiet = quiet_bad_ratio(profile.bad[objective.indicator], len(starts), random)
    bad = random.binomial(total, 1 - (1 - quiet) * (1 - _share(effects, hurting, starts)))
    seen = _share(effects, EffectKind.UNMEASURED, starts) == 0
    seen[len(starts) - profile.late :] = False
    return _counted(objective, starts[seen], total[seen], bad[seen])


def _counted(objective: Objective, starts: Counts, total: Counts, bad: Counts) -> DemoReadings:
    ends = (starts + BUCKET_SECONDS).tolist()
    return DemoReadings(
        objective=objective,
        good=dict(zip(ends, (total - bad).tolist(), strict=True)),
        total=dict(zip(ends, total.tolist(), strict=True)),
    )


def _share(effects: Sequence[DemoEffect], kind: EffectKind, starts: Counts) -> Series:
    """The share of each bucket's events that `effects` of one kind hit; independent ones combine."""
    spared = np.ones(len(starts))
    for effect in effects:
        if effect.kind is kind:
            within = overlap(starts, effect.start.timestamp(), effect.end.timestamp())
            spared *= 1 - effect.share * within
    return 1 - spared


def _random(name: str) -> np.random.Generator:
    return np.random.default_rng([_SEED, zlib.crc32(name.encode())])
