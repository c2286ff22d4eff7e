"""The deployment before a canary, which stands in for the stable sibling where nothing of one was counted."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.elapsed import (
    Course,
    ElapsedJudgement,
    course_of,
    half_a_tick,
    judge_against_earlier,
)
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sequential import rule_for
from dashboard.domain.canary.ticks import Tick
from dashboard.reports.canary_reading import ticks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedWithBefore:
    """A canary against the `earlier` one of its Rollout at the same elapsed time; `since` lies between both.

    It is the weaker comparison, and decides nothing: what differs may be the hour's and not the canary's.
    """

    earlier: Canary
    since: timedelta
    judgement: ElapsedJudgement


def compared_with_before(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    canary: Canary,
    ticks: Sequence[Tick],
    others: Iterable[Canary],
    now: datetime,
    measure: Measure = Measure.ERRORS,
) -> ComparedWithBefore | None:
    """`canary`, of which `ticks` were counted, against the newest of `others` before it that can stand in.

    That is one whose version came to serve everybody, and of which requests were counted at the same elapsed
    times. None where stable requests were counted, or there is no such one.
    """
    if not ticks or any(tick.stable_total for tick in ticks):
        return None
    course, apart = course_of(ticks, canary.began_at), half_a_tick(ticks)
    before = (one for one in others if one.began_at < canary.began_at and _served(one, canary))
    for earlier in sorted(before, key=lambda one: one.began_at, reverse=True):
        theirs = _course(connection, earlier, now, measure)
        found = judge_against_earlier(course, theirs, apart, rule_for(measure))
        if found.errors.canary.total:
            return ComparedWithBefore(
                earlier=earlier, since=canary.began_at - earlier.began_at, judgement=found
            )
    return None


def _served(earlier: Canary, canary: Canary) -> bool:
    """Whether the version of `earlier` came to serve everybody: an aborted one is no measure."""
    if earlier.pod_hash == canary.pod_hash:
        return False
    is_stable = canary.state is not None and canary.state.stable_hash == earlier.pod_hash
    return is_stable or earlier.outcome is Outcome.PROMOTED


def _course(connection: sqlite3.Connection, canary: Canary, now: datetime, measure: Measure) -> Course:
    return course_of(ticks_of(connection, canary, now, measure), canary.began_at)
