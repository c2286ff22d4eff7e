"""Prometheus, or what speaks its API (Thanos, Mimir, VictoriaMetrics), through prometheus-api-client.

The client is given a session of our own, because by itself it has no timeout, drops `warnings`, and shows
an error page instead of Prometheus' own words.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import requests
from prometheus_api_client import PrometheusConnect
from requests import exceptions
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.util.retry import Retry

from dashboard.config import PrometheusSettings
from dashboard.domain.canary.language.go_values import format_float
from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.errors import SourceUnreachableError
from dashboard.sources.prometheus_answer import (
    AnswerError,
    FleetAnswer,
    GroupedAnswer,
    checked,
    fleet_values,
    grouped_values,
)

_READ_BYTES = 1 << 18
_CONNECT_SECONDS = 10.0
_RETRIED_STATUSES = (429, 502, 503, 504)
#: The longest `Retry-After` that is waited for, in seconds; beyond it, the next sync asks again.
_LONGEST_WAIT = 5.0


class Prometheus:
    """A connection to one Prometheus; not to be shared between threads."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._session = _Session(settings)
        retry = _Retry(
            total=settings.retries,
            read=False,  # an answer that hung once would hang again, for another whole timeout
            backoff_factor=0.5,
            status_forcelist=_RETRIED_STATUSES,
            raise_on_status=False,
            respect_retry_after_header=True,
        )
        self._client = PrometheusConnect(url=settings.url, session=self._session, retry=retry)
        # A plain number is seconds, and may have a fraction: "1.5s" is no duration to Prometheus.
        self._limits = {"timeout": str(settings.timeout)}

    def range(self, query: str, label: str, start: datetime, end: datetime) -> FleetAnswer:
        """The values of `query` at each bucket end from `start` to `end` (both included), by `label`.

        Raises:
            SourceUnreachableError: no answer, or one that cannot be trusted.
        """
        result = self._client.custom_query_range(
            query, start_time=start, end_time=end, step=str(BUCKET_SECONDS), params=dict(self._limits)
        )
        return FleetAnswer(services=fleet_values(result, label, "values"), warnings=self._session.warnings)

    def grouped_range(
        self, query: str, labels: Sequence[str], start: datetime, end: datetime, step: timedelta
    ) -> GroupedAnswer:
        """The values of `query` from `start` to `end` (both included), each `step`, by `labels`.

        Raises:
            SourceUnreachableError: no answer, or one that cannot be trusted.
        """
        result = self._client.custom_query_range(
            query,
            start_time=start,
            end_time=end,
            step=str(int(step.total_seconds())),
            params=dict(self._limits),
        )
        return GroupedAnswer(series=grouped_values(result, labels), warnings=self._session.warnings)

    def instant(self, query: str, label: str, at: datetime) -> FleetAnswer:
        """The values of `query` at the instant `at`, by `label`.

        Raises:
            SourceUnreachableError: no answer, or one that cannot be trusted.
        """
        moment = {"time": str(int(at.timestamp()))}
        result = self._client.custom_query(query, params=self._limits | moment)
        return FleetAnswer(services=fleet_values(result, label, "value"), warnings=self._session.warnings)

    def measured(self, query: str, at: datetime) -> str:
        """What `query` gives at the instant `at`, as Argo Rollouts stores it: `[0.95,NaN]` or `0.5`.

        Raises:
            AnswerError: Prometheus refuses the query, or answers something that is no vector and no scalar.
            SourceUnreachableError: no answer.
        """
        moment = {"time": f"{at.timestamp():.3f}"}
        result = self._client.custom_query(query, params=self._limits | moment)
        try:
            match self._session.result_type:
                case "vector":
                    return f"[{','.join(format_float(float(item['value'][1])) for item in result)}]"
                case "scalar":
                    return format_float(float(result[1]))
                case other:
                    raise AnswerError(f"found an answer of type {other!r}, expected a vector or a scalar")
        except (TypeError, KeyError, ValueError, IndexError) as error:
            raise AnswerError(
                f"found an answer of another shape ({type(error).__name__}: {error}),"
                " expected Prometheus' query result"
            ) from error

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


