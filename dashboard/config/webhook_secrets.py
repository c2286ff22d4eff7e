"""The secrets by which senders of deployments and incidents prove who they are, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from dashboard.errors import ConfigurationError

_SHORTEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecrets:
    """The secret of each source that may send; None turns it off. They stay out of `repr`."""

    github: bytes | None = field(default=None, repr=False)
    argo_rollouts: bytes | None = field(default=None, repr=False)
    cdevents: bytes | None = field(default=None, repr=False)
    alertmanager: bytes | None = field(default=None, repr=False)
    pagerduty: bytes | None = field(default=None, repr=False)
    api: bytes | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Who may send and who may not, and what would let them."""
        on = [_called(item.name) for item in fields(self) if getattr(self, item.name)]
        off = [
            f"{_called(item.name)} ({_VARIABLES[item.name]})"
            for item in fields(self)
            if not getattr(self, item.name)
        ]
        return f"on for {', '.join(on) or 'nobody'}; off for {', '.join(off) or 'nobody'}"


_VARIABLES = {
    "github": "RELIABILITY_GITHUB_SECRET",
    "argo_rollouts": "RELIABILITY_ARGO_ROLLOUTS_TOKEN",
    "cdevents": "RELIABILITY_CDEVENTS_TOKEN",
    "alertmanager": "RELIABILITY_ALERTMANAGER_TOKEN",
    "pagerduty": "RELIABILITY_PAGERDUTY_SECRET",
    "api": "RELIABILITY_API_TOKEN",
}


def webhook_secrets(environment: Mapping[str, str]) -> WebhookSecrets:
    """The secrets of `environment`.

    Raises:
        ConfigurationError: names each variable whose value is too short to be a secret.
    """
    found = {name: environment.get(variable, "").strip() for name, variable in _VARIABLES.items()}
    faults = [
        f"{_VARIABLES[name]}: found {len(value)} characters, expected at least {_SHORTEST}"
        for name, value in found.items()
        if 0 < len(value) < _SHORTEST
    ]
    if faults:
        raise ConfigurationError("\n".join(faults))
    # The bytes as they were set, also where they are no text.
    return WebhookSecrets(**{name: os.fsencode(value) for name, value in found.items() if value})


def _called(name: str) -> str:
    return name.replace("_", "-")
