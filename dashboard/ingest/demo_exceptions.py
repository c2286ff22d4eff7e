"""How the people of the demo get a release through that the gate denies: exceptions, approvals, reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np

from dashboard.demo.release_file import ReleasesFile
from dashboard.domain.access import Person
from dashboard.domain.approvals import give_approval
from dashboard.domain.exception_changes import approve_exception, request_exception, review_exception
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.domain.release_target import ReleaseTarget
from dashboard.ingest.demo_stage import Stage, Story

#: People take so much of the time that they have for one step.
_PACES = (0.7, 1.0)
_FREEZE_LASTS = timedelta(hours=3)
#: A use is reviewed so many minutes later, or on the morning of the next day.
_REVIEWED_AFTER = (70, 300)
_MORNING = time(9, 5, tzinfo=UTC)
_FRIDAY = 4
_TILL_TOMORROW_SHARE = 0.5
#: What an error budget keeps from a release, and an exception of type budget lifts.
_OF_BUDGET = frozenset({"slo.budget_remaining", "slo.change_type"})
#: In these tiers the one who leads SRE decides, in stricter ones who answers for the budget.
_BYPASSED = frozenset({PolicyTier.NORMAL, PolicyTier.CAUTIOUS, PolicyTier.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plea:
    """A release for which `by` asks the people of `file`, with chance of its own."""

    file: ReleasesFile
    target: ReleaseTarget
    by: str
    random: np.random.Generator


def needed_exceptions(decision: Mapping[str, Any]) -> list[ExceptionType]:
    """The types of exceptions that lift what `decision` denies, as far as exceptions do."""
    codes = {item["code"] for item in decision["violations"]}
    of_slo = {code for code in codes if code.startswith("slo.")}
    tier = decision["policy_tier"]
    asked_of_budget = bool(of_slo) and of_slo <= _OF_BUDGET and tier not in _BYPASSED
    wanted = {
        ExceptionType.WINDOW: "approval.window" in codes,
        ExceptionType.FREEZE: "approval.freeze" in codes,
        ExceptionType.SECURITY: bool(codes & {"security.critical_cves", "security.high_cves"}),
        ExceptionType.BUDGET: asked_of_budget,
        # An exhausted budget is nothing that it lifts.
        ExceptionType.SLO: bool(of_slo) and not asked_of_budget and tier != PolicyTier.EXHAUSTED,
    }
    return [kind for kind, is_wanted in wanted.items() if is_wanted]


def seek(stage: Stage, plea: Plea, decision: Mapping[str, Any], until: datetime) -> Story:
    """Everything without which `decision` stays a no is asked for and given before `until`."""
    kinds = needed_exceptions(decision)
    rules = stage.context.policy.gate
    steps = 1 + sum(1 + len(rules.exceptions[kind].approvers) for kind in kinds)
    pace = (until - stage.now) / (steps + 1)
    for kind in kinds:
        yield _later(stage, pace, plea)
        words, target = plea.file.exceptions[kind], plea.target
        is_freeze = kind is ExceptionType.FREEZE
        event = request_exception(
            rules,
            name=stage.name("EXC-"),
            person=stage.person(plea.by),
            now=stage.now,
            kind=kind,
            service=target.service,
            environment=target.environment,
            version=target.version,
            freeze=_standing_freeze(stage, target) if is_freeze else None,
            reason=str(plea.random.choice(words.reasons)),
            mitigation=str(plea.random.choice(words.mitigations)),
            expires=_FREEZE_LASTS if is_freeze else None,
        )
        stage.change(event)
        for role in event.needed_roles:
            yield _later(stage, pace, plea)
            person = _one_of(stage.holders(role, besides=plea.by), plea)
            stage.change(approve_exception(stage.controls.exceptions, event.id, person=person, now=stage.now))
    yield from _approvals(stage, plea, decision, pace)


def reviews(stage: Stage, plea: Plea) -> Story:
    """Somebody who had no part in it looks at the use of each exception by which it was released now."""
    released = (plea.target, stage.now)
    used = [item for item in stage.controls.exceptions if (item.used_for, item.used_at) == released]
    times = {item.id: _reviewed_at(item, plea) for item in used}
    for exception in sorted(used, key=lambda item: times[item.id]):
        yield times[exception.id]
        involved = {exception.requestor, *(approval.name for approval in exception.approvals)}
        reviewer = _one_of([stage.person(name) for name in plea.file.reviewers if name not in involved], plea)
        notes = str(plea.random.choice(plea.file.exceptions[exception.type].reviews))
        stage.change(
            review_exception(
                stage.controls.exceptions, exception.id, person=reviewer, now=stage.now, notes=notes
            )
        )


def _approvals(stage: Stage, plea: Plea, decision: Mapping[str, Any], pace: timedelta) -> Story:
    """The approvals that the policy tier asks for and for which no exception stands."""
    tiers = stage.context.policy.tiers.values()
    stood_for = {
        role
        for exception in stage.controls.exceptions
        if exception.is_for(plea.target) and exception.in_force(stage.now)
        for approval in exception.approvals
        for role in approval.roles
    }
    for item in decision["required_approvals"]:
        role = item["role"]
        if item["satisfied"] or role in stood_for:
            continue
        yield _later(stage, pace, plea)
        stage.change(
            give_approval(
                name=stage.name("APR-"),
                person=_one_of(stage.holders(role, besides=plea.by), plea),
                now=stage.now,
                target=plea.target,
                asked_for=[name for tier in tiers for name in tier.approvers],
                roles=[role],
                reason=str(plea.random.choice(plea.file.approvals)),
            )
        )


def _reviewed_at(exception: ReleaseException, plea: Plea) -> datetime:
    """Soon, or on the next morning; always within a day."""
    used = exception.used_at or exception.created_at
    soon = used + timedelta(minutes=int(plea.random.integers(*_REVIEWED_AFTER)))
    morning = datetime.combine(used.date() + timedelta(days=1), _MORNING)
    waits = plea.random.random() < _TILL_TOMORROW_SHARE
    if not waits or used.weekday() >= _FRIDAY or morning >= used + timedelta(days=1):
        return soon
    late = (used + timedelta(days=1) - morning).total_seconds() * float(plea.random.random())
    return morning + timedelta(seconds=int(late))


def _standing_freeze(stage: Stage, target: ReleaseTarget) -> str | None:
    """The freeze that keeps `target` now."""
    return next(
        (
            freeze.id
            for freeze in stage.controls.freezes
            if freeze.is_active(stage.now) and freeze.covers(target.service, target.environment)
        ),
        None,
    )


def _later(stage: Stage, pace: timedelta, plea: Plea) -> datetime:
    return stage.now + timedelta(seconds=round(pace.total_seconds() * float(plea.random.uniform(*_PACES))))


def _one_of(people: list[Person], plea: Plea) -> Person:
    return people[int(plea.random.integers(len(people)))]
