"""Whether a request comes from who it says: a signature over its body, or a token that only they know."""

import hashlib
import hmac
from collections.abc import Callable

from starlette.datastructures import Headers

#: What an answer says to who has proved nothing, and how it asks for a token.
NO_TOKEN = "found no token that is valid here, expected one"  # noqa: S105 - a sentence
CHALLENGE = {"WWW-Authenticate": "Bearer"}

#: Whether a request with these headers and this body is genuine.
Check = Callable[[Headers, bytes], bool]


def signed(secret: bytes | None, header: str, prefix: str) -> Check | None:
    """A check of the HMAC-SHA-256 in `header`, of which one may match of several; None without a secret."""
    if secret is None:
        return None

    def check(headers: Headers, body: bytes) -> bool:
        expected = prefix.encode() + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
        given = ",".join(headers.getlist(header)).split(",")
        return any(hmac.compare_digest(_raw(signature).strip(), expected) for signature in given)

    return check


def bearer(secret: bytes | None) -> Check | None:
    """A check of the token in `Authorization: Bearer …`; None without a secret."""
    if secret is None:
        return None

    def check(headers: Headers, _body: bytes) -> bool:
        return hmac.compare_digest(_bearer(headers), secret)

    return check


def bearer_token(headers: Headers) -> str:
    """The token in `Authorization: Bearer …`; empty when there is none."""
    return _bearer(headers).decode("utf-8", "surrogateescape")


def _bearer(headers: Headers) -> bytes:
    scheme, _, token = _raw(headers.get("authorization", "")).strip().partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else b""


def _raw(header: str) -> bytes:
    """The bytes of a header as they came."""
    return header.encode("latin-1")
