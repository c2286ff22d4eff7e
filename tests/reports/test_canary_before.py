"""A canary without a stable sibling is held against the deployment before it, at the same elapsed time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.canary.sequential import Verdict
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.policy import Policy
from dashboard.reports.canary_before import ComparedWithBefore
from dashboard.reports.canary_detail import ErrorCounts, canary_report
from dashboard.store import canary_ticks
from dashboard.store.database import open_for_writing
from tests.canary_states import state
from tests.reports.canary_stores import NAMES, history, store_of
from tests.reports.canary_stores import ticks as both_arms

_BEFORE = -3 * 24 * 60
_EARLIER = [
    state(at=_BEFORE, version=1, canary="old", stable="older", revision=1, image="ghcr.io/acme/api:v1"),
    state(
        at=_BEFORE + 60, version=2, canary="old", stable="old", revision=1, phase="Healthy",
        image="ghcr.io/acme/api:v1",
    ),
]  # fmt: skip
_ABORTED = [
    state(at=-600, version=3, canary="bad", stable="old", revision=2),
    state(at=-590, version=4, canary="bad", stable="old", revision=2, aborted=True, phase="Degraded"),
    state(at=-500, version=5, canary="old", stable="old", revision=3, phase="Healthy"),
]
_NOW = [state(at=0, version=10, revision=4), state(at=6, step=2, version=11, revision=4)]


def alone(count: int, bad: float, start: float = 1) -> list[Tick]:
    """A tick a minute of the canary's pods, without any request to stable."""
    return [replace(tick, stable_bad=0, stable_total=0) for tick in both_arms(count, bad, 0, start)]


def errors(
    path: Path, policy: Policy, ticks: Iterable[Tick], earlier: Iterable[Tick], *states: object
) -> ErrorCounts:
    store, known = store_of(path, *states, *_NOW, ticks=ticks, until=30)  # type: ignore[arg-type]  # states
    with open_for_writing(store) as connection:
        canary_ticks.record_ticks(connection, "uid-api", "old", earlier)
        canary_ticks.record_ticks(connection, "uid-api", "bad", alone(20, 150, -599))
    found = canary_report(store, known, policy, history(store, policy, 30), NAMES, "uid-api:4").errors
    assert found is not None
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def compared(found: ErrorCounts) -> ComparedWithBefore:
    assert found.before is not None
    return found.before


def test_without_stable_counts_the_deployment_before_stands_in_and_is_named(
    path: Path, policy: Policy
) -> None:
    found = errors(path, policy, alone(20, 20), alone(20, 2, _BEFORE + 1), *_EARLIER, *_ABORTED)
    before = compared(found)
    assert (before.earlier.pod_hash, before.earlier.version) == ("old", "v1")
    assert before.since == timedelta(days=3)
    assert before.judgement.errors.verdict is Verdict.FAIL
    assert before.judgement.errors.stable.bad == 2 * 20
    assert before.judgement.alignment.unmatched == 0
    assert found.judgement.verdict is Verdict.NONE


def test_beside_a_stable_sibling_the_deployment_before_is_not_asked(path: Path, policy: Policy) -> None:
    found = errors(path, policy, both_arms(20, 20, 2), alone(20, 2, _BEFORE + 1), *_EARLIER)
    assert found.before is None
    assert found.has_stable


def test_a_deployment_before_without_counts_at_these_times_does_not_stand_in(
    path: Path, policy: Policy
) -> None:
    assert errors(path, policy, alone(20, 20), [], *_EARLIER).before is None
    assert errors(path, policy, alone(20, 20), alone(9, 2, _BEFORE + 40), *_EARLIER).before is None


def test_an_aborted_canary_is_no_measure(path: Path, policy: Policy) -> None:
    assert errors(path, policy, alone(20, 20), [], *_ABORTED).before is None
