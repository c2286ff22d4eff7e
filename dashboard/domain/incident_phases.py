"""The phases of an incident against their targets (FRAMEWORK, Incidents and MTTR).

Phases are consecutive: detect = started → detected, triage = detected → acknowledged, mitigate =
acknowledged → mitigated, recover = mitigated → recovered, total = started → recovered.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.record import record


class Phase(StrEnum):
    """The phases, in order; total spans them all."""

    DETECT = "detect"
    TRIAGE = "triage"
    MITIGATE = "mitigate"
    RECOVER = "recover"
    TOTAL = "total"


class PhaseResult(StrEnum):
    """How a phase stands against its target.

    `met` is a duration of at most the target. `missed` is a longer one, or a phase that is still open and
    has lasted longer. `undetermined` is still open, or has not begun, within its target. `excluded` cannot be
    told: a time is missing or out of order, or the severity has no target.
    """

    MET = "met"
    MISSED = "missed"
    UNDETERMINED = "undetermined"
    EXCLUDED = "excluded"


class Exclusion(StrEnum):
    """Why a phase cannot be told."""

    MISSING_TIME = "missing_time"
    OUT_OF_ORDER = "out_of_order"
    START_NOT_MEASURED = "start_not_measured"


@record
class PhaseOutcome:
    """One phase of one incident.

    `duration` is known when both of its ends are; `open_for` is how long it has lasted while it is open.
    `target` is what it is compared with, None without one; `without_acknowledgement` says that it spans
    triage and mitigate together, since the source has no acknowledgement. `exclusion` says why it is
    excluded.
    """

    phase: Phase
    result: PhaseResult
    duration: timedelta | None = None
    open_for: timedelta | None = None
    target: timedelta | None = None
    without_acknowledgement: bool = False
    exclusion: Exclusion | None = None


#: The target of each phase, by severity (FRAMEWORK, Incidents and MTTR).
PhaseTargets = Mapping[Severity, Mapping[Phase, timedelta]]


#: When a phase began and ended, as far as that is known.
_Span = tuple[datetime | None, datetime | None]


def phase_outcomes(incident: Incident, targets: PhaseTargets, now: datetime) -> dict[Phase, PhaseOutcome]:
    """Each phase of `incident` as it stands at `now` (which no time of it may lie after: see `as_of`).

    Durations are compared exactly; nothing is clamped and `now` never stands in for a missing time: it only
    shows how long an open phase has lasted at least. Without a severity no phase has a target, and with it no
    result: those whose duration is known are excluded from attainment but keep their duration.
    """
    allowed = targets.get(incident.severity, _NO_TARGETS) if incident.severity else _NO_TARGETS
    # It was mitigated, and nobody noted when it was taken up: triage and mitigation are then one.
    together = incident.acknowledged_at is None and incident.mitigated_at is not None
    spans: dict[Phase, _Span] = {
        Phase.DETECT: (incident.started_at, incident.detected_at),
        Phase.TRIAGE: (incident.detected_at, incident.acknowledged_at),
        Phase.MITIGATE: (
            incident.detected_at if together else incident.acknowledged_at,
            incident.mitigated_at,
        ),
        Phase.RECOVER: (incident.mitigated_at, incident.resolved_at),
        Phase.TOTAL: (incident.started_at, incident.resolved_at),
    }
    outcomes = {
        phase: _outcome(phase, span, allowed.get(phase), incident, now) for phase, span in spans.items()
    }
    if together:
        both = _both_targets(allowed)
        found = _outcome(Phase.MITIGATE, spans[Phase.MITIGATE], both, incident, now)
        outcomes[Phase.MITIGATE] = replace(found, without_acknowledgement=True)
    return outcomes


_NO_TARGETS: Mapping[Phase, timedelta] = {}


def _both_targets(allowed: Mapping[Phase, timedelta]) -> timedelta | None:
    triage, mitigate = allowed.get(Phase.TRIAGE), allowed.get(Phase.MITIGATE)
    return None if triage is None or mitigate is None else triage + mitigate


def _outcome(
    phase: Phase, span: _Span, target: timedelta | None, incident: Incident, now: datetime
) -> PhaseOutcome:
    start, end = span
    exclusion = _exclusion(phase, span, incident)
    if exclusion is not None:
        return PhaseOutcome(phase=phase, result=PhaseResult.EXCLUDED, target=target, exclusion=exclusion)
    if start is not None and end is not None:
        duration = end - start
        if target is None:
            return PhaseOutcome(phase=phase, result=PhaseResult.EXCLUDED, duration=duration)
        result = PhaseResult.MET if duration <= target else PhaseResult.MISSED
        return PhaseOutcome(phase=phase, result=result, duration=duration, target=target)
    if start is None:
        return PhaseOutcome(phase=phase, result=PhaseResult.UNDETERMINED, target=target)
    open_for = now - start
    late = target is not None and open_for > target
    result = PhaseResult.MISSED if late else PhaseResult.UNDETERMINED
    return PhaseOutcome(phase=phase, result=result, open_for=open_for, target=target)


def _exclusion(phase: Phase, span: _Span, incident: Incident) -> Exclusion | None:
    """Why `phase` cannot be told; None when it can, or when it has not ended."""
    if phase is Phase.DETECT and incident.start_is_detection:
        return Exclusion.START_NOT_MEASURED
    start, end = span
    if start is not None and end is not None:
        return None if start <= end else Exclusion.OUT_OF_ORDER
    missing = end is not None or _is_past(phase, incident)
    return Exclusion.MISSING_TIME if missing else None


def _is_past(phase: Phase, incident: Incident) -> bool:
    """Whether a phase without an end is over all the same: a later time is known, so its own is missing."""
    later = {
        Phase.DETECT: (incident.acknowledged_at, incident.mitigated_at, incident.resolved_at),
        Phase.TRIAGE: (incident.mitigated_at, incident.resolved_at),
        Phase.MITIGATE: (incident.resolved_at,),
        Phase.RECOVER: (),
        Phase.TOTAL: (),
    }
    # A resolved incident without a mitigation: recover never began, and never will.
    never_began = phase is Phase.RECOVER and incident.resolved_at is not None
    return never_began or any(time is not None for time in later[phase])
