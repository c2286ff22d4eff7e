"""The collector as a process: killed, stopped, doubled, and with a Prometheus that comes and goes."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.config import PrometheusSettings
from tests.cli.command import start
from tests.faulty_server import Fault, FaultyServer, Hang, Healthy, Request
from tests.injected_fleet import InjectedFleet, build_fleet
from tests.real_prometheus import PrometheusServer, backfill
from tests.sync.collected import BUCKET, DAY, HOUR, Collected, at, catalogue_text, is_range

_PATIENCE = 40.0


def wait_until(fact: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def sync_process(collected: Collected, *more: object, timeout: str = "60") -> subprocess.Popen[str]:
    """`reliability sync` of `collected` as a process."""
    return start(
        *("sync", "--store", collected.store, "--catalog", collected.catalog, *more),
        env={
            "RELIABILITY_PROMETHEUS_URL": collected.settings.url,
            "RELIABILITY_PROMETHEUS_TIMEOUT": timeout,
        },
    )


@contextmanager
def running(collected: Collected, *more: object, timeout: str = "60") -> Iterator[subprocess.Popen[str]]:
    """The same, for the length of a block at most."""
    process = sync_process(collected, *more, timeout=timeout)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def ended(process: subprocess.Popen[str], within: float = 5.0) -> tuple[int, str]:
    """Exit code and stderr of a process that ends within so many seconds."""
    _, said = process.communicate(timeout=within)
    return process.returncode, said


@pytest.fixture
def unread_month(month: InjectedFleet, month_server: PrometheusServer, tmp_path: Path) -> Collected:
    """Twelve services of which nothing is stored yet: a first sync takes 31 chunks, of four queries each."""
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text(catalogue_text(list(month.truth), window="30d"), encoding="utf-8")
    settings = PrometheusSettings(url=month_server.url, timeout=60)
    return Collected(store=tmp_path / "store.db", catalog=catalog, settings=settings, backfill=30 * DAY)


@pytest.fixture(scope="module")
def read_month(
    month: InjectedFleet, month_server: PrometheusServer, tmp_path_factory: pytest.TempPathFactory
) -> Collected:
    """The same after one uninterrupted sync."""
    folder = tmp_path_factory.mktemp("read-month")
    catalog = folder / "catalog.yaml"
    catalog.write_text(catalogue_text(list(month.truth), window="30d"), encoding="utf-8")
    settings = PrometheusSettings(url=month_server.url, timeout=60)
    once = Collected(store=folder / "store.db", catalog=catalog, settings=settings, backfill=30 * DAY)
    assert once.sync(month.end).outcome == "ok"
    return once


def test_a_backfill_that_is_killed_anywhere_ends_as_if_it_had_run_once(
    month: InjectedFleet, unread_month: Collected, read_month: Collected
) -> None:
    """SIGKILL at random requests of 124, three times, then once to the end; the seed says where."""
    places = random.Random(20_261_123)  # noqa: S311 - a place to kill at is no secret
    with FaultyServer(unread_month.settings.url) as counted:
        mine = unread_month.from_source(counted.url)
        for _ in range(3):
            place = places.randint(2, 40)
            counted.requests.clear()
            with running(mine, "--now", at(month.end).isoformat()) as process:
                counted.choose = _killing(counted, process, place)
                process.wait(_PATIENCE)
                assert process.returncode == -signal.SIGKILL
        counted.choose = lambda _: Healthy()
        with running(mine, "--now", at(month.end).isoformat()) as process:
            code, said = ended(process, _PATIENCE)
    assert code == 0, said
    assert mine.tables() == read_month.tables()
    assert mine.problems() == read_month.problems()
    assert mine.query("PRAGMA integrity_check") == [("ok",)]


def _killing(counted: FaultyServer, process: subprocess.Popen[str], place: int) -> Callable[[Request], Fault]:
    def choose(_: Request) -> Fault:
        if len(counted.requests) == place:
            process.kill()
        return Healthy()

    return choose


def test_two_backfills_of_one_store_at_once_end_as_one(
    month: InjectedFleet, unread_month: Collected, read_month: Collected
) -> None:
    """Both make the store, both write it; neither fails, and no event counts twice."""
    now = ("--now", at(month.end).isoformat())
    with running(unread_month, *now) as one, running(unread_month, *now) as other:
        results = [ended(process, _PATIENCE) for process in (one, other)]
    assert [code for code, _ in results] == [0, 0], results
    assert unread_month.tables() == read_month.tables()


def test_many_syncs_may_make_the_store_at_the_same_moment(
    synced: Collected, began: int, tmp_path: Path
) -> None:
    """As when several replicas start on one volume: all migrate, or wait for the one that does."""
    errors: list[BaseException] = []

    def first(fresh: Collected, line: threading.Barrier) -> None:
        line.wait()
        try:
            fresh.sync(began)
        except BaseException as error:  # noqa: BLE001 - looked at below
            errors.append(error)

    for attempt in range(4):
        fresh = replace(synced, store=tmp_path / f"{attempt}.db")
        line = threading.Barrier(4)
        threads = [threading.Thread(target=first, args=(fresh, line)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not errors:
            assert fresh.tables() == synced.tables()
    assert errors == []


def test_without_a_prometheus_one_sync_ends_with_3(synced: Collected, later: int) -> None:
    before = synced.tables()
    with running(synced.from_source("http://127.0.0.1:9"), "--now", at(later).isoformat()) as process:
        code, said = ended(process, _PATIENCE)
    assert code == 3
    assert "sync failed" in said
    assert "Connection refused" in said
    assert "Traceback" not in said
    after = synced.tables()
    # The command wants 30 days, more than the fixture read, so only how far back is wanted may change.
    assert (after["sli"], after["sli_flagged"]) == (before["sli"], before["sli_flagged"])


def _outcomes(collected: Collected) -> list[str]:
    return [outcome for (outcome,) in collected.query("SELECT outcome FROM sync_runs ORDER BY id")]


def _runs_end(collected: Collected, outcome: str, more_than: int) -> Callable[[], bool]:
    return lambda: _outcomes(collected)[more_than:].count(outcome) > 0


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[PrometheusServer]:
    """A Prometheus that a test may stop and pause, with one service from yesterday until in an hour."""
    now = int(time.time())
    fleet = build_fleet(services=1, days=1, end=now - now % BUCKET + HOUR)
    backfill(fleet.series, tmp_path / "own")
    with PrometheusServer(tmp_path / "own") as server:
        yield server


@pytest.fixture
def live(own_server: PrometheusServer, tmp_path: Path) -> Collected:
    """A store of that service, read until just now."""
    catalog = tmp_path / "live.yaml"
    catalog.write_text(catalogue_text(["checkout"], window="1d"), encoding="utf-8")
    settings = PrometheusSettings(url=own_server.url, timeout=60)
    collected = Collected(store=tmp_path / "live.db", catalog=catalog, settings=settings, backfill=20 * HOUR)
    assert collected.sync(int(time.time())).outcome == "ok"
    return collected


def test_a_collector_outlives_a_prometheus_that_stops_hangs_and_returns(
    own_server: PrometheusServer, live: Collected
) -> None:
    """Told when it goes, told no more while it is away, and good again when it is back; then SIGTERM is 0."""
    mine, history = live, live.buckets("checkout/availability")
    with running(mine, "--every", "1s", timeout="2") as process:
        for away, back in (
            (own_server.stop, own_server.start),
            (own_server.pause, own_server.resume),
        ):
            seen = len(_outcomes(mine))
            wait_until(_runs_end(mine, "ok", seen), "a good sync")
            seen = len(_outcomes(mine))
            away()
            wait_until(lambda: _outcomes(mine)[-2:] == ["failed", "failed"], "two failed syncs")
            assert process.poll() is None
            assert mine.problems()
            seen = len(_outcomes(mine))
            back()
            wait_until(_runs_end(mine, "ok", seen), "a good sync after it came back")
            assert "source" not in {kind for _, kind in mine.problems()}
        process.send_signal(signal.SIGTERM)
        code, said = ended(process)
    assert code == 0, said
    assert "Traceback" not in said
    assert said.count("Connection refused") == 1, said
    assert said.count("no whole answer within 2 s") <= 3, said
    assert "Retrying" not in said, "the library does not speak beside us"
    assert history.items() <= mine.buckets("checkout/availability").items()


@pytest.mark.parametrize("hanging", ["range", "instant"])
@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_collector_during_a_request_that_hangs(
    hanging: str, name: signal.Signals, live: Collected
) -> None:
    """Within seconds, though the request may hang for the whole timeout of a minute."""

    def hangs(request: Request) -> bool:
        return is_range(request) == (hanging == "range")

    with FaultyServer(live.settings.url) as faulty:
        faulty.choose = lambda request: Hang() if hangs(request) else Healthy()
        with running(live.from_source(faulty.url), "--every", "2s") as process:
            wait_until(lambda: any(map(hangs, faulty.requests)), "the request that hangs")
            process.send_signal(name)
            code, said = ended(process)
    assert code == 0, said
    assert "Traceback" not in said


def test_a_stopped_single_sync_says_so_and_the_next_goes_on(
    month: InjectedFleet, unread_month: Collected, read_month: Collected
) -> None:
    """SIGTERM in the middle of a backfill ends it with 0; what was read is kept."""
    with FaultyServer(unread_month.settings.url) as counted:
        counted.choose = lambda _: Hang() if len(counted.requests) > 60 else Healthy()
        with running(unread_month.from_source(counted.url), "--now", at(month.end).isoformat()) as process:
            wait_until(lambda: len(counted.requests) > 60, "sixty requests")
            process.send_signal(signal.SIGTERM)
            code, said = ended(process)
    assert (code, "stopped" in said) == (0, True), said
    assert unread_month.query("SELECT count(*) > 10000 FROM sli") == [(1,)]
    assert unread_month.sync(month.end).outcome == "ok"
    assert unread_month.tables() == read_month.tables()
