"""Settings from the environment: what is read, what is refused, and what is never shown."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.config import Locations, locations, parse_moment, prometheus_settings
from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_STORE

_PREFIX = "RELIABILITY_PROMETHEUS_"
_URL = f"{_PREFIX}URL"
_SECRET = "hunter2"  # noqa: S105 - the subject of these tests


def _environment(**values: str) -> dict[str, str]:
    return {_URL: "http://prometheus:9090"} | {_PREFIX + name: value for name, value in values.items()}


def _refused(environment: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        prometheus_settings(environment)
    return str(caught.value)


def test_an_address_is_enough() -> None:
    found = prometheus_settings(_environment())
    assert (found.url, found.timeout, found.retries) == ("http://prometheus:9090", 120.0, 2)
    assert (found.bearer_token, found.basic_auth, found.headers) == (None, None, {})
    assert (found.ca_file, found.client_certificate) == (None, None)


def test_an_address_that_is_passed_overrides_the_variable() -> None:
    assert prometheus_settings(_environment(), "https://other/prom/").url == "https://other/prom"


def test_everything_is_read(tmp_path: Path) -> None:
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / name).touch()
    found = prometheus_settings(
        _environment(
            TIMEOUT="7.5",
            USERNAME="ann",
            PASSWORD=_SECRET,
            HEADERS='{"X-Scope-OrgID": "team-a"}',
            CA_FILE=str(tmp_path / "ca.pem"),
            CERT_FILE=str(tmp_path / "client.pem"),
            KEY_FILE=str(tmp_path / "client.key"),
        )
    )
    assert (found.timeout, found.basic_auth) == (7.5, ("ann", _SECRET))
    assert found.headers == {"X-Scope-OrgID": "team-a"}
    assert found.ca_file == tmp_path / "ca.pem"
    assert found.client_certificate == (tmp_path / "client.pem", tmp_path / "client.key")


def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{_SECRET}\n", encoding="utf-8")
    assert (
        prometheus_settings(_environment(BEARER_TOKEN_FILE=str(tmp_path / "token"))).bearer_token == _SECRET
    )
    assert prometheus_settings(_environment(BEARER_TOKEN=f" {_SECRET} ")).bearer_token == _SECRET


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b" \n"])
def test_a_token_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    assert "BEARER_TOKEN_FILE" in _refused(_environment(BEARER_TOKEN_FILE=str(tmp_path / "token")))


@pytest.mark.parametrize(
    "secrets",
    [
        {"BEARER_TOKEN": _SECRET},
        {"USERNAME": "ann", "PASSWORD": _SECRET},
        {"HEADERS": f'{{"Authorization": "{_SECRET}"}}'},
    ],
)
def test_secrets_are_never_in_repr(secrets: dict[str, str]) -> None:
    assert _SECRET not in repr(prometheus_settings(_environment(**secrets)))


@pytest.mark.parametrize(
    "url",
    [
        f"http://ann:{_SECRET}@prometheus:9090",
        f"http://{_SECRET}@prometheus:9090",
        f"ftp://ann:{_SECRET}@prometheus:9090",
        f"ann:{_SECRET}@prometheus:9090",
        f"//ann:{_SECRET}@prometheus:9090",
    ],
)
def test_a_secret_in_an_address_is_refused_without_showing_it(url: str) -> None:
    message = _refused({_URL: url})
    assert _URL in message
    assert _SECRET not in message


@pytest.mark.parametrize(
    "headers", [f'{{"a": "{_SECRET}", "b": 1}}', f"Authorization: {_SECRET}", "[]", "1", '"a"']
)
def test_headers_of_another_form_are_refused_without_showing_them(headers: str) -> None:
    message = _refused(_environment(HEADERS=headers))
    assert message.startswith(f"{_PREFIX}HEADERS: found another form, expected JSON")
    assert _SECRET not in message


@pytest.mark.parametrize(
    "url",
    [
        "",
        "  ",
        "prometheus:9090",
        "ftp://prometheus",
        "http://",
        "http:///path",
        "http://[::1",
        "http://a:port",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    assert _refused({_URL: url}).startswith(f"{_URL}: found ")


@pytest.mark.parametrize("timeout", ["0", "-1", "soon", "nan", "inf", "3601"])
def test_a_timeout_outside_its_range_is_refused(timeout: str) -> None:
    message = _refused(_environment(TIMEOUT=timeout))
    assert message == f"{_PREFIX}TIMEOUT: found '{timeout}', expected seconds above 0 and up to 3600"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"USERNAME": "ann"}, "found only one, expected both or none"),
        ({"PASSWORD": _SECRET}, "found only one, expected both or none"),
        ({"CERT_FILE": "x"}, "found only one, expected both or none"),
        ({"KEY_FILE": "x"}, "found only one, expected both or none"),
        ({"BEARER_TOKEN": _SECRET, "USERNAME": "a", "PASSWORD": "b"}, "found both, expected one of them"),
        ({"CA_FILE": "/nowhere"}, "CA_FILE: found no file at '/nowhere', expected a readable file"),
        ({"BEARER_TOKEN_FILE": "/nowhere"}, "found no file at '/nowhere'"),
    ],
)
def test_half_a_way_in_is_refused(values: dict[str, str], words: str) -> None:
    message = _refused(_environment(**values))
    assert words in message
    assert _SECRET not in message


def test_the_locations_have_defaults() -> None:
    assert locations({}) == Locations(store=DEFAULT_STORE, catalog=DEFAULT_CATALOG, policy=DEFAULT_POLICY)
    assert locations({"RELIABILITY_STORE": ""}).store == DEFAULT_STORE


def test_locations_survive_the_way_through_an_environment() -> None:
    chosen = Locations(
        store=Path("a b.db"),
        catalog=Path("c.yaml"),
        policy=Path("p.yaml"),
        sources=Path("s.yaml"),
        access=Path("a.yaml"),
        freezes=Path("f.ics"),
        now=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    )
    assert locations(chosen.environment()) == chosen


def test_files_that_nobody_named_stay_unnamed_in_another_process() -> None:
    found = locations({"RELIABILITY_ACCESS": "", "RELIABILITY_FREEZES": ""})
    assert (found.access, found.freezes) == (None, None)
    assert not {"RELIABILITY_ACCESS", "RELIABILITY_FREEZES"} & found.environment().keys()


def test_a_wrong_now_names_its_variable() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^RELIABILITY_NOW: found 'noon', expected an ISO-8601 time"
    ):
        locations({"RELIABILITY_NOW": "noon"})


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T09:00:00Z", "2026-11-23T10:00:00+01:00", "20261123T090000Z", "2026-11-23 04:00-05:00"],
)
def test_a_moment_is_read_in_any_offset(text: str) -> None:
    moment = parse_moment(text)
    assert moment == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-23", "2026-11-23T09:00:00", "2026-13-01T00:00Z", "1795424400", "2026-11-23T25:00Z"],
)
def test_a_moment_without_an_offset_or_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an ISO-8601 time with an offset"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_beyond_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an ISO-8601 time with an offset"):
        parse_moment(text)
