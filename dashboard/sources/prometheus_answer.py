"""What Prometheus answers: its JSON checked, its series by the labels that they are grouped by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from dashboard.errors import SourceUnreachableError

_TOO_MUCH = (
    "too many samples",
    "exceeded maximum resolution",
    "query timed out",
    "context deadline exceeded",
)

#: The values of one series on the asked-for timestamps, {unix seconds: value}; NaN and ±Inf are kept.
Values = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAnswer:
    """One query's answer: the values of every service, and the warnings that make it partial."""

    services: Mapping[str, Values]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedAnswer:
    """One query's answer by the values of several labels, and the warnings that make it partial."""

    series: Mapping[tuple[str, ...], Values]
    warnings: tuple[str, ...]


class AnswerError(SourceUnreachableError):
    """Prometheus is there, but this query's answer is an error or cannot be trusted; others may be fine."""


class TooMuchDataError(AnswerError):
    """Prometheus would have to read too much for one answer; a shorter range may work."""


def fleet_values(result: Any, label: str, field: str) -> dict[str, Values]:
    """The series of `result` by their `label`; `field` is where Prometheus has the points: value, values.

    Raises:
        AnswerError: the result has another shape, or two series are called alike.
    """
    return {names[0]: values for names, values in _series(result, (label,), field, "service").items()}


def grouped_values(result: Any, labels: Sequence[str]) -> dict[tuple[str, ...], Values]:
    """The series of the range `result` by all of `labels`.

    Raises:
        AnswerError: as of `fleet_values`.
    """
    return _series(result, labels, "values", "group")


def _series(result: Any, labels: Sequence[str], field: str, what: str) -> dict[tuple[str, ...], Values]:
    found: dict[tuple[str, ...], Values] = {}
    try:
        for series in result:
            told = series["metric"]
            names = tuple(told.get(label) for label in labels)
            points = series[field] if field == "values" else [series[field]]
            if None in names or names in found:
                raise AnswerError(_ill_grouped(told, labels, names, what))
            instants, values = zip(*points, strict=True) if points else ((), ())
            found[names] = dict(zip(instants, map(float, values), strict=True))
    except (TypeError, KeyError, ValueError, OverflowError, AttributeError) as error:
        raise AnswerError(
            f"found an answer of another shape ({type(error).__name__}: {error}),"
            " expected Prometheus' query result"
        ) from error
    return found


def _ill_grouped(told: Any, labels: Sequence[str], names: Sequence[str | None], what: str) -> str:
    missing = [label for label, name in zip(labels, names, strict=True) if name is None]
    found = (
        f"a series without the label {missing[0]!r}"
        if missing
        else f"two series for {', '.join(repr(name) for name in names)}"
    )
    return (
        f"found {found} (labels {sorted(told)}), expected one series per {what}:"
        f" the query must aggregate `by ({', '.join(labels)})`"
    )


def checked(response: requests.Response, body: bytes) -> dict[str, Any]:
    """The JSON document of `response`, whose whole body is `body`.

    Raises:
        TooMuchDataError: Prometheus would have to read too much.
        AnswerError: it is an error, or no answer of Prometheus' query API.
    """
    try:
        document = orjson.loads(body)
    except ValueError:
        document = None
    status = response.status_code
    if not isinstance(document, dict):
        kind = response.headers.get("Content-Type", "no content type").split(";")[0]
        raise AnswerError(
            f"found HTTP {status} with {kind} that is not JSON, expected Prometheus' JSON"
            f"{_HINTS.get(status, '')}"
        )
    if status != requests.codes.ok or document.get("status") != "success":
        said = document.get("error") or "no error text"
        message = f"HTTP {status}: {document.get('errorType') or 'error'}: {said}{_HINTS.get(status, '')}"
        raise (TooMuchDataError if _is_too_much(str(said)) else AnswerError)(message)
    if not isinstance(document.get("data"), dict) or not isinstance(document["data"].get("result"), list):
        raise AnswerError("found JSON without data.result, expected Prometheus' query result")
    return document


_HINTS = {
    401: " (set RELIABILITY_PROMETHEUS_BEARER_TOKEN, or USERNAME and PASSWORD)",
    403: " (the credentials are not allowed to query)",
    429: " (too many requests, also after retries)",
}


def _is_too_much(message: str) -> bool:
    return any(phrase in message for phrase in _TOO_MUCH)
