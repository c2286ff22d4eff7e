"""The harness is proved before anything is proved with it."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

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
from tests.injected_fleet import BUCKET_SECONDS, DAY_SECONDS, InjectedFleet, ServiceTruth, build_fleet
from tests.real_prometheus import (
    BLOCK_SECONDS,
    CounterSeries,
    PrometheusServer,
    PrometheusUnavailableError,
    backfill,
    write_openmetrics,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

TOTAL = 'sum by (service) (increase(http_requests_total{namespace="production"}[5m]))'
BAD = 'sum by (service) (increase(http_requests_total{namespace="production", code=~"5.."}[5m]))'
FAST = 'sum by (service) (increase(http_request_duration_seconds_bucket{le="0.5"}[5m]))'


@pytest.fixture(scope="module")
def fleet() -> InjectedFleet:
    """Every role over two days; the end is fixed, so the tolerances hold always or never."""
    return build_fleet(services=8, days=2)


@pytest.fixture(scope="module")
def prometheus(fleet: InjectedFleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus that has the fleet."""
    data_dir = tmp_path_factory.mktemp("prometheus")
    backfill(fleet.series, data_dir)
    with PrometheusServer(data_dir) as server:
        yield server


@pytest.fixture
def faulty(prometheus: PrometheusServer) -> Iterator[FaultyServer]:
    """The double in front of that Prometheus."""
    with FaultyServer(prometheus.url) as server:
        yield server


def ask(url: str, query: str, *, at: float, timeout: float = 30) -> requests.Response:
    """Ask an instant query with a plain client; `timeout` in seconds."""
    params: dict[str, str | float] = {"query": query, "time": at}
    return requests.get(f"{url}/api/v1/query", params=params, timeout=timeout)


def answered(url: str, query: str, *, at: float) -> dict[str, float]:
    """Answer by service."""
    series = ask(url, query, at=at).json()["data"]["result"]
    return {one["metric"].get("service", ""): float(one["value"][1]) for one in series}


