"""A request of the gate: whatever is missing stays missing, and whatever is wrong is told by its path."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.sources.release_request import MOST_BYTES, parse_request, read_request

#: The framework's published input, as it is (FRAMEWORK, Release gates).
PUBLISHED: dict[str, Any] = {
    "service": "api",
    "version": "v2.4.0",
    "environment": "production",
    "image": "ghcr.io/acme/api:v2.4.0",
    "gates": {
        "build": {"typescript": "pass", "compile": "pass", "lint": "pass", "format": "pass"},
        "quality": {
            "unit_tests": "pass",
            "coverage": 85.5,
            "integration_tests": "pass",
            "golden_path": "pass",
        },
        "security": {
            "critical_cves": 0,
            "high_cves": 0,
            "secrets_found": 0,
            "image_signed": True,
            "slsa_level": 3,
        },
        "policy": {"abac_check": "pass"},
    },
    "slo": {
        "error_budget_remaining": 72.5,
        "fast_burn_rate": 0.4,
        "slow_burn_rate": 0.2,
        "active_p1_incidents": 0,
        "active_p2_incidents": 0,
        "rollbacks_last_24h": 0,
    },
    "emergency_override": False,
    "override_approver": None,
    "override_reason": None,
    "incident_id": None,
    "has_database_migration": False,
    "freeze_exception": None,
}


def _faults(document: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_request("ci.json", json.dumps(document).encode())
    return str(caught.value).splitlines()


def test_the_published_input_of_the_framework_is_read_as_it_is() -> None:
    request = parse_request("ci.json", json.dumps(PUBLISHED).encode())
    assert request.document == PUBLISHED
    assert request.unknown == ()
    assert request.now is None


def test_an_empty_object_is_a_request_of_which_everything_is_missing() -> None:
    assert parse_request("ci.json", b"{}").document == {}


def test_its_time_is_read_with_its_offset() -> None:
    request = read_request("ci.json", {"now": "2026-11-23T10:00:00+01:00"})
    assert request.now == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_key_that_means_nothing_is_told_and_not_refused() -> None:
    assert read_request("ci.json", {"servce": "api", "service": "api"}).unknown == ("servce",)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"service": 5}, "ci.json: service: found 5, expected text"),
        ({"emergency_override": "yes"}, "ci.json: emergency_override: found 'yes', expected true or false"),
        ({"gates": []}, "ci.json: gates: found a list, expected an object"),
        ({"gates": {"build": "pass"}}, "ci.json: gates.build: found 'pass', expected an object"),
        (
            {"gates": {"build": {"lint": 1}}},
            'ci.json: gates.build.lint: found 1, expected a result such as "pass" or "fail"',
        ),
        (
            {"gates": {"quality": {"coverage": "85"}}},
            "ci.json: gates.quality.coverage: found '85', expected a number",
        ),
        (
            {"gates": {"quality": {"coverage": True}}},
            "ci.json: gates.quality.coverage: found True, expected a number",
        ),
        (
            {"gates": {"security": {"critical_cves": -1}}},
            "ci.json: gates.security.critical_cves: found -1, expected a whole number from 0",
        ),
        (
            {"gates": {"security": {"high_cves": 0.5}}},
            "ci.json: gates.security.high_cves: found 0.5, expected a whole number from 0",
        ),
        (
            {"gates": {"security": {"image_signed": "true"}}},
            "ci.json: gates.security.image_signed: found 'true', expected true or false",
        ),
        ({"slo": {"fast_burn_rate": []}}, "ci.json: slo.fast_burn_rate: found a list, expected a number"),
        (
            {"slo": {"error_budget_remaining": 1e300}},
            "ci.json: slo.error_budget_remaining: found 1e+300, expected a number",
        ),
        ({"now": "tomorrow"}, "ci.json: now: found 'tomorrow', expected an ISO-8601 time with an offset"),
        ({"approvals": "SRE"}, "ci.json: approvals: found 'SRE', expected a list"),
        ({"approvals": [5]}, "ci.json: approvals[0]: found 5, expected text, or an object with role"),
        (
            {"exceptions": [{"type": "slo"}]},
            "ci.json: exceptions[0]: found an object, expected text, or an object with id",
        ),
        ({"freeze_exception": "F-1"}, "ci.json: freeze_exception: found 'F-1', expected an object"),
    ],
)
def test_a_value_of_the_wrong_type_is_told_by_its_path(document: object, fault: str) -> None:
    (told,) = _faults(document)
    assert told.startswith(fault)


def test_every_fault_is_told_at_once() -> None:
    told = _faults({"service": 5, "slo": [], "gates": {"quality": {"coverage": "x"}}})
    assert [line.split(": ")[1] for line in told] == ["service", "gates.quality.coverage", "slo"]


@pytest.mark.parametrize("document", [[], [PUBLISHED], "text", 5, None, True])
def test_what_is_no_object_is_refused(document: object) -> None:
    (told,) = _faults(document)
    assert told.endswith("expected one JSON object")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b'{"a": "\xc3"}', b"//"]
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match=r"^ci.json: found text that is not JSON .*expected one JSON object"):
        parse_request("ci.json", body)


def test_ten_megabytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(InputError, match=rf"expected at most {MOST_BYTES:,}"):
        parse_request("ci.json", b'{"a": "' + b"x" * 10_000_000 + b'"}')


@pytest.mark.parametrize("depth", [21, 1_000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    with pytest.raises(InputError, match=r"ci.json: found"):
        parse_request("ci.json", b'{"a": ' + b"[" * depth + b"]" * depth + b"}")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    document=_JSON
    | st.dictionaries(st.sampled_from([*PUBLISHED, "now", "approvals", "exceptions", "x"]), _JSON, max_size=8)
)
def test_whatever_json_comes_in_it_is_read_or_told_to_be_wrong(document: object) -> None:
    try:
        request = read_request("ci.json", document)
    except InputError as error:
        told = str(error)
    else:
        told = "ci.json: "
        assert request.document == document
    assert told.startswith("ci.json: ")
