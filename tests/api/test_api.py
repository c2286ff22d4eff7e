"""`reliability serve` as a process: the API, health, metrics, and what it says when it cannot know."""

import json
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.command import run, start
from tests.injected_fleet import build_fleet
from tests.real_prometheus import PrometheusServer, backfill
from tests.rollout_objects import rollout, stamp

_READY_WITHIN = 60.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until(fact: Callable[[], bool], what: str, seconds: float = _READY_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


class Served:
    """A running `reliability serve` and how to ask it."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def get(self, path: str, method: str = "GET") -> requests.Response:
        return requests.request(method, self.url + path, timeout=30)

    def alive(self) -> bool:
        assert self.process.poll() is None, (self.process.communicate()[1], "the server ended")
        try:
            return self.get("/healthz").ok
        except requests.ConnectionError:
            return False


@contextmanager
def served(*options: object, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`reliability serve` on a free port, for the length of a block."""
    port = free_port()
    process = start("serve", "--port", port, *options, env=env)
    server = Served(process, f"http://127.0.0.1:{port}")
    try:
        wait_until(server.alive, "/healthz answers")
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(demo: Path) -> Iterator[Served]:
    """The demo, served."""
    with served("--store", demo) as running:
        yield running


@pytest.fixture(scope="module")
def status(demo: Path) -> dict[str, Any]:
    """What the command says of the same store."""
    found = json.loads(run("status", "--store", demo, "--json").out)
    assert isinstance(found, dict)
    return found


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """The samples of an exposition, by metric."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_health_and_readiness_of_the_demo(server: Served) -> None:
    """The demo's clock stands still, so it is never stale."""
    for path in ("/healthz", "/readyz"):
        answer = server.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_the_status_is_the_document_of_the_command(server: Served, status: dict[str, Any]) -> None:
    answer = server.get("/api/v1/status")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == status


def test_each_service_is_its_part_of_the_status(server: Served, status: dict[str, Any]) -> None:
    for service in status["services"]:
        answer = server.get(f"/api/v1/services/{service['service']}")
        found = answer.json()
        canaries = found.pop("canaries")
        assert isinstance(canaries, list)
        assert all(item["standing"] for item in canaries)
        assert found == {"as_of": status["as_of"], **service}


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/status",
        "/api/v1/status/more",
        "/api/v1/services/",
        "/api/v1/services/nobody",
        "/api/v1/services/" + "x" * 3000,
        "/webhooks/alertmanager",
        "/webhooks/",
        "/webhooks",
    ],
)
def test_what_is_not_there_is_a_404_in_json(path: str, server: Served) -> None:
    """Streamlit would answer with its page and 200, which a machine takes for a success."""
    answer = server.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json"), path
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "%00", "%2e%2e/%2e%2e", "%ff"])
def test_a_path_that_wants_out_gets_nothing(name: str, server: Served) -> None:
    """Neither a file nor a page that looks like a success."""
    answer = server.get(f"/api/v1/services/{name}")
    assert answer.status_code in {400, 404}
    assert "text/html" not in answer.headers.get("Content-Type", "")
    assert "root:" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_api_only_reads(method: str, server: Served) -> None:
    for path in ("/api/v1/status", "/api/v1/services/api", "/api/v1/more", "/webhooks/github"):
        assert server.get(path, method).status_code in {404, 405}, path


def test_the_metrics_say_what_the_status_says(server: Served, status: dict[str, Any]) -> None:
    """One sample for what is known; none, not even NaN, for what is not."""
    answer = server.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = samples(answer.text)
    assert found["reliability_up"] == [({}, 1.0)]
    objectives = [objective for service in status["services"] for objective in service["objectives"]]
    for name, field in (
        ("reliability_error_budget_remaining_ratio", "remaining"),
        ("reliability_coverage_ratio", "coverage"),
    ):
        expected = {
            objective["objective"]: objective[field]
            for objective in objectives
            if objective[field] is not None
        }
        told = {f"{labels['service']}/{labels['indicator']}": value for labels, value in found[name]}
        assert told == pytest.approx(expected)
    unknown = [objective for objective in objectives if objective["remaining"] is None]
    assert unknown, "the demo has an objective whose budget cannot be known"
    assert "nan" not in answer.text.lower()
    burns = {
        (f"{labels['service']}/{labels['indicator']}", labels["window"]): value
        for labels, value in found["reliability_burn_rate"]
    }
    assert burns == pytest.approx(
        {
            (objective["objective"], window): rate
            for objective in objectives
            for window, rate in objective["burn_rates"].items()
            if rate is not None
        }
    )
    tiers = {
        labels["service"]: labels["policy_tier"]
        for labels, value in found["reliability_policy_tier"]
        if value == 1
    }
    assert tiers == {
        service["service"]: service["policy_tier"]
        for service in status["services"]
        if service["policy_tier"] is not None
    }


