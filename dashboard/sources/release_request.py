"""What a pipeline asks of the release gate: JSON, read once and strictly; what is missing stays missing."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from dashboard.errors import InputError
from dashboard.sources.event_document import MalformedEventError, moment, shown

#: A request is a few kilobytes; what is much larger is none.
MOST_BYTES = 1_048_576
_LONGEST_TEXT = 2_000
_LARGEST_NUMBER = 1e9
_DEEPEST = 20

_RESULTS = {
    "build": ("typescript", "compile", "lint", "format"),
    "quality": ("unit_tests", "integration_tests", "golden_path"),
    "policy": ("abac_check",),
}
_COUNTS = ("critical_cves", "high_cves", "secrets_found", "slsa_level")
#: What a pipeline tells of each gate.
EVIDENCE = {
    "build": _RESULTS["build"],
    "quality": (*_RESULTS["quality"], "coverage"),
    "security": (*_COUNTS, "image_signed"),
    "policy": _RESULTS["policy"],
}
_SLO_COUNTS = ("active_p1_incidents", "active_p2_incidents", "active_p3_incidents", "rollbacks_last_24h")
#: Numbers of the service level; the budget is in percent and may be negative.
SLO_VALUES = ("error_budget_remaining", "fast_burn_rate", "slow_burn_rate", *_SLO_COUNTS)
_TEXTS = (
    "service",
    "version",
    "environment",
    "image",
    "change_type",
    "policy_tier",
    "override_approver",
    "override_reason",
    "incident_id",
    "requested_by",
)
_PROSE = frozenset({"override_reason"})
#: A request has two dozen keys.
_MOST_KEYS = 100
_FLAGS = ("emergency_override", "has_database_migration")
_KNOWN = {*_TEXTS, *_FLAGS, "gates", "slo", "now", "approvals", "exceptions", "freeze_exception"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """A request of the gate as it came, with every value of the type that it should be; null is missing.

    `now` is the instant that it names, None when it names none. `unknown` are keys that mean nothing here.
    """

    document: Mapping[str, Any]
    now: datetime | None
    unknown: tuple[str, ...]

    def text(self, name: str) -> str | None:
        """The text at the top-level key `name`; None when it is missing."""
        value = self.document.get(name)
        return value if isinstance(value, str) else None


def parse_request(called: str, body: bytes) -> ReleaseRequest:
    """The request that `body` is; `called` is what messages call it.

    Raises:
        InputError: it is not JSON, no object, too large or nested too deep, or a value has a wrong type.
    """
    if len(body) > MOST_BYTES:
        raise InputError(f"{called}: found {len(body):,} bytes, expected at most {MOST_BYTES:,}")
    try:
        document = orjson.loads(body)
    except ValueError as error:
        raise InputError(
            f"{called}: found text that is not JSON ({error}), expected one JSON object"
        ) from None
    return read_request(called, document)


def read_request(called: str, document: object) -> ReleaseRequest:
    """As `parse_request`, of a value that JSON made.

    Raises:
        InputError: it is no object, is nested too deep, or a value has a wrong type; every fault is told.
    """
    if not isinstance(document, dict):
        raise InputError(f"{called}: found {shown(document)}, expected one JSON object")
    if _depth(document) > _DEEPEST:
        raise InputError(f"{called}: found more than {_DEEPEST} levels of nesting, expected a few")
    faults = _Faults(called)
    if len(document) > _MOST_KEYS:
        raise InputError(f"{called}: found {len(document):,} keys, expected at most {_MOST_KEYS}")
    for name in _TEXTS:
        fits = _is_prose if name in _PROSE else _is_text
        faults.look(document, name, name, "text without control characters", fits)
    for name in _FLAGS:
        faults.look(document, name, name, "true or false", lambda value: isinstance(value, bool))
    _check_gates(document, faults)
    slo = faults.part(document, "slo", "slo")
    for name in ("error_budget_remaining", "fast_burn_rate", "slow_burn_rate"):
        faults.look(slo, name, f"slo.{name}", "a number", _is_number)
    for name in _SLO_COUNTS:
        faults.look(slo, name, f"slo.{name}", "a whole number from 0", _is_count)
    _check_lists(document, faults)
    now = faults.moment(document)
    faults.tell()
    return ReleaseRequest(
        document=document, now=now, unknown=tuple(name for name in document if name not in _KNOWN)
    )


def _check_gates(document: Mapping[str, Any], faults: "_Faults") -> None:
    gates = faults.part(document, "gates", "gates")
    for gate, names in _RESULTS.items():
        results = faults.part(gates, gate, f"gates.{gate}")
        for name in names:
            faults.look(
                results, name, f"gates.{gate}.{name}", 'a result such as "pass" or "fail"', _is_result
            )
    quality = faults.part(gates, "quality", "gates.quality")
    faults.look(quality, "coverage", "gates.quality.coverage", "a number", _is_number)
    security = faults.part(gates, "security", "gates.security")
    for name in _COUNTS:
        faults.look(security, name, f"gates.security.{name}", "a whole number from 0", _is_count)
    faults.look(
        security,
        "image_signed",
        "gates.security.image_signed",
        "true or false",
        lambda value: isinstance(value, bool),
    )


def _check_lists(document: Mapping[str, Any], faults: "_Faults") -> None:
    for name, keys in (("approvals", ("role",)), ("exceptions", ("id",))):
        listed = document.get(name)
        if listed is None:
            continue
        if not isinstance(listed, list):
            faults.add(name, listed, "a list")
            continue
        for index, item in enumerate(listed):
            where = f"{name}[{index}]"
            if isinstance(item, str) and item.strip():
                continue
            texts = isinstance(item, dict) and [item.get(key) for key in keys]
            others = isinstance(item, dict) and [item.get(key) for key in ("type", "freeze", "by")]
            if (
                not texts
                or not all(map(_is_text, texts))
                or not all(other is None or _is_text(other) for other in others or ())
            ):
                faults.add(where, item, f"text, or an object with {' and '.join(keys)}")
    if not isinstance(document.get("freeze_exception"), bool):
        faults.part(document, "freeze_exception", "freeze_exception")


class _Faults:
    """Everything that is wrong with a request, told together."""

    def __init__(self, called: str) -> None:
        self._called = called
        self._told: dict[str, None] = {}

    def add(self, where: str, found: object, expected: str) -> None:
        self._told[f"{self._called}: {where}: found {shown(found)}, expected {expected}"] = None

    def look(
        self,
        part: Mapping[str, Any],
        name: str,
        where: str,
        expected: str,
        fits: Callable[[object], bool],
    ) -> None:
        value = part.get(name)
        if value is not None and not fits(value):
            self.add(where, value, expected)

    def part(self, document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
        value = document.get(name)
        if value is not None and not isinstance(value, dict):
            self.add(where, value, "an object")
        return value if isinstance(value, dict) else {}

    def moment(self, document: Mapping[str, Any]) -> datetime | None:
        value = document.get("now")
        if value is None:
            return None
        try:
            return moment("now", value, None)
        except MalformedEventError as error:
            self._told[f"{self._called}: {error}"] = None
            return None

    def tell(self) -> None:
        if self._told:
            raise InputError("\n".join(self._told))


def _is_text(value: object) -> bool:
    """Text that can be shown on one line: no control characters, no half of a surrogate pair."""
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def _is_prose(value: object) -> bool:
    """As `_is_text`, of several lines."""
    return isinstance(value, str) and _is_text(value.replace("\n", " ").replace("\t", " "))


def _is_result(value: object) -> bool:
    return isinstance(value, bool) or _is_text(value)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= _LARGEST_NUMBER
    )


def _is_count(value: object) -> bool:
    return _is_number(value) and value == int(value) and value >= 0  # type: ignore[call-overload,operator]  # a number by now


def _depth(document: object) -> int:
    """How deep `document` is nested, without recursion: JSON may nest a thousand levels."""
    deepest, left = 0, [(document, 1)]
    while left:
        value, depth = left.pop()
        deepest = max(deepest, depth)
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left += [(item, depth + 1) for item in inner if isinstance(item, dict | list)]
    return deepest