def buckets(url: str, query: str, fleet: InjectedFleet) -> dict[str, NDArray[np.float64]]:
    """Answer by service for each bucket of the fleet; NaN where Prometheus has no value."""
    params: dict[str, str | int] = {"query": query, "start": fleet.start + BUCKET_SECONDS, "end": fleet.end}
    params["step"] = BUCKET_SECONDS
    answer = requests.get(f"{url}/api/v1/query_range", params=params, timeout=30).json()
    found = {}
    for one in answer["data"]["result"]:
        row = np.full((fleet.end - fleet.start) // BUCKET_SECONDS, np.nan)
        for at, value in one["values"]:
            row[int(at - fleet.start) // BUCKET_SECONDS - 1] = float(value)
        found[one["metric"]["service"]] = row
    return found


def outside_gaps(truth: ServiceTruth) -> NDArray[np.bool_]:
    """Tell the buckets that no gap touches."""
    whole = np.ones(truth.starts.size, dtype=bool)
    for start, end in truth.gaps:
        whole &= (truth.starts + BUCKET_SECONDS <= start) | (truth.starts >= end)
    return whole


def tolerance(events: int, restarts: int = 0, events_per_step: float = 0) -> float:
    """Bound what `increase()` may miss or add to the sum of so many events.

    It sees four of five minutes of a bucket and scales by 5/4. So an event counts 1.25 with chance 0.8 or
    not at all: a standard deviation of 0.5 each, and four of them for the sum. A restart adds one step.
    """
    return float(4 * 0.5 * np.sqrt(events) + restarts * events_per_step)


def test_sums_over_buckets_agree_with_the_injected_truth(
    fleet: InjectedFleet, prometheus: PrometheusServer
) -> None:
    """Total, bad and fast requests of every service, outside its gaps."""
    total, bad, fast = (buckets(prometheus.url, query, fleet) for query in (TOTAL, BAD, FAST))
    healthy = fleet.roles["healthy"]
    pairs = [(total[name], truth.total, truth) for name, truth in fleet.truth.items()]
    pairs += [(fast[name], truth.fast, truth) for name, truth in fleet.truth.items()]
    pairs += [
        (bad[name], truth.total - truth.good, truth) for name, truth in fleet.truth.items() if name != healthy
    ]
    for measured, happened, truth in pairs:
        whole = outside_gaps(truth)
        wanted = int(happened[whole].sum())
        bound = tolerance(wanted, len(truth.restarts), happened.max() / 5)
        assert measured[whole].sum() == pytest.approx(wanted, abs=bound)


def test_errors_show_in_the_injected_buckets_and_in_no_other(
    fleet: InjectedFleet, prometheus: PrometheusServer
) -> None:
    """Truth and measurement share their bucket borders; one that is hit for part of it may show anything."""
    total, bad = (buckets(prometheus.url, query, fleet) for query in (TOTAL, BAD))
    for role in ("tier_edge", "exhausted", "burning"):
        name = fleet.roles[role]
        truth = fleet.truth[name]
        wholly, partly = (np.zeros(truth.starts.size, dtype=bool) for _ in range(2))
        for spell in truth.errors:
            wholly |= (truth.starts >= spell.start) & (truth.starts + BUCKET_SECONDS <= spell.end)
            partly |= (truth.starts + BUCKET_SECONDS > spell.start) & (truth.starts < spell.end)
        for share in (bad[name] / total[name], (truth.total - truth.good) / truth.total):
            assert (share[wholly] > 0.01).all()
            assert (share[~partly] < 0.002).all()


def test_the_roles_are_played(fleet: InjectedFleet, prometheus: PrometheusServer) -> None:
    """What Prometheus measures puts each service where its role needs it."""
    total, bad = (buckets(prometheus.url, query, fleet) for query in (TOTAL, BAD))

    def spent(role: str) -> float:
        name = fleet.roles[role]
        return float(np.nansum(bad[name]) / np.nansum(total[name]) / 0.001)

    assert 0.50 < spent("tier_edge") < 0.52
    assert 1.5 < spent("exhausted") < 1.7
    assert fleet.roles["healthy"] not in bad
    assert not total[fleet.roles["idle"]].any()
    assert bad[fleet.roles["burning"]][-12:].sum() > 0.04 * total[fleet.roles["burning"]][-12:].sum()


def test_counters_fall_at_restarts_and_increase_survives_them(
    fleet: InjectedFleet, prometheus: PrometheusServer
) -> None:
    """A reset costs at most what happened within one step."""
    name = fleet.roles["restarting"]
    truth = fleet.truth[name]
    assert len(truth.restarts) == 3
    resets = f'resets(http_request_duration_seconds_count{{service="{name}"}}[2d])'
    assert answered(prometheus.url, resets, at=fleet.end) == {name: 3}
    total = buckets(prometheus.url, TOTAL, fleet)[name]
    for restart in truth.restarts:
        bucket = int(np.searchsorted(truth.starts, restart, side="right")) - 1
        assert total[bucket] == pytest.approx(truth.total[bucket], rel=0.3)


def test_a_gap_leaves_its_buckets_empty(fleet: InjectedFleet, prometheus: PrometheusServer) -> None:
    """No bucket in the gap has a value; every other bucket has one."""
    name = fleet.roles["gapped"]
    truth = fleet.truth[name]
    total = buckets(prometheus.url, TOTAL, fleet)
    (gap,) = truth.gaps
    within = (truth.starts >= gap[0]) & (truth.starts + BUCKET_SECONDS <= gap[1])
    assert within.sum() == 47
    assert np.isnan(total[name][within]).all()
    assert not np.isnan(total[name][outside_gaps(truth)]).any()
    assert not np.isnan(total[fleet.roles["healthy"]]).any()


def test_a_fleet_is_the_same_for_the_same_arguments() -> None:
    """Two builds agree to the last sample; another seed does not."""
    one, same, other = (build_fleet(services=2, days=1, seed=seed) for seed in (7, 7, 8))
    for left, right in zip(one.series, same.series, strict=True):
        assert np.array_equal(left.values, right.values)
        assert np.array_equal(left.timestamps, right.timestamps)
    assert not np.array_equal(one.series[0].values, other.series[0].values)


def test_openmetrics_text_groups_families_and_escapes_labels(tmp_path: Path) -> None:
    """The span is half open, a counter's family has no `_total`, quotes are escaped."""
    times, values = np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.5, 3.0])

    def series(name: str, path: str) -> CounterSeries:
        return CounterSeries(name=name, labels={"path": path}, timestamps=times, values=values)

    given = [series("x_total", 'a"b'), series("y_bucket", "\\"), series("x_total", "c\nd")]
    assert write_openmetrics(given, tmp_path / "x.om", 10, 30) == 6
    assert (tmp_path / "x.om").read_text().splitlines() == [
        "# TYPE x counter",
        r'x_total{path="a\"b"} 1.0 10',
        r'x_total{path="a\"b"} 2.5 20',
        r'x_total{path="c\nd"} 1.0 10',
        r'x_total{path="c\nd"} 2.5 20',
        "# TYPE y_bucket unknown",
        r'y_bucket{path="\\"} 1.0 10',
        r'y_bucket{path="\\"} 2.5 20',
        "# EOF",
    ]


