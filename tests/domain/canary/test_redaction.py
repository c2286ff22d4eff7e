"""What is masked, and what is left alone."""

import time

import pytest

from dashboard.domain.canary.redaction import redacted, redaction_of, secrets_in
from dashboard.domain.canary.secret_marks import is_secret, is_telling_name, is_telling_value


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
        *("creds", "cred", "passcode", "pw", "db_pw", "dbpassword", "apitoken", "authtoken", "basicauth"),
        *("license-key", "newrelic-key", "insert-key", "ssh-key", "tls-key", "user-key", "key", "accessKey"),
        *("webhook-url", "slack-webhook", "connection-string", "connectionString", "oauth", "sessionid"),
        *("sas", "otp", "pin", "hmac", "salt"),
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
    "value",
    [
        "sk-proj-abcdefgh12345678",
        "ghr_abcdefgh12345678",
        "npm_abcdefgh12345678",
        "dop_v1_abcdefgh12345678",
        "SG.abcdefgh1234.abcdefgh1234",
        "AIzaSyabcdefgh12345678",
        "NRAK-ABCDEFGH12345678",
        "https://hooks.slack.com/services/T0/B0/abcdef",
        "https://example.webhook.office.com/x/IncomingWebhook/abc",
        "https://store.example.com/x?sv=2022&sig=abc%2Fdef",
        "Server=db;User=me;Password=hunter2;Timeout=5",
        "Token abcdefgh12345678",
        "see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
        "postgres://me:pa/ss@db:5432/x",
    ],
)
def test_values_that_tell_of_a_secret_by_their_form(value: str) -> None:
    assert is_telling_value(value)


def test_how_many_tokens_there_may_be_is_no_secret() -> None:
    assert not is_secret("max-tokens", "4096")
    assert not is_secret("auth-timeout", "30s")
    assert is_secret("pin", "4096")
    assert is_secret("token", "4096")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("dial http://me:pw@host:1/x", "dial http://*****@host:1/*****"),
        ("dial http://me:pa/s@s@host:1", "dial http://*****@host:1"),
        ('Get "https://hooks.example.com/services/T0/s3": EOF', 'Get "https://hooks.example.com/*****": EOF'),
        (
            "https://example.com/ and http://[::1]:9090?q=1",
            "https://example.com/ and http://[::1]:9090?*****",
        ),
        (r'{"u":"https:\/\/example.com\/a\/b"}', r'{"u":"https:\/\/example.com\*****"}'),
        ("Authorization: Bearer abcdefghij", "Authorization: Bearer *****"),
        ("?token=abc&x=1", "?token=*****&x=1"),
        ('{"password": "abc", "n": 1}', '{"password": "*****", "n": 1}'),
        ('"password":"two words here", "n": 1', '"password":"*****", "n": 1'),
        ('password: "a,b,c"', 'password: "*****"'),
        (r"{\"password\": \"a \\\" b\", \"n\": 1}", r"{\"password\": \"*****\", \"n\": 1}"),
        ('password="never closed, it goes on', 'password="*****'),
        ("api_key=abc;def next", "api_key=***** next"),
        ("Authorization: Token X", "Authorization: Token *****"),
        ("map[Authorization:[Bearer abc] Accept:[*/*]]", "map[Authorization:[Bearer *****] Accept:[*/*]]"),
        ('"Authorization": "Basic abc"', '"Authorization": "Basic *****"'),
        ("DD-APPLICATION-KEY: X", "DD-APPLICATION-KEY: *****"),
        ("Cookie: session=X; theme=y", "Cookie: *****"),
        (
            "access_key=X pwd=X sig=X auth=X passphrase=X",
            "access_key=***** pwd=***** sig=***** auth=***** passphrase=*****",
        ),
        ('{"key":"X"}', '{"key":"*****"}'),
        ("found ghp_abcdefgh12345678 there", "found ***** there"),
        ("failed (1) > failureLimit (0)", "failed (1) > failureLimit (0)"),
        ("no key: for the map, and a key of 5", "no key: for the map, and a key of 5"),
        ("[0.95,NaN]", "[0.95,NaN]"),
        ("mail me@example.com", "mail me@example.com"),
        ("", ""),
    ],
)
def test_what_stands_where_secrets_stand_is_masked(text: str, masked: str) -> None:
    assert redacted(text) == masked


