"""A process that evaluates one policy with rego-cpp: started, asked, and ended.

rego-cpp brings its own `operator new`. Where libstdc++ was loaded before it, as NumPy does, a part of what it
allocates is never freed: about a third of a megabyte an evaluation (`docs/adr/0021`).
"""

import json
import subprocess
import sys
import threading
from typing import Any

import orjson

from dashboard.policy import rego_program

#: The longest that a policy may compile, or one input may be evaluated, seconds.
_LIMIT = 60.0


class RegoProcessError(Exception):
    """The process could not evaluate; the message says why in one line."""


class RegoProcess:
    """One policy, compiled in a process of its own, for one thread at a time.

    Raises:
        RegoProcessError: the policy does not compile, or the process cannot be started.
    """

    def __init__(
        self, version: str, *, module: tuple[str, str], data: bytes, entrypoint: str, limit: float = _LIMIT
    ) -> None:
        self.version = version
        self._limit = limit
        name, text = module
        policy = {"name": name, "text": text, "data": data.decode(), "entrypoint": entrypoint}
        try:
            # By its path, without its folder in the search path: it imports nothing of ours.
            self._child = subprocess.Popen(  # noqa: S603 - this Python and a file of ours
                [sys.executable, "-P", rego_program.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise RegoProcessError(f"the process of rego-cpp cannot be started: {error}") from error
        try:
            self._answer(json.dumps(policy).encode())
        except BaseException:
            self.end()
            raise

    def evaluate(self, document: bytes) -> Any:
        """The answer for the input `document`, JSON in one line.

        Raises:
            RegoProcessError: there is none. The process is of no more use.
        """
        return orjson.loads(self._answer(document))["expressions"][0]

    def end(self) -> None:
        """End the process, at once."""
        self._child.kill()
        self._child.communicate()

    def _answer(self, line: bytes) -> str:
        stdin, stdout = self._child.stdin, self._child.stdout
        if stdin is None or stdout is None:
            raise RegoProcessError("the process of rego-cpp has no pipes")
        late = threading.Event()
        watch = threading.Timer(self._limit, self._give_up, [late])
        watch.daemon = True
        watch.start()
        try:
            stdin.write(line + b"\n")
            stdin.flush()
            told = stdout.readline()
        except OSError:
            told = b""
        finally:
            watch.cancel()
        if late.is_set():
            raise RegoProcessError(f"rego-cpp gave no answer within {self._limit:g} s")
        if not told:
            raise RegoProcessError(f"the process of rego-cpp ended with {self._child.wait()}")
        answer = orjson.loads(told)
        if "error" in answer:
            raise RegoProcessError(answer["error"])
        return str(answer["value"])

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._child.kill()
