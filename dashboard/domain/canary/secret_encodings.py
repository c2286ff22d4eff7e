"""The forms in which a secret that is known may be written down again: quoted, in an address, in base64."""

import re
from base64 import b64encode
from collections.abc import Collection
from functools import lru_cache
from itertools import groupby

#: Shorter ones would be found inside of ordinary words and numbers: they are looked for by themselves alone.
_LONG = 6
#: How often text is quoted again, at most: an error that holds an error that holds JSON.
_TIMES = 8
_LETTERS = {"\n": "n", "\t": "t", "\r": "r", "\a": "a", "\b": "b", "\f": "f", "\v": "v"}
_ENTITIES = {'"': "quot", "'": "apos", "<": "lt", ">": "gt", "&": "amp"}
#: As it is in an address, in JSON, and in its alphabet for addresses.
_BASE64 = {"+": "(?:[+-]|%2[bB])", "/": r"(?:\\?/|_|%2[fF])"}


@lru_cache(maxsize=256)
def pattern_of(secrets: frozenset[str]) -> re.Pattern[str] | None:
    """Finds each of `secrets` in any of its forms, the longest first; None where there are none."""
    forms = [form for secret in sorted(secrets, key=lambda one: (-len(one), one)) for form in _forms(secret)]
    return re.compile("|".join(forms)) if forms else None


def _forms(secret: str) -> Collection[str]:
    written = "".join(
        _backslashes(len(list(row))) if sign == "\\" else "".join(map(_written, row))
        for sign, row in groupby(secret)
    )
    data = secret.encode("utf-8", "replace")
    if len(data) < _LONG:
        before = "(?<![A-Za-z0-9])" if secret[0].isalnum() else ""
        after = "(?![A-Za-z0-9])" if secret[-1].isalnum() else ""
        alone = re.escape(b64encode(data).decode().rstrip("="))
        return [f"{before}(?:{written}){after}", f"(?<![A-Za-z0-9+/]){alone}(?![A-Za-z0-9+/])=*"]
    return [written, *_in_base64(data), f"(?i:{data.hex()})"]


def _written(sign: str) -> str:
    """`sign` as it is, escaped in JSON or Go, in an address (also twice), or in HTML."""
    if sign.isascii() and sign.isalnum():
        return sign
    forms = [rf"\\{{0,{_TIMES}}}{re.escape(sign)}", _in_address(sign)]
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\{{1,{_TIMES}}}u{_any_case(units[at : at + 4])}" for at in range(0, len(units), 4))
    forms += [
        escaped,
        f"&(?:amp;){{0,4}}#0{{0,4}}{ord(sign)};",
        f"&(?:amp;){{0,4}}#[xX]0{{0,4}}(?i:{ord(sign):x});",
    ]
    if ord(sign) <= 0xFF:  # noqa: PLR2004 - what two digits can say
        forms.append(rf"\\{{1,{_TIMES}}}x{_any_case(f'{ord(sign):02x}')}")
    if sign in _LETTERS:
        forms.append(rf"\\{{1,{_TIMES}}}{_LETTERS[sign]}")
    if sign in _ENTITIES:
        forms.append(f"&(?:amp;){{0,4}}{_ENTITIES[sign]};")
    if sign == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


def _backslashes(count: int) -> str:
    """As many, or more where they are escaped; in one piece, as apart they could be matched in many ways."""
    return rf"(?:\\{{{count},{count * _TIMES}}}|(?:{_in_address(chr(92))}){{{count}}})"


def _in_address(sign: str) -> str:
    return "".join(f"%(?:25){{0,4}}{_any_case(f'{byte:02x}')}" for byte in sign.encode("utf-8", "replace"))


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _in_base64(data: bytes) -> list[str]:
    """What is always there of `data`, wherever among other bytes it stands: at one of three offsets."""
    found = []
    for offset in range(3):
        text = b64encode(bytes(offset) + data).decode()
        first, end = -(-8 * offset // 6), 8 * (offset + len(data)) // 6
        core = "".join(_BASE64.get(sign, sign) for sign in text[first:end])
        found.append(f"{core}(?:[A-Za-z0-9+/_-]?={{0,2}})")
    return found
