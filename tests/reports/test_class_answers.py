"""The answer to a class of inputs is the answer to each input in it, whatever the policy's limits are."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dashboard.config import load_catalog, load_policy
from dashboard.domain.deployment_window import local_clock
from dashboard.domain.input_classes import InputClasses, class_settings
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY
from dashboard.policy.data import GatePolicy, gate_policy, named_policy
from dashboard.policy.engine import RegoEngine
from dashboard.reports.class_answers import ClassAnswers, answer_of
from dashboard.reports.release_input import utc_text
from tests.policy.releases import release

Document = dict[str, Any]
SHIPPED = gate_policy(load_policy(DEFAULT_POLICY), load_catalog(DEFAULT_CATALOG))
SERVICES, ENVIRONMENTS = list(SHIPPED.data["services"]), list(SHIPPED.data["environments"])

PERCENTS = (0, 10, 20.5, 30, 99.999999, 100)
BURNS = (0, 0.5, 1, 2, 14.4, 100)
RESULTS = ("pass", "pass", True, False, "fail", "skipped", None)
IMAGES = (
    *("ghcr.io/acme/api:1", "ghcr.io/acme", "ghcr.io/acme/", "ghcr.io/acme-evil/api", "ghcr.io/acme/../x"),
    *("ghcr.io/acme/a b", "docker.io/nginx", "ghcr.io/brianclong/summit/api@sha256:0", "", None),
)
EDGES = tuple(time(hour) for hour in (0, 9, 12, 16))
TICK = timedelta(microseconds=1)
COUNTS = st.one_of(st.integers(0, 6), st.sampled_from((10**9, 10**9 + 1, 2.5, None)))


@pytest.fixture(scope="module")
def answers() -> ClassAnswers:
    """Shared, as in a server: a policy is compiled once, a class evaluated once."""
    return ClassAnswers(RegoEngine())


def near(limits: tuple[float, ...]) -> SearchStrategy[float | None]:
    """At one of `limits`, the least step that is told apart to either side of it, far from it, or nothing."""
    steps = st.sampled_from((0, 0.000001, -0.000001, 1, -1, 1000, -1000))
    return st.one_of(
        st.builds(lambda limit, step: round(limit + step, 6), st.sampled_from(limits), steps), st.none()
    )


@st.composite
def policies(draw: DrawFn) -> GatePolicy:
    """A policy with limits of its own and, now and then, other windows and lists."""
    slow, deny = draw(st.sampled_from(BURNS)), draw(st.integers(1, 4))
    data = {
        **SHIPPED.data,
        "coverage": {tier: draw(st.sampled_from(PERCENTS)) for tier in "123"},
        "budget_floor": {tier: draw(st.sampled_from(PERCENTS)) for tier in "123"},
        "burn": {"fast_below": draw(st.sampled_from(BURNS)), "slow_below": slow, "slow_warn_from": slow / 2},
        "rollbacks": {"warn_from": draw(st.integers(1, deny)), "deny_from": deny},
        "environments": {
            name: {**rule, "high_cves": draw(st.integers(0, 4)), "slsa_level": draw(st.integers(0, 4))}
            for name, rule in SHIPPED.data["environments"].items()
        },
        "windows": draw(st.sampled_from((SHIPPED.data["windows"], [], [ALWAYS]))),
        "relaxed": {**SHIPPED.data["relaxed"], "service_tiers": draw(st.sampled_from(([3], [], [2, 3])))},
        "tiers": {name: rule | draw(rules()) for name, rule in SHIPPED.data["tiers"].items()},
        "exceptions": {
            name: {**rule, "not_in": draw(st.sampled_from(([], ["normal"], ["cautious", "exhausted"])))}
            for name, rule in SHIPPED.data["exceptions"].items()
        },
        "incidents": {**SHIPPED.data["incidents"], "2": draw(st.sampled_from(([], ["P1", "P3"])))},
    }
    return named_policy(SHIPPED.text, data)


ALWAYS = {"days": SHIPPED.data["weekdays"], "from": "00:00:00", "until": "24:00:00", "service_tiers": [1, 2]}


def rules() -> SearchStrategy[Document]:
    """What a policy tier allows and who approves: often the same as of another tier, but for one thing."""
    names = SHIPPED.data["change_types"]
    return st.fixed_dictionaries(
        {
            "allowed": st.sampled_from((names, names, names[1:], ["security", "rollback"])),
            "approvers": st.sampled_from(([], [], ["SRE"], ["VP Engineering", "SRE"])),
        }
    )


@st.composite
def inputs(draw: DrawFn) -> Document:
    """A prepared input near every limit that there is."""
    edge = datetime.combine(
        datetime(2026, 11, 23 + draw(st.integers(0, 6)), tzinfo=UTC), draw(st.sampled_from(EDGES)), UTC
    )
    now = edge + draw(st.sampled_from((-TICK, timedelta(0), TICK, timedelta(hours=1))))
    pick = st.sampled_from
    return {
        "service": draw(pick((*SERVICES, "nobody-s", None))),
        "environment": draw(pick((*ENVIRONMENTS, "production", "moon", None))),
        "version": draw(pick(("1.2", "", " ", None))),
        "image": draw(pick(IMAGES)),
        "change_type": draw(pick((*SHIPPED.data["change_types"], "refactor", None))),
        "policy_tier": draw(pick((*SHIPPED.data["tiers"], "best_effort", "gold", None))),
        "now": utc_text(now),
        "clock": local_clock(now, ZoneInfo("UTC")),
        "gates": draw(evidence()),
        "slo": {
            "error_budget_remaining": draw(near(PERCENTS)),
            "fast_burn_rate": draw(near(BURNS)),
            "slow_burn_rate": draw(near(BURNS)),
            **{f"active_p{number}_incidents": draw(COUNTS) for number in (1, 2, 3)},
            "rollbacks_last_24h": draw(COUNTS),
        },
        "emergency_override": draw(pick((False, False, True))),
        "override_approver": draw(pick(("sre-lead", "sre-lead", "SRE Lead", None))),
        "override_reason": draw(pick(("it burns", "it burns", " ", None))),
        "incident_id": draw(pick(("INC-1", "INC-1", "", None))),
        "has_database_migration": draw(st.booleans()),
        "freezes": draw(freezes(now)),
        "exceptions": draw(exceptions()),
        "approvals": [{"role": role} for role in draw(st.lists(pick(ROLES), max_size=2))],
        "sources": {},
        "notices": [],
    }


ROLES = ("SRE", "sre", "VP Engineering", "vp-engineering", "CTO")


@st.composite
def evidence(draw: DrawFn) -> Document:
    """What a pipeline found: often all that is needed, so that overrides and the other gates decide."""
    good = draw(st.booleans())
    result = st.just("pass") if good else st.sampled_from(RESULTS)
    count = st.just(0) if good else COUNTS
    return {
        "build": {name: draw(result) for name in ("typescript", "compile", "lint", "format")},
        "quality": {
            **{name: draw(result) for name in ("unit_tests", "integration_tests", "golden_path")},
            "coverage": 100 if good else draw(near(PERCENTS)),
        },
        "security": {
            **{name: draw(count) for name in ("critical_cves", "high_cves", "secrets_found")},
            "slsa_level": 4 if good else draw(COUNTS),
            "image_signed": True if good else draw(st.sampled_from((True, False, None))),
        },
        "policy": {"abac_check": draw(result)},
    }


@st.composite
def freezes(draw: DrawFn, now: datetime) -> list[Document]:
    """Freezes that are active, over or to come, of this release or of others."""
    starts = st.sampled_from((-timedelta(days=2), -timedelta(days=1), timedelta(0), TICK))
    found = []
    for name in draw(st.lists(st.sampled_from(("F1", "F2", "F3")), unique=True, max_size=3)):
        start = now + draw(starts)
        names = st.one_of(st.just([]), st.lists(st.sampled_from((*SERVICES[:3], "nobody-s")), max_size=2))
        found.append(
            {
                "id": name,
                "start": utc_text(start),
                "end": utc_text(start + draw(st.sampled_from((timedelta(days=1), timedelta(days=2))))),
                "reason": "a sale",
                "services": draw(names),
                "environments": draw(st.sampled_from(([], [], ["production"], ["moon", "staging"]))),
            }
        )
    return found


@st.composite
def exceptions(draw: DrawFn) -> list[Document]:
    """Exceptions of every type, those of freezes for one that may be there or for all."""
    likely = (*SHIPPED.data["exceptions"], "freeze", "freeze", "slo")
    kinds = draw(st.lists(st.sampled_from(likely), max_size=3))
    return [
        {"id": f"E{index}", "type": kind, "freeze": draw(st.sampled_from(("F1", "F2", "F9", None)))}
        for index, kind in enumerate(kinds)
    ]


@settings(max_examples=60, deadline=None)
@given(policies(), st.lists(inputs(), min_size=4, max_size=4))
def test_an_input_gets_the_answer_of_its_class(
    answers: ClassAnswers, policy: GatePolicy, documents: list[Document]
) -> None:
    for document in documents:
        expected = answer_of(answers.engine.evaluate(policy, document))
        assert answers.under(policy).to(document) == expected


@settings(max_examples=100, deadline=None)
@given(inputs())
def test_what_stands_for_a_class_is_of_that_class(document: Document) -> None:
    stands = InputClasses(SHIPPED.data).of(document)
    whole = {"has_database_migration": False, "emergency_override": False, "sources": {}, **stands}
    names = ("override_approver", "override_reason", "incident_id")
    again = InputClasses(class_settings(SHIPPED.data)).of(dict.fromkeys(names) | whole)
    assert again == stands


class Counting(RegoEngine):
    """The engine, which counts what it evaluates."""

    def __init__(self) -> None:
        super().__init__()
        self.evaluated = 0

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> Document:
        self.evaluated += 1
        return super().evaluate(policy, document)


def test_a_class_is_evaluated_once_also_for_policies_that_differ_in_their_limits() -> None:
    engine = Counting()
    answers = ClassAnswers(engine)
    higher = named_policy(SHIPPED.text, {**SHIPPED.data, "budget_floor": {"1": 60, "2": 50, "3": 40}})
    for percent in (31, 74.25, 99):
        answer = answers.under(SHIPPED).to(release({"slo.error_budget_remaining": percent}))
        assert "slo.budget_remaining" not in answer.violated
    assert engine.evaluated == 1
    low = answers.under(higher).to(release({"slo.error_budget_remaining": 31}))
    assert "slo.budget_remaining" in low.violated
    answers.under(higher).to(release({"slo.error_budget_remaining": 99}))
    answers.under(SHIPPED).to(release({"slo.error_budget_remaining": 29.999999}))
    assert engine.evaluated == 2


@pytest.mark.parametrize("excluded", ["normal", "cautious"])
def test_a_tier_that_excludes_an_exception_is_of_a_class_of_its_own(
    answers: ClassAnswers, excluded: str
) -> None:
    exceptions = SHIPPED.data["exceptions"]
    data = {**SHIPPED.data, "exceptions": exceptions | {"slo": {**exceptions["slo"], "not_in": [excluded]}}}
    policy = answers.under(named_policy(SHIPPED.text, data))
    low: Document = {"slo.error_budget_remaining": 5, "exceptions": [{"id": "EXC-1", "type": "slo"}]}
    for tier in ("normal", "cautious"):
        answer = policy.to(release(low | {"policy_tier": tier}))
        assert ("slo.budget_remaining" in answer.violated) is (tier == excluded)


@pytest.mark.parametrize("tier", ["normal", "cautious", "protected"])
def test_who_may_approve_in_a_stricter_tier_may_in_a_milder_one(answers: ClassAnswers, tier: str) -> None:
    """Of two tiers that ask for the same people, one may lie below a tier that asks for others."""
    approvers = {"normal": ["SRE"], "cautious": ["CTO"], "protected": ["SRE"]}
    data = {
        **SHIPPED.data,
        "tiers": {
            name: {**rule, "allowed": SHIPPED.data["change_types"], "approvers": approvers.get(name, [])}
            for name, rule in SHIPPED.data["tiers"].items()
        },
    }
    policy = named_policy(SHIPPED.text, data)
    document = release({"policy_tier": tier, "approvals": [{"role": "CTO"}]})
    answer = answers.under(policy).to(document)
    assert answer == answer_of(answers.engine.evaluate(policy, document))
    assert ("approval.approvals" in answer.violated) is (tier == "protected")
