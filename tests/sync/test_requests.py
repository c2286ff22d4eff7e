"""What Prometheus is asked, how often, with which credentials; and who never sees these."""

import base64
import http.server
import json
import logging
import re
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dashboard.config import PrometheusSettings, prometheus_settings
from dashboard.errors import ConfigurationError
from dashboard.sources.prometheus import Prometheus
from tests.cli.command import run
from tests.faulty_server import ConnectionReset, FaultyServer, HtmlPage, Status
from tests.injected_fleet import InjectedFleet
from tests.sync.collected import BUCKET, DAY, Collected, at, catalogue_text, is_range, side

SECRET = "s3cr3t-value-that-nobody-may-read"  # noqa: S105 - it opens nothing


def test_each_chunk_costs_two_range_queries_an_indicator_and_never_one_a_service(
    empty: Collected, faulty: FaultyServer, began: int
) -> None:
    """A day is one chunk; each side of each indicator is asked once for four services."""
    empty.from_source(faulty.url).sync(began)
    asked = Counter(side(request) for request in faulty.requests if is_range(request))
    assert asked == dict.fromkeys(
        ("availability good", "availability total", "latency good", "latency total"), 1
    )
    good, total = [request.params for request in faulty.requests if is_range(request)][:2]
    assert good["start"] == total["start"], "both sides at the same timestamps"
    assert good["end"] == total["end"] == [str(began - began % BUCKET)], "ending at the last whole bucket"
    assert good["step"] == [str(BUCKET)]


def test_a_longer_backfill_costs_chunks_and_more_services_cost_nothing(
    fleet: InjectedFleet, empty: Collected, faulty: FaultyServer, tmp_path: Path
) -> None:
    """Two days are two chunks of each query, for one service as for four."""
    counts = []
    for number, services in enumerate((list(fleet.truth)[:1], list(fleet.truth))):
        catalog = tmp_path / f"{number}.yaml"
        catalog.write_text(catalogue_text(services, window="2d", latency=False), encoding="utf-8")
        store = tmp_path / f"{number}.db"
        faulty.requests.clear()
        replace(empty.from_source(faulty.url), catalog=catalog, store=store, backfill=2 * DAY).sync(fleet.end)
        counts.append(sum(map(is_range, faulty.requests)))
    assert counts == [4, 4]


def test_a_second_sync_asks_only_for_what_came_since(
    synced: Collected, faulty: FaultyServer, began: int
) -> None:
    """From three buckets before the watermark, since samples may be late."""
    watermark = began - began % BUCKET
    now = began + 4 * BUCKET
    synced.from_source(faulty.url).sync(now)
    spans = {
        (request.params["start"][0], request.params["end"][0])
        for request in faulty.requests
        if is_range(request)
    }
    assert spans == {(str(watermark - 2 * BUCKET), str(watermark + 4 * BUCKET))}
    assert sum(map(is_range, faulty.requests)) == 4


