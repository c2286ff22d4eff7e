"""What is masked, and what is left alone."""

import random
import time

import pytest

from dashboard.domain.canary.redaction.marks import is_secret, is_telling_value
from dashboard.domain.canary.redaction.names import is_telling_name
from dashboard.domain.canary.redaction.objects import Redaction, redacted, redaction_of, secrets_in


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
    "name",
    [
        *("service", "author", "keyspace", "canary-hash", "passing-score", "tokenizer"),
        *("auth-slo", "auth-service", "authService", "AUTH_MODE", "secret-name", "token-host"),
        *("metric-key", "kafka-key", "primary-key", "PARTITION_KEY", "monkey", "hockey", "turkeys"),
    ],
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
    assert not is_secret("max-tokens", "4k")
    assert not is_secret("auth-timeout", "30s")
    assert is_secret("pin", "4096a")


@pytest.mark.parametrize("value", ["0.95", "4096", "-1", "1e-3", "97.5%", "true", "null", ""])
@pytest.mark.parametrize("name", ["pass", "token", "DB_PASSWORD", "api-key"])
def test_a_number_or_a_flag_is_no_secret_whatever_its_name(name: str, value: str) -> None:
    assert not is_secret(name, value)


@pytest.mark.parametrize(
    "value", ["sum(webhook:errors:rate5m) / 2", "webhook:errors:rate5m", 'x{secret=~"app.*"}']
)
def test_a_query_is_no_secret(value: str) -> None:
    assert not is_telling_value(value)


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
        ("token=abc,n=1 {password: x, y}", "token=*****,n=1 {password: *****, y}"),
        ("failed_password: 0, token=1.5 pass=true", "failed_password: 0, token=1.5 pass=true"),
        ('got "auth":{"errors":5}, "secret":null', 'got "auth":{"errors":5}, "secret":null'),
        ("token=1234-abcd", "token=*****"),
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
        ('sum(x{token="s3cr3t-value"})', 'sum(x{token="*****"})'),
        ("result.password != 's3cr3t-value'", "result.password != '*****'"),
        ("up # Authorization: Bearer abcdefgh1", "up # Authorization: Bearer *****"),
        *(
            (text, text)
            for text in (
                "result.failed_password == 0",
                "sum(webhook:errors:rate5m) / sum(webhook:requests:rate5m)",
                'apikey:requests:rate5m{x="y"}',
                'kube_secret_info{secret=~"app.*"}',
                'kube_secret_info{secret=~"app-12345.*"}',
                'webhook_latency{webhook="a"}',
                'result.access_token != ""',
                'result.token == "valid"',
                'result.token contains "x1234567"',
                "result.tokens >= 12345678.5",
            )
        ),
        (
            'rate(x{cache_key="orders", instance="http://h/p"}[5m])',
            'rate(x{cache_key="orders", instance="http://h/p"}[5m])',
        ),
        ("sum(rate(http_requests_total[5m])) by (code)", "sum(rate(http_requests_total[5m])) by (code)"),
    ],
)
def test_queries_and_conditions_are_masked_but_for_what_is_only_odd_in_prose(text: str, masked: str) -> None:
    assert redaction_of([]).expression(text) == masked


def test_what_is_a_secret_by_its_name_alone_is_not_looked_for_in_queries_and_conditions() -> None:
    redaction = redaction_of(["s3cr3t"], by_name=["region"])
    assert redaction.expression("sum by (region) (x) # s3cr3t") == "sum by (region) (x) # *****"
    assert redaction.prose("region of s3cr3t") == "***** of *****"


@pytest.mark.parametrize(
    "answer",
    [
        '{"pass":97.5,"fail":2.5}',
        '{"tokens":5,"secret":0}',
        '{"auth":{"errors":5}}',
        '{"sig":1.5,"x":2}',
        '{"token": null, "password": true, "key": [1, 2], "pin": "4096"}',
        '{"url": "http://x/y", "rate": 0.97}',
        "[0.95,NaN]",
        "{}",
    ],
)
def test_numbers_of_an_answer_are_not_masked(answer: str) -> None:
    assert Redaction().answer(answer) == answer
    assert redaction_of([], by_name=["97.5", "abcdef"]).answer(answer) == answer


@pytest.mark.parametrize(
    ("answer", "masked"),
    [
        ('{"token":"x","n":1}', '{"token":"*****","n":1}'),
        ('{"keys": [1, {"a": "b"}, "x"]}', '{"keys": [1, {"a": "b"}, "*****"]}'),
        (r'{"password": "a \" b", "n": 1}', '{"password": "*****", "n": 1}'),
        ('[{"said": "token=abc", "n": 1}]', '[{"said": "token=*****", "n": 1}]'),
        ('{"u": "https://x/y?z=1", "n": 1}', '{"u": "https://x/*****", "n": 1}'),
        ('{"u": "https://hooks.x.com/y"}', '{"u": "https://hooks.x.com/*****"}'),
        ("token=abc, n: 1", "token=*****, n: 1"),
    ],
)
def test_text_of_an_answer_is_masked(answer: str, masked: str) -> None:
    assert Redaction().answer(answer) == masked


def test_what_comes_from_a_secret_is_masked_in_an_answer_even_if_it_is_a_number() -> None:
    assert redaction_of(["45678901"]).answer('{"n":45678901}') == '{"n":*****}'


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
        "env": [{"name": "DB_PASSWORD", "value": "45678901-x"}, {"name": "PASSWORD", "value": 4096}],
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
    found = list(secrets_in(document))
    assert {secret.text for secret in found if secret.certain} == {
        "postgres://me:four-four@db/x", "four-four", "five-five", "45678901-x",
    }  # fmt: skip
    assert {secret.text for secret in found if not secret.certain} == {
        "one-one", "Bearer two-two", "two-two", "three-three"
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
    ("signs", "number", "length"),
    [('ab\\"\n %&é', 12, 4_000), ("abcdefghij0123456789", 500, 100), ("\\", 12, 4_000), ("ab", 500, 5)],
)
def test_many_and_long_secrets_take_bounded_time(signs: str, number: int, length: int) -> None:
    chosen = random.Random(1)  # noqa: S311 - not a secret
    secrets = ["".join(chosen.choices(signs, k=length)) for _ in range(number)]
    text = "".join(chosen.choices(signs, k=20_000))
    began = time.process_time()
    redacted(text, secrets)
    assert time.process_time() - began < 3


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
