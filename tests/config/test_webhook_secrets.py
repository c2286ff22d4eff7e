"""Who may send: the secrets of the environment, which nothing ever shows."""

import pytest

from dashboard.config.webhook_secrets import WebhookSecrets, webhook_secrets
from dashboard.errors import ConfigurationError

_SECRET = "correct horse battery"  # noqa: S105 - of no other use


def test_nobody_may_send_unless_a_secret_is_set() -> None:
    assert webhook_secrets({"RELIABILITY_GITHUB_SECRET": "  "}) == WebhookSecrets()


def test_each_source_has_a_variable_of_its_own() -> None:
    names = {
        "RELIABILITY_GITHUB_SECRET": "github",
        "RELIABILITY_ARGO_ROLLOUTS_TOKEN": "argo_rollouts",
        "RELIABILITY_CDEVENTS_TOKEN": "cdevents",
        "RELIABILITY_ALERTMANAGER_TOKEN": "alertmanager",
        "RELIABILITY_PAGERDUTY_SECRET": "pagerduty",
        "RELIABILITY_API_TOKEN": "api",
    }
    found = webhook_secrets({variable: f" {_SECRET} of {name}\n" for variable, name in names.items()})
    for name in names.values():
        assert getattr(found, name) == f"{_SECRET} of {name}".encode()


def test_a_secret_is_never_shown() -> None:
    found = webhook_secrets({"RELIABILITY_GITHUB_SECRET": _SECRET})
    assert _SECRET not in repr(found) + str(found)
    assert str(found).startswith("on for github; off for argo-rollouts (RELIABILITY_ARGO_ROLLOUTS_TOKEN), ")


def test_a_secret_that_is_easily_guessed_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        webhook_secrets({"RELIABILITY_GITHUB_SECRET": "hunter2", "RELIABILITY_API_TOKEN": "x" * 15})
    assert str(caught.value).splitlines() == [
        "RELIABILITY_GITHUB_SECRET: found 7 characters, expected at least 16",
        "RELIABILITY_API_TOKEN: found 15 characters, expected at least 16",
    ]


def test_a_secret_need_not_be_ascii() -> None:
    assert webhook_secrets({"RELIABILITY_API_TOKEN": "ü" * 16}).api == ("ü" * 16).encode()
