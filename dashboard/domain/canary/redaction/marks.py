"""What gives a secret away that nobody declared: the name before it, its form, and where it stands."""

import re

from dashboard.domain.canary.redaction.names import (
    HEADERS,
    STRONG,
    WEAK,
    is_amount,
    is_plain,
    is_telling_name,
)
from dashboard.domain.canary.replay.analysis import MASK

#: Shorter ones are words or versions.
_LONG = 8

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
#: A number or a flag is measured more often than it is a secret.
_NOT_PLAIN = (
    r"(?![-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?%?(?![\w+/=.-])"
    r"|(?:true|false|null|none|nil|nan|[-+]?inf)(?![\w+/=.-]))"
)
#: To the quote that closes it, where one opens it; else to a blank or what can be no part of it.
_VALUE = (
    rf"(?:(?P<open>\\{{0,4}}[\"'`]){_NOT_PLAIN}(?:\\.|[^\\])*?(?=(?<!\\)(?P=open)|\Z)"
    rf"|{_NOT_PLAIN}[^\s&\"'`)}}\]>\\,{{\[(][^\s&\"'`)}}\]>,{{]*)"
)
_EQUAL = r"\s{0,8}(?:=~|!=|!~|=>|==|:=|=)"
_COLON = r"\s{0,8}:(?!/\\?/)"
_BEGIN = r"\s{0,8}[\[(]{0,2}"
_WEAK_WORD = rf"(?:(?<![A-Za-z])(?:{WEAK})|(?<=[-_])key)"
#: In queries and conditions: `token="x"`, and no other way, as `token:rate5m` is the name of a series.
_QUOTED = re.compile(
    rf"(?P<name>(?:{STRONG})\s{{0,8}}(?:==|!=|=)\s{{0,8}}(?P<open>\\{{0,4}}[\"'`]))(?P<value>[\w.~+/=-]{{8,400}})"
    r"(?=(?P=open))",
    re.IGNORECASE,
)
#: What is a query by itself: a call, a selector, a comparison, a recording rule.
_EXPRESSION = re.compile(r"\w\s*[({]|[\])}]\s*[-+*/<>=!]|\A\s*[a-z_]\w*(?::\w+)+\s*\Z", re.IGNORECASE)
#: `password: x`, `"api_key": "x"`, `token="x"`.
_STRONG_NAMED = re.compile(
    rf"(?P<name>(?:{STRONG})s?(?:{_QUOTE})?(?:{_EQUAL}|{_COLON}){_BEGIN})(?P<value>{_VALUE})",
    re.IGNORECASE | re.DOTALL,
)
#: `pwd=x`, `"key": "x"`, `X-Auth: x`.
_WEAK_NAMED = re.compile(
    rf"(?P<name>(?:{_WEAK_WORD}(?:{_QUOTE})?{_EQUAL}|(?:{_WEAK_WORD}|(?<=[\"'`])key){_QUOTE}{_COLON}"
    rf"|(?<=[-_])(?:{WEAK}|key){_COLON}){_BEGIN})(?P<value>{_VALUE})",
    re.IGNORECASE | re.DOTALL,
)
#: A header of HTTP goes to the end of its line.
_HEADER = re.compile(
    rf"(?P<name>\b(?:{HEADERS})(?:{_QUOTE})?\s{{0,8}}[:=]{_BEGIN}(?:{_QUOTE})?)"
    r"(?P<scheme>(?:[A-Za-z-]{3,12}\s{1,8})?)(?P<value>[^\s\"'`\\\])][^\n\"'`\\\])]*)",
    re.IGNORECASE,
)


def is_telling_value(value: str) -> bool:
    """Whether `value` has the form of a key, a token or an address with a password in it."""
    without = without_quoted if _EXPRESSION.search(value) else without_marked
    return _HOOK.search(value) is not None or without(value) != value


def is_random(value: str) -> bool:
    """Whether `value` looks as if nobody had made it up: no word and no number, `s3cr3t-value`."""
    return (
        len(value) >= _LONG
        and re.search(r"\d", value) is not None
        and re.search(r"[^\W\d]", value) is not None
    )


def is_secret(name: str, value: str) -> bool:
    """Whether an argument `name` with this value is one; a number or a flag is none, whatever its name."""
    if is_plain(value):
        return False
    return is_telling_value(value) or (is_telling_name(name) and not is_amount(name, value))


def without_forms(text: str) -> str:
    """`text` without what has the form of a key or a token, and what stands before the @ of an address."""
    if "://" in text or ":\\/" in text:
        text = _ADDRESS.sub(lambda found: found["sign"] + _without_user(found["rest"]), text)
    return _FORM.sub(MASK, text)


def without_quoted(text: str) -> str:
    """As `without_forms`, and without what looks like a secret after `token=` and its like, or `Bearer`.

    For queries and conditions, which mean something else when a word of theirs is missing.
    """
    return _QUOTED.sub(_masked_if_random, _SCHEME.sub(_masked_if_random, without_forms(text)))


def without_marked(text: str) -> str:
    """Prose without forms, and without what follows a name that tells of a secret, or stands in a header."""
    text = _SCHEME.sub(lambda found: f"{found['scheme']} {MASK}", without_forms(text))
    text = _STRONG_NAMED.sub(_masked, text)
    text = _HEADER.sub(lambda found: f"{found['name']}{found['scheme']}{MASK}", text)
    return _WEAK_NAMED.sub(_masked, text)


def without_paths(text: str) -> str:
    """`text` with the scheme and the host of addresses alone: what follows may be a secret by itself."""
    return _ADDRESS.sub(lambda found: found["sign"] + _host(found["rest"]), text)


def without_links(text: str) -> str:
    """As `without_paths`, of addresses that let in whoever has them: with a query, or of a webhook."""

    def masked(found: re.Match[str]) -> str:
        lets_in = "?" in found["rest"] or _HOOK.search(found[0])
        return found["sign"] + (_host(found["rest"]) if lets_in else found["rest"])

    return _ADDRESS.sub(masked, text)


def _masked(found: re.Match[str]) -> str:
    return f"{found['name']}{found['open'] or ''}{MASK}"


def _masked_if_random(found: re.Match[str]) -> str:
    before = found[0].removesuffix(found["value"])
    return f"{before}{MASK}" if is_random(found["value"]) else found[0]


def _without_user(rest: str) -> str:
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    # A password may have a slash or an @ in it, so the last @ counts, unless that is after a host.
    if "@" in authority or ("@" in rest and _NOT_A_HOST.match(authority)):
        return f"{MASK}@{rest.rpartition('@')[2]}"
    return rest


def _host(rest: str) -> str:
    host, sign, path = re.match(r"([^/?#\\]*)([/?#\\]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{host}{sign[:1]}{MASK}" if path else f"{host}{sign}"
