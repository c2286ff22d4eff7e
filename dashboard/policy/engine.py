"""Evaluating the release gate's policy: in process, or by a team's own OPA server."""

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
import regopy
import requests

from dashboard.domain.gate_rules import GRID
from dashboard.errors import ConfigurationError, ReliabilityError
from dashboard.policy.data import ROOT, GatePolicy

_ENTRYPOINT = "companyos/release/decision"
_MODULE = "release_gate.rego"
#: Compiled policies kept by each thread: today's, and those that a replay or a backtest compares it with.
_KEPT = 4
_SERVER_TIMEOUT = (3.05, 10.0)
_MOST_ANSWER = 8_388_608


class EngineError(ReliabilityError):
    """The policy could not be evaluated, so nothing is allowed."""


#: The engine in this process, whose decisions can be replayed.
IN_PROCESS = "rego-cpp"


class Engine(Protocol):
    """What evaluates a policy; `name` is what the decision log calls it."""

    name: str

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        """The value of `decision` for the input `document`.

        Raises:
            EngineError: there is none; the message says why.
        """


class RegoEngine:
    """rego-cpp in this process.

    One interpreter shared by two threads crashes the process, so each thread compiles its own and keeps it.
    """

    name = IN_PROCESS

    def __init__(self) -> None:
        self._local = threading.local()

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        """As `Engine.evaluate`."""
        try:
            compiled = self._compiled(policy)
            compiled.interpreter.set_input_term(_term(document))
            answer = compiled.interpreter.query_bundle_entrypoint(compiled.bundle, _ENTRYPOINT)
            value = orjson.loads(str(answer))["expressions"][0]
        except (regopy.RegoError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            self._local.__dict__.pop("kept", None)  # what failed once is made anew
            raise EngineError(f"the release policy cannot be evaluated: {_first_line(error)}") from error
        return _required(value)

    def _compiled(self, policy: GatePolicy) -> "_Compiled":
        kept: OrderedDict[str, _Compiled] = self._local.__dict__.setdefault("kept", OrderedDict())
        found = kept.get(policy.version)
        if found is None:
            found = kept[policy.version] = _Compiled(policy)
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        kept.move_to_end(policy.version)
        return found


class _Compiled:
    """A policy compiled by an interpreter of one thread."""

    def __init__(self, policy: GatePolicy) -> None:
        self.interpreter = regopy.Interpreter()
        self.interpreter.add_module(_MODULE, policy.text)
        self.interpreter.add_data_json(_term({ROOT: policy.data}))
        self.bundle = self.interpreter.build(None, [_ENTRYPOINT])
        if not self.bundle.ok():
            raise ValueError("the policy does not compile")


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
    """The engine in process, or the OPA server at `url`.

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


def _term(document: Mapping[str, Any]) -> str:
    """`document` as JSON that rego-cpp reads: it takes no number that is not finite.

    It compares texts as they are escaped, so as little as possible is.
    """
    return json.dumps(document, allow_nan=False, ensure_ascii=False)


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
