"""A source that sends its answer byte by byte: each byte is in time, the whole never comes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sync.collected import Collected

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def trickle(before: bytes, each: bytes) -> Iterator[str]:
    """A server that answers with `before` and then `each` ten times a second, without end."""
    listener = socket.create_server(("127.0.0.1", 0))
    closed = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            try:
                connection.sendall(before)
                while not closed.wait(0.1):
                    connection.sendall(each)
            except OSError:
                return

    def serve() -> None:
        while not closed.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        closed.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("before", "each"),
    [
        pytest.param(_HEAD, b" ", id="body"),
        pytest.param(_HEAD.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked"), b"1\r\n \r\n",
                     id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", id="headers"),
    ],
)  # fmt: skip
def test_the_timeout_bounds_the_whole_answer_and_not_each_byte(
    before: bytes, each: bytes, synced: Collected, later: int
) -> None:
    started = time.monotonic()
    with trickle(before, each) as url:
        report = synced.from_source(url, timeout=1.0).sync(later)
    assert report.outcome == "failed"
    assert "no whole answer within 1 s" in report.message
    assert time.monotonic() - started < 10
