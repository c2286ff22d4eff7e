"""Canaries beside their stable siblings as Prometheus scraped them: healthy, erring, slow, silent, idle.

A service has 20 requests a second unless its story says else; its canary came up 20 minutes before the end
and has a tenth of them. Every series has the labels that `data/canary` asks for; all times are Unix seconds,
all counts requests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.real_prometheus import CounterSeries

END = 1_767_225_600
CANARY_SECONDS = 20 * 60
_HISTORY_SECONDS = 30 * 3600
_RECENT_SECONDS = 3 * 3600
_SHARE = 0.1
#: Upper edges of the buckets in seconds, and the share of requests up to each: quick, and slow.
_EDGES = ("0.05", "0.1", "0.25", "0.5", "1.0", "+Inf")
_QUICK = (0.40, 0.80, 0.97, 0.995, 1.0, 1.0)
_SLOW = (0.10, 0.30, 0.60, 0.80, 0.99, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happens to a service: shares of errors, whether the canary is slow, whether it gets requests.

    `rate` is that of the service, in requests a second. `stumbles` are errors of the canary that happen by
    themselves: how many, and how many seconds before the end. `probes` is the share of the probes that
    succeed; None where nobody probes.
    """

    rate: float = 20.0
    stable_errors: float = 0.0005
    canary_errors: float = 0.0005
    slow: bool = False
    requests: bool = True
    scraped: bool = True
    stumbles: tuple[tuple[int, int], ...] = ()
    probes: float | None = 1.0


STORIES: Mapping[str, Story] = {
    "healthy": Story(),
    "flawless": Story(stable_errors=0.0, canary_errors=0.0),
    "erring": Story(canary_errors=0.08, probes=0.7),
    "slow": Story(slow=True),
    "exhausted": Story(stable_errors=0.003),
    "idle": Story(requests=False),
    # A canary of one request a second; its error of old made the series, so that the next one is seen.
    "stumbling": Story(rate=10, canary_errors=0.0, stumbles=((1, 1_150), (1, 620))),
    "bursting": Story(rate=10, canary_errors=0.0, stumbles=((1, 1_150), (3, 620))),
    "worse": Story(rate=10, canary_errors=0.04),
    # Ten requests in two minutes: three of them are errors, or one at once among many that are none.
    "small": Story(rate=0.83, stable_errors=0.0, canary_errors=0.3),
    "small-stumbling": Story(
        rate=0.83, stable_errors=0.0, canary_errors=0.0, stumbles=((1, 1_150), (1, 620))
    ),
    "quiet": Story(rate=0),
    "unseen": Story(scraped=False, probes=None),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pods:
    """The pods of one version: scraped at `times`, with `rate` requests a second, `errors` of them bad."""

    service: str
    version: str
    times: NDArray[np.float64]
    rate: float
    errors: float
    stumbles: tuple[tuple[int, int], ...] = ()
    buckets: tuple[float, ...] = _QUICK


def canary_series() -> Iterator[CounterSeries]:
    """All series of all stories."""
    for number, (service, story) in enumerate(STORIES.items()):
        times = _times(END - _HISTORY_SECONDS, 3 + number)
        stable = (1 - _SHARE) * story.rate
        yield from _counters(
            _Pods(service=service, version="old", times=times, rate=stable, errors=story.stable_errors)
        )
        if story.scraped:
            yield from _counters(
                _Pods(
                    service=service,
                    version="new",
                    times=_times(END - CANARY_SECONDS, 3 + number),
                    rate=_SHARE * story.rate if story.requests else 0.0,
                    errors=story.canary_errors,
                    stumbles=story.stumbles,
                    buckets=_SLOW if story.slow else _QUICK,
                )
            )
        if story.probes is not None:
            yield from _probes(service, times, story.probes)


def _times(start: int, phase: int) -> NDArray[np.float64]:
    """A scrape a minute in old times, every 15 s in the last hours."""
    recent = max(start, END - _RECENT_SECONDS)
    old = np.arange(start + phase, recent, 60)
    return np.concatenate((old, np.arange(recent + phase, END, 15))).astype(np.float64)


def _counters(pods: _Pods) -> Iterator[CounterSeries]:
    times = pods.times
    labels = {
        "namespace": "production",
        "service": pods.service,
        "rollouts_pod_template_hash": pods.version,
    }
    happened = np.floor((times - times[0]) * pods.rate) + (1 if pods.rate else 0)
    bad = np.floor(happened * pods.errors)
    for errors, before in pods.stumbles:
        bad = bad + np.where(times >= END - before, errors, 0)
    readings: list[tuple[str, dict[str, str], NDArray[np.float64]]] = [
        ("http_requests_total", {"code": "200"}, happened - bad),
        ("http_request_duration_seconds_count", {}, happened),
    ]
    if pods.errors:
        # A client library shows a code only once it has been answered.
        readings.append(("http_requests_total", {"code": "500"}, bad))
    if pods.stumbles:
        seen = bad > 0
        yield CounterSeries(
            name="http_requests_total",
            labels={**labels, "code": "500"},
            timestamps=times[seen],
            values=bad[seen],
        )
    for edge, share in zip(_EDGES, pods.buckets, strict=True):
        readings.append(("http_request_duration_seconds_bucket", {"le": edge}, np.floor(happened * share)))
    for name, extra, values in readings:
        yield CounterSeries(name=name, labels={**labels, **extra}, timestamps=times, values=values)


def _probes(service: str, times: NDArray[np.float64], share: float) -> Iterator[CounterSeries]:
    labels = {"namespace": "production", "service": service, "instance": "https://example.org"}
    succeeded = (np.arange(times.size) % 10 < round(share * 10)).astype(np.float64)
    yield CounterSeries(name="probe_success", labels=labels, timestamps=times, values=succeeded)
    took = np.where(succeeded > 0, 0.2, 9.0)
    yield CounterSeries(name="probe_duration_seconds", labels=labels, timestamps=times, values=took)