def test_history_of_90_days_is_kept_over_block_borders(tmp_path: Path) -> None:
    """The oldest sample, those around each border and the present one can be read."""
    now = int(time.time())
    border = now // BLOCK_SECONDS * BLOCK_SECONDS
    borders = [border - number * BLOCK_SECONDS for number in range(40)]
    old = now - 90 * DAY_SECONDS
    times = np.unique([old, now, *borders, *(border - 1 for border in borders if border > old)])
    times = times[times >= old].astype(np.float64)
    values = np.arange(times.size, dtype=np.float64)
    backfill([CounterSeries(name="x_total", labels={"a": "b"}, timestamps=times, values=values)], tmp_path)
    with PrometheusServer(tmp_path) as server:
        for at, value in zip(times, values, strict=True):
            assert answered(server.url, "x_total", at=float(at)) == {"": value}


def test_a_stopped_server_starts_again_at_the_same_address(tmp_path: Path) -> None:
    """Stop ends that process only; start brings the same data back at the same URL."""
    now = float(int(time.time()))
    one = CounterSeries(name="x_total", labels={}, timestamps=np.array([now]), values=np.array([4.0]))
    backfill([one], tmp_path)
    with PrometheusServer(tmp_path) as server:
        url, pid = server.url, server.pid
        server.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(requests.ConnectionError):
            ask(url, "x_total", at=now)
        server.start()
        assert (server.url, server.pid != pid) == (url, True)
        assert answered(url, "x_total", at=now) == {"": 4}
    server.stop()


def test_a_paused_server_is_silent_and_answers_when_resumed(
    fleet: InjectedFleet, prometheus: PrometheusServer
) -> None:
    """The connection is accepted, so only a timeout shows it."""
    prometheus.pause()
    try:
        with pytest.raises(requests.ReadTimeout):
            ask(prometheus.url, TOTAL, at=fleet.end, timeout=0.3)
    finally:
        prometheus.resume()
    assert answered(prometheus.url, TOTAL, at=fleet.end)


def test_a_paused_server_can_be_stopped(tmp_path: Path) -> None:
    """A stopped process would never see SIGTERM."""
    with PrometheusServer(tmp_path) as server:
        server.pause()
        begun = time.monotonic()
    assert time.monotonic() - begun < 10


