"""The query that counts both arms, asked of a real Prometheus: each request once, and never one too many."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dashboard.config import PrometheusSettings
from dashboard.domain.canary.arm_counts import ArmCounters
from dashboard.sources.arm_query import GOOD, TOTAL, arm_labels, arm_query
from dashboard.sources.prometheus import Prometheus
from tests.real_prometheus import CounterSeries, history_served

Answers = Mapping[tuple[str, ...], Mapping[int, float]]

_START = 1_790_000_040  # a whole minute
_MINUTES = 30
_COUNTERS = ArmCounters(
    good='hits{hash=~"{{pod_hashes}}", code!~"5.."}',
    total='hits{hash=~"{{pod_hashes}}"}',
    namespace_label="ns",
    pod_hash_label="hash",
    target_label="instance",
    tick=timedelta(seconds=60),
)


class _Pods:
    """Pods of one hash each that count a request a second, as a scrape each `every` seconds sees them."""

    def __init__(self) -> None:
        self.series: list[CounterSeries] = []

    def add(  # noqa: PLR0913 - a test names what it is about
        self,
        name: str,
        every: int,
        *,
        begins: int = -600,
        ends: int = 60 * _MINUTES,
        code: str = "200",
        restarts_at: int | None = None,
        counted_before: int = 0,
    ) -> None:
        """One series; times are seconds after the start, `counted_before` what it says at first."""
        times = np.arange(_START + begins + 7, _START + ends, every, dtype=np.float64)
        since = times - (_START + begins)
        values = counted_before + np.floor(since)
        if restarts_at is not None:
            again = times - (_START + restarts_at)
            values = np.where(again >= 0, np.floor(again), values)
        labels = {"ns": "production", "hash": name, "instance": name, "code": code}
        self.series.append(CounterSeries(name="hits", labels=labels, timestamps=times, values=values))


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Answers]:
    pods = _Pods()
    for every in (5, 15, 30, 60, 90):
        pods.add(f"each{every}", every)
    pods.add("restarted", 15, restarts_at=10 * 60 + 20)
    pods.add("ended", 15, ends=10 * 60 + 20)
    pods.add("begun", 15, begins=10 * 60 + 20, counted_before=5_000)
    pods.add("failing", 15)
    pods.add("failing", 15, begins=10 * 60, code="500")
    pods.add("silent", 15, ends=-400)
    with history_served(pods.series, tmp_path_factory.mktemp("arms")) as server:
        source = Prometheus(PrometheusSettings(url=server.url, timeout=30))
        names = {one.labels["hash"] for one in pods.series}
        yield source.grouped_range(
            arm_query(_COUNTERS, names),
            arm_labels(_COUNTERS),
            datetime.fromtimestamp(_START + 60, tz=UTC),
            datetime.fromtimestamp(_START + 60 * _MINUTES, tz=UTC),
            _COUNTERS.tick,
        ).series
        source.close()


def total(answers: Answers, pods: str) -> Mapping[int, float]:
    return answers.get(("production", pods, TOTAL), {})


@pytest.mark.parametrize("every", [5, 15, 30, 60, 90])
def test_every_request_counts_once_however_often_it_is_scraped(answers: Answers, every: int) -> None:
    found = total(answers, f"each{every}")
    assert len(found) == _MINUTES
    # What came since the last scrape is seen by the next one.
    assert sum(found.values()) == pytest.approx(60 * _MINUTES, abs=every)
    assert max(found.values()) <= 60 + every


def test_a_restart_loses_what_came_between_its_scrapes_and_counts_nothing_twice(
    answers: Answers,
) -> None:
    found = total(answers, "restarted")
    happened = 60 * _MINUTES
    assert happened - 60 <= sum(found.values()) <= happened
    assert max(found.values()) == 60


def test_pods_that_begin_or_end_within_a_tick_are_counted_too_low_never_too_high(
    answers: Answers,
) -> None:
    for pods, lived in (("ended", 10 * 60 + 20), ("begun", 20 * 60 - 20)):
        found = total(answers, pods)
        assert lived - 120 <= sum(found.values()) <= lived
        assert max(found.values()) <= 60


def test_the_first_errors_of_a_pod_that_was_known_count(
    answers: Answers,
) -> None:
    good = answers["production", "failing", GOOD]
    bad = {end: found - good[end] for end, found in total(answers, "failing").items()}
    assert not any(count for end, count in bad.items() if end <= _START + 600)
    assert sum(bad.values()) == pytest.approx(20 * 60, abs=15)


def test_pods_without_a_sample_are_not_in_the_answer(
    answers: Answers,
) -> None:
    assert not total(answers, "silent")
