"""How each release of the demo came about: asked for, denied, repaired, excepted, overridden, held back."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

import numpy as np

from dashboard.demo.incidents import DemoIncident
from dashboard.demo.pipeline import too_little_coverage
from dashboard.demo.release_file import Evidence, FlawField, ReleasesFile
from dashboard.demo.slots import random_of
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.policy_tier import ChangeType
from dashboard.ingest.demo_asking import Asking, opening_before
from dashboard.ingest.demo_exceptions import Plea, reviews, seek
from dashboard.ingest.demo_foresight import is_foreseen, is_frozen
from dashboard.ingest.demo_stage import Stage, Story

#: Who has to get an exception first asks so many minutes before the try that counts ...
_SOUGHT_BEFORE = (46, 54)
#: ... a flawed one comes so many before it, but in the same window, at the earliest at this part of it ...
_FLAWED_BEFORE, _FLAWED_AT_FIRST = (14, 150), (0.1, 0.6)
#: ... an early one comes so many before that window opens ...
_EARLY_BEFORE = (4.0, 48.0)
#: ... and an override by who may not so long before the one that counts.
_REFUSED_BEFORE = timedelta(seconds=95)
#: Somebody tries in the middle of an incident what is released within so long after it.
_TRIED_WITHIN = timedelta(days=2)
_INTO_THE_INCIDENT = 0.45
_LASTS_FOR_DAYS = timedelta(hours=12)
_DENYING = frozenset({"P1", "P2"})
_OVERRIDING = "sre-lead"
#: In an emergency nobody waits for the tests that take long.
_IN_A_HURRY: Evidence = {"quality": {"integration_tests": None, "golden_path": None}}


class _Way(Enum):
    """What becomes of a release that will be denied."""

    BY_EXCEPTION = auto()
    IN_VAIN = auto()
    NOT_ASKED = auto()


def release_story(stage: Stage, file: ReleasesFile, asking: Asking) -> Story:
    """A planned release: it is deployed if the gate lets it, or if it has to be, or else held back."""
    release, particular = asking.release, asking.particular
    if release.change is ChangeType.EMERGENCY:
        yield from _overridden(stage, file, asking)
        return
    document = asking.document(file, stage.context.policy)
    random, held = asking.random("sought"), False
    if release.change is not ChangeType.ROLLBACK and release.state is not DeploymentState.QUEUED:
        yield asking.at - timedelta(seconds=round(60 * float(random.uniform(*_SOUGHT_BEFORE))))
        held = not particular.in_spite and (particular.by_exception or is_foreseen(stage, asking))
    if held:
        way = _way(stage, file, asking, random)
        decision = None if way is _Way.NOT_ASKED else stage.ask(document)
        if decision is None or (way is _Way.IN_VAIN and not decision["allow"]):
            return
        plea = Plea(file=file, target=asking.target, by=asking.by_person, random=random)
        yield from seek(stage, plea, decision, asking.at)
    yield asking.at
    answer = stage.ask(document) if held or release.needed else stage.ask_meanwhile(document)
    stage.deploy(release, answer)
    if particular.review and not isinstance(answer, Future):
        plea = Plea(file=file, target=asking.target, by=asking.by_person, random=asking.random("reviews"))
        yield from reviews(stage, plea)


def flawed_try(stage: Stage, file: ReleasesFile, asking: Asking) -> Story:
    """Some ordinary releases are asked for once before, with something that is wrong with them."""
    random, policy = asking.random("flawed"), stage.context.policy
    if not asking.is_plain or random.random() >= file.first_tries.share:
        return
    flaw = _chosen_flaw(file, random)
    opening = opening_before(asking, policy)
    if opening is None:
        return
    evidence = flaw.evidence
    at = asking.at - timedelta(minutes=int(random.integers(*_FLAWED_BEFORE)))
    at = max(at, opening + (asking.at - opening) * float(random.uniform(*_FLAWED_AT_FIRST)))
    if flaw.coverage_short_by is not None:
        evidence = too_little_coverage(policy.gate, asking.service, flaw.coverage_short_by)
    if flaw.early:
        at = opening - timedelta(seconds=round(60 * float(random.uniform(*_EARLY_BEFORE))))
    yield at
    if not is_foreseen(stage, asking):  # who waits for a budget or a freeze does not try
        stage.ask_meanwhile(asking.document(file, policy, evidence))


def tries_in_incidents(
    stage: Stage, file: ReleasesFile, askings: Iterable[Asking], incidents: Iterable[DemoIncident]
) -> Iterator[Story]:
    """In the middle of some incidents somebody asks for what is released after it."""
    plain = sorted((asking for asking in askings if asking.is_plain), key=lambda asking: asking.at)
    for incident in incidents:
        detected, ended = incident.detected_at, incident.ended_at
        if detected is None or ended is None or incident.severity not in _DENYING:
            continue
        if ended - detected > _LASTS_FOR_DAYS or (
            random_of(incident.id, "tried").random() >= file.first_tries.during_incidents
        ):
            continue
        at = detected + timedelta(seconds=round(_INTO_THE_INCIDENT * (ended - detected).total_seconds()))
        following = next(
            (
                asking
                for asking in plain
                if ended < asking.at < ended + _TRIED_WITHIN and asking.service.name in incident.services
            ),
            None,
        )
        if following is not None:
            yield _once(stage, at, following.document(file, stage.context.policy))


def _once(stage: Stage, at: datetime, document: dict[str, Any]) -> Story:
    yield at
    stage.ask_meanwhile(document)


def _overridden(stage: Stage, file: ReleasesFile, asking: Asking) -> Story:
    """An emergency: it is overridden by who may, for the gravest incident that is open."""
    random = asking.random("override")
    document = asking.document(file, stage.context.policy, _IN_A_HURRY) | {
        "emergency_override": True,
        "override_reason": str(random.choice(file.overrides)),
    }
    if asking.particular.first_override_by is not None:
        yield asking.at - _REFUSED_BEFORE
        stage.ask(
            document
            | {"override_approver": asking.particular.first_override_by, **_for_incident(stage, asking)}
        )
    yield asking.at
    decision = stage.ask(document | {"override_approver": _OVERRIDING, **_for_incident(stage, asking)})
    stage.deploy(asking.release, decision)


def _for_incident(stage: Stage, asking: Asking) -> Mapping[str, str]:
    named = stage.open_incident(asking.service.name)
    return {} if named is None else {"incident_id": named}


def _way(stage: Stage, file: ReleasesFile, asking: Asking, random: np.random.Generator) -> _Way:
    """A freeze is broken for nothing but what cannot wait."""
    if asking.release.needed or asking.particular.by_exception:
        return _Way.BY_EXCEPTION
    chance = float(random.random())
    by_exception = float(file.held_back.by_exception)
    may_be_excepted = asking.release.change is ChangeType.SECURITY or not is_frozen(stage, asking)
    if chance < by_exception and may_be_excepted:
        return _Way.BY_EXCEPTION
    return _Way.IN_VAIN if chance < by_exception + float(file.held_back.in_vain) else _Way.NOT_ASKED


def _chosen_flaw(file: ReleasesFile, random: np.random.Generator) -> FlawField:
    flaws = file.first_tries.flaws
    total = sum(flaw.weight for flaw in flaws)
    return flaws[int(random.choice(len(flaws), p=[flaw.weight / total for flaw in flaws]))]
