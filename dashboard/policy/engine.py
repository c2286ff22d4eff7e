"""Evaluating the release gate's policy: by our own engine, or by a team's own OPA server."""

import json
import math
import threading
import weakref
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
import requests

from dashboard.domain.gate_rules import GRID
from dashboard.errors import ConfigurationError, ReliabilityError
from dashboard.policy.data import ROOT, GatePolicy
from dashboard.policy.rego_process import RegoProcess, RegoProcessError

_ENTRYPOINT = "companyos/release/decision"
_MODULE = "release_gate.rego"
#: Processes at work at once, and as many kept: for today's policy, and for what a replay compares it with.
_MOST = 4
_SERVER_TIMEOUT = (3.05, 10.0)
_MOST_ANSWER = 8_388_608


class EngineError(ReliabilityError):
    """The policy could not be evaluated, so nothing is allowed."""


#: Our own engine, whose decisions can be replayed.
REGO_CPP = "rego-cpp"


class Engine(Protocol):
    """What evaluates a policy; `name` is what the decision log calls it."""

    name: str

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        """The value of `decision` for the input `document`.

        Raises:
            EngineError: there is none; the message says why.
        """


class RegoEngine:
    """rego-cpp, in a process of its own for each policy and for each thread that asks at the same time.

    The processes end with the engine, and with the program.
    """

    name = REGO_CPP

    def __init__(self) -> None:
        self._idle: list[RegoProcess] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST)
        weakref.finalize(self, _end, self._idle)

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        """As `Engine.evaluate`."""
        try:
            with self._places:
                return _required(self._asked(policy, _term(document)))
        except (RegoProcessError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            raise EngineError(f"the release policy cannot be evaluated: {_first_line(error)}") from error

    def _asked(self, policy: GatePolicy, document: bytes) -> Any:
        process = self._taken(policy.version) or _started(policy)
        try:
            value = process.evaluate(document)
        except BaseException:
            process.end()  # what failed once is made anew
            raise
        self._kept(process)
        return value

    def _taken(self, version: str) -> RegoProcess | None:
        with self._lock:
            found = next((process for process in self._idle if process.version == version), None)
            if found is not None:
                self._idle.remove(found)
            return found

    def _kept(self, process: RegoProcess) -> None:
        with self._lock:
            self._idle.append(process)
            spare = self._idle.pop(0) if len(self._idle) > _MOST else None
        if spare is not None:
            spare.end()


def _started(policy: GatePolicy) -> RegoProcess:
    return RegoProcess(
        policy.version,
        module=(_MODULE, policy.text),
        data=_term({ROOT: policy.data}),
        entrypoint=_ENTRYPOINT,
    )


def _end(processes: list[RegoProcess]) -> None:
    for process in processes:
        process.end()
    processes.clear()


class OpaServer:
    """A team's own OPA at `url`, which holds the policy and its data; only the input is sent to it.

    `token` is sent as a bearer token. `requests` does not look at the environment's proxies.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = f"{url.rstrip('/')}/v1/data/{_ENTRYPOINT}"
        # What the log and messages say of it: never the path or a query, which may hold a secret.
        self.name = f"OPA at {urlsplit(url).netloc}"
        self._session = requests.Session()
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def evaluate(self, _policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        """As `Engine.evaluate`; the server's own policy decides."""
        try:
            answer = self._session.post(
                self._url,
                data=orjson.dumps({"input": document}),
                headers={"Content-Type": "application/json"},
                timeout=_SERVER_TIMEOUT,
                allow_redirects=False,
            )
            if answer.status_code != requests.codes.ok or len(answer.content) > _MOST_ANSWER:
                raise EngineError(f"{self.name}: answered with status {answer.status_code}")
            value = orjson.loads(answer.content).get("result")
        except (requests.RequestException, ValueError, TypeError, AttributeError) as error:
            raise EngineError(f"{self.name}: gave no decision ({type(error).__name__})") from error
        if value is None:
            raise EngineError(f"{self.name}: has no decision: is release_gate.rego loaded there?")
        return _required(value)


def engine_at(url: str | None, token: str | None = None) -> Engine:
    """Our own engine, or the OPA server at `url`.

    Raises:
        ConfigurationError: the address is none.
    """
    if not url:
        return RegoEngine()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or not url.isprintable():
        raise ConfigurationError(
            "RELIABILITY_OPA_URL: found another text, expected an http(s) address without a user or password"
        )
    if token and not (token.isascii() and token.isprintable()):
        raise ConfigurationError("RELIABILITY_OPA_TOKEN: found characters that no header may have")
    return OpaServer(url, token)


def _required(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("allow"), bool):
        raise EngineError("the release policy gave no decision, expected an object with `allow`")
    return value


def _term(document: Mapping[str, Any]) -> bytes:
    """`document` as a line of JSON that rego-cpp reads: it takes no number that is not finite.

    It compares texts as they are escaped, so as little as possible is.
    """
    return json.dumps(document, allow_nan=False, ensure_ascii=False).encode()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def floored(value: Fraction | float) -> float | int:
    """`value` rounded down to the six decimals that every engine tells apart; whole numbers stay whole.

    A limit has at most six decimals (`config/release_gate.py`), so a rounded number is below a limit, or at
    least the limit, exactly when the number itself is.
    """
    # A float means the decimal that it is written as: 86.6 is not the binary number just below it.
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    units = math.floor(exact * GRID)
    whole, rest = divmod(units, GRID)
    return whole if not rest else units / GRID
