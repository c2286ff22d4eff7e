"""Where an error budget went: every bad event of a window is an incident's, a deployment's, or background.

Counts are kept in 5-minute buckets, so a bucket is the smallest thing that has one owner: each belongs to the
gravest incident that touches it, else to the newest deployment that is in its canary or bake time, else to
the background. The parts are differences of running totals at the same instants, so they add up to the whole
exactly.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from heapq import heappop, heappush

from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.error_budget import is_covered
from dashboard.domain.event_counts import BUCKET_SECONDS, NO_EVENTS, EventCounts
from dashboard.domain.incidents import Incident
from dashboard.domain.slo import Objective

_NO_SEVERITY = "P9"
_NEVER_SERVED = frozenset({DeploymentState.QUEUED, DeploymentState.SUPERSEDED})
_Rank = tuple[int, str, float, str]

#: Gives the running totals of an objective up to each of the instants (unix seconds) that it is asked for.
Totals = Callable[[Sequence[int]], Sequence[EventCounts]]


class OwnerKind(StrEnum):
    """What a bad event is put to the account of."""

    INCIDENT = "incident"
    DEPLOYMENT = "deployment"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What spent a part of a budget: `name` is an incident's id or a deployment's, empty for background."""

    kind: OwnerKind
    name: str = ""


