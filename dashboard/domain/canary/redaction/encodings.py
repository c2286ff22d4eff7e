"""The forms in which a secret that is known may be written down again: quoted, in an address, in base64.

Each is a fixed text, so that looking for it takes time in proportion to what is looked through, whatever the
secret and the text are.
"""

import html
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus

#: Shorter ones would be found inside of ordinary words and numbers: they are looked for by themselves alone.
_LONG = 6
#: How often text is quoted again, at most: an error that holds an error that holds JSON.
_TIMES = 4
#: Longer ones are written down again as they are, or quoted, but hardly quoted again and again.
_SHORT_ENOUGH_TO_NEST = 4_096
#: What is left as it is in an address: nothing, what a path may have, what Go leaves, what browsers leave.
_SAFE = ("", "/", "/$&+=:@", "/$&+,;=:@", "$&+,;=", "!'()*")
_GO_LETTERS = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Every form of some secrets, the longest first; `alone` are those that count only by themselves."""

    anywhere: tuple[str, ...]
    alone: tuple[str, ...]

    def masked(self, text: str, mask: str) -> str:
        """`text` with `mask` in place of each of them."""
        for form in self.anywhere:
            if form in text:
                text = text.replace(form, mask)
        for form in self.alone:
            if form in text:
                text = _without_alone(text, form, mask)
        return text


@lru_cache(maxsize=8)
def forms_of(secrets: frozenset[str]) -> Forms | None:
    """Each of `secrets` in all its forms; None where there are none."""
    anywhere: set[str] = set()
    alone: set[str] = set()
    for secret in secrets:
        data = secret.encode("utf-8", "replace")
        if len(data) < _LONG:
            alone.update(_written(secret), (b64encode(data).decode().rstrip("="),))
        else:
            anywhere.update(_written(secret), _in_base64(data), (data.hex(), data.hex().upper()))
    if not anywhere and not alone:
        return None
    return Forms(anywhere=_longest_first(anywhere), alone=_longest_first(alone))


def _longest_first(forms: set[str]) -> tuple[str, ...]:
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _written(secret: str) -> Iterator[str]:
    """`secret` as it is, in JSON and Go, in an address, and in HTML; most of these several times over."""
    yield secret
    yield from _quoted(secret)
    for safe in _SAFE:
        yield from _in_address(quote(secret, safe=safe, errors="replace"))
    yield from _in_address(quote_plus(secret, errors="replace"))
    for escape in (html.escape, _html_of_go):
        yield from _again(escape, secret)


def _quoted(secret: str) -> Iterator[str]:
    for quoted in (
        *(_json_of_ascii, _json, _json_of_go, _json_of_go_in_ascii, _json_with_slashes),
        *(_text_of_go, _text_of_go_in_ascii),
    ):
        once = quoted(secret)
        yield once
        if len(secret) <= _SHORT_ENOUGH_TO_NEST:
            yield from _again(_json, once)
            if "\\u" in once or "\\x" in once:
                upper = _upper_escapes(once)
                yield upper
                yield from _again(_json, upper)


def _again(escape: Callable[[str], str], text: str) -> Iterator[str]:
    """`text` escaped once, twice …; as long as that changes it."""
    for _ in range(_TIMES):
        before, text = text, escape(text)
        if text == before:
            return
        yield text


def _in_address(text: str) -> Iterator[str]:
    """`text`, which is escaped for an address, in small and in large digits, and escaped again."""
    if "%" not in text:
        yield text
        return
    parts = text.split("%")
    lower = "%".join((parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])))
    for digits in (text, lower):
        yield digits
        for again in range(1, _TIMES):
            yield digits.replace("%", "%" + "25" * again)


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json_of_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_of_go(text: str) -> str:
    return _as_go_escapes(_json(text).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _json_of_go_in_ascii(text: str) -> str:
    return _as_go_escapes(_json_of_ascii(text))


def _as_go_escapes(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _json_with_slashes(text: str) -> str:
    return _json_of_ascii(text).replace("/", "\\/")


def _text_of_go(text: str) -> str:
    """As `%q` writes it."""
    return "".join(map(_sign_of_go, text))


def _text_of_go_in_ascii(text: str) -> str:
    """As `%+q` writes it."""
    return "".join(
        sign if sign.isascii() else f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"  # noqa: PLR2004 - four digits
        for sign in _text_of_go(text)
    )


def _sign_of_go(sign: str) -> str:
    if sign in _GO_LETTERS:
        return _GO_LETTERS[sign]
    if sign in {'"', "\\"}:
        return f"\\{sign}"
    return sign if sign.isprintable() or not sign.isascii() else f"\\x{ord(sign):02x}"


def _upper_escapes(text: str) -> str:
    r"""`text` with large digits in its escapes: `\u00E9` for `\u00e9`."""
    parts = text.split("\\u")
    return "\\u".join((parts[0], *(part[:4].upper() + part[4:] for part in parts[1:])))


def _html_of_go(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


def _in_base64(data: bytes) -> Iterator[str]:
    """What is always there of `data`, wherever among other bytes it stands: at one of three offsets.

    As it is, in its alphabet for addresses, in an address, and in JSON that escapes slashes.
    """
    for offset in range(3):
        text = b64encode(bytes(offset) + data).decode()
        first, end = -(-8 * offset // 6), 8 * (offset + len(data)) // 6
        core = text[first:end]
        yield core
        yield core.replace("+", "-").replace("/", "_")
        yield core.replace("/", "\\/")
        yield from _in_address(core.replace("+", "%2B").replace("/", "%2F"))


def _without_alone(text: str, form: str, mask: str) -> str:
    found, done, at = [], 0, text.find(form)
    while at >= 0:
        end = at + len(form)
        grown = (at > 0 and _goes_on(text[at - 1], form[0])) or (
            end < len(text) and _goes_on(form[-1], text[end])
        )
        if not grown:
            found += [text[done:at], mask]
            done = end
        at = text.find(form, max(end if not grown else at + 1, done))
    return "".join((*found, text[done:]))


def _goes_on(before: str, after: str) -> bool:
    """Whether the two belong to one word or number."""
    return all(sign.isascii() and sign.isalnum() for sign in (before, after))
