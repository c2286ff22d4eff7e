"""Whatever a source does wrong: told once, never a good number, nothing lost, healed by a good sync."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faulty_server import (
    ConnectionReset,
    Fault,
    FaultyServer,
    Hang,
    Healthy,
    HtmlPage,
    Request,
    SeriesAdded,
    SeriesDropped,
    Slow,
    Status,
    Truncated,
    Values,
    Warned,
)
from tests.injected_fleet import InjectedFleet
from tests.real_prometheus import PrometheusServer, backfill
from tests.sync.collected import BUCKET, Collected, is_range, side

ILL = "search"
"""The service whose values are spoilt; it has traffic, restarts and good values in every bucket."""

_WHERE = {"service": ILL}
_TIMEOUT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault of one side of the availability of the fleet, and what is to be made of it.

    `told` is the one problem, of this `kind`; with `outcome` "failed", the other indicator is not asked.
    """

    fault: Fault
    on: str = "availability total"
    kind: str = "source"
    told: str
    outcome: str = "partial"


_SOURCE_ERRORS: Mapping[str, Case] = {
    "an HTML page with 200": Case(
        fault=HtmlPage(), told=r"found HTTP 200 with text/html .*expected Prometheus' JSON"
    ),
    "a truncated body": Case(fault=Truncated(), told="broke off before its end", outcome="failed"),
    "401 in plain text": Case(fault=Status(code=401), told=r"401.*RELIABILITY_PROMETHEUS_BEARER_TOKEN"),
    "401 in JSON": Case(
        fault=Status(code=401, error="no token"), told=r"401.*no token.*RELIABILITY_PROMETHEUS_BEARER_TOKEN"
    ),
    "403": Case(fault=Status(code=403), told=r"403.*not allowed"),
    "422, a query that cannot be computed": Case(
        fault=Status(code=422, error="found duplicate series", error_type="execution"),
        told="422: execution: found duplicate series",
    ),
    "422, too many samples in the smallest chunk": Case(
        fault=Status(code=422, error="query processing would load too many samples into memory"),
        told="422.*too many samples",
    ),
    "429 always": Case(fault=Status(code=429, headers={"Retry-After": "0"}), told="429"),
    "503 always": Case(fault=Status(code=503), told="503"),
    "404, another program": Case(fault=Status(code=404), told="404"),
    "a redirect": Case(
        fault=Status(code=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}), told="302"
    ),
    "a hang": Case(fault=Hang(), told=f"no whole answer within {_TIMEOUT} s", outcome="failed"),
    "an answer beyond the timeout": Case(
        fault=Slow(seconds=30), told=f"no whole answer within {_TIMEOUT} s", outcome="failed"
    ),
    "a connection reset": Case(
        fault=ConnectionReset(), told="cannot be reached: .*reset by peer", outcome="failed"
    ),
}

_IMPOSSIBLE_VALUES: Mapping[str, Case] = {
    "NaN": Case(fault=Values(value="NaN", where=_WHERE), kind="not_a_number", told=f"NaN.*: {ILL}$"),
    "+Inf": Case(fault=Values(value="+Inf", where=_WHERE), kind="infinite", told=f"infinite.*: {ILL}$"),
    "-Inf": Case(fault=Values(value="-Inf", where=_WHERE), kind="infinite", told=f"infinite.*: {ILL}$"),
    "a negative count": Case(
        fault=Values(value="-3", where=_WHERE), kind="negative", told=f"negative.*: {ILL}$"
    ),
    "an absurd count": Case(
        fault=Values(value="1e300", where=_WHERE), kind="too_large", told=f"above 1e\\+10.*: {ILL}$"
    ),
    "good NaN": Case(
        fault=Values(value="NaN", where=_WHERE),
        on="availability good",
        kind="not_a_number",
        told=f"NaN.*: {ILL}$",
    ),
    "more good than total": Case(
        fault=Values(value="1", where=_WHERE), kind="good_exceeds_total", told=f"more good events.*: {ILL}$"
    ),
    "a total series that is dropped": Case(
        fault=SeriesDropped(where=_WHERE), kind="no_total_series", told=f"a good series but no total: {ILL}$"
    ),
}


def on(case: Case) -> Callable[[Request], Fault]:
    """Spoil the range queries of the case's side; all else is as Prometheus has it."""
    return lambda request: case.fault if is_range(request) and side(request) == case.on else Healthy()


def told_once(ill: Collected, case: Case, now: int) -> None:
    """Two faulty syncs in a row tell the problem one time, and it stays open."""
    first, second = ill.sync(now), ill.sync(now + BUCKET)
    (problem,) = first.news
    assert (problem.subject, problem.kind) == ("availability", case.kind)
    assert re.search(case.told, problem.message), problem.message
    assert second.news == ()
    assert ill.problems() == {("availability", case.kind): problem.message}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in _SOURCE_ERRORS.items()])
