"""Whether a request comes from who it says: a signature over its body, or a token that only they know."""

import hashlib
import hmac
from collections.abc import Callable

from starlette.datastructures import Headers

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
        scheme, _, token = _raw(headers.get("authorization", "")).strip().partition(b" ")
        # Both are compared whatever the other says.
        return hmac.compare_digest(token.strip(), secret) & (scheme.lower() == b"bearer")

    return check


def _raw(header: str) -> bytes:
    """The bytes of a header as they came."""
    return header.encode("latin-1")