def test_a_given_secret_is_masked_wherever_it_stands_but_no_short_word() -> None:
    assert redacted("x hunter2-x x", ["hunter2-x", "x"]) == "x ***** x"


def test_a_short_secret_is_masked_where_it_stands_by_itself() -> None:
    assert (
        redacted("login with pin 1234! failed, 12345 tries", ["1234!"])
        == "login with pin ***** failed, 12345 tries"
    )
    assert redacted("abc abcd xabc", ["abc"]) == "***** abcd xabc"


@pytest.mark.parametrize("value", ["1", "100", "true", "ab", "*****"])
def test_what_any_field_may_say_is_no_secret_elsewhere(value: str) -> None:
    assert redacted(f"[{value}]", [value]) == f"[{value}]"


def test_a_value_that_is_the_name_of_the_object_is_no_secret() -> None:
    assert redaction_of(["api-service"], {"api-service"}).name("api-service") == "api-service"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('sum(x{token="S"})', 'sum(x{token="*****"})'),
        ("up # Authorization: Bearer abcdefgh1", "up # Authorization: Bearer *****"),
        ('result == "password=S"', 'result == "password=*****"'),
        (
            'rate(x{cache_key="orders", instance="http://h/p"}[5m])',
            'rate(x{cache_key="orders", instance="http://h/p"}[5m])',
        ),
        ("sum(rate(http_requests_total[5m])) by (code)", "sum(rate(http_requests_total[5m])) by (code)"),
    ],
)
def test_queries_and_conditions_are_masked_but_for_what_is_only_odd_in_prose(text: str, masked: str) -> None:
    assert redaction_of([]).expression(text) == masked


def test_an_object_declares_its_secrets_in_arguments_headers_environments_and_fields() -> None:
    document = {
        "args": [
            {"name": "api-token", "value": "one-one"},
            {"name": "service", "value": "api"},
            {"name": "token"},
        ],
        "web": {
            "headers": [{"key": "Authorization", "value": "Bearer two-two"}],
            "clientSecret": "three-three",
        },
        "env": [{"name": "DB_PASSWORD", "value": 45678901}, {"name": "MAX_TOKENS", "value": "4096"}],
        "url": [{"name": "dsn", "value": "postgres://me:four-four@db/x"}],
        "placeholder": [{"key": "X-Token", "value": "{{args.api-token}}"}],
        "reference": {
            "name": "x",
            "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}},
            "value": "five-five",
        },
        "secretName": "no-secret",
        "automountServiceAccountToken": False,
    }
    assert set(secrets_in(document)) == {
        "one-one", "Bearer two-two", "two-two", "three-three", "45678901", "postgres://me:four-four@db/x",
        "four-four", "five-five",
    }  # fmt: skip


@pytest.mark.parametrize(
    "secret", ["\\" * 40 + "x", '"' * 200, "%25" * 100, "&amp;" * 50, "a" * 50_000, "é" * 500]
)
def test_hostile_secrets_take_bounded_time(secret: str) -> None:
    began = time.process_time()
    for text in (secret[:-1] * 20, "\\" * 50_000, "%25" * 50_000, "&amp;" * 50_000):
        redacted(text[:100_000], [secret])
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 300_000,
        'password="' * 50_000,
        "key\\" * 100_000,
        "token" + " " * 300_000,
        "://" * 200_000,
        "token" * 100_000,
        "Bearer " * 100_000,
    ],
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    began = time.process_time()
    redacted(text)
    assert time.process_time() - began < 3
