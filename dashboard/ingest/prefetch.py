"""Reading ahead: the source computes the next answer while this process stores the last one."""

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

_T = TypeVar("_T")
_POLL_SECONDS = 0.2


class _End:
    """Marks that nothing more comes, with the error that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def prefetched(items: Iterator[_T], stop: threading.Event) -> Iterator[_T]:
    """`items`, produced one ahead on a thread of its own; ends early, without waiting, once `stop` is set.

    The thread is a daemon: an answer that hangs keeps neither the caller nor the process from ending. It ends
    by itself when the caller has stopped taking items, also because of an error.
    """
    ready: queue.Queue[_T | _End] = queue.Queue(maxsize=1)
    left = threading.Event()

    def produce() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(ready, item, (stop, left)):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again where the items are used
            end = _End(error)
        _put(ready, end, (stop, left))

    threading.Thread(target=produce, name="prefetch", daemon=True).start()
    try:
        while not stop.is_set():
            try:
                item = ready.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                if item.error:
                    raise item.error
                return
            yield item
    finally:
        left.set()


def _put(ready: "queue.Queue[_T | _End]", item: _T | _End, ends: "tuple[threading.Event, ...]") -> bool:
    while not any(end.is_set() for end in ends):
        try:
            ready.put(item, timeout=_POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
