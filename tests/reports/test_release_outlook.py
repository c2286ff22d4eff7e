"""Until when an answer stands, held against the answers that are given then: the policy is the oracle."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.config import load_policy
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.release_decision import Decision
from dashboard.paths import DEFAULT_POLICY
from tests.gates import EVIDENCE, MINUTE, approve, decide, freeze, grant, request
from tests.pages.stores import NOW, Fleet, build

_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
#: A level of service that the input tells itself, so that it is the same whenever it is asked.
_LEVEL = {
    "error_budget_remaining": 80,
    "fast_burn_rate": 0.1,
    "slow_burn_rate": 0.1,
    "active_p1_incidents": 0,
    "active_p2_incidents": 0,
    "rollbacks_last_24h": 0,
}


def _asked(fleet: Fleet, question: dict[str, Any], at: datetime) -> Decision:
    return decide(fleet, question, now=at, trusted=True)


def _random_release(chance: random.Random, fleet: Fleet) -> dict[str, Any]:
    """Freezes, exceptions and approvals around `NOW`, and a release that they concern or not."""
    policy = load_policy(DEFAULT_POLICY)

    def moment(first: int, last: int) -> datetime:
        return NOW + chance.randrange(first, last) * MINUTE

    for number in range(chance.randrange(3)):
        start = moment(-60, 9 * 60)
        covers = {"services": ["api"]} if chance.random() < 0.8 else {"services": ["worker"]}
        freeze(fleet, start, start + chance.randrange(61, 500) * MINUTE, name=f"FRZ-{number}", **covers)
    for kind in (ExceptionType.WINDOW, ExceptionType.FREEZE, ExceptionType.SECURITY):
        if chance.random() < 0.4:
            of = {"freeze": "FRZ-0"} if kind is ExceptionType.FREEZE and chance.random() < 0.5 else {}
            grant(fleet, kind, policy, ends=moment(5, 3 * 60), **of)
    for number in range(chance.randrange(3)):
        role = chance.choice(["SRE", "VP Engineering"])
        approve(fleet, policy, role, by=f"Lena {number}", at=NOW - _DAY + chance.randrange(1, 1400) * MINUTE)
    cves = chance.randrange(2)
    return request(
        change_type="bugfix",
        policy_tier=chance.choice(["normal", "protected"]),
        slo=_LEVEL,
        gates=EVIDENCE | {"security": EVIDENCE["security"] | {"high_cves": cves}},
    )


@pytest.mark.parametrize("seed", range(16))
def test_an_answer_stands_until_exactly_the_time_that_it_says(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test, told apart by its seed
    fleet = build(tmp_path, {})
    question = _random_release(chance, fleet)
    for now in (NOW, NOW + chance.randrange(12 * 60) * MINUTE):
        decision = _asked(fleet, question, now)
        until, bound = decision.holds_until, decision.not_before
        if until is not None:
            assert until == decision.holds_at_most_until, "nothing is forecast of what the input told itself"
            assert _asked(fleet, question, until.at - _TICK).allow
            ended = _asked(fleet, question, until.at)
            assert not ended.allow
            assert set(until.closes) <= {item.code for item in ended.violations}
        elif decision.allow:
            assert all(
                _asked(fleet, question, now + hours * 60 * MINUTE).allow for hours in range(0, 240, 31)
            )
        if bound is not None:
            assert not _asked(fleet, question, bound.at - _TICK).allow
            then = _asked(fleet, question, bound.at)
            assert {item.code for item in then.violations} == set(bound.then_still)


def test_between_now_and_the_bound_of_a_no_nothing_is_allowed(tmp_path: Path) -> None:
    fleet = build(tmp_path, {})
    freeze(fleet, NOW - MINUTE, NOW.replace(hour=18), services=["api"])
    question = request(slo=_LEVEL, policy_tier="normal")
    bound = _asked(fleet, question, NOW).not_before
    assert bound is not None
    at = NOW
    while at < bound.at:
        assert not _asked(fleet, question, at).allow
        at += 30 * MINUTE
    assert _asked(fleet, question, bound.at).allow
