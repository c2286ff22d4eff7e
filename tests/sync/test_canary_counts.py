"""Requests of canary and stable, from a real Prometheus into the store: exact, once each, or told."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.ingest.canaries import store_canaries, store_ticks
from tests.canary_states import state
from tests.faulty_server import FaultyServer, Healthy, HtmlPage, Request, SeriesDropped, Warned
from tests.real_prometheus import CounterSeries, PrometheusServer, history_served
from tests.rollout_objects import moment
from tests.sync.canary_under_way import MINUTES, at, canary_under_way, counted_ticks
from tests.sync.collected import DAY, Collected

_SCRAPE = 15
_LEAD = 1_800
_OFFSET = 7  # scrapes fall where they fall

_CATALOG = """\
indicators:
  availability:
    good:  sum by (service) (increase(nothing{code!~"5.."}[{{bucket}}]))
    total: sum by (service) (increase(nothing[{{bucket}}]))
canary_counts:
  good: requests_total{pods=~"{{pod_hashes}}", code!~"5.."}
  total: requests_total{pods=~"{{pod_hashes}}"}
  pod_hash_label: pods
  tick: 60s
services:
  api:
    tier: 1
    strategy: progressive-canary
    objectives: [{indicator: availability, target: 0.999, window: 1d}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What happened: requests between two scrapes, of each arm, good and bad; series of other pods beside."""

    series: tuple[CounterSeries, ...]
    events: dict[tuple[str, str], np.ndarray]
    times: np.ndarray

    def happened(self, pods: str, code: str, start: float, end: float) -> float:
        """Requests that scrapes saw in `(start, end]` (unix seconds)."""
        chosen = (self.times > start) & (self.times <= end)
        return float(self.events[pods, code][chosen].sum())


@pytest.fixture(scope="module")
def counted() -> Counted:
    """Two pods of stable and one of the canary, which fails 5 % of its requests where stable fails 0.5 %."""
    random = np.random.default_rng(11)
    start = int(moment(0).timestamp()) - _LEAD + _OFFSET
    times = np.arange(start, int(moment(MINUTES).timestamp()), _SCRAPE, dtype=np.float64)
    series, events = [], {}
    for pods, rate, bad_share in (("old", 60, 0.005), ("new", 8, 0.05), ("other", 30, 0.5)):
        of_all = random.poisson(rate, len(times))
        bad = random.binomial(of_all, bad_share)
        for code, counts in (("200", of_all - bad), ("500", bad)):
            events[pods, code] = counts.astype(np.float64)
            labels = {"namespace": "production", "pods": pods, "code": code, "instance": f"{pods}-1"}
            series.append(
                CounterSeries(
                    name="requests_total", labels=labels, timestamps=times, values=5_000 + np.cumsum(counts)
                )
            )
            # The same template in another namespace has the same hash.
            elsewhere = labels | {"namespace": "staging"}
            series.append(
                CounterSeries(
                    name="requests_total",
                    labels=elsewhere,
                    timestamps=times,
                    values=5_000 + 2 * np.cumsum(counts),
                )
            )
    return Counted(series=tuple(series), events=events, times=times)


@pytest.fixture(scope="module")
def prometheus(counted: Counted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with history_served(counted.series, tmp_path_factory.mktemp("arms")) as server:
        yield server


@pytest.fixture
def collected(faulty: FaultyServer, tmp_path: Path) -> Collected:
    """A store with a canary that is under way since minute 1, and a Prometheus that counts its pods."""
    return canary_under_way(_CATALOG, faulty.url, tmp_path)


def ticks(collected: Collected) -> list[Tick]:
    return list(counted_ticks(collected, Measure.ERRORS))


def asked_for_pods(server: FaultyServer) -> list[Request]:
    return [request for request in server.requests if "pods" in request.query]


def test_each_request_counts_in_one_tick_and_once(collected: Collected, counted: Counted) -> None:
    assert collected.sync(at(20)).outcome == "ok"
    found = ticks(collected)
    assert [tick.at for tick in found] == [moment(minute) for minute in range(2, 21)]
    for tick in found:
        assert tick.at is not None
        # The last scrape before a tick's end is 8 s old, and so is the last one before its start.
        end = tick.at.timestamp()
        start = end - 60
        for pods, total, bad in (
            ("new", tick.canary_total, tick.canary_bad),
            ("old", tick.stable_total, tick.stable_bad),
        ):
            errors = counted.happened(pods, "500", start, end)
            assert bad == pytest.approx(errors, abs=1e-3)
            assert total == pytest.approx(errors + counted.happened(pods, "200", start, end), abs=1e-3)


def test_the_weight_of_a_tick_is_the_rollout_s(collected: Collected) -> None:
    collected.sync(at(20))
    weights = {tick.at: tick.weight for tick in ticks(collected)}
    assert weights[moment(5)] == 0.1
    assert weights[moment(11)] is None  # at its end it changed
    assert weights[moment(15)] == 0.5


def test_later_syncs_add_what_came_since_and_the_store_is_as_after_one(
    collected: Collected, tmp_path: Path, faulty: FaultyServer
) -> None:
    once = replace(collected, store=tmp_path / "once.db")
    shutil.copyfile(collected.store, once.store)
    for minute in (2.5, 9, 9, 14.2, 20):
        assert collected.sync(at(minute)).outcome == "ok"
    last = asked_for_pods(faulty)[-1]
    once.sync(at(20))
    assert ticks(collected) == ticks(once)
    assert float(last.params["start"][0]) == at(12)  # three ticks before the last one that was read


def test_a_canary_that_ended_is_counted_to_its_end_and_then_let_be(
    collected: Collected, faulty: FaultyServer
) -> None:
    collected.sync(at(8))
    store_canaries(collected.store, [state(at=16, canary="new", stable="new", version=4)])
    collected.sync(at(17))
    assert ticks(collected)[-1].at == moment(16)
    collected.sync(at(25))  # samples may come late
    before = len(asked_for_pods(faulty))
    collected.sync(at(30))
    assert len(asked_for_pods(faulty)) == before
    assert ticks(collected)[-1].at == moment(16)


def test_a_second_try_of_the_same_version_is_counted_as_well(collected: Collected) -> None:
    store_canaries(collected.store, [state(at=12, step=0, aborted=True, phase="Degraded", version=4)])
    collected.sync(at(18))
    assert ticks(collected)[-1].at == moment(12)
    store_canaries(collected.store, [state(at=20, step=1, version=5)])
    collected.sync(at(25))
    assert [tick.at for tick in ticks(collected)][-5:] == [moment(minute) for minute in range(21, 26)]


def test_what_prometheus_has_no_series_of_is_told_and_counted_once_it_has(
    collected: Collected, faulty: FaultyServer
) -> None:
    faulty.choose = lambda request: (
        SeriesDropped(where={"pods": "new"}) if "pods" in request.query else Healthy()
    )
    report = collected.sync(at(10))
    assert not ticks(collected)
    (news,) = [problem for problem in report.news if problem.subject == "canary counts"]
    assert news.message.startswith("no requests of canary and stable found for production/api: expected")
    assert news.message.endswith(
        "production/api: pods new of canary have no series, pods old of stable have some"
    )
    faulty.choose = lambda _: Healthy()
    collected.sync(at(11))
    assert ticks(collected)[0].at == moment(2)
    assert not [key for key in collected.problems() if key[0] == "canary counts"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [(HtmlPage(), "is not JSON"), (Warned(warnings=["one shard is down"]), "one shard is down")],
)
def test_an_answer_that_cannot_be_trusted_is_told_and_counted_later(
    collected: Collected, faulty: FaultyServer, fault: HtmlPage | Warned, told: str
) -> None:
    faulty.choose = lambda request: fault if "pods" in request.query else Healthy()
    report = collected.sync(at(10))
    assert report.outcome == "partial"
    assert told in next(p.message for p in report.news if p.subject == "canary counts")
    assert not ticks(collected)
    faulty.choose = lambda _: Healthy()
    assert collected.sync(at(11)).outcome == "ok"
    assert len(ticks(collected)) == 10


def test_a_source_that_was_ill_heals_and_its_word_gives_way(
    collected: Collected, faulty: FaultyServer, counted: Counted
) -> None:
    collected.sync(at(8))
    of_good = {"pods": "new", "counted": "good"}
    faulty.choose = lambda request: SeriesDropped(where=of_good) if "pods" in request.query else Healthy()
    collected.sync(at(20))
    assert ticks(collected)[-1].canary_bad == ticks(collected)[-1].canary_total
    faulty.choose = lambda _: Healthy()
    collected.sync(at(25))
    for tick in ticks(collected):
        assert tick.at is not None
        end = tick.at.timestamp()
        assert tick.canary_bad == counted.happened("new", "500", end - 60, end)


def test_a_gap_is_read_again_once_the_source_has_it(collected: Collected, faulty: FaultyServer) -> None:
    collected.sync(at(8))
    faulty.choose = lambda request: (
        SeriesDropped(where={"pods": "new"}) if "pods" in request.query else Healthy()
    )
    report = collected.sync(at(20))
    assert any(problem.subject == "canary counts" for problem in report.news)
    faulty.choose = lambda _: Healthy()
    collected.sync(at(25))
    assert [tick.at for tick in ticks(collected)] == [moment(minute) for minute in range(2, 26)]


def test_counts_of_corrected_counters_or_of_another_tick_take_the_place_of_the_old_ones(
    collected: Collected, counted: Counted
) -> None:
    text = collected.catalog.read_text(encoding="utf-8")
    collected.catalog.write_text(text.replace('code!~"5.."', 'code="500"'), encoding="utf-8")
    collected.sync(at(20))
    collected.catalog.write_text(text.replace("tick: 60s", "tick: 120s"), encoding="utf-8")
    collected.sync(at(25))
    found = ticks(collected)
    assert [tick.at for tick in found] == [moment(minute) for minute in range(4, 25, 2)]
    errors = counted.happened("new", "500", at(2), at(24))
    assert sum(tick.canary_bad for tick in found) == errors


def test_counts_that_somebody_gives_take_the_place_of_those_of_prometheus(
    collected: Collected, faulty: FaultyServer
) -> None:
    collected.sync(at(20))
    given = [Tick(canary_bad=1, canary_total=9, stable_bad=1, stable_total=90, at=moment(3.5))]
    store_ticks(collected.store, "uid-api:2", given, moment(20))
    before = len(asked_for_pods(faulty))
    store_canaries(collected.store, [state(at=22, step=4, version=9)])
    collected.sync(at(25))
    assert ticks(collected) == given
    assert len(asked_for_pods(faulty)) == before


def test_a_canary_that_ended_between_two_ticks_is_let_be_as_well(
    collected: Collected, faulty: FaultyServer
) -> None:
    store_canaries(collected.store, [state(at=16.5, canary="new", stable="new", version=4)])
    collected.sync(at(25))
    before = len(asked_for_pods(faulty))
    collected.sync(at(30))
    assert len(asked_for_pods(faulty)) == before


def test_pods_that_two_rollouts_share_are_told_and_not_counted(collected: Collected) -> None:
    store_canaries(collected.store, [state(at=2, step=1, version=2, uid="uid-of-another-cluster")])
    report = collected.sync(at(10))
    assert not ticks(collected)
    told = next(problem.message for problem in report.news if problem.subject == "canary counts")
    assert told.startswith(
        "two Rollouts have pods of the same hash in a namespace of the same name: production/api"
    )


def test_without_the_section_nothing_is_asked_for(collected: Collected, faulty: FaultyServer) -> None:
    text = collected.catalog.read_text(encoding="utf-8")
    start, end = text.index("canary_counts"), text.index("services:")
    collected.catalog.write_text(text[:start] + text[end:], encoding="utf-8")
    assert collected.sync(at(10)).outcome == "ok"
    assert not asked_for_pods(faulty)


def test_pods_with_a_name_that_is_a_pattern_are_not_asked_for(
    collected: Collected, faulty: FaultyServer
) -> None:
    store_canaries(collected.store, [state("web", at=1, step=1, canary="a.b|c", version=2)])
    collected.sync(at(10))
    assert not any("a.b" in request.query for request in asked_for_pods(faulty))


def test_a_long_pause_is_counted_in_parts(collected: Collected, faulty: FaultyServer) -> None:
    replace(collected, backfill=3 * DAY).sync(at(1 + 2 * 1440))
    starts = {float(request.params["start"][0]) for request in asked_for_pods(faulty)}
    assert len(starts) == 2
    assert len(ticks(collected)) == MINUTES - 1


def test_history_older_than_the_back_fill_is_let_be(collected: Collected, faulty: FaultyServer) -> None:
    late = int((moment(1) + timedelta(days=40)).timestamp())
    store_canaries(collected.store, [state(at=16, canary="new", stable="new", version=4)])
    collected.sync(late)
    assert not asked_for_pods(faulty)
