"""Settings from the environment: where Prometheus is and how to be let in. Secrets are never shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.config.seconds import seconds
from dashboard.errors import ConfigurationError

_PREFIX = "RELIABILITY_PROMETHEUS_"
_DEFAULT_TIMEOUT = 120.0
_LONGEST_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusSettings:
    """How to reach a Prometheus, Thanos, Mimir or VictoriaMetrics.

    `timeout` is in seconds and bounds one whole answer; `retries` is how often a refused or overloaded
    request is tried again. Secrets stay out of `repr`.
    """

    url: str
    timeout: float = _DEFAULT_TIMEOUT
    retries: int = 2
    bearer_token: str | None = field(default=None, repr=False)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: Path | None = None
    client_certificate: tuple[Path, Path] | None = None


def prometheus_settings(environment: Mapping[str, str], url: str | None = None) -> PrometheusSettings:
    """The settings of `environment` (`RELIABILITY_PROMETHEUS_…`); `url` overrides the one found there.

    Raises:
        ConfigurationError: names the variable, what was found and what is expected.
    """

    def read(name: str) -> str | None:
        return environment.get(_PREFIX + name, "").strip() or None

    token = read("BEARER_TOKEN")
    if token_file := read("BEARER_TOKEN_FILE"):
        token = _token(_file(token_file, "BEARER_TOKEN_FILE"))
    user, password = read("USERNAME"), read("PASSWORD")
    if (user is None) != (password is None):
        raise ConfigurationError(
            f"{_PREFIX}USERNAME and {_PREFIX}PASSWORD: found only one, expected both or none"
        )
    if token and user:
        raise ConfigurationError(
            f"{_PREFIX}BEARER_TOKEN and {_PREFIX}USERNAME: found both, expected one of them"
        )
    certificate, key, authority = read("CERT_FILE"), read("KEY_FILE"), read("CA_FILE")
    if (certificate is None) != (key is None):
        raise ConfigurationError(
            f"{_PREFIX}CERT_FILE and {_PREFIX}KEY_FILE: found only one, expected both or none"
        )
    return PrometheusSettings(
        url=_url(url or read("URL")),
        timeout=seconds(f"{_PREFIX}TIMEOUT", read("TIMEOUT"), _DEFAULT_TIMEOUT, _LONGEST_TIMEOUT),
        bearer_token=token,
        basic_auth=(user, password) if user and password else None,
        headers=_headers(read("HEADERS")),
        ca_file=_file(authority, "CA_FILE") if authority else None,
        client_certificate=(_file(certificate, "CERT_FILE"), _file(key, "KEY_FILE"))
        if certificate and key
        else None,
    )


def _url(text: str | None) -> str:
    expected = "expected the address of a Prometheus such as http://prometheus:9090"
    if text is None:
        raise ConfigurationError(f"{_PREFIX}URL: found nothing, {expected} (or pass --prometheus)")
    # What stands before an @ may be a password, so it is never shown.
    shown = repr(text) if "@" not in text else "a password in the address"
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or "@" in text:
        credentials = f", and {_PREFIX}USERNAME and PASSWORD" if "@" in text else ""
        raise ConfigurationError(f"{_PREFIX}URL: found {shown}, {expected}{credentials}")
    return text.rstrip("/")


def _headers(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    try:
        headers = json.loads(text)
    except ValueError:
        headers = None
    # The value is not shown: a header may carry a secret.
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ConfigurationError(
            f'{_PREFIX}HEADERS: found another form, expected JSON such as {{"X-Scope-OrgID": "team-a"}}'
        )
    return headers


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token:
        raise ConfigurationError(
            f"{_PREFIX}BEARER_TOKEN_FILE: found no token in {path}, expected one line of text"
        )
    return token


def _file(text: str, name: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ConfigurationError(f"{_PREFIX}{name}: found no file at {text!r}, expected a readable file")
    return path