def test_a_source_error_is_told_once_leaves_a_gap_and_heals(
    case: Case, synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """The other indicator goes on, unless the whole source is gone; the store ends as if never ill."""
    faulty.choose = on(case)
    before = synced.tables()
    ill = synced.from_source(faulty.url, timeout=_TIMEOUT, retries=1)
    told_once(ill, case, later)
    assert synced.query("SELECT outcome FROM sync_runs ORDER BY id DESC LIMIT 1") == [(case.outcome,)]
    assert set(before["sli"]) <= set(synced.tables()["sli"]), "nothing that was stored is lost"
    assert synced.buckets(f"{ILL}/availability").keys() == never_ill.buckets(f"{ILL}/availability").keys()
    assert synced.flags(f"{ILL}/availability") == {}
    both_heal(synced, never_ill, later + 2 * BUCKET)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in _IMPOSSIBLE_VALUES.items()])
def test_an_impossible_value_is_flagged_told_once_and_heals(
    case: Case, synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """Only the service that it is about; the others are measured."""
    faulty.choose = on(case)
    key = f"{ILL}/availability"
    before = synced.buckets(key)
    told_once(synced.from_source(faulty.url), case, later)
    new = [max(before) + step * BUCKET for step in (1, 2, 3)]
    assert synced.flags(key) == dict.fromkeys(new, case.kind)
    assert synced.buckets(key) == before, "neither a new number nor a change of an old one"
    assert set(new) < synced.buckets("payments/availability").keys()
    both_heal(synced, never_ill, later + 2 * BUCKET)


@pytest.mark.parametrize("minutes", [10, 120])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Values(value="NaN", where=_WHERE), id="NaN"),
        pytest.param(SeriesDropped(where=_WHERE), id="no total"),
        pytest.param(Warned(), id="partial"),
        pytest.param(HtmlPage(), id="HTML"),
    ],
)
def test_a_fault_of_any_length_up_to_a_day_heals(  # noqa: PLR0913, PLR0917 - one argument per fixture
    fault: Fault,
    minutes: int,
    synced: Collected,
    never_ill: Collected,
    faulty: FaultyServer,
    began: int,
) -> None:
    """What was flagged is read again, also when the fault outlasted the three late buckets."""
    faulty.choose = on(Case(fault=fault, told=""))
    ill = synced.from_source(faulty.url)
    end = began + 60 * minutes
    for now in range(began + BUCKET, end + 1, BUCKET):
        ill.sync(now)
    both_heal(synced, never_ill, end + BUCKET)


def both_heal(ill: Collected, never_ill: Collected, now: int) -> None:
    """One good sync each, and nothing tells the two stores apart: not one bucket, flag, mark or problem."""
    healed = ill.sync(now)
    assert (healed.outcome, healed.news) == ("ok", ())
    assert ill.problems() == {}
    never_ill.sync(now)
    assert ill.tables() == never_ill.tables()
    objective = ill.objective(f"{ILL}/availability", now)
    assert objective["status"] == "measured"
    assert objective["policy_tier"] != "unknown"
    assert max(ill.buckets(f"{ILL}/availability")) == now - now % BUCKET - BUCKET


