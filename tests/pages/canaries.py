"""Canaries of small fleets, told to the store as `kubectl` prints them."""

import json
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.ingest.canaries import store_canaries
from dashboard.sources.argo_observations import Observations
from dashboard.sources.object_stream import ObjectStream
from dashboard.store.canaries import mark_read
from dashboard.store.canary_ticks import record_ticks
from dashboard.store.database import open_for_writing
from tests.happenings import T0
from tests.pages.stores import NOW, BadShare, Fleet, steady
from tests.rollout_objects import (
    Object,
    analysis_run,
    listed,
    measurement,
    metric_result,
    metric_spec,
    rollout,
)

MINUTE = timedelta(minutes=1)
#: The tables of objects count in minutes after their own beginning; these fleets count back from now.
_NOW = (NOW - T0) / MINUTE
DAY = 24 * 60.0
HEALTHY: dict[str, BadShare] = {
    "api/availability": steady(0.0002),
    "api/latency": steady(0.0),
    "worker/availability": steady(0.0),
}
HOSTILE = "<script>alert(1)</script>[x](http://evil.example):red[z]**b**$(id)"


def ago(minutes: float) -> float:
    """So many minutes before now, as the objects count them."""
    return _NOW - minutes


def import_canaries(fleet: Fleet, *objects: Object) -> Fleet:
    """`fleet`, whose store now knows `objects`, one look after another."""
    text = json.dumps(listed(*objects)).encode()
    store_canaries(fleet.store, Observations("test", ObjectStream("test", BytesIO(text))))
    return fleet


def counted(  # noqa: PLR0913 - one argument per fact
    fleet: Fleet,
    canary_bad: float,
    stable_bad: float,
    *,
    name: str = "api",
    canary: str = "new",
    total: float = 500,
    minutes: int = 10,
    weight: float = 0.1,
    until: float = 0,
    measure: Measure = Measure.ERRORS,
) -> Fleet:
    """What both arms counted in each of the last `minutes`, the canary getting its `weight` of `total`.

    They end `until` minutes ago.
    """
    share = round(total * weight)
    ticks = [
        Tick(
            at=NOW - (until + minutes - minute) * MINUTE,
            canary_bad=canary_bad,
            canary_total=share,
            stable_bad=stable_bad,
            stable_total=total - share,
            weight=weight,
        )
        for minute in range(minutes)
    ]
    with open_for_writing(fleet.store) as connection:
        record_ticks(connection, f"uid-{name}", canary, ticks, measure)
    return fleet


def read_problem(fleet: Fleet, problem: str) -> None:
    """Let the last try to read the cluster fail."""
    with open_for_writing(fleet.store) as connection:
        mark_read(connection, "kubernetes", NOW - 20 * MINUTE)
        mark_read(connection, "kubernetes", NOW - MINUTE, problem)


def values(start: float, *found: tuple[str | None, str], message: str = "") -> list[Object]:
    """Measurements a minute apart, the first so many minutes ago, each with its value and phase."""
    return [
        measurement(ago(start - minute), value, phase, message=message if phase == "Error" else "")
        for minute, (value, phase) in enumerate(found)
    ]


GOOD = ("[0.991]", "Successful")
BAD = ("[0.91]", "Failed")
ERROR = (None, "Error")


def healthy(fleet: Fleet) -> Fleet:
    """`api` runs an analysis at step 3 of 6, five good answers of ten."""
    run = analysis_run(
        "api-new-2-2", metric_result("success-rate", values(5, GOOD, GOOD, GOOD, GOOD, GOOD)), at=ago(5)
    )
    return import_canaries(
        fleet,
        rollout(
            at=ago(30),
            step=0,
            canary="old",
            stable="old",
            phase="Healthy",
            revision=1,
            version=90_000,
            image="ghcr.io/acme/api:v1",
        ),
        rollout(at=ago(12), step=0, version=100_000),
        rollout(at=ago(11), step=1, version=101_000, paused="CanaryPauseStep", weight=10),
        rollout(at=ago(5), step=2, version=102_000, weight=10),
        run,
    )


