"""What must not be kept: the values of secrets, wherever an object of Argo's may carry them."""

import re
from collections.abc import Collection

#: What stands for a secret: its value is never read, kept or shown.
MASK = "*****"
#: Shorter values would be found inside of ordinary words.
_SHORTEST = 6
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TELLING_NAME = re.compile(
    r"(?:^|[-_.])"
    r"(?:tokens?|pass(?:word|wd|phrase)?|pwd|secrets?|credentials?|auth(?:orization)?|bearer|cookie|signature"
    r"|(?:api|app|access|private|signing|encryption|client|account|master)[-_.]?keys?|apikey|pat|jwt|dsn)"
    r"(?:$|[-_.])",
    re.IGNORECASE,
)
#: Forms that secrets of well-known makers have, and keys and tokens by their own standards.
_TELLING_VALUE = re.compile(
    r"-----BEGIN |^eyJ[\w-]{8,}\.|^(?:Bearer|Basic)\s+\S{8,}"
    r"|\b(?:gh[opsu]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|AKIA|ASIA|hvs\.)\w{8,}"
)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@\"'<>]*@")
_NAMED = re.compile(
    r"(?P<name>\b(?:[\w-]{0,40}(?:token|password|passwd|secret|api[-_]?key|app[-_]?key|credential|signature))"
    r"[\"']?\s*[=:]\s*[\"']?)(?P<value>[^\s&\"',;)}\]]+)",
    re.IGNORECASE,
)
#: Without one of these nothing in a text is told apart.
_PROSE = re.compile(r"[:=\s]")
_SCHEME = re.compile(r"\b(?P<scheme>Bearer|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)


def is_telling_name(name: str) -> bool:
    """Whether an argument that is called `name` holds a secret, by its name: `api-token`, `dbPassword`."""
    return _TELLING_NAME.search(_CAMEL.sub("-", name)) is not None


def is_telling_value(value: str) -> bool:
    """Whether `value` has the form of a key, a token or an address with a password in it."""
    return _TELLING_VALUE.search(value) is not None or _IN_ADDRESS.search(value) is not None


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """`text` with the values `secrets` masked, and the part of an address before its @.

    Half of a pair of surrogates, which is no text, becomes a question mark.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return _IN_ADDRESS.sub(f"{MASK}@", text)


def redacted(text: str, secrets: Collection[str] = ()) -> str:
    """Prose as `without_secrets`, with what follows `token=` and its like, `Bearer` or `Basic` masked."""
    if not secrets and text.isascii() and not _PROSE.search(text):
        return text  # nearly all that is measured is a number
    text = without_secrets(text, secrets)
    text = _SCHEME.sub(lambda found: f"{found['scheme']} {MASK}", text)
    return _NAMED.sub(lambda found: f"{found['name']}{MASK}", text)