BACKGROUND = Owner(kind=OwnerKind.BACKGROUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The buckets from `start` up to `end` (unix seconds, on the grid) that an owner asks for.

    Of claims to the same bucket the one with the smallest `rank` has it.
    """

    owner: Owner
    start: int
    end: int
    rank: _Rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one owner spent of the budget of one objective.

    `share_of_budget` is bad ÷ what the window allows, None when it allows nothing (no traffic) or too little
    of it was measured; `share_of_spent` is bad ÷ all bad, None when nothing was spent; `full_outage` is how
    long a complete outage at the average traffic that was measured would have taken to cost as much.
    """

    owner: Owner
    counts: EventCounts
    share_of_budget: Fraction | None
    share_of_spent: Fraction | None
    full_outage: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The account of one objective over `[start, end)`; the counts of `entries` add up to `whole`.

    The largest spender comes first, background last.
    """

    objective: Objective
    start: datetime
    end: datetime
    whole: EventCounts
    entries: tuple[Entry, ...]

    def spent_by(self, owner: Owner) -> Entry | None:
        """The entry of `owner`; None when no measured bucket is its."""
        return next((entry for entry in self.entries if entry.owner == owner), None)


def incident_claim(incident: Incident, now: datetime) -> Claim | None:
    """The buckets that `incident` touches, up to `now` while it is open; None without a known beginning."""
    began = incident.began_at
    if began is None:
        return None
    severity = incident.severity.value if incident.severity else _NO_SEVERITY
    return Claim(
        owner=Owner(kind=OwnerKind.INCIDENT, name=incident.id),
        start=_floor(began),
        end=_ceil(max(began, incident.resolved_at or now)),
        rank=(0, severity, began.timestamp(), incident.id),
    )


def deployment_claims(deployments: Iterable[Deployment], bake_time: timedelta, now: datetime) -> list[Claim]:
    """The claims of the `deployments` of one service; one without a known end ends when the next begins."""
    listed = list(deployments)
    begins = sorted(item.began_at for item in listed if item.state not in _NEVER_SERVED)
    claims = []
    for item in listed:
        following = bisect_right(begins, item.began_at)
        until = begins[following] if following < len(begins) else now
        claim = deployment_claim(item, bake_time, until)
        if claim is not None:
            claims.append(claim)
    return claims


def deployment_claim(deployment: Deployment, bake_time: timedelta, until: datetime) -> Claim | None:
    """The buckets of the canary of `deployment` and of `bake_time` after it; None when it never began.

    One that is queued or was superseded never served anybody. Without an end it claims up to `until`.
    """
    if deployment.state in _NEVER_SERVED:
        return None
    began = deployment.began_at
    ended = deployment.finished_at
    end = until if ended is None else ended + bake_time
    return Claim(
        owner=Owner(kind=OwnerKind.DEPLOYMENT, name=deployment.id),
        start=_floor(began),
        end=_ceil(max(began, end)),
        rank=(1, "", -began.timestamp(), deployment.id),
    )


def canary_claim(name: str, began: datetime, ended: datetime) -> Claim:
    """The claim of a canary of which no deployment is known, from when it `began` until it `ended`."""
    return Claim(
        owner=Owner(kind=OwnerKind.DEPLOYMENT, name=name),
        start=_floor(began),
        end=_ceil(max(began, ended)),
        rank=(1, "", -began.timestamp(), name),
    )


def assign(claims: Iterable[Claim], start: int, end: int) -> list[tuple[int, Owner]]:
    """Who owns each part of `[start, end)` (unix seconds on the grid): where each part begins, and its owner.

    The parts follow each other without a gap from `start`; the last one reaches to `end`.
    """
    inside = [claim for claim in claims if claim.start < end and claim.end > start]
    coming = sorted(inside, key=lambda claim: claim.start, reverse=True)
    edges = {start, *(claim.start for claim in inside), *(claim.end for claim in inside)}
    active: list[tuple[_Rank, int, Owner]] = []  # a heap: the smallest rank first
    parts: list[tuple[int, Owner]] = []
    for edge in sorted(edge for edge in edges if start <= edge < end):
        while coming and coming[-1].start <= edge:
            claim = coming.pop()
            heappush(active, (claim.rank, claim.end, claim.owner))
        while active and active[0][1] <= edge:
            heappop(active)
        owner = active[0][2] if active else BACKGROUND
        if not parts or parts[-1][1] != owner:
            parts.append((edge, owner))
    return parts


def ledger(
    objective: Objective,
    parts: Sequence[tuple[int, Owner]],
    end: int,
    totals: Totals,
    minimum_coverage: Fraction,
) -> Ledger:
    """The account of `objective` over `parts` (of `assign`), which reach to `end`.

    Shares of the budget are known when at least `minimum_coverage` of the window was measured.
    """
    instants = [edge for edge, _ in parts] + [end]
    running = totals(instants)
    spent: dict[Owner, EventCounts] = {}
    for (_, owner), before, after in zip(parts, running, running[1:], strict=False):
        spent[owner] = spent.get(owner, NO_EVENTS) + (after - before)
    whole = running[-1] - running[0]
    spent.setdefault(BACKGROUND, NO_EVENTS)
    window = timedelta(seconds=end - instants[0])
    entries = []
    for owner, counts in spent.items():
        share, outage = price(counts.bad, whole, objective, window, minimum_coverage)
        entries.append(
            Entry(
                owner=owner,
                counts=counts,
                share_of_budget=share,
                share_of_spent=Fraction(counts.bad, whole.bad) if whole.bad else None,
                full_outage=outage,
            )
        )
    entries.sort(key=lambda entry: (entry.owner == BACKGROUND, -entry.counts.bad, entry.owner.name))
    return Ledger(
        objective=objective,
        start=datetime.fromtimestamp(instants[0], tz=UTC),
        end=datetime.fromtimestamp(end, tz=UTC),
        whole=whole,
        entries=tuple(entries),
    )


def large_spenders(ledger: Ledger, share: Fraction) -> tuple[Entry, ...]:
    """The single incidents that spent more than `share` of the budget (FRAMEWORK, Error budget policy)."""
    return tuple(
        entry
        for entry in ledger.entries
        if entry.owner.kind is OwnerKind.INCIDENT
        and entry.share_of_budget is not None
        and entry.share_of_budget > share
    )


def price(
    bad: int, whole: EventCounts, objective: Objective, window: timedelta, minimum_coverage: Fraction
) -> tuple[Fraction | None, timedelta | None]:
    """What `bad` events cost: their share of the budget of `window`, and as how long a full outage.

    `whole` is everything that was counted in the window. With less than `minimum_coverage` of it measured the
    budget is not known (FRAMEWORK, Error budget policy), and without traffic neither cost is.
    """
    if not whole.total:
        return None, None
    measured = whole.buckets * BUCKET_SECONDS
    outage = timedelta(seconds=float(Fraction(bad * measured, whole.total)))
    covered = is_covered(whole, window, minimum_coverage)
    return (bad / (whole.total * objective.allowed_error_ratio) if covered else None), outage


def _floor(moment: datetime) -> int:
    return int(moment.timestamp()) // BUCKET_SECONDS * BUCKET_SECONDS


def _ceil(moment: datetime) -> int:
    return int(-(-moment.timestamp() // BUCKET_SECONDS)) * BUCKET_SECONDS
