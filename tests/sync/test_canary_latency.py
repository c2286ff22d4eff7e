"""Slow requests of canary and stable, from the buckets of a real Prometheus into the store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sequential import Verdict, judge_errors
from dashboard.domain.canary.ticks import Tick
from dashboard.ingest.canaries import store_ticks
from dashboard.store.canary_ticks import BY_FILE, counted_by
from dashboard.store.database import open_for_reading
from tests.faulty_server import FaultyServer, Healthy, SeriesDropped
from tests.real_prometheus import CounterSeries, PrometheusServer, history_served
from tests.rollout_objects import moment
from tests.sync.canary_under_way import MINUTES, at, canary_under_way, counted_ticks
from tests.sync.collected import Collected

_SCRAPE = 15
_LEAD = 1_800
_OFFSET = 7  # scrapes fall where they fall

_PLAIN = """\
indicators:
  availability:
    good:  sum by (service) (increase(nothing{code!~"5.."}[{{bucket}}]))
    total: sum by (service) (increase(nothing[{{bucket}}]))
canary_counts:
  good: requests_total{pods=~"{{pod_hashes}}", code!~"5.."}
  total: requests_total{pods=~"{{pod_hashes}}"}
  pod_hash_label: pods
services:
  api:
    tier: 1
    strategy: progressive-canary
    objectives: [{indicator: availability, target: 0.999, window: 1d}]
"""
_LATENCY = """\
  latency:
    fast: seconds_bucket{pods=~"{{pod_hashes}}", le="0.3"}
    total: seconds_count{pods=~"{{pod_hashes}}"}
"""
_CATALOG = _PLAIN.replace("services:\n", f"{_LATENCY}services:\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What happened: requests of each arm between two scrapes, and how many of them were slow."""

    series: tuple[CounterSeries, ...]
    slow: dict[str, np.ndarray]
    timed: dict[str, np.ndarray]
    times: np.ndarray

    def tick(self, of: dict[str, np.ndarray], pods: str, end: float) -> float:
        """What scrapes saw in the minute before `end` (unix seconds)."""
        chosen = (self.times > end - 60) & (self.times <= end)
        return float(of[pods][chosen].sum())


@pytest.fixture(scope="module")
def timed() -> Timed:
    """No request fails; 1 % of stable's take longer than 0.3 s, and 4 % of the canary's.

    Of one request in ten no time is taken: it is in the count of requests, and in no bucket.
    """
    random = np.random.default_rng(5)
    start = int(moment(0).timestamp()) - _LEAD + _OFFSET
    times = np.arange(start, int(moment(MINUTES).timestamp()), _SCRAPE, dtype=np.float64)
    series, slow, taken = [], {}, {}
    for pods, rate, share in (("old", 60, 0.01), ("new", 8, 0.04), ("other", 30, 0.5)):
        taken[pods] = random.poisson(rate, len(times)).astype(np.float64)
        slow[pods] = random.binomial(taken[pods].astype(np.int64), share).astype(np.float64)
        untimed = random.poisson(rate / 9, len(times))
        labels = {"namespace": "production", "pods": pods, "instance": f"{pods}-1"}
        for name, more, counts in (
            ("requests_total", {"code": "200"}, taken[pods] + untimed),
            ("seconds_bucket", {"le": "0.1"}, np.floor((taken[pods] - slow[pods]) / 2)),
            ("seconds_bucket", {"le": "0.3"}, taken[pods] - slow[pods]),
            ("seconds_bucket", {"le": "+Inf"}, taken[pods]),
            ("seconds_count", {}, taken[pods]),
        ):
            series.append(
                CounterSeries(
                    name=name, labels=labels | more, timestamps=times, values=5_000 + np.cumsum(counts)
                )
            )
    return Timed(series=tuple(series), slow=slow, timed=taken, times=times)