def test_extra_flags_reach_prometheus(fleet: InjectedFleet, tmp_path: Path) -> None:
    """A limit on samples turns a query into Prometheus' own 422."""
    backfill(fleet.series[:3], tmp_path)
    with PrometheusServer(tmp_path, extra_flags=["--query.max-samples=10"]) as server:
        answer = ask(server.url, "sum(increase(http_requests_total[1d]))", at=fleet.end)
    assert (answer.status_code, answer.json()["errorType"]) == (422, "execution")


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The log of Prometheus is in the error."""
    server = PrometheusServer(tmp_path, extra_flags=["--no-such-flag"])
    with pytest.raises(PrometheusUnavailableError, match="no-such-flag"):
        server.start()
    with pytest.raises(RuntimeError, match="not running"):
        server.pause()


def test_a_missing_prometheus_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks the program reads how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrometheusUnavailableError, match="apt-get install prometheus"):
        PrometheusServer(tmp_path).start()
    with pytest.raises(PrometheusUnavailableError, match="promtool"):
        backfill([], tmp_path)


def test_without_a_fault_the_double_is_prometheus(
    faulty: FaultyServer, fleet: InjectedFleet, prometheus: PrometheusServer
) -> None:
    """GET and POST give the data of Prometheus, and its own errors."""
    query = f"sort({TOTAL})"
    straight, through = (ask(url, query, at=fleet.end).json()["data"] for url in (prometheus.url, faulty.url))
    form = {"query": query, "time": str(fleet.end)}
    posted = requests.post(f"{faulty.url}/api/v1/query", data=form, timeout=30).json()["data"]
    assert straight == through == posted
    refused = ask(faulty.url, "sum(", at=fleet.end)
    assert (refused.status_code, refused.json()["errorType"]) == (400, "bad_data")
    assert [request.query for request in faulty.requests] == [query, query, "sum("]


def test_requests_are_recorded_with_path_params_and_headers(faulty: FaultyServer) -> None:
    """Header names are found in any case."""
    headers = {"Authorization": "Bearer abc", "X-Scope-OrgID": "team-1"}
    requests.get(
        f"{faulty.url}/api/v1/query", params={"query": "up", "time": "5"}, headers=headers, timeout=30
    )
    (request,) = faulty.requests
    assert (request.method, request.path) == ("GET", "/api/v1/query")
    assert request.params == {"query": ["up"], "time": ["5"]}
    assert request.headers["authorization"] == "Bearer abc"
    assert request.headers["X-Scope-OrgID"] == "team-1"


def test_a_script_runs_out_and_the_choice_takes_over(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """Scripted faults go first, one for each request; the callable sees the rest."""

    def only_bad(request: Request) -> Fault:
        return Status(code=429, headers={"Retry-After": "7"}) if "5.." in request.query else Healthy()

    faulty.script(Status(code=503), Healthy())
    faulty.choose = only_bad
    codes = [ask(faulty.url, query, at=fleet.end).status_code for query in (BAD, BAD, BAD, TOTAL)]
    assert codes == [503, 200, 429, 200]
    assert ask(faulty.url, BAD, at=fleet.end).headers["Retry-After"] == "7"


def test_an_html_page_comes_with_200(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """It looks like success until it is parsed."""
    faulty.script(HtmlPage())
    answer = ask(faulty.url, TOTAL, at=fleet.end)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("code", [401, 403, 422, 429, 503])
def test_statuses_come_with_and_without_prometheus_error(
    faulty: FaultyServer, fleet: InjectedFleet, code: int
) -> None:
    """A gateway sends plain text, Prometheus its JSON."""
    faulty.script(Status(code=code), Status(code=code, error="no luck", error_type="execution"))
    plain, own = (ask(faulty.url, TOTAL, at=fleet.end) for _ in range(2))
    assert plain.status_code == own.status_code == code
    assert not plain.text.startswith("{")
    assert own.json() == {"status": "error", "errorType": "execution", "error": "no luck"}


def test_a_truncated_body_is_shorter_than_announced(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """The client sees an incomplete read, and half of a JSON document."""
    faulty.script(Truncated(), Truncated())
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        ask(faulty.url, TOTAL, at=fleet.end)
    params: dict[str, str | int] = {"query": TOTAL, "time": fleet.end}
    with requests.get(f"{faulty.url}/api/v1/query", params=params, timeout=30, stream=True) as answer:
        body = answer.raw.read1()
    assert 0 < len(body) < int(answer.headers["Content-Length"])
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_a_connection_is_reset(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """The next request has a connection of its own and is well."""
    faulty.script(ConnectionReset())
    with requests.Session() as session:
        params: dict[str, str | int] = {"query": TOTAL, "time": fleet.end}
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            session.get(f"{faulty.url}/api/v1/query", params=params, timeout=30)
        assert session.get(f"{faulty.url}/api/v1/query", params=params, timeout=30).ok


def test_a_slow_answer_is_late_and_right(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """The delay is a lower bound."""
    faulty.script(Slow(seconds=0.3), Slow(seconds=30))
    assert ask(faulty.url, TOTAL, at=fleet.end).elapsed.total_seconds() >= 0.3
    with pytest.raises(requests.ReadTimeout):
        ask(faulty.url, TOTAL, at=fleet.end, timeout=0.2)


def test_a_hang_lasts_until_it_is_released(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """A client's timeout ends its wait; a patient client is answered after the release."""
    faulty.script(Hang(), Hang(), Hang())
    with pytest.raises(requests.ReadTimeout):
        ask(faulty.url, TOTAL, at=fleet.end, timeout=0.2)
    codes: list[int] = []
    patient = threading.Thread(target=lambda: codes.append(ask(faulty.url, TOTAL, at=fleet.end).status_code))
    patient.start()
    while len(faulty.requests) < 2:
        time.sleep(0.01)
    faulty.release()
    patient.join(10)
    assert codes == [200]
    with pytest.raises(requests.ReadTimeout):
        ask(faulty.url, TOTAL, at=fleet.end, timeout=0.2)


