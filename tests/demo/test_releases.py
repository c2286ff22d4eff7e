"""The demo's releases passed the gate: every decision was made of what was true then, every rule was kept."""

import shutil
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from dashboard.demo.effects import HISTORY
from dashboard.demo.release_file import releases_file
from dashboard.domain.access import person_key, role_key
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.release_decision import Decision
from dashboard.domain.release_exceptions import ExceptionState, ReleaseException
from dashboard.errors import InputError
from dashboard.ingest.demo import DemoMade, demo_context, make_demo
from dashboard.ingest.load import Readings, load
from dashboard.policy.engine import RegoEngine
from dashboard.reports.decisions import DecisionFilter, LoggedDecision, decisions_report, replay, verify_log
from dashboard.reports.gate_context import Asked, GateContext, ask
from dashboard.reports.history import History, history_at
from dashboard.sources.release_request import read_request
from dashboard.store import decision_log
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from dashboard.store.decision_log import LogEntry, LogRecord
from dashboard.store.release_controls import CONTROL_KINDS, Controls, read_controls
from tests.conftest import DEMO_NOW

FRIDAY_NOON = datetime.fromisoformat(DEMO_NOW)
SUNDAY_NIGHT = datetime(2026, 5, 17, 3, 0, tzinfo=UTC)
#: Seconds of all processors together; a minute of a busy machine may have few of them.
_TIME_BUDGET = 25
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SAMPLE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A demo as it was made at `as_of`, and read again."""

    as_of: datetime
    store: Path
    made: DemoMade
    context: GateContext
    seconds: float
    decisions: tuple[LoggedDecision, ...]
    records: list[LogRecord]
    controls: Controls
    history: History

    @property
    def production(self) -> list[Deployment]:
        """The deployments to production."""
        return [release.deployment for release in self.history.releases]

    def before(self, deployment: Deployment) -> list[LoggedDecision]:
        """The decisions on a deployment's release that were made up to its start, oldest first."""
        return [
            item
            for item in self.decisions
            if (item.decision.service, item.decision.version) == (deployment.service, deployment.version)
            and item.decision.environment == deployment.environment
            and item.at <= deployment.began_at
        ]