@pytest.fixture(scope="module")
def prometheus(timed: Timed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with history_served(timed.series, tmp_path_factory.mktemp("timed")) as server:
        yield server


@pytest.fixture
def collected(faulty: FaultyServer, tmp_path: Path) -> Collected:
    """A store with a canary that is under way since minute 1, and a Prometheus that times its requests."""
    return canary_under_way(_CATALOG, faulty.url, tmp_path)


def ticks(collected: Collected, measure: Measure = Measure.SLOW) -> tuple[Tick, ...]:
    return counted_ticks(collected, measure)


def by_what(collected: Collected, measure: Measure = Measure.ERRORS) -> str | None:
    with open_for_reading(collected.store) as connection:
        return counted_by(connection, "uid-api", "new", measure)


def given(minute: float) -> Tick:
    """A tick that somebody counted elsewhere."""
    return Tick(at=moment(minute), canary_bad=1, canary_total=50, stable_bad=2, stable_total=500)


def told(collected: Collected, minute: float) -> list[str]:
    report = collected.sync(at(minute))
    return [problem.message for problem in report.news if problem.subject == "canary counts"]


def test_each_slow_request_counts_once_and_only_those_whose_time_was_taken(
    collected: Collected, timed: Timed
) -> None:
    assert collected.sync(at(20)).outcome == "ok"
    found = ticks(collected)
    assert [tick.at for tick in found] == [moment(minute) for minute in range(2, 21)]
    for tick in found:
        assert tick.at is not None
        end = tick.at.timestamp()
        for pods, total, bad in (
            ("new", tick.canary_total, tick.canary_bad),
            ("old", tick.stable_total, tick.stable_bad),
        ):
            assert total == pytest.approx(timed.tick(timed.timed, pods, end), abs=1e-3)
            assert bad == pytest.approx(timed.tick(timed.slow, pods, end), abs=1e-3)


def test_a_canary_that_is_slower_and_makes_no_error_is_shown_to_be_worse(collected: Collected) -> None:
    collected.sync(at(35))
    assert judge_errors(ticks(collected, Measure.ERRORS)).verdict is Verdict.NONE
    assert judge_errors(ticks(collected)).verdict is Verdict.FAIL


def test_both_measures_are_of_one_answer(collected: Collected, faulty: FaultyServer) -> None:
    collected.sync(at(20))
    asked = [request.query for request in faulty.requests if "pods" in request.query]
    assert len(asked) == 1
    assert "requests_total" in asked[0]
    assert "seconds_bucket" in asked[0]


def test_later_syncs_add_what_came_since_and_change_nothing(collected: Collected) -> None:
    for minute in (2.5, 9, 9, 14.2, 20):
        assert collected.sync(at(minute)).outcome == "ok"
    once = ticks(collected)
    collected.sync(at(20))
    assert ticks(collected) == once
    assert [tick.at for tick in once] == [moment(minute) for minute in range(2, 21)]


def test_latency_that_is_named_later_is_counted_of_what_was_counted_before(collected: Collected) -> None:
    collected.catalog.write_text(_PLAIN, encoding="utf-8")
    collected.sync(at(20))
    errors, before = ticks(collected, Measure.ERRORS), by_what(collected)
    assert not ticks(collected)
    collected.catalog.write_text(_CATALOG, encoding="utf-8")
    collected.sync(at(20))
    assert by_what(collected) != before
    assert ticks(collected, Measure.ERRORS) == errors
    assert len(ticks(collected)) == len(errors)


def test_another_threshold_takes_the_place_of_what_the_one_before_counted(
    collected: Collected, timed: Timed
) -> None:
    collected.sync(at(20))
    collected.catalog.write_text(_CATALOG.replace('le="0.3"', 'le="0.1"'), encoding="utf-8")
    collected.sync(at(20))
    assert sum(tick.canary_bad for tick in ticks(collected)) > timed.slow["new"].sum()


def test_latency_without_series_is_told_and_keeps_no_error_from_being_counted(
    collected: Collected, faulty: FaultyServer
) -> None:
    gone = {"pods": "new", "counted": "timed"}
    faulty.choose = lambda request: SeriesDropped(where=gone) if "pods" in request.query else Healthy()
    (message,) = told(collected, 20)
    assert message.startswith("no fast requests and their total (latency) of canary and stable found for")
    assert message.endswith("pods new of canary have no series, pods old of stable have some")
    assert len(ticks(collected, Measure.ERRORS)) == 19
    assert not ticks(collected)
    faulty.choose = lambda _: Healthy()
    assert not told(collected, 21)
    assert [tick.at for tick in ticks(collected)] == [moment(minute) for minute in range(2, 22)]


def test_a_version_with_other_buckets_is_told_and_is_not_slow_in_all_its_requests(
    collected: Collected, faulty: FaultyServer
) -> None:
    gone = {"pods": "new", "counted": "fast"}
    faulty.choose = lambda request: SeriesDropped(where=gone) if "pods" in request.query else Healthy()
    (message,) = told(collected, 20)
    assert "pods new of canary have some, none of them fast, pods old of stable have some" in message
    assert not ticks(collected)


def test_a_bucket_that_prometheus_writes_otherwise_is_told_and_makes_nothing_slow(
    collected: Collected,
) -> None:
    collected.catalog.write_text(_CATALOG.replace('le="0.3"', 'le="0.30"'), encoding="utf-8")
    (message,) = told(collected, 20)
    assert message.endswith(
        "pods new of canary have some, none of them fast, pods old of stable have some, none of them fast"
    )
    assert not ticks(collected)
    assert len(ticks(collected, Measure.ERRORS)) == 19


def test_a_file_of_errors_alone_takes_no_slow_requests_away(collected: Collected) -> None:
    collected.sync(at(35))
    before, counters = ticks(collected), by_what(collected)
    assert judge_errors(before).verdict is Verdict.FAIL
    for minute in (5.5, 6.5):
        store_ticks(collected.store, "uid-api:2", [given(minute)], moment(36))
    assert ticks(collected, Measure.ERRORS) == (given(5.5), given(6.5))
    assert ticks(collected) == before
    assert (by_what(collected), by_what(collected, Measure.SLOW)) == (BY_FILE, counters)
    collected.sync(at(38))
    assert ticks(collected) == before, "Prometheus is not asked for them any more"


def test_slow_requests_of_a_later_file_take_the_place_of_those_that_prometheus_counted(
    collected: Collected,
) -> None:
    collected.sync(at(20))
    store_ticks(collected.store, "uid-api:2", [given(5.5)], moment(20))
    store_ticks(collected.store, "uid-api:2", [given(5.5)], moment(20), [given(5.5)])
    store_ticks(collected.store, "uid-api:2", [given(6.5)], moment(20))
    assert ticks(collected) == (given(5.5),)
    assert ticks(collected, Measure.ERRORS) == (given(5.5), given(6.5))
    assert by_what(collected, Measure.SLOW) == BY_FILE


def test_a_file_that_knows_no_count_changes_nothing(collected: Collected) -> None:
    collected.sync(at(20))
    before = [ticks(collected, measure) for measure in Measure]
    store_ticks(collected.store, "uid-api:2", [], moment(20))
    assert [ticks(collected, measure) for measure in Measure] == before
    collected.sync(at(22))
    assert ticks(collected)[-1].at == moment(22)


def test_latency_that_is_not_counted_any_more_leaves_what_was_counted_of_it(collected: Collected) -> None:
    collected.sync(at(20))
    before = ticks(collected)
    collected.catalog.write_text(_PLAIN, encoding="utf-8")
    collected.sync(at(22))
    assert ticks(collected) == before
    assert ticks(collected, Measure.ERRORS)[-1].at == moment(22)


def test_a_bucket_that_is_not_there_takes_the_place_of_nothing(collected: Collected) -> None:
    collected.sync(at(20))
    before = ticks(collected)
    collected.catalog.write_text(_CATALOG.replace('le="0.3"', 'le="0.30"'), encoding="utf-8")
    assert told(collected, 22)
    assert ticks(collected) == before


def test_what_is_found_later_takes_the_place_of_all_that_others_counted(
    collected: Collected, faulty: FaultyServer
) -> None:
    """Ticks of two lengths side by side would count a request twice."""
    collected.sync(at(20))
    collected.catalog.write_text(_CATALOG.replace("services:", "  tick: 2m\nservices:"), encoding="utf-8")
    gone = {"pods": "new", "counted": "timed"}
    faulty.choose = lambda request: SeriesDropped(where=gone) if "pods" in request.query else Healthy()
    old = ticks(collected), by_what(collected)
    collected.sync(at(22))
    assert (ticks(collected), by_what(collected, Measure.SLOW)) == old
    assert by_what(collected) != old[1]
    faulty.choose = lambda _: Healthy()
    collected.sync(at(24))
    assert [tick.at for tick in ticks(collected)] == [moment(minute) for minute in range(4, 25, 2)]
    assert by_what(collected, Measure.SLOW) == by_what(collected)
