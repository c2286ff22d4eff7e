"""A real Prometheus for tests: history written by promtool, served by prometheus.

Nothing here imitates Prometheus. Raw counter samples become TSDB blocks, and the
server that answers is the binary from ``PATH`` (2.42 and 3.5 are known to work).
All times are Unix seconds, all values are counter readings (events since the
process started).
"""

from __future__ import annotations

import http.client
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

BLOCK_SECONDS = 54 * 3600
"""Longest block promtool builds from its 2 h x 3^n ladder that suits 30 days, in s.

promtool aligns blocks to multiples of this since the epoch and reads its whole input
once for each block, so one file a block keeps the cost linear."""

_PROMTOOL_AT_ONCE = 2  # Each holds a whole block in memory: 4 GB at 1,000 services.
_READY_WITHIN_SECONDS = 60.0
_STOP_WITHIN_SECONDS = 20.0

# Below Linux's ephemeral range: the kernel hands none of these to a client socket, so
# the port is still ours when a stopped server is started again.
_PORTS = range(20_000, 32_000)


class PrometheusUnavailableError(RuntimeError):
    """A Prometheus program is missing, or ended where it should have worked."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CounterSeries:
    """One counter as scraped, with its resets (drops) and gaps (absent samples).

    ``timestamps`` are Unix seconds in rising order (whole seconds are stored exactly,
    fractions to about a millisecond); ``values`` are the readings at those times.
    """

    name: str
    labels: Mapping[str, str]
    timestamps: NDArray[np.float64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.timestamps.shape != self.values.shape:
            raise ValueError(f"{self.name}: timestamps and values differ in length")


def write_openmetrics(series: Iterable[CounterSeries], path: Path, start: float, end: float) -> int:
    """Write the samples in ``[start, end)`` (Unix seconds); return their number."""
    families: dict[str, list[CounterSeries]] = {}
    for one in series:
        families.setdefault(one.name, []).append(one)
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for name, members in families.items():
            file.write(_type_line(name))
            for one in members:
                first, last = np.searchsorted(one.timestamps, (start, end))
                times = _shortest(one.timestamps[first:last])
                values = _shortest(one.values[first:last])
                head = f"{name}{_label_text(one.labels)} "
                pairs = zip(values, times, strict=True)
                file.writelines([f"{head}{value} {at}\n" for value, at in pairs])
                written += len(times)
        file.write("# EOF\n")
    return written


def backfill(series: Iterable[CounterSeries], data_dir: Path) -> None:
    """Turn the samples into TSDB blocks below ``data_dir``, made if absent.

    Do it before the server starts: a running one looks for new blocks once a minute. The
    scratch text (about 100 bytes a sample) is deleted as soon as it is imported.
    """
    promtool = _program("promtool")
    data_dir.mkdir(parents=True, exist_ok=True)
    everything = [one for one in series if one.timestamps.size]
    if not everything:
        return
    earliest = min(float(one.timestamps[0]) for one in everything)
    latest = max(float(one.timestamps[-1]) for one in everything)
    numbers = range(int(earliest // BLOCK_SECONDS), int(latest // BLOCK_SECONDS) + 1)

    with tempfile.TemporaryDirectory(prefix="openmetrics-") as scratch:

        def build(number: int) -> None:
            path = Path(scratch) / f"{number}.om"
            start = number * BLOCK_SECONDS
            if write_openmetrics(everything, path, start, start + BLOCK_SECONDS):
                _import_block(promtool, path, data_dir)
            path.unlink()

        with ThreadPoolExecutor(max_workers=_PROMTOOL_AT_ONCE) as pool:
            list(pool.map(build, numbers))


class PrometheusServer:
    """One Prometheus process on a loopback port, for the length of a ``with`` block.

    It scrapes nothing, keeps 400 days, and answers for the present as for the past.
    ``extra_flags`` go to the command line as they are; a flag that is set here already
    (paths, address, retention) may not be repeated.
    """

    def __init__(self, data_dir: Path, *, extra_flags: Sequence[str] = ()) -> None:
        self._data_dir = data_dir
        self._extra_flags = tuple(extra_flags)
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Base URL without a trailing slash; stays the same over stop and start."""
        if self._port is None:
            raise RuntimeError("this Prometheus was never started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        return self._running().pid

    def start(self) -> None:
        """Start the server and return once it answers ``/-/ready`` with 200."""
        if self._process is not None:
            raise RuntimeError("this Prometheus is running already")
        program = _program("prometheus")
        self._data_dir.mkdir(parents=True, exist_ok=True)
        if self._port is None:
            self._port = _free_port()
        self._launch(program, self._port)

    def stop(self) -> None:
        """End the process (SIGTERM, then SIGKILL); does nothing when none runs."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)  # A paused process ignores SIGTERM.
            process.terminate()
        try:
            process.wait(_STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Freeze the process: connections are accepted and never answered."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on; what clients had asked meanwhile is answered."""
        self._running().send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this Prometheus is not running")
        return self._process

    def _launch(self, program: str, port: int) -> None:
        # The TSDB passes over names that are no block ids: the files may lie inside.
        config = self._data_dir / "prometheus.yml"
        config.write_text("global: {}\n", encoding="utf-8")
        log = self._data_dir / "prometheus.log"
        command = [
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={self._data_dir}",
            "--storage.tsdb.retention.time=400d",
            # Without it the 54 h blocks would be compacted while tests measure.
            f"--storage.tsdb.max-block-duration={BLOCK_SECONDS}s",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
            *self._extra_flags,
        ]
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(self._process, port, log)
        except BaseException:
            self.stop()
            raise


def _type_line(name: str) -> str:
    # OpenMetrics names a counter's family without the suffix that its samples carry. A
    # lone `_bucket` or `_count` is no complete histogram, so it is declared unknown.
    family = name.removesuffix("_total")
    return f"# TYPE {family} {'unknown' if family == name else 'counter'}\n"


def _label_text(labels: Mapping[str, str]) -> str:
    escapes = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
    pairs = [f'{name}="{value.translate(escapes)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}"


def _shortest(numbers: NDArray[np.float64]) -> list[int] | list[float]:
    # Whole numbers without ".0" make the text, and with it promtool's work, smaller.
    whole = numbers.astype(np.int64)
    shortest: list[int] | list[float] = (whole if np.array_equal(whole, numbers) else numbers).tolist()
    return shortest


def _import_block(promtool: str, path: Path, data_dir: Path) -> None:
    subcommand = ("tsdb", "create-blocks-from", "openmetrics")
    block = f"--max-block-duration={BLOCK_SECONDS // 3600}h"
    command = (promtool, *subcommand, "--quiet", block, str(path), str(data_dir))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PrometheusUnavailableError(f"promtool refused {path.name}: {done.stderr or done.stdout}")


@contextmanager
def history_served(series: Iterable[CounterSeries], data_dir: Path) -> Iterator[PrometheusServer]:
    """A Prometheus that holds the samples and answers, for the length of a ``with`` block."""
    backfill(series, data_dir)
    with PrometheusServer(data_dir) as server:
        yield server


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise PrometheusUnavailableError(
        f"{name} is not on PATH: run `apt-get install prometheus`"
        " (and `promtool`, where Debian packages it apart)"
    )


def _free_port() -> int:
    # Not from the seeded generator: parallel test processes share its seed.
    for port in random.SystemRandom().sample(_PORTS, k=100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PrometheusUnavailableError(f"no free loopback port between {_PORTS.start} and {_PORTS.stop}")


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers_ready(port):
            return
        time.sleep(0.02)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise PrometheusUnavailableError(f"Prometheus did not become ready on port {port}: {tail}")


def _answers_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
