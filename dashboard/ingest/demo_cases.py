"""The demo's freezes, and what was asked for and not deployed then."""

from collections.abc import Iterable
from datetime import datetime

from dashboard.demo.deployments import DemoRelease
from dashboard.demo.effects import begins_at
from dashboard.demo.pipeline import PRODUCTION, request_of
from dashboard.demo.release_file import CaseField, FreezeField, ReleasesFile, StepField
from dashboard.demo.versions import Version
from dashboard.domain.approvals import give_approval, withdraw_approval
from dashboard.domain.exception_changes import approve_exception, request_exception, revoke_exception
from dashboard.domain.freezes import add_freeze, end_freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_target import ReleaseTarget
from dashboard.ingest.demo_stage import Stage, Story


def freeze_story(stage: Stage, freeze: FreezeField, end: datetime) -> Story:
    """Somebody adds a freeze, and perhaps ends it before its end."""
    start = end + freeze.ahead if freeze.ahead is not None else end
    if freeze.start is not None:
        start = begins_at(freeze.start, end) - freeze.sooner
    yield start - freeze.announced
    event = add_freeze(
        name=stage.name("FRZ-"),
        person=stage.person(freeze.by),
        now=stage.now,
        start=start,
        end=start + freeze.lasts,
        reason=freeze.because,
        services=freeze.services,
        environments=freeze.environments,
    )
    stage.change(event)
    if freeze.ended is None:
        return
    yield start + freeze.ended.after
    rules = stage.context.policy.gate
    ended = end_freeze(
        stage.controls.freezes,
        event.id,
        person=stage.person(freeze.ended.by),
        now=stage.now,
        reason=freeze.ended.because,
        may_end=rules.exceptions[ExceptionType.FREEZE].approvers,
    )
    stage.change(ended)


def case_story(
    stage: Stage, file: ReleasesFile, case: CaseField, releases: Iterable[DemoRelease], end: datetime
) -> Story:
    """A case of the file, step by step."""
    start = begins_at(case.start, end)
    version = _version(case, [item for item in releases if item.service == case.service], start)
    exception = approval = ""
    for step in case.steps:
        yield start + step.after
        target = ReleaseTarget(service=case.service, environment=step.ask or PRODUCTION, version=version)
        if step.ask is not None:
            stage.ask(_request(stage, file, case, target))
        elif step.request is not None:
            exception = stage.name("EXC-")
            _request_exception(stage, case, step, target, exception)
        elif step.approve is not None:
            approval = stage.name("APR-")
            _approve(stage, step, target, approval)
        else:
            _act(stage, step, exception, approval)


def _request(stage: Stage, file: ReleasesFile, case: CaseField, target: ReleaseTarget) -> dict[str, object]:
    return request_of(
        file.evidence,
        stage.context.policy.gate,
        stage.context.catalogue.services[case.service],
        target.version,
        change=case.change,
        by=case.by,
        environment=target.environment,
        differs=case.evidence,
    )


def _request_exception(
    stage: Stage, case: CaseField, step: StepField, target: ReleaseTarget, name: str
) -> None:
    assert step.request is not None  # noqa: S101 - the caller has looked
    stage.change(
        request_exception(
            stage.context.policy.gate,
            name=name,
            person=stage.person(case.by),
            now=stage.now,
            kind=step.request,
            service=target.service,
            environment=target.environment,
            version=target.version,
            reason=step.because,
            mitigation=step.mitigation,
            expires=step.lasts,
        )
    )


def _approve(stage: Stage, step: StepField, target: ReleaseTarget, name: str) -> None:
    assert step.approve is not None  # noqa: S101 - the caller has looked
    tiers = stage.context.policy.tiers.values()
    stage.change(
        give_approval(
            name=name,
            person=stage.person(step.approve),
            now=stage.now,
            target=target,
            asked_for=[role for tier in tiers for role in tier.approvers],
            reason=step.because,
        )
    )


def _act(stage: Stage, step: StepField, exception: str, approval: str) -> None:
    """What becomes of the exception that was asked for, or the approval that was given, before."""
    exceptions, approvals, now = stage.controls.exceptions, stage.controls.approvals, stage.now
    if step.grant is not None:
        stage.change(approve_exception(exceptions, exception, person=stage.person(step.grant), now=now))
    elif step.revoke is not None:
        person = stage.person(step.revoke)
        stage.change(revoke_exception(exceptions, exception, person=person, now=now, reason=step.because))
    elif step.withdraw is not None:
        person = stage.person(step.withdraw)
        stage.change(withdraw_approval(approvals, approval, person=person, now=now, reason=step.because))


def _version(case: CaseField, mine: list[DemoRelease], start: datetime) -> str:
    """That of the next planned release, or the next one after all that are planned."""
    if case.deployed:
        following = [item for item in mine if item.slot.undoes is None and item.started > start]
        if following:
            return str(min(following, key=lambda item: item.started).version)
    newest = max(item.version for item in mine)
    if case.change is ChangeType.FEATURE:
        return str(Version(newest.major, newest.minor + 1, 0))
    return str(Version(newest.major, newest.minor, newest.patch + 1))
