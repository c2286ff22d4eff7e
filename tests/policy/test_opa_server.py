"""A team's own OPA: its decision is taken as it is; whatever else it does is an error and allows nothing."""

from collections.abc import Iterator

import pytest

from dashboard.errors import ConfigurationError
from dashboard.policy import engine
from dashboard.policy.data import GatePolicy
from dashboard.policy.engine import EngineError, OpaServer, RegoEngine, engine_at
from tests.faulty_server import ConnectionReset, Fault, FaultyServer, Hang, HtmlPage, Slow, Status, Truncated
from tests.policy.opa_double import OpaDouble
from tests.policy.releases import release


@pytest.fixture(scope="module")
def double(shipped: GatePolicy) -> Iterator[OpaDouble]:
    with OpaDouble(shipped.text) as running:
        yield running


@pytest.fixture
def server(double: OpaDouble) -> Iterator[FaultyServer]:
    with FaultyServer(double.url) as running:
        yield running


def test_its_decision_is_that_of_the_engine_in_process(
    server: FaultyServer, rego: RegoEngine, shipped: GatePolicy
) -> None:
    opa = OpaServer(server.url)
    for document in (release(), release({"gates.build.lint": None}), release(version="ü\x00✓"), {}):
        assert opa.evaluate(shipped, document) == rego.evaluate(shipped, document)


def test_it_is_asked_for_the_decision_and_told_the_token(server: FaultyServer, shipped: GatePolicy) -> None:
    OpaServer(f"{server.url}/", token="secret").evaluate(shipped, release())  # noqa: S106 - of this test only
    OpaServer(server.url).evaluate(shipped, release())
    with_token, without = server.requests
    assert (with_token.method, with_token.path) == ("POST", "/v1/data/companyos/release/decision")
    assert with_token.headers["Authorization"] == "Bearer secret"
    assert "Authorization" not in without.headers


def test_a_proxy_of_the_environment_is_not_asked(
    server: FaultyServer, shipped: GatePolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert OpaServer(server.url).evaluate(shipped, release())["allow"]


@pytest.mark.parametrize(
    "fault",
    [
        Status(code=500),
        Status(code=500, error="eval_cancel_error"),
        Status(code=401),
        Status(code=404),
        Status(code=204),
        Status(code=302, headers={"Location": "/v1/data/companyos/release/decision"}),
        Status(code=307, headers={"Location": "/v1/data/companyos/release/decision"}),
        HtmlPage(),
        Truncated(),
        Truncated(part=0),
        ConnectionReset(),
    ],
    ids=lambda fault: f"{type(fault).__name__}{getattr(fault, 'code', '')}",
)
def test_a_fault_is_an_error_and_no_decision(server: FaultyServer, shipped: GatePolicy, fault: Fault) -> None:
    opa = OpaServer(server.url)
    server.script(fault)
    with pytest.raises(EngineError, match=r"^OPA at 127\.0\.0\.1:"):
        opa.evaluate(shipped, release())
    assert opa.evaluate(shipped, release())["allow"], "the next answer counts again"


def test_an_answer_that_takes_a_while_counts(server: FaultyServer, shipped: GatePolicy) -> None:
    server.script(Slow(seconds=0.3))
    assert OpaServer(server.url).evaluate(shipped, release())["allow"]


def test_an_answer_that_does_not_come_is_an_error(
    server: FaultyServer, shipped: GatePolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine._SERVER_TIMEOUT == (3.05, 10.0)
    monkeypatch.setattr(engine, "_SERVER_TIMEOUT", (3.05, 0.5))
    server.script(Hang())
    with pytest.raises(EngineError, match=r"gave no decision \(.*Timeout\)"):
        OpaServer(server.url).evaluate(shipped, release())
    server.release()


def test_nobody_at_the_address_is_an_error(shipped: GatePolicy) -> None:
    with pytest.raises(EngineError, match="gave no decision"):
        OpaServer("http://127.0.0.1:9").evaluate(shipped, release())


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (None, "is release_gate.rego loaded there"),
        ("package companyos.release\n", "is release_gate.rego loaded there"),
        ("package companyos.release\ndecision := null\n", "is release_gate.rego loaded there"),
        ("package companyos.release\ndecision := true\n", "expected an object with `allow`"),
        ("package companyos.release\ndecision := {}\n", "expected an object with `allow`"),
        ("package companyos.release\ndecision := [true]\n", "expected an object with `allow`"),
        ('package companyos.release\ndecision := {"allow": "true"}\n', "expected an object with `allow`"),
        ('package companyos.release\ndecision := {"allow": 1}\n', "expected an object with `allow`"),
    ],
)
def test_a_policy_without_a_decision_is_an_error(
    shipped: GatePolicy, policy: str | None, message: str
) -> None:
    with OpaDouble(policy) as other, pytest.raises(EngineError, match=message):
        OpaServer(other.url).evaluate(shipped, release())


@pytest.mark.parametrize("value", [2**70, "\ud800", {1, 2}], ids=["number", "text", "set"])
def test_what_cannot_be_sent_is_an_error(server: FaultyServer, shipped: GatePolicy, value: object) -> None:
    with pytest.raises(EngineError, match="gave no decision"):
        OpaServer(server.url).evaluate(shipped, release() | {"version": value})
    assert server.requests == []


@pytest.mark.parametrize("url", ["localhost:8181", "ftp://opa", "opa", "//opa"])
def test_an_address_that_is_none_is_a_fault_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigurationError, match="RELIABILITY_OPA_URL: found "):
        engine_at(url)


def test_without_an_address_the_policy_is_evaluated_in_process() -> None:
    assert isinstance(engine_at(None), RegoEngine)
    assert isinstance(engine_at(""), RegoEngine)
    assert isinstance(engine_at("https://opa.example"), OpaServer)
