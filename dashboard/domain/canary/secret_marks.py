"""What gives a secret away that nobody declared: the name before it, its form, and where it stands."""

import re

#: What stands for a secret: its value is never read, kept or shown.
MASK = "*****"

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Words that tell of a secret wherever they stand in a name, also grown together with another one.
_STRONG = (
    r"tokens?(?![a-z])|passw(?:or)?d|pass[-_.]?(?:phrase|code)|secret|creds?(?![a-z])|credential|web[-_.]?hook"
    r"|(?:api|app|access|private|signing|encryption|client|account|master)[-_.]?keys?(?![a-z])"
)
#: Words that tell of one when they stand by themselves.
_WEAK = (
    r"pass|pwd?|auth|authentication|oauth2?|basic[-_.]?auth|bearer|signature|sig|pat|jwt|dsn|session[-_.]?id"
    r"|sid|sas|otp|pin|hmac|salt|connection[-_.]?string"
)
_HEADERS = r"authorization|cookies?"
_TELLING_NAME = re.compile(rf"{_STRONG}|(?:^|[-_.])(?:{_WEAK}|{_HEADERS})(?:$|[-_.])|keys?$", re.IGNORECASE)
_STRONG_NAME = re.compile(rf"(?:{_STRONG})$", re.IGNORECASE)
#: `max-tokens: 4096` is how many there are.
_AMOUNT_NAME = re.compile(
    r"(?:^|[-_.])(?:max|min|limit|count|rate|ttl|age|timeout|threshold|budget|per|size|length|tokens)(?:$|[-_.])",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"[-+]?\d{1,9}(?:\.\d{1,9})?[a-zA-Z%]{0,2}|true|false")

#: Forms that secrets of well-known makers have, and keys and tokens by their own standards.
_FORM = re.compile(
    r"-----BEGIN [^-]{0,60}-----(?:.*?-----END [^-]{0,60}-----|.*)"
    r"|\beyJ[\w-]{8,}\.[\w.-]*"
    r"|\b(?:gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|sk-|[sr]k_(?:live|test)_|npm_|dop_v1_|NRAK-|hvs\.|dckr_pat_)"
    r"[\w-]{8,}"
    r"|\b(?:AKIA|ASIA|AIza)[\w-]{8,}"
    r"|\bSG\.[\w-]{8,}\.[\w-]{8,}",
    re.DOTALL,
)
_SCHEME = re.compile(
    r"\b(?P<scheme>Bearer|Basic|Token|ApiKey)\s{1,8}(?P<value>[\w.~+/=-]{8,})", re.IGNORECASE
)
_HOOK = re.compile(r"://(?:hooks\.|[^/\s]{0,200}webhook)|/web-?hooks?/", re.IGNORECASE)
_ADDRESS = re.compile(r"(?P<sign>:\\?/\\?/)(?P<rest>[^\s\"'<>`]+)")
_NOT_A_HOST = re.compile(r"[^:\[]*:(?!\d*$)")