@pytest.fixture(scope="module", params=[FRIDAY_NOON, SUNDAY_NIGHT], ids=["friday noon", "sunday night"])
def shown(request: pytest.FixtureRequest, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The one of Friday is made over the same demo, the other in a new store."""
    as_of = floor_to_bucket(request.param)
    store = tmp_path_factory.mktemp("demo") / "demo.db"
    if request.param == FRIDAY_NOON:
        shutil.copy(demo, store)
    began = time.process_time()
    made = make_demo(store, request.param)
    seconds = time.process_time() - began
    context = demo_context(store)
    with open_for_reading(store) as connection:
        records = decision_log.records(connection)
        controls = read_controls(connection)
    return Shown(
        as_of=as_of,
        store=store,
        made=made,
        context=context,
        seconds=seconds,
        decisions=tuple(reversed(decisions_report(store, DecisionFilter(newest=10_000)))),
        records=records,
        controls=controls,
        history=history_at(store, context.sources, context.policy.delivery, as_of),
    )


# The log


def test_the_log_is_whole_and_in_the_order_of_time(shown: Shown) -> None:
    found = verify_log(shown.store)
    assert not found.faults
    assert found.records == len(shown.records) > len(shown.decisions) > 350
    assert all(earlier.at <= later.at for earlier, later in pairwise(shown.records))
    assert shown.as_of - HISTORY - _HOUR < shown.records[0].at
    assert shown.records[-1].at <= shown.as_of
    assert {record.kind for record in shown.records} == {"decision", *CONTROL_KINDS}


def test_each_decision_replays_to_the_same_answer(shown: Shown) -> None:
    engine = RegoEngine()
    for item in _sample(shown.decisions):
        assert not replay(shown.store, item.id, engine).differences, item.decision


def test_each_decision_was_made_of_what_the_store_says_of_that_time(shown: Shown) -> None:
    """The same question, asked of the finished store for the same instant, is the same decision."""
    for item in _sample(shown.decisions):
        request = read_request("the log", item.body["request"])
        again = ask(
            shown.context, Asked(request=request, now=item.at, requestor=request.text("requested_by"))
        )
        assert again.input == item.body["input"]
        recorded = item.body["decision"]
        assert again.document | {"decision_id": item.id} == recorded


def test_no_decision_failed_for_want_of_an_engine(shown: Shown) -> None:
    codes = {violation.code for item in shown.decisions for violation in item.decision.violations}
    assert "policy.engine" not in codes


@pytest.mark.parametrize("shown", [FRIDAY_NOON], ids=["friday noon"], indirect=True)
def test_the_demo_is_the_same_again_also_in_the_same_store(shown: Shown, demo: Path) -> None:
    assert verify_log(shown.store).head == verify_log(demo).head


def test_a_demo_takes_no_log_that_is_real(tmp_path: Path) -> None:
    store = tmp_path / "real.db"
    with open_for_writing(store) as connection, transaction(connection):
        entry = LogEntry(kind="freeze.added", at=FRIDAY_NOON, actor="Mei", body={})
        decision_log.append(connection, [entry])
    with pytest.raises(InputError, match="found real data in this store"):
        make_demo(store, FRIDAY_NOON)
    context = demo_context(store)
    empty: list[Readings] = []
    with pytest.raises(InputError, match="found real data in this store"):
        load(store, context.catalogue, empty, demo_as_of=1)


def test_a_demo_is_made_while_one_waits(shown: Shown) -> None:
    assert shown.seconds < _TIME_BUDGET


# Deployments


def test_every_deployment_was_asked_for_minutes_before(shown: Shown) -> None:
    for deployment in shown.production:
        asked = shown.before(deployment)
        assert asked, deployment
        assert deployment.began_at - asked[-1].at < 5 * _MINUTE, deployment


def test_what_was_deployed_had_a_yes_but_for_a_few_in_spite_of_a_no(shown: Shown) -> None:
    ignored = {
        (deployment.service, deployment.version)
        for deployment in shown.production
        if not shown.before(deployment)[-1].decision.allow and deployment.state is not DeploymentState.QUEUED
    }
    assert ignored == {(item.release.service, str(item.release.version)) for item in shown.made.in_spite}
    assert {("worker-analysis", "0.31.0"), ("graphql-gateway", "3.16.1")} <= ignored
    assert len(ignored) <= 4


def test_what_was_denied_and_not_asked_for_again_was_not_deployed(shown: Shown) -> None:
    last = {(item.decision.service, item.decision.version): item for item in shown.decisions}
    ignored = {(item.release.service, str(item.release.version)) for item in shown.made.in_spite}
    deployed = {(item.service, item.version) for item in shown.production}
    held_back = [key for key, item in last.items() if not item.decision.allow and key not in ignored]
    assert len(held_back) > 15
    assert sum(key in deployed for key in held_back) <= 1  # the one that is queued waits for its yes


def test_the_deployments_that_are_told_of_are_those_that_were_made(shown: Shown) -> None:
    assert shown.made.deployments == len(shown.production) + len(shown.history.others)
    assert 270 < len(shown.production) < 420


def test_what_was_rolled_back_to_had_been_deployed_before(shown: Shown) -> None:
    for release in shown.history.releases:
        if release.rollback is None:
            continue
        back = release.deployment
        assert [
            item
            for item in shown.production
            if (item.service, item.version) == (back.service, back.version)
            and item.began_at < back.began_at
            and item.state is DeploymentState.SUCCEEDED
        ], back


def test_rollbacks_are_let_through_and_emergencies_are_overridden(shown: Shown) -> None:
    kinds: dict[ChangeType, list[Decision]] = {change: [] for change in ChangeType}
    for item in shown.decisions:
        if item.decision.environment == "production":
            kinds[item.decision.change_type].append(item.decision)
    assert len(kinds[ChangeType.ROLLBACK]) >= 8
    assert all(decision.allow for decision in kinds[ChangeType.ROLLBACK])
    used = [decision for decision in kinds[ChangeType.EMERGENCY] if decision.emergency.used]
    assert len(used) == 3
    assert {decision.emergency.approver for decision in used} == {"sre-lead"}
    assert all(
        decision.emergency.incident_id in shown.history.incidents_by_id and decision.emergency.reason
        for decision in used
    )
    assert [decision.emergency.valid for decision in kinds[ChangeType.EMERGENCY]].count(False) == 1


# The decisions together


def test_most_answers_are_yes_and_the_rest_has_every_kind_of_reason(shown: Shown) -> None:
    share = sum(item.decision.allow for item in shown.decisions) / len(shown.decisions)
    assert 0.77 < share < 0.9
    assert shown.made.allowed == sum(item.decision.allow for item in shown.decisions)
    assert shown.made.allowed + shown.made.denied == len(shown.decisions)
    codes = Counter(violation.code for item in shown.decisions for violation in item.decision.violations)
    assert set(codes) >= {
        "quality.coverage",
        "build.lint",
        "security.high_cves",
        "security.critical_cves",
        "slo.change_type",
        "slo.budget_remaining",
        "slo.fast_burn",
        "slo.slow_burn",
        "slo.incidents_p1",
        "slo.incidents_p2",
        "approval.window",
        "approval.freeze",
        "approval.approvals",
        "override.approver",
    }
    assert {item.decision.policy_tier for item in shown.decisions} >= {*PolicyTier, "best_effort"}


def test_what_was_denied_first_is_often_allowed_later(shown: Shown) -> None:
    answers: dict[tuple[str | None, str | None], list[bool]] = {}
    for item in shown.decisions:
        key = (item.decision.service, item.decision.version)
        answers.setdefault(key, []).append(item.decision.allow)
    tries = Counter((given[0], given[-1]) for given in answers.values() if len(given) > 1)
    assert tries[False, True] > 20


def test_people_and_pipelines_of_the_demo_ask(shown: Shown) -> None:
    file = releases_file()
    assert {record.actor for record in shown.records} <= {*file.people, *file.pipelines}


# What people decided


def test_there_is_an_exception_of_every_type_and_in_every_state(shown: Shown) -> None:
    exceptions = shown.controls.exceptions
    assert {item.type for item in exceptions} == set(ExceptionType)
    states = Counter(item.state(shown.as_of) for item in exceptions)
    assert states[ExceptionState.REQUESTED] >= 1  # somebody waits for it now
    assert states[ExceptionState.APPROVED] >= 1  # it stands now
    assert states[ExceptionState.REVOKED] >= 2
    over = [item for item in exceptions if item.state(shown.as_of) is ExceptionState.EXPIRED]
    assert any(item.used_at is None and not item.missing_roles(shown.as_of) for item in over)
    assert any(item.used_at is None and item.missing_roles(shown.as_of) for item in over)
    used = {item.type for item in exceptions if item.used_at is not None}
    assert used == set(ExceptionType)


def test_the_use_of_an_exception_was_reviewed_in_time_but_once_or_twice(shown: Shown) -> None:
    used = [item for item in shown.controls.exceptions if item.used_at is not None]
    assert 10 < len(used) < 40
    assert 1 <= sum(item.review_overdue(shown.as_of) for item in used) <= 2
    for item in used:
        if item.review is not None and item.review_due is not None:
            assert item.review.at < item.review_due
            assert item.review.by not in {item.requestor, *(given.name for given in item.approvals)}


def test_nobody_approves_their_own_and_every_role_is_somebody_of_its_own(shown: Shown) -> None:
    people = {
        person_key(name): {role_key(role) for role in roles} for name, roles in releases_file().people.items()
    }
    rules = shown.context.policy.gate
    for item in shown.controls.exceptions:
        names = [given.name for given in item.approvals]
        assert item.requestor not in names
        assert len(names) == len(set(names))
        assert all(
            role_key(role) in people[person_key(given.name)]
            for given in item.approvals
            for role in given.roles
        )
        limit = rules.exceptions[item.type].lasts_at_most
        assert limit is None or item.expires_at - item.created_at <= limit
        _assert_used_in_force(item)
    for approval in shown.controls.approvals:
        assert {role_key(role) for role in approval.roles} <= people[person_key(approval.by)]


def _roles() -> dict[str, set[str]]:
    people = releases_file().people
    return {person_key(name): {role_key(role) for role in roles} for name, roles in people.items()}


def _assert_used_in_force(item: ReleaseException) -> None:
    if item.used_at is None:
        return
    assert not item.missing_roles(item.used_at)
    assert item.created_at < item.used_at < item.expires_at


def test_an_exception_was_used_by_the_release_that_it_let_through(shown: Shown) -> None:
    by_use = {
        use.id: item.decision
        for item in shown.decisions
        for use in item.decision.exceptions_used
        if item.decision.allow and not item.decision.emergency.used
    }
    used = {item.id: item for item in shown.controls.exceptions if item.used_at is not None}
    assert by_use.keys() == used.keys()
    for name, item in used.items():
        assert item.used_for is not None
        assert (item.used_for.service, item.used_for.version) == (by_use[name].service, by_use[name].version)


def test_freezes_came_went_and_come(shown: Shown) -> None:
    freezes = shown.controls.freezes
    (coming,) = (freeze for freeze in freezes if freeze.start > shown.as_of)
    assert coming.start < shown.as_of + 14 * _DAY
    past = [freeze for freeze in freezes if freeze.end <= shown.as_of]
    assert len(past) == 3
    assert [bool(freeze.ended_by) for freeze in past].count(True) == 1
    assert {freeze.added_by for freeze in freezes} == {"Leila", "Marek", "Ingrid"}


def test_approvals_were_given_where_a_tier_asks_for_them_and_one_stands(shown: Shown) -> None:
    approvals = shown.controls.approvals
    assert {role for approval in approvals for role in approval.roles} == {"SRE", "VP Engineering"}
    assert any(approval.withdrawn_at for approval in approvals)
    rules = shown.context.policy.gate
    newest = _newest(shown)
    standing = [item for item in approvals if item.is_valid(shown.as_of, rules)]
    assert any(item.service in newest and item.version == newest[item.service].version for item in standing)


# What is asked for now


def test_what_was_asked_for_last_can_be_looked_at_now(shown: Shown) -> None:
    newest = _newest(shown)
    assert len(newest) >= 10
    allowed = {name for name, decision in newest.items() if decision.allow}
    assert allowed >= {"docs", "test-runner", "graphql-gateway", "websocket-server"} - {"websocket-server"}
    deployed = {(item.service, item.version) for item in shown.production}
    waiting = [
        decision for decision in newest.values() if (decision.service, decision.version) not in deployed
    ]
    assert len(waiting) >= 10
    reasons = {violation.code for decision in newest.values() for violation in decision.violations}
    assert reasons >= {
        "build.lint",
        "quality.coverage",
        "security.high_cves",
        "slo.budget_remaining",
        "slo.slow_burn",
        "slo.incidents_p1",
        "approval.approvals",
    }


def test_somebody_waits_for_an_approval_now(shown: Shown) -> None:
    newest = _newest(shown)
    missing = {
        (name, item.role)
        for name, decision in newest.items()
        for item in decision.required_approvals
        if not item.satisfied
    }
    assert missing == {("conductor", "SRE"), ("neo4j", "VP Engineering")}


def _newest(shown: Shown) -> dict[str, Decision]:
    """The last decision on each service's release to production in the last hours."""
    return {
        item.decision.service: item.decision
        for item in shown.decisions
        if item.at > shown.as_of - 6 * _HOUR
        and item.decision.service
        and item.decision.environment == "production"
    }


def _sample(decisions: Iterable[LoggedDecision]) -> list[LoggedDecision]:
    """Some of the decisions, spread over the whole time, and all with something particular to them."""
    listed = list(decisions)
    particular = [
        item for item in listed if item.decision.exceptions_used or item.decision.emergency.requested
    ]
    return [*listed[:: max(1, len(listed) // _SAMPLE)], *particular]