def test_promtool_finds_nothing_wrong_with_the_metrics(server: Served) -> None:
    """Prometheus' own linter."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"],
        input=server.get("/metrics").text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("path", ["/", "/service", "/api/v1/status", "/healthz", "/api/none"])
def test_every_answer_carries_the_headers_that_protect_a_browser(path: str, server: Served) -> None:
    answer = server.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy


def test_a_page_is_html(server: Served) -> None:
    answer = server.get("/")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")


def test_without_a_store_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    """Each answer says why; the store that comes later is found without a restart."""
    store = tmp_path / "later.db"
    with served("--store", store) as server:
        for path in ("/readyz", "/api/v1/status", "/api/v1/services/api"):
            answer = server.get(path)
            assert answer.status_code == 503, path
            assert "found no store" in answer.json()["error"]
        metrics = server.get("/metrics")
        assert metrics.status_code == 200
        assert samples(metrics.text) == {"reliability_up": [({}, 0.0)]}
        assert not store.exists()
        counts = tmp_path / "counts.csv"
        counts.write_text(
            "objective,start,good,total\napi/availability,2026-01-01T00:00:00Z,9,10\n", encoding="utf-8"
        )
        assert run("import", "sli", counts, "--store", store).code == 0
        answer = server.get("/readyz")
        assert (answer.status_code, "stale" in answer.json()["error"]) == (503, True)
        found = server.get("/api/v1/status").json()
        assert found["data"]["stale"] is True
        told = samples(server.get("/metrics").text)
        assert told["reliability_up"] == told["reliability_data_stale"] == [({}, 1.0)]
        assert "reliability_error_budget_remaining_ratio" not in told
        assert server.get("/healthz").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(10)
        assert server.process.returncode in {0, -signal.SIGTERM}


def test_now_holds_for_the_api_too(demo: Path) -> None:
    """`serve --now` answers as `status --now`."""
    now = "2026-11-10T12:00:00Z"
    with served("--store", demo, "--now", now) as server:
        expected = json.loads(run("status", "--store", demo, "--json", "--now", now).out)
        assert server.get("/api/v1/status").json() == expected
        server.process.send_signal(signal.SIGINT)
        server.process.wait(10)
        assert "Traceback" not in server.process.communicate()[1]


_CATALOG = """\
indicators:
  availability:
    good:  sum by (service) (increase(http_requests_total{code!~"5.."}[{{bucket}}]))
    total: sum by (service) (increase(http_requests_total[{{bucket}}]))
services:
  checkout:
    tier: 1
    strategy: blue-green
    objectives:
      - {indicator: availability, target: 0.999, window: 1d}
"""


def runs(server: Served, outcome: str) -> float:
    """How many syncs ended in that way, as the metrics tell it."""
    told = samples(server.get("/metrics").text)["reliability_sync_runs"]
    return sum(value for labels, value in told if labels["outcome"] == outcome)


def test_serve_collects_as_it_goes(tmp_path: Path) -> None:
    """From no store to ready; and it ends, though Prometheus hangs."""
    now = int(time.time())
    fleet = build_fleet(services=1, days=2, end=now - now % 300 + 3600)
    catalog, store = tmp_path / "catalog.yaml", tmp_path / "store.db"
    catalog.write_text(_CATALOG, encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        backfill(fleet.series, Path(folder))
        with PrometheusServer(Path(folder)) as prometheus:
            options = ("--store", store, "--catalog", catalog, "--sync-every", "1s", "--backfill", "1d")
            environment = {
                "RELIABILITY_PROMETHEUS_URL": prometheus.url,
                "RELIABILITY_PROMETHEUS_TIMEOUT": "2",
            }
            with served(*options, env=environment) as server:
                wait_until(lambda: server.get("/readyz").status_code == 200, "/readyz is 200")
                (service,) = server.get("/api/v1/status").json()["services"]
                assert service["objectives"][0]["status"] == "measured"
                before = runs(server, "ok")
                wait_until(lambda: runs(server, "ok") > before, "another sync")
                prometheus.pause()
                wait_until(lambda: runs(server, "failed") > 0, "a failed sync")
                assert server.get("/readyz").status_code == 200, "what is stored is fresh for 15 minutes"
                server.process.send_signal(signal.SIGTERM)
                server.process.wait(10)
                prometheus.resume()
                assert server.process.returncode in {0, -signal.SIGTERM}
                assert "Traceback" not in server.process.communicate()[1]


def test_a_mistake_in_a_file_is_told_before_anything_is_served(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text("services: 5\n", encoding="utf-8")
    ended = run("serve", "--catalog", catalog, "--store", tmp_path / "store.db")
    assert (ended.code, ended.out) == (2, "")
    assert str(catalog) in ended.err


@pytest.mark.parametrize("path", ["/", "/api/v1/status", "/api/v1/services/api"])
def test_another_name_of_the_server_is_refused(path: str, server: Served) -> None:
    """Through a name of its own, a page of another site could read the answers (DNS rebinding)."""
    refused = requests.get(server.url + path, headers={"Host": "evil.example"}, timeout=10)
    assert refused.status_code == 400
    allowed = requests.get(server.url + path, headers={"Host": "localhost"}, timeout=10)
    assert allowed.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_and_scrapes_may_come_by_any_name(path: str, server: Served) -> None:
    answer = requests.get(server.url + path, headers={"Host": "10.0.0.7:8501"}, timeout=10)
    assert answer.status_code == 200


def test_a_rollout_that_no_service_is_mapped_to_is_told_where_its_service_is_asked_for(
    tmp_path: Path,
) -> None:
    store = tmp_path / "reliability.db"
    told = json.dumps(rollout("stranger")).encode()
    assert run("import", "canaries", "-", "--store", store, stdin=told).code == 0
    with served("--store", store, "--now", stamp(10)) as running:
        found = running.get("/api/v1/services/stranger")
        assert found.status_code == 404
        assert "a canary of a Rollout 'stranger' is under way: sources.yaml maps it" in found.json()["error"]
        assert "Rollout" not in running.get("/api/v1/services/nope").json()["error"]