def in_trouble(fleet: Fleet, **more: Any) -> Fleet:
    """`api` has used up its failures: the next one aborts it."""
    run = analysis_run(
        "api-new-2-2", metric_result("success-rate", values(5, GOOD, BAD, GOOD, BAD, GOOD)), at=ago(5)
    )
    return import_canaries(
        fleet, rollout(at=ago(12), step=0), rollout(at=ago(5), step=2, version=102, weight=10, **more), run
    )


def inconclusive(fleet: Fleet) -> Fleet:
    """`api` is paused because its analysis could not tell."""
    found = metric_result("success-rate", values(5, GOOD, ("[0.94]", "Inconclusive")), "Inconclusive")
    run = analysis_run("api-new-2-2", found, at=ago(5), phase="Inconclusive")
    return import_canaries(
        fleet,
        rollout(at=ago(12), step=0),
        rollout(at=ago(3), step=2, version=102, weight=10, phase="Paused", paused="InconclusiveAnalysisRun"),
        run,
    )


def background(result: Object, *, phase: str, count: int | None = None) -> Object:
    """A run of `api` in the background, as it stands; without a `count` it goes on until it is stopped."""
    spec = metric_spec(result["name"], count=count)
    if count is None:
        del spec["count"]
    made = analysis_run("api-new-2", result, at=ago(7), phase=phase, step=None, specs=[spec])
    made["metadata"]["labels"]["rollout-type"] = "Background"
    return made


def provider_errors(fleet: Fleet) -> Fleet:
    """The provider of `api` gave no answer three times in a row."""
    told = values(5, GOOD, ERROR, ERROR, ERROR, message="dial tcp 10.0.0.7:9090: connection refused")
    run = analysis_run("api-new-2-2", metric_result("success-rate", told), at=ago(5))
    return import_canaries(
        fleet, rollout(at=ago(12), step=0), rollout(at=ago(5), step=2, version=102, weight=10), run
    )


def past(  # noqa: PLR0913 - one argument per fact
    fleet: Fleet,
    revision: int,
    days: float,
    *,
    aborted: bool = False,
    image: str | None = None,
    name: str = "api",
    metric: str = "success-rate",
    metrics: Sequence[str] = (),
    specs: Sequence[Object] | None = None,
) -> Fleet:
    """A canary of `name` that began so many `days` ago and took half an hour."""
    start, canary, stable = days * DAY, f"h{revision}", f"h{revision - 1}"
    phase = "Failed" if aborted else "Successful"
    outcome = (BAD, BAD, BAD) if aborted else (GOOD,) * 10
    named = metrics or [metric]
    found = [metric_result(one, values(start - 10, *outcome), phase) for one in named]
    shared: dict[str, Any] = {
        "canary": canary,
        "revision": revision,
        "image": image or f"ghcr.io/acme/{name}:v{revision}",
        "name": name,
    }
    run = analysis_run(
        f"{name}-{canary}-{revision}-2",
        *found,
        at=ago(start - 10),
        phase=phase,
        canary=canary,
        revision=revision,
        owner=name,
        specs=specs or [metric_spec(one) for one in named],
    )
    version = revision * 1000
    last = (
        rollout(
            at=ago(start - 20),
            stable=stable,
            step=0,
            aborted=True,
            phase="Degraded",
            version=version + 3,
            **shared,
        )
        if aborted
        else rollout(
            at=ago(start - 30), stable=canary, step=6, phase="Healthy", version=version + 3, **shared
        )
    )
    return import_canaries(
        fleet,
        rollout(at=ago(start), stable=stable, step=0, version=version, **shared),
        rollout(at=ago(start - 10), stable=stable, step=2, version=version + 1, weight=10, **shared),
        last,
        run,
    )
