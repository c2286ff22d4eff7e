"""Reading the body of a request: not too much of it, not for too long, and as JSON that can be kept."""

import asyncio
from collections.abc import AsyncIterator

import orjson
from starlette.requests import ClientDisconnect, Request

from dashboard.api.problem import RefusedError

#: The largest delivery is a group of a few hundred alerts, which takes a fraction of this.
MOST_BYTES = 1_048_576
READ_SECONDS = 15.0
#: Of a body that is too large so much is taken and thrown away before the answer, and for so long.
_MOST_DRAINED = 32 * MOST_BYTES
_DRAIN_SECONDS = 2.0


async def read_body(request: Request) -> bytes:
    """The body of `request`.

    Raises:
        RefusedError: it is larger than `MOST_BYTES`, takes longer than `READ_SECONDS`, or is compressed.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RefusedError(415, "found a compressed body, expected one that is not")
    length = request.headers.get("content-length", "")
    chunks = request.stream()
    body = bytearray()
    try:
        if length.isdecimal() and (len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES):
            raise await _too_large(chunks)
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in chunks:
                body += chunk
                if len(body) > MOST_BYTES:
                    break
        if len(body) > MOST_BYTES:
            raise await _too_large(chunks)
    except TimeoutError:
        raise RefusedError(408, f"found a body that did not arrive in {READ_SECONDS:g} s") from None
    except ClientDisconnect:
        raise RefusedError(400, "found a body that ended early") from None
    return bytes(body)


async def _too_large(rest: AsyncIterator[bytes]) -> RefusedError:
    """The refusal of a body, after a while in which its `rest` is taken and thrown away.

    Who is still writing when the answer comes would not read it, and could not know why it was refused.
    """
    seen = 0
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for chunk in rest:
                seen += len(chunk)
                if seen > _MOST_DRAINED:
                    break
    except TimeoutError:
        pass
    return RefusedError(413, f"found more than {MOST_BYTES:,} bytes, expected at most that")


def document(body: bytes) -> object:
    """The JSON value that `body` is.

    Raises:
        RefusedError: it is none, or one that could not be kept: NaN, half a surrogate pair, endless nesting.
    """
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise RefusedError(400, f"found a body that is not JSON ({error}), expected JSON in UTF-8") from None


def rows(body: bytes) -> str:
    """The text of `body`, which is a JSON object, an array, or JSON lines.

    Raises:
        RefusedError: it is none of them.
    """
    try:
        values = [orjson.loads(body)]
    except ValueError:
        values = [
            _line(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()
        ]
    if not values or not all(isinstance(value, dict | list) for value in values):
        raise RefusedError(400, "found other JSON, expected an object, an array of them, or one a line")
    return body.decode("utf-8")


def _line(number: int, line: bytes) -> object:
    try:
        return orjson.loads(line)
    except ValueError as error:
        found = f"found text on line {number} that is not JSON ({error})"
        raise RefusedError(400, f"{found}, expected JSON or JSON lines in UTF-8") from None
