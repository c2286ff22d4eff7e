"""Where the time of incidents goes: the share that each phase has of all of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from dashboard.domain.durations_summary import quantile
from dashboard.domain.incident_phases import Phase
from dashboard.domain.recovery import TimedIncident

#: The phases that follow each other; together they are the total.
PARTS = (Phase.DETECT, Phase.TRIAGE, Phase.MITIGATE, Phase.RECOVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTime:
    """The time of one phase, summed; `share` is of the time of all phases.

    `median` (seconds) is that of one incident.
    """

    phase: Phase
    spent: timedelta
    share: float
    median: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTimes:
    """Where the time of `n` of `of` incidents went: those whose every phase is known.

    Sums, because they add up to the whole, which medians do not; so long incidents weigh more:
    `longest_share` is how much of the whole the longest one is alone.
    """

    n: int
    of: int
    spent: timedelta
    longest_share: float
    phases: tuple[PhaseTime, ...]


def phase_times(found: Iterable[TimedIncident]) -> PhaseTimes | None:
    """Where the time of `found` went; None when no incident has all of its phases, or none took any time."""
    listed = list(found)
    complete = []
    for item in listed:
        lengths = [item.phases[phase].duration for phase in PARTS]
        known = [length for length in lengths if length is not None]
        if len(known) == len(PARTS):
            complete.append(known)
    totals = [sum(lengths, timedelta(0)) for lengths in complete]
    whole = sum(totals, timedelta(0))
    if not whole:
        return None
    columns = list(zip(*complete, strict=True))
    return PhaseTimes(
        n=len(complete),
        of=len(listed),
        spent=whole,
        longest_share=max(totals) / whole,
        phases=tuple(
            PhaseTime(
                phase=phase,
                spent=sum(column, timedelta(0)),
                share=sum(column, timedelta(0)) / whole,
                median=quantile([length.total_seconds() for length in column], 0.5),
            )
            for phase, column in zip(PARTS, columns, strict=True)
        ),
    )