class _Retry(Retry):
    """As urllib3's, which would sleep for the hours that a `Retry-After` may ask for."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        wait = super().get_retry_after(response)
        return None if wait is None else min(wait, _LONGEST_WAIT)


class _Session(requests.Session):
    """A session that bounds every answer in time, checks it, and keeps the last one's type and `warnings`."""

    def __init__(self, settings: PrometheusSettings) -> None:
        super().__init__()
        self.warnings: tuple[str, ...] = ()
        self.result_type: object = None
        self._timeout = settings.timeout
        self._address = settings.url  # holds no password: the settings refuse one
        # Proxies, netrc passwords and CA bundles of the environment are not ours to send to Prometheus.
        self.trust_env = False
        # Prometheus spends more time on compressing an answer than a network near it saves.
        self.headers["Accept-Encoding"] = "identity"
        self.headers.update(settings.headers)
        if settings.bearer_token:
            self.headers["Authorization"] = f"Bearer {settings.bearer_token}"
        self.auth = settings.basic_auth
        if settings.ca_file:
            self.verify = str(settings.ca_file)
        if settings.client_certificate:
            certificate, key = settings.client_certificate
            self.cert = (str(certificate), str(key))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """As `requests.Session.request`, but answers only with a checked JSON document."""
        deadline, send = time.monotonic() + self._timeout, super().request
        if options.get("auth") is None:
            options["auth"] = self.auth
        options |= {"timeout": (min(_CONNECT_SECONDS, self._timeout), self._timeout), "stream": True}
        # A redirect would carry the bearer token somewhere else.
        options["allow_redirects"] = False
        try:
            response, body = _within(
                self._timeout, lambda: _read(send(method, url, *args, **options), deadline)
            )
        except (exceptions.Timeout, TimeoutError):
            raise SourceUnreachableError(
                f"{self._address} gave no whole answer within {self._timeout:g} s"
            ) from None
        except (exceptions.InvalidHeader, UnicodeError):
            # The error's own text holds the header's value, which may be the token.
            raise SourceUnreachableError(
                "found a character in the token, the password or a header that HTTP cannot carry,"
                " expected one line of Latin text"
            ) from None
        except (exceptions.RequestException, HTTPError, OSError) as error:
            raise SourceUnreachableError(f"{self._address} {_in_few_words(error)}") from error
        document = checked(response, body)
        warnings = document.get("warnings") or ()
        self.result_type = document["data"].get("resultType")
        self.warnings = tuple(str(warning) for warning in warnings) if isinstance(warnings, list) else ()
        # The client parses the body again to take `data.result` from it: give it what is parsed already.
        response.json = lambda **_options: document  # type: ignore[method-assign]  # see the line above
        return response


def _within(
    seconds: float, read: Callable[[], tuple[requests.Response, bytes]]
) -> tuple[requests.Response, bytes]:
    """What `read` gives, or TimeoutError: retries, headers and body together, however slowly they trickle.

    The thread is a daemon, so that a read that hangs is left behind until its own timeout ends it.
    """
    outcome: queue.SimpleQueue[tuple[requests.Response, bytes] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put(read())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            outcome.put(error)

    threading.Thread(target=run, name="prometheus", daemon=True).start()
    try:
        found = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _read(response: requests.Response, deadline: float) -> tuple[requests.Response, bytes]:
    """The response with its whole body; after `deadline` nobody waits for it, so it is read no further."""
    parts = []
    with response:
        while part := response.raw.read1(_READ_BYTES, decode_content=True):
            parts.append(part)
            if time.monotonic() > deadline:
                raise TimeoutError
    return response, b"".join(parts)


def _in_few_words(error: Exception) -> str:
    """What went wrong, in a few words: the full text of urllib3 repeats the whole query."""
    reason = error
    while reason.__cause__ or reason.__context__ or getattr(reason, "reason", None):
        inner = getattr(reason, "reason", None)
        following = inner if isinstance(inner, Exception) else reason.__cause__ or reason.__context__
        if not isinstance(following, Exception):
            break
        reason = following
    if isinstance(reason, IncompleteRead):
        return "the answer broke off before its end"  # the counts of bytes would make each one news
    text = str(reason).rsplit(": ", maxsplit=1)[-1] or type(reason).__name__
    return f"cannot be reached: {text}"