def test_closing_resets_what_hangs(prometheus: PrometheusServer, fleet: InjectedFleet) -> None:
    """No test waits for a hanging request at its end."""
    errors: list[str] = []

    def wait(url: str) -> None:
        try:
            ask(url, TOTAL, at=fleet.end)
        except requests.ConnectionError as error:
            errors.append(str(error))

    with FaultyServer(prometheus.url) as server:
        server.choose = lambda _: Hang()
        client = threading.Thread(target=wait, args=(server.url,))
        client.start()
        while not server.requests:
            time.sleep(0.01)
    client.join(10)
    assert len(errors) == 1


def test_warnings_are_added_to_a_good_answer(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """The data is the same as without."""
    faulty.script(Healthy(), Warned(warnings=["store gateway timed out"]))
    good, warned = (ask(faulty.url, f"sort({TOTAL})", at=fleet.end).json() for _ in range(2))
    assert warned.pop("warnings") == ["store gateway timed out"]
    assert warned == good


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-3"])
@pytest.mark.parametrize("endpoint", ["query", "query_range"])
def test_values_are_replaced_where_labels_match(
    faulty: FaultyServer, fleet: InjectedFleet, endpoint: str, value: str
) -> None:
    """Instant and range answers; other services keep their values."""
    name = fleet.roles["healthy"]
    faulty.script(Values(value=value, where={"service": name}))
    params: dict[str, str | int] = {"query": TOTAL, "time": fleet.end}
    params |= {"start": fleet.end - 600, "end": fleet.end, "step": 300}
    answer = requests.get(f"{faulty.url}/api/v1/{endpoint}", params=params, timeout=30)
    for one in answer.json()["data"]["result"]:
        points = one.get("values") or [one["value"]]
        assert {point[1] == value for point in points} == {one["metric"]["service"] == name}


def test_series_are_dropped_and_added(faulty: FaultyServer, fleet: InjectedFleet) -> None:
    """By labels; without labels the answer is empty, as for a metric nobody has."""
    name = fleet.roles["healthy"]
    faulty.script(
        SeriesDropped(where={"service": name}), SeriesAdded(labels={"service": "stranger"}), SeriesDropped()
    )
    dropped, added, empty = (answered(faulty.url, TOTAL, at=fleet.end) for _ in range(3))
    assert dropped.keys() == fleet.truth.keys() - {name}
    assert added.keys() == fleet.truth.keys() | {"stranger"}
    assert empty == {}


def test_a_prometheus_that_is_down_becomes_a_bad_gateway(tmp_path: Path) -> None:
    """The double never hides that the real one is missing."""
    with PrometheusServer(tmp_path) as server, FaultyServer(server.url) as faulty:
        server.stop()
        assert ask(faulty.url, "up", at=0).status_code == 502
