"""What is masked, and what is left alone."""

import time

import pytest

from dashboard.domain.canary.redaction import is_telling_name, is_telling_value, redacted


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "api-token",
        "apiKey",
        "DB_PASSWORD",
        "datadog-app-key",
        "client_secret",
        "basic-auth",
        "Cookie",
    ],
)
def test_names_that_tell_of_a_secret(name: str) -> None:
    assert is_telling_name(name)


@pytest.mark.parametrize(
    "name", ["service", "author", "keyspace", "canary-hash", "passing-score", "tokenizer"]
)
def test_names_that_tell_of_none(name: str) -> None:
    assert not is_telling_name(name)


@pytest.mark.parametrize(
    "value", ["0.95", "production", "http://prometheus:9090", "sk", "Basic", "ghost_town"]
)
def test_ordinary_values(value: str) -> None:
    assert not is_telling_value(value)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("dial http://me:pw@host:1/x", "dial http://*****@host:1/x"),
        ("Authorization: Bearer abcdefghij", "Authorization: Bearer *****"),
        ("?token=abc&x=1", "?token=*****&x=1"),
        ('{"password": "abc", "n": 1}', '{"password": "*****", "n": 1}'),
        ("failed (1) > failureLimit (0)", "failed (1) > failureLimit (0)"),
        ("[0.95,NaN]", "[0.95,NaN]"),
        ("mail me@example.com", "mail me@example.com"),
        ("", ""),
    ],
)
def test_what_stands_where_secrets_stand_is_masked(text: str, masked: str) -> None:
    assert redacted(text) == masked


def test_a_given_secret_is_masked_wherever_it_stands_but_no_short_word() -> None:
    assert redacted("x hunter2-x x", ["hunter2-x", "x"]) == "x ***** x"


@pytest.mark.parametrize("text", ["a-" * 300_000, "://" * 200_000, "token" * 100_000, "Bearer " * 100_000])
def test_hostile_text_takes_bounded_time(text: str) -> None:
    began = time.process_time()
    redacted(text)
    assert time.process_time() - began < 3