_QUOTE = r"\\{0,4}[\"'`]"
#: To the quote that closes it, where one opens it; else to a blank or what can be no part of it.
_VALUE = (
    r"(?:(?P<open>\\{0,4}[\"'`])(?:\\.|[^\\])*?(?=(?<!\\)(?P=open)|\Z)|[^\s&\"'`)}\]>\\][^\s&\"'`)}\]>]*)"
)
_EQUAL = r"\s{0,8}(?:=~|!=|!~|=>|==|:=|=)"
_COLON = r"\s{0,8}:(?!/\\?/)"
_BEGIN = r"\s{0,8}[\[({]{0,2}"
_WEAK_WORD = rf"(?:(?<![A-Za-z])(?:{_WEAK})|(?<=[-_])key)"
#: `password: x`, `"api_key": "x"`, `token="x"`.
_STRONG_NAMED = re.compile(
    rf"(?P<name>(?:{_STRONG})s?(?:{_QUOTE})?(?:{_EQUAL}|{_COLON}){_BEGIN})(?P<value>{_VALUE})",
    re.IGNORECASE | re.DOTALL,
)
#: `pwd=x`, `"key": "x"`, `X-Auth: x`.
_WEAK_NAMED = re.compile(
    rf"(?P<name>(?:{_WEAK_WORD}(?:{_QUOTE})?{_EQUAL}|(?:{_WEAK_WORD}|(?<=[\"'`])key){_QUOTE}{_COLON}"
    rf"|(?<=[-_])(?:{_WEAK}|key){_COLON}){_BEGIN})(?P<value>{_VALUE})",
    re.IGNORECASE | re.DOTALL,
)
#: A header of HTTP goes to the end of its line.
_HEADER = re.compile(
    rf"(?P<name>\b(?:{_HEADERS})(?:{_QUOTE})?\s{{0,8}}[:=]{_BEGIN}(?:{_QUOTE})?)"
    r"(?P<scheme>(?:[A-Za-z-]{3,12}\s{1,8})?)(?P<value>[^\s\"'`\\\])][^\n\"'`\\\])]*)",
    re.IGNORECASE,
)


def is_telling_name(name: str) -> bool:
    """Whether an argument that is called `name` holds a secret, by its name: `api-token`, `dbPassword`."""
    return _TELLING_NAME.search(_CAMEL.sub("-", name)) is not None


def is_telling_field(name: str) -> bool:
    """Whether a field of an object that is called `name` does: `clientSecret`, but not `secretName`."""
    return _STRONG_NAME.search(name) is not None


def is_telling_value(value: str) -> bool:
    """Whether `value` has the form of a key, a token or an address with a password in it."""
    return _HOOK.search(value) is not None or without_marked(value) != value


def is_secret(name: str, value: str) -> bool:
    """Whether an argument `name` with this value is one; a number of something is none, `max-tokens` say."""
    if is_telling_value(value):
        return True
    is_amount = _AMOUNT_NAME.search(_CAMEL.sub("-", name)) and _AMOUNT.fullmatch(value.strip())
    return not is_amount and is_telling_name(name)


def without_forms(text: str) -> str:
    """`text` without what has the form of a key or a token, and what stands before the @ of an address."""
    if "://" in text or ":\\/" in text:
        text = _ADDRESS.sub(lambda found: found["sign"] + _without_user(found["rest"]), text)
    return _FORM.sub(MASK, text)


def without_named(text: str) -> str:
    """As `without_forms`, and without what follows `token=` and its like, or `Bearer`."""
    text = _SCHEME.sub(lambda found: f"{found['scheme']} {MASK}", without_forms(text))
    return _STRONG_NAMED.sub(_masked, text)


def without_marked(text: str) -> str:
    """As `without_named`, also after names that tell of a secret in prose alone, and in headers of HTTP."""
    text = _HEADER.sub(lambda found: f"{found['name']}{found['scheme']}{MASK}", without_named(text))
    return _WEAK_NAMED.sub(_masked, text)


def without_paths(text: str) -> str:
    """`text` with the scheme and the host of addresses alone: what follows may be a secret by itself."""
    return _ADDRESS.sub(lambda found: found["sign"] + _host(found["rest"]), text)


def _masked(found: re.Match[str]) -> str:
    return f"{found['name']}{found['open'] or ''}{MASK}"


def _without_user(rest: str) -> str:
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    # A password may have a slash or an @ in it, so the last @ counts, unless that is after a host.
    if "@" in authority or ("@" in rest and _NOT_A_HOST.match(authority)):
        return f"{MASK}@{rest.rpartition('@')[2]}"
    return rest


def _host(rest: str) -> str:
    host, sign, path = re.match(r"([^/?#\\]*)([/?#\\]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{host}{sign[:1]}{MASK}" if path else f"{host}{sign}"
