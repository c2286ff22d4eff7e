"""The secrets that an object of Argo's declares, which are masked in all that is kept of it."""

from dashboard.domain.canary.redaction.objects import Redaction, redaction_from, secrets_in
from dashboard.errors import InputError
from dashboard.sources.argo_fields import Fields
from dashboard.sources.argo_metadata import Metadata

#: etcd keeps no object of more than 1.5 MB; this is seven keys of 4,096 bits.
_MOST_CHARACTERS = 50_000
#: Each is looked for in some forty forms, in all text that is kept.
_MOST_SECRETS = 500


def redaction_for(item: Fields, known: Metadata, *public: str) -> Redaction:
    """What masks the secrets of `item`; its own name and `public` are none, though a value may be the same.

    Raises:
        InputError: there is more of them than an object can have.
    """
    secrets = frozenset(secrets_in(item.values.get("spec")))
    length = sum(len(secret.text) for secret in secrets)
    if length > _MOST_CHARACTERS:
        raise InputError(
            f"{item.at('spec')}: found {length:,} characters of secrets,"
            f" expected at most {_MOST_CHARACTERS:,}"
        )
    if len(secrets) > _MOST_SECRETS:
        raise InputError(
            f"{item.at('spec')}: found {len(secrets):,} secrets, expected at most {_MOST_SECRETS:,}"
        )
    return redaction_from(secrets, {known.name, known.namespace, *public})
