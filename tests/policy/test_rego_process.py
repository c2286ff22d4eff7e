"""rego-cpp in a process of its own: no memory is lost, and whatever becomes of it is one error."""

import gc
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy  # noqa: ICN001, F401 - it loads libstdc++, after which rego-cpp in this process would lose memory
import pytest

from dashboard.policy.data import GatePolicy, named_policy
from dashboard.policy.engine import EngineError, RegoEngine
from dashboard.policy.rego_process import RegoProcess, RegoProcessError
from tests.policy.releases import release

_HEAD = "package companyos.release\nimport rego.v1\n"
_ENTRYPOINT = "companyos/release/decision"
_SLOW = """
decision := {"allow": count(found) > 0}
found contains [i, j, k] if {
  some i in numbers.range(1, 400)
  some j in numbers.range(1, 400)
  some k in numbers.range(1, 400)
  i + j + k < 0
}
"""


def _process(text: str, limit: float = 60.0) -> RegoProcess:
    return RegoProcess("1", module=("p.rego", _HEAD + text), data=b"{}", entrypoint=_ENTRYPOINT, limit=limit)


def _children() -> set[int]:
    told = [file.read_text(encoding="ascii") for file in Path("/proc/self/task").glob("*/children")]
    return {int(pid) for pids in told for pid in pids.split()}


def _megabytes(process: int | str) -> float:
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_hundreds_of_decisions_take_no_more_memory_than_one(shipped: GatePolicy) -> None:
    engine, before = RegoEngine(), _children()
    for _ in range(20):
        engine.evaluate(shipped, release())
    (child,) = _children() - before
    first = _megabytes("self"), _megabytes(child)
    for number in range(200):
        engine.evaluate(shipped, release({"version": str(number), "gates.build.lint": "fail"}))
    assert _children() - before == {child}
    assert _megabytes("self") - first[0] < 15
    assert _megabytes(child) - first[1] < 15


def test_a_process_that_is_killed_is_one_error_and_is_made_anew(shipped: GatePolicy) -> None:
    engine, before = RegoEngine(), _children()
    engine.evaluate(shipped, release())
    (child,) = _children() - before
    os.kill(child, signal.SIGKILL)
    with pytest.raises(EngineError, match=r"the process of rego-cpp ended with -9$"):
        engine.evaluate(shipped, release())
    assert engine.evaluate(shipped, release())["allow"]


def test_the_processes_end_with_their_engine(shipped: GatePolicy, in_berlin: GatePolicy) -> None:
    before, engine = _children(), RegoEngine()
    for policy in (shipped, in_berlin):
        engine.evaluate(policy, release())
    assert len(_children() - before) == 2
    del engine
    gc.collect()
    assert _children() <= before


def test_more_threads_than_places_and_more_policies_than_are_kept_leave_four_processes() -> None:
    before, engine = _children(), RegoEngine()
    policies = [
        named_policy(f'{_HEAD}decision := {{"allow": true, "number": {number}}}\n', {}) for number in range(7)
    ]
    with ThreadPoolExecutor(max_workers=12) as threads:
        answers = list(threads.map(lambda policy: engine.evaluate(policy, {})["number"], policies * 4))
    assert answers == list(range(7)) * 4
    assert len(_children() - before) == 4


def test_an_evaluation_that_does_not_end_is_given_up() -> None:
    process = _process(_SLOW, limit=1.0)
    began = time.monotonic()
    with pytest.raises(RegoProcessError, match=r"no answer within 1 s$"):
        process.evaluate(b"{}")
    assert time.monotonic() - began < 10
    process.end()


def test_what_a_policy_prints_is_no_answer() -> None:
    process = _process('decision := {"allow": true} if { print("no answer", input.version) }\n')
    assert [process.evaluate(b'{"version": "1"}') for _ in range(2)] == [{"allow": True}] * 2
    process.end()


def test_a_policy_that_does_not_compile_leaves_no_process() -> None:
    before = _children()
    with pytest.raises(RegoProcessError, match=r"compile|syntax|rego"):
        _process("decision := {")
    assert _children() == before


@pytest.mark.parametrize("depth", [10, 100, 300, 900])
def test_an_input_nested_deep_harms_nothing(shipped: GatePolicy, depth: int) -> None:
    engine, value = RegoEngine(), "0"
    for _ in range(depth):
        value = f"[{value}]"
    document = release() | {"change_type": json.loads(value)}
    try:
        allowed = engine.evaluate(shipped, document)["allow"]
    except EngineError:
        allowed = False
    assert not allowed
    assert engine.evaluate(shipped, release())["allow"]
