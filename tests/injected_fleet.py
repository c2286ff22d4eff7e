"""A fleet whose errors, restarts and gap were put there on purpose, and are known.

`build_fleet` makes the counters a Prometheus would have scraped, together with the truth: how
many events happened in each 5-minute bucket. What Prometheus makes of the counters differs a
little from the truth, as it does in life:

* A scrape falls some seconds after the minute, so an aligned `increase(x[5m])` sees four of five
  minutes and scales them by 1.25. Sums over days agree to about `0.5 * sqrt(events)` (one standard
  deviation); but of a burst of one minute a bucket shows anything from nothing to 125 %.
* A restart hides what happened since the last scrape: less than one step.
* A gap hides its events for good, although the counter goes on behind it.

All times are Unix seconds, all counts are requests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from tests.real_prometheus import CounterSeries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

BUCKET_SECONDS = 300
DAY_SECONDS = 86_400
TARGET = 0.999
"""Share of good requests that the tier edge and the exhausted service are made for."""

_NAMES = ("checkout", "payments", "search", "catalog", "profile", "orders", "shipping", "inventory", "mailer")
_LEAD_SECONDS = 600  # `increase()` loses the first value of a series, so series begin this early.
_EARLIER = {"total": 1_000_000, "bad": 1_000, "slow": 10_000}  # Readings before the first step.
_STEADY_BAD_SHARE = 0.0001  # A tenth of the error budget, spent everywhere and always.
_STEADY_SLOW_SHARE = 0.002
_GAP_SECONDS = 4 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Requests in `[start, end)` fail (or are slow) with this probability, 0 to 1."""

    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """Requests that happened; `good` did not end in a 500, `fast` took at most 0.5 s."""

    good: int
    total: int
    fast: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceTruth:
    """What really happened to one service, seen by a scrape or not.

    Item `i` of `good`, `total` and `fast` counts the bucket `[starts[i], starts[i] + 300 s)`.
    `errors` and `slowness` are what was injected on top of the steady shares, `restarts` the
    times at which the counters fell to 0, `gaps` the spans `[start, end)` without a sample.
    """

    starts: NDArray[np.int64]
    good: NDArray[np.int64]
    total: NDArray[np.int64]
    fast: NDArray[np.int64]
    errors: tuple[Interval, ...]
    slowness: tuple[Interval, ...]
    restarts: tuple[int, ...]
    gaps: tuple[tuple[int, int], ...]

    def between(self, start: int, end: int) -> EventCounts:
        """Count the events of the buckets that begin in `[start, end)`."""
        span = slice(*np.searchsorted(self.starts, (start, end)))
        good, total, fast = (int(counts[span].sum()) for counts in (self.good, self.total, self.fast))
        return EventCounts(good=good, total=total, fast=fast)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InjectedFleet:
    """Counters and truth of all services over `[start, end)`.

    `truth` is keyed by service name; `roles` names the services that have a part to play:
    `tier_edge` (51 % of the budget of 99.9 % is spent), `gapped` (4 h without samples),
    `restarting` (three restarts), `healthy` (never an error, so no series of code 500),
    `exhausted` (160 % spent), `idle` (counters exist and never move), `burning` (5 % errors in the
    last hour), `slow` (a spell of slow answers). A smaller fleet has the first of them.
    """

    start: int
    end: int
    step_seconds: int
    series: tuple[CounterSeries, ...]
    truth: Mapping[str, ServiceTruth]
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What happens to a service; places in time are parts of the whole span, 0 to 1."""

    requests_per_second: float = 20.0
    bad_share: float = _STEADY_BAD_SHARE
    budget_spent: float | None = None  # Reached exactly, by errors during `error_spells`.
    error_spells: tuple[tuple[float, float], ...] = ()
    last_hour_bad_share: float = 0.0
    slow_spells: tuple[tuple[float, float], ...] = ()
    restarts: tuple[float, ...] = ()
    gaps: tuple[float, ...] = ()


_PARTS: Mapping[str, _Part] = {
    "tier_edge": _Part(requests_per_second=40, budget_spent=0.51, error_spells=((0.55, 0.57),)),
    "gapped": _Part(gaps=(0.4,)),
    "restarting": _Part(restarts=(0.21, 0.5, 0.77)),
    "healthy": _Part(bad_share=0),
    "exhausted": _Part(budget_spent=1.6, error_spells=((0.3, 0.31), (0.8, 0.82))),
    "idle": _Part(requests_per_second=0),
    "burning": _Part(last_hour_bad_share=0.05),
    "slow": _Part(slow_spells=((0.6, 0.65),)),
}


def build_fleet(
    *,
    services: int = 12,
    days: int = 30,
    step_seconds: int = 60,
    end: int = 1_767_225_600,
    seed: int = 2026,
) -> InjectedFleet:
    """Make the same fleet for the same arguments; `end` is a multiple of 300 s.

    A bucket needs two scrapes: with a step over 150 s, `increase(x[5m])` is empty.
    """
    if end % BUCKET_SECONDS or BUCKET_SECONDS % step_seconds:
        raise ValueError("the end falls on a 5-minute border, and a step divides 5 minutes")
    start = end - days * DAY_SECONDS
    names = [*_NAMES, *(f"service-{number}" for number in range(len(_NAMES), services))][:services]
    parts = [*_PARTS.values(), *[_Part()] * services]
    lives = {
        name: _Life(part, span=(start, end), step=step_seconds, number=number, seed=seed)
        for number, (name, part) in enumerate(zip(names, parts, strict=False))
    }
    return InjectedFleet(
        start=start,
        end=end,
        step_seconds=step_seconds,
        series=tuple(series for name, life in lives.items() for series in life.series(name)),
        truth=MappingProxyType({name: life.truth() for name, life in lives.items()}),
        roles=MappingProxyType(dict(zip(_PARTS, names, strict=False))),
    )


class _Life:
    """The requests of one service, drawn for both pieces of each step.

    A scrape divides its step: piece `2k` ends at scrape `k`, piece `2k + 1` ends with the step. So
    the counts are exact for scrapes and for buckets alike.
    """

    def __init__(self, part: _Part, *, span: tuple[int, int], step: int, number: int, seed: int) -> None:
        self._part, self._step = part, step
        self._start, self._end = start, end = span
        # 7 to 53 s, another one for each service; a step below a minute shrinks it.
        phase = max(1, (7 + 11 * number % 47) * min(step, 60) // 60)
        self._lead = math.ceil(_LEAD_SECONDS / step)
        begins = np.arange(start - self._lead * step, end, step)
        self._times = np.stack((begins, begins + phase), axis=1).ravel()
        daily = 1 + 0.6 * np.sin(2 * np.pi * (self._times / DAY_SECONDS - 0.3))
        expected = part.requests_per_second * daily * np.tile((phase, step - phase), begins.size)
        self._total = np.random.default_rng((seed, number)).poisson(expected).astype(np.int64)
        self._errors = tuple(self._error_intervals())
        self._slowness = tuple(
            Interval(start=self._at(first), end=self._at(last), share=0.3) for first, last in part.slow_spells
        )
        self._bad = self._portion(part.bad_share, self._errors)
        self._slow = self._portion(_STEADY_SLOW_SHARE, self._slowness)
        self._restarts = tuple(self._at(place) for place in part.restarts)
        self._gaps = tuple((self._at(place), self._at(place) + _GAP_SECONDS) for place in part.gaps)

    def _at(self, place: float) -> int:
        """Turn a place in the span into a time one step off the bucket borders."""
        bucket = round((self._end - self._start) * place / BUCKET_SECONDS)
        return self._start + bucket * BUCKET_SECONDS + self._step

    def truth(self) -> ServiceTruth:
        return ServiceTruth(
            starts=np.arange(self._start, self._end, BUCKET_SECONDS),
            good=self._in_buckets(self._total - self._bad),
            total=self._in_buckets(self._total),
            fast=self._in_buckets(self._total - self._slow),
            errors=self._errors,
            slowness=self._slowness,
            restarts=self._restarts,
            gaps=self._gaps,
        )

    def series(self, name: str) -> Iterator[CounterSeries]:
        scrapes = self._times[1::2]
        seen = np.ones(scrapes.size, dtype=bool)
        for start, end in self._gaps:
            seen &= (scrapes < start) | (scrapes >= end)
        timestamps = scrapes[seen].astype(np.float64)
        total, bad, slow = (
            self._reading(counts, _EARLIER[kind])[seen]
            for kind, counts in (("total", self._total), ("bad", self._bad), ("slow", self._slow))
        )
        readings = [
            ("http_requests_total", {"code": "200"}, total - bad),
            ("http_requests_total", {"code": "500"}, bad),
            ("http_request_duration_seconds_bucket", {"le": "0.5"}, total - slow),
            ("http_request_duration_seconds_bucket", {"le": "+Inf"}, total),
            ("http_request_duration_seconds_count", {}, total),
        ]
        for metric, extra, values in readings:
            if extra.get("code") == "500" and not self._part.bad_share:
                continue  # A client library shows a code only once it has been answered.
            labels = {"namespace": "production", "service": name, **extra}
            yield CounterSeries(name=metric, labels=labels, timestamps=timestamps, values=values)

    def _error_intervals(self) -> Iterator[Interval]:
        part = self._part
        spells = [(self._at(first), self._at(last)) for first, last in part.error_spells]
        if part.budget_spent is not None:
            inside = sum(int(self._total[self._during(*spell)].sum()) for spell in spells)
            everything = int(self._total[self._during(self._start, self._end)].sum())
            wanted = part.budget_spent * (1 - TARGET) * everything
            share = (wanted - part.bad_share * (everything - inside)) / inside
            yield from (Interval(start=start, end=end, share=share) for start, end in spells)
        if part.last_hour_bad_share:
            yield Interval(start=self._end - 3600, end=self._end, share=part.last_hour_bad_share)

    def _during(self, start: int, end: int) -> NDArray[np.bool_]:
        return (self._times >= start) & (self._times < end)

    def _portion(self, steady_share: float, intervals: tuple[Interval, ...]) -> NDArray[np.int64]:
        share = np.full(self._total.size, steady_share)
        for interval in intervals:
            share[self._during(interval.start, interval.end)] = interval.share
        # Carrying the fractions over, instead of drawing, hits the wanted sum to one request.
        sums = np.floor(np.cumsum(self._total * share)).astype(np.int64)
        portion: NDArray[np.int64] = np.diff(sums, prepend=0)
        return portion

    def _in_buckets(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        bucket_pieces = 2 * BUCKET_SECONDS // self._step
        sums: NDArray[np.int64] = counts[2 * self._lead :].reshape(-1, bucket_pieces).sum(axis=1)
        return sums

    def _reading(self, counts: NDArray[np.int64], earlier: int) -> NDArray[np.float64]:
        happened = np.cumsum(counts)
        reading = happened + earlier
        for restart in self._restarts:  # In order of time: a later one overwrites its part.
            first = int(np.searchsorted(self._times, restart))
            reading[first:] = happened[first:] - happened[first - 1]
        return reading[::2].astype(np.float64)