def test_a_sync_within_the_same_bucket_changes_nothing(synced: Collected, began: int) -> None:
    before = synced.tables()
    report = synced.sync(began + 60)
    assert (report.recorded.added, report.recorded.corrected, report.recorded.flagged) == (0, 0, 0)
    assert synced.tables() == before


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"bearer_token": SECRET}, "Authorization", f"Bearer {SECRET}"),
        (
            {"basic_auth": ("user", SECRET)},
            "Authorization",
            "Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode(),
        ),
        ({"headers": {"X-Scope-OrgID": SECRET}}, "X-Scope-OrgID", SECRET),
    ],
    ids=["bearer", "basic", "tenant"],
)
@pytest.mark.parametrize(
    "fault", [Status(code=401, error="denied"), HtmlPage(), ConnectionReset()], ids=["401", "HTML", "reset"]
)
def test_credentials_are_sent_and_never_shown(  # noqa: PLR0913, PLR0917 - one argument per fixture
    settings: dict[str, object],
    header: str,
    value: str,
    fault: Status | HtmlPage | ConnectionReset,
    synced: Collected,
    faulty: FaultyServer,
    later: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With every query; not in a message, a log at its most talkative, a repr, or the store."""
    caplog.set_level(logging.DEBUG)
    asking = synced.from_source(faulty.url, **settings)
    assert asking.sync(later).outcome == "ok"
    assert {request.headers.get(header) for request in faulty.requests} == {value}
    faulty.choose = lambda _: fault
    report = asking.sync(later + BUCKET)
    assert report.outcome == "failed"
    told = [report.message, repr(report), repr(asking), caplog.text, *capfd.readouterr()]
    assert SECRET not in "".join(told)
    assert SECRET.encode() not in synced.store.read_bytes()


@pytest.mark.parametrize("token", [f"{SECRET}\nX-Other: 1", f"{SECRET}–☃"], ids=["two lines", "not Latin"])
@pytest.mark.parametrize("name", ["BEARER_TOKEN", "HEADERS"])
def test_a_token_that_no_header_can_carry_is_told_without_showing_it(
    token: str, name: str, synced: Collected, faulty: FaultyServer, later: int
) -> None:
    """The library's own message would quote it."""
    value = token if name == "BEARER_TOKEN" else json.dumps({"X-Scope-OrgID": token})
    ended = run(
        *("sync", "--store", synced.store, "--catalog", synced.catalog, "--now", at(later).isoformat()),
        env={"RELIABILITY_PROMETHEUS_URL": faulty.url, f"RELIABILITY_PROMETHEUS_{name}": value},
    )
    assert ended.code in {2, 3}
    assert "header" in ended.err
    assert SECRET not in ended.out + ended.err
    assert faulty.requests == []


def test_a_redirect_is_not_followed_with_the_token(
    synced: Collected, faulty: FaultyServer, prometheus_double: FaultyServer, later: int
) -> None:
    """Not even to an address that would answer."""
    elsewhere = f"{prometheus_double.url}/api/v1/query_range"
    faulty.choose = lambda _: Status(code=307, headers={"Location": elsewhere})
    report = synced.from_source(faulty.url, bearer_token=SECRET).sync(later)
    assert report.outcome == "failed"
    assert "307" in report.message
    assert prometheus_double.requests == []


@pytest.fixture
def prometheus_double(faulty: FaultyServer) -> Iterator[FaultyServer]:
    """A second address, to which nobody should come."""
    with FaultyServer(faulty.url) as server:
        yield server


def test_the_environment_neither_redirects_nor_adds_credentials(
    synced: Collected, faulty: FaultyServer, later: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy or a `.netrc` of the machine is not ours to use."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert synced.from_source(faulty.url).sync(later).outcome == "ok"
    assert {request.headers.get("Authorization") for request in faulty.requests} == {None}


@pytest.mark.parametrize("timeout", ["0.75", "7", "1.5"])
def test_the_timeout_is_one_that_prometheus_understands(
    timeout: str, synced: Collected, faulty: FaultyServer, later: int
) -> None:
    """A fraction of a second as well as whole ones."""
    settings = prometheus_settings({"RELIABILITY_PROMETHEUS_TIMEOUT": timeout}, faulty.url)
    assert replace(synced, settings=settings).sync(later).outcome == "ok"
    assert {float(request.params["timeout"][0].rstrip("s")) for request in faulty.requests} == {
        float(timeout)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A private authority with a server and a client of its own, in PEM files under `folder`."""

    folder: Path

    def file(self, name: str) -> Path:
        return self.folder / name

    def issue(self, name: str, *extensions: str) -> None:
        """Sign a new key as `name`."""
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                      "-subj", f"/CN={name}")  # fmt: skip
        self.file(f"{name}.ext").write_text("\n".join(extensions) + "\n", encoding="utf-8")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
                      "-CAcreateserial", "-out", f"{name}.pem", "-extfile", f"{name}.ext")  # fmt: skip

    def establish(self) -> None:
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-days", "2", "-subj", "/CN=Private authority")  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(folder=tmp_path_factory.mktemp("tls"))
    made.establish()
    made.issue("server", "subjectAltName=IP:127.0.0.1")
    made.issue("client", "extendedKeyUsage=clientAuth")
    return made


class _Vector(http.server.BaseHTTPRequestHandler):
    """Answers every query with one series, over TLS."""

    def do_GET(self) -> None:
        series = [{"metric": {"service": "checkout"}, "value": [1, "42"]}]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _TlsServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that is turned away is no error of the server."""


@pytest.fixture(scope="module")
def tls_url(authority: Authority) -> Iterator[str]:
    """A server that asks for a client certificate of the authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file("ca.pem")))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority.file("server.pem"), authority.file("server.key"))
    server = _TlsServer(("127.0.0.1", 0), _Vector)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_private_authority_and_a_client_certificate_let_us_in(authority: Authority, tls_url: str) -> None:
    """From the variables that the README names."""
    prefix = "RELIABILITY_PROMETHEUS_"
    environment = {
        prefix + "CA_FILE": str(authority.file("ca.pem")),
        prefix + "CERT_FILE": str(authority.file("client.pem")),
        prefix + "KEY_FILE": str(authority.file("client.key")),
    }
    source = Prometheus(prometheus_settings(environment, tls_url))
    assert source.instant("up", "service", at(1)).services == {"checkout": {1: 42.0}}
    source.close()


@pytest.mark.parametrize(
    ("ca", "client", "said"),
    [
        (None, "client", "certificate verify failed|self.signed"),
        ("ca.pem", None, "certificate required|handshake|EOF|broken|reset"),
        ("client.key", "client", "certificate|PEM|cannot be reached"),
    ],
    ids=["unknown authority", "no client certificate", "no certificate in the file"],
)
def test_without_the_right_certificates_nobody_gets_in(  # noqa: PLR0913, PLR0917 - one argument per fixture
    ca: str | None, client: str | None, said: str, authority: Authority, tls_url: str, synced: Collected
) -> None:
    """And the sync says why, in one sentence."""
    settings = PrometheusSettings(
        url=tls_url,
        retries=0,
        timeout=10,
        ca_file=authority.file(ca) if ca else None,
        client_certificate=(authority.file(f"{client}.pem"), authority.file(f"{client}.key"))
        if client
        else None,
    )
    report = replace(synced, settings=settings).sync(1_767_190_000)
    assert report.outcome == "failed"
    assert report.message

    assert re.search(said, report.message), report.message


def test_a_file_that_is_not_there_is_told_by_its_variable() -> None:
    with pytest.raises(ConfigurationError, match="RELIABILITY_PROMETHEUS_CA_FILE: found no file"):
        prometheus_settings({"RELIABILITY_PROMETHEUS_CA_FILE": "/nowhere.pem"}, "https://prometheus")