def test_a_partial_answer_counts_for_nothing_and_makes_the_state_unknown(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """Thanos and Mimir say so in `warnings`; every service of that answer is concerned."""
    faulty.choose = on(Case(fault=Warned(warnings=["store gateway timed out"]), told=""))
    case = Case(fault=Warned(), kind="partial_answer", told="partial answer.*store gateway timed out")
    told_once(synced.from_source(faulty.url), case, later)
    for name in ("checkout", ILL, "catalog"):
        assert set(synced.flags(f"{name}/availability").values()) == {"partial_answer"}
        objective = synced.objective(f"{name}/availability", later)
        assert (objective["status"], objective["policy_tier"]) == ("partial_answer", "unknown")
        assert "store gateway timed out" in objective["reason"]
        assert synced.objective(f"{name}/latency", later)["status"] == "measured"
    both_heal(synced, never_ill, later + 2 * BUCKET)


def test_a_dropped_good_series_counts_as_nothing_good_when_there_were_good_ones(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """PromQL drops a sum over nothing, so this is how a full outage looks: never better than it may be."""
    faulty.choose = on(Case(fault=SeriesDropped(where=_WHERE), on="availability good", told=""))
    report = synced.from_source(faulty.url).sync(later)
    assert report.outcome == "ok"
    before, after = (store.buckets(f"{ILL}/availability") for store in (never_ill, synced))
    new = [start for start in after if start not in before]
    assert [after[start][0] for start in new] == [0, 0]
    assert all(after[start][1] for start in new)
    assert {start: after[start] for start in before} == before, "what was known to be good stays so"
    assert synced.objective(f"{ILL}/availability", later)["policy_tier"] != "normal"
    both_heal(synced, never_ill, later + BUCKET)


def test_a_good_series_that_never_was_is_a_wrong_query_and_not_an_outage(
    empty: Collected, faulty: FaultyServer, began: int
) -> None:
    faulty.choose = on(Case(fault=SeriesDropped(where=_WHERE), on="availability good", told=""))
    report = empty.from_source(faulty.url).sync(began)
    (problem,) = report.news
    assert (problem.kind, ILL in problem.message) == ("no_good_series", True)
    assert set(empty.flags(f"{ILL}/availability").values()) == {"no_good_series"}
    assert empty.buckets(f"{ILL}/availability") == {}
    objective = empty.objective(f"{ILL}/availability", began)
    assert (objective["policy_tier"], objective["remaining"]) == ("unknown", None)


def test_an_unknown_series_is_told_and_not_stored(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """It has no objective, so there is nothing that it could count for."""
    added = SeriesAdded(labels={"service": "stranger"})
    faulty.choose = on(Case(fault=added, told=""))
    case = Case(fault=added, kind="uncatalogued", told="series without a catalogue entry: stranger$")
    told_once(synced.from_source(faulty.url), case, later)
    assert synced.query("SELECT count(*) FROM objectives WHERE service = 'stranger'") == [(0,)]
    both_heal(synced, never_ill, later + 2 * BUCKET)


def test_a_missing_series_is_told_and_is_a_gap(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """Both sides gone: no data, which is neither zero requests nor a healthy service."""
    gone = SeriesDropped(where=_WHERE)
    faulty.choose = lambda request: gone if side(request).startswith("availability") else Healthy()
    before = synced.buckets(f"{ILL}/availability")
    case = Case(fault=gone, kind="no_series", told=f"catalogue entries without a series: {ILL}$")
    told_once(synced.from_source(faulty.url), case, later)
    assert synced.buckets(f"{ILL}/availability") == before
    objective = synced.objective(f"{ILL}/availability", later + 2 * BUCKET)
    assert (objective["status"], objective["policy_tier"]) == ("stale", "unknown")
    both_heal(synced, never_ill, later + 2 * BUCKET)


def test_two_series_for_one_service_are_refused(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """A query that forgets to aggregate must not have one of its series taken for the service."""
    twice = SeriesAdded(labels=_WHERE)
    faulty.choose = on(Case(fault=twice, told=""))
    case = Case(fault=twice, told=r"two series for 'search'.*must aggregate `by \(service\)`")
    told_once(synced.from_source(faulty.url), case, later)
    both_heal(synced, never_ill, later + 2 * BUCKET)


def test_an_overload_that_passes_is_not_even_told(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """503 once, then 429 with the wait that it asks for: two retries reach the answer."""
    faulty.script(Status(code=503), Healthy(), Status(code=429, headers={"Retry-After": "1"}), Healthy())
    report = synced.from_source(faulty.url).sync(later)
    assert (report.outcome, report.news) == ("ok", ())
    never_ill.sync(later)
    assert synced.tables() == never_ill.tables()


def test_nobody_waits_for_an_hour_because_the_source_asks_for_it(
    synced: Collected, faulty: FaultyServer, later: int
) -> None:
    """`Retry-After: 3600` would hold up the whole fleet for an hour."""
    started = time.monotonic()
    faulty.choose = on(Case(fault=Status(code=429, headers={"Retry-After": "3600"}), told=""))
    report = synced.from_source(faulty.url, retries=1).sync(later)
    assert report.outcome == "partial"
    assert "429" in report.news[0].message
    assert time.monotonic() - started < 30


def test_a_chunk_that_is_too_much_is_halved_until_it_fits(
    fleet: InjectedFleet, empty: Collected, prometheus: PrometheusServer, tmp_path: Path
) -> None:
    """A real limit: `--query.max-samples` lets some hours through and not a day."""
    folder = tmp_path / "limited"
    backfill(fleet.series, folder)
    now = fleet.end
    with (
        PrometheusServer(folder, extra_flags=["--query.max-samples=2500"]) as limited,
        FaultyServer(limited.url) as counted,
    ):
        report = empty.from_source(counted.url).sync(now)
        asked = [request for request in counted.requests if is_range(request)]
    assert (report.outcome, report.news) == ("ok", ())
    assert len(asked) > 4
    unlimited = Collected(
        store=empty.store.with_name("unlimited.db"),
        catalog=empty.catalog,
        settings=empty.from_source(prometheus.url).settings,
    )
    unlimited.sync(now)
    assert empty.tables() == unlimited.tables()


def test_an_answer_cut_off_by_a_dead_source_keeps_its_history(
    synced: Collected, prometheus: PrometheusServer, later: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody listens there: the stored budget stays readable, and says how old it is."""
    caplog.set_level(logging.DEBUG)
    before = synced.tables()
    report = synced.from_source("http://127.0.0.1:9", retries=0).sync(later)
    assert report.outcome == "failed"
    assert "Connection refused" in report.message
    assert synced.tables() == before
    assert synced.objective(f"{ILL}/availability", later)["status"] == "measured"
    assert synced.objective(f"{ILL}/availability", later + 1200)["status"] == "stale"
    assert prometheus.url not in report.message
