"""What happened after a canary's analysis had decided: was an abort needed, and did a pass let trouble by?

An abort was false when the very same version, tried again, then stood; it was right when that failed as well,
when an incident was put to its account, or else when the counts of both arms show that more of its requests
failed than of stable's, or were slow. When another version came in its place, nobody knows whether it would
have stood: most teams release the next version whatever stopped the last one. A pass missed a regression when
its deployment failed after all: it was rolled back, or an incident was put to its account.
What nothing tells is counted as not known, never as either.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.intervals import Proportion, exact_proportion
from dashboard.domain.releases import Failure, Release

#: How far a deployment may begin before its canary was first seen, or after.
_APART = timedelta(hours=1)


class Hindsight(StrEnum):
    """What became clear afterwards.

    GIVEN_UP was aborted and never tried again, as another version came in its place. OPEN is one that has not
    been decided yet.
    """

    FALSE_ABORT = "false abort"
    RIGHT_ABORT = "right abort"
    GIVEN_UP = "given up"
    MISSED = "missed regression"
    RIGHT_PASS = "right pass"  # noqa: S105 - an analysis that passed, not a password
    NOT_KNOWN = "not known"
    NOT_ANALYSED = "not analysed"
    OPEN = "open"


#: What became clear, and why that is said.
_Said = tuple[Hindsight, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What became of a canary, why that is said, and the deployment that it was, where one is known."""

    hindsight: Hindsight
    why: str
    release: Release | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How often analyses were wrong, with 95 % intervals; None where nothing is known.

    `false_aborts` are among the aborts of which it is known, `missed` among the passes; the counts that
    follow are those of which it is not: `aborts_given_up` will never be known, the others may.
    """

    false_aborts: Proportion | None
    missed: Proportion | None
    aborts_not_known: int
    passes_not_known: int
    aborts_given_up: int = 0


class Releases:
    """The deployments of one service, to be found by what is known of a canary."""

    def __init__(self, releases: Iterable[Release]) -> None:
        self._ordered = sorted(releases, key=lambda item: item.deployment.began_at)
        self._starts = [item.deployment.began_at for item in self._ordered]
        self._by_id: dict[str, list[Release]] = {}
        for item in self._ordered:
            self._by_id.setdefault(item.deployment.id, []).append(item)

    def of(self, canary: Canary) -> Release | None:
        """The deployment that `canary` is: by the id that Argo's notifications give it, else by its time.

        By time it must have the same version, or be the only one where the canary's version is not known.
        """
        if canary.revision is not None:
            ids = (f"{canary.rollout}-{canary.revision}", f"{canary.name}-{canary.revision}")
            named = [item for name in ids for item in self._by_id.get(name, ())]
            if named:
                return min(named, key=lambda item: _distance(canary, item))
        first = bisect_left(self._starts, canary.began_at - _APART)
        last = len(self._starts) if canary.ended_at is None else bisect_right(self._starts, canary.ended_at)
        near = [
            item
            for item in self._ordered[first:last]
            if canary.version is None or item.deployment.version == canary.version
        ]
        if canary.version is None and len(near) != 1:
            return None
        return min(near, key=lambda item: _distance(canary, item), default=None)

    def again(self, canary: Canary, own: Release | None) -> Release | None:
        """The next deployment of the version of `canary` that reached its users, which is not its `own`."""
        if canary.version is None:
            return None
        for item in self._ordered[bisect_right(self._starts, canary.began_at) :]:
            if item is not own and item.deployment.version == canary.version and item.reached_users:
                return item
        return None


def _distance(canary: Canary, release: Release) -> timedelta:
    return abs(release.deployment.began_at - canary.began_at)


def consequences(
    canaries: Iterable[Canary], releases: Releases, shown_worse: Mapping[str, Measure] | None = None
) -> dict[str, Consequence]:
    """What became of each of `canaries`, all of one service, by id.

    `shown_worse` are the ids of those of which counts say so (`sequential.is_shown_worse`), and which counts.
    """
    counts = shown_worse or {}
    found: dict[str, Consequence] = {}
    later: dict[tuple[str, str], list[Canary]] = {}
    followed = False
    # From the newest back: whether an abort was false depends on how a later try of the same version did.
    for canary in sorted(canaries, key=lambda item: item.began_at, reverse=True):
        release = releases.of(canary)
        same = _tried_again(canary, later)
        worse = counts.get(canary.id)
        found[canary.id] = _consequence(
            canary, release, same, releases, found, worse=worse, followed=followed
        )
        for name in _names(canary):
            later.setdefault(name, []).append(canary)
        followed = True
    return found


def _names(canary: Canary) -> Iterator[tuple[str, str]]:
    yield "pods", f"{canary.rollout} {canary.pod_hash}"
    if canary.version is not None:
        yield "version", canary.version


def _tried_again(canary: Canary, later: Mapping[tuple[str, str], Sequence[Canary]]) -> list[Canary]:
    found = {item.id: item for name in _names(canary) for item in later.get(name, ())}
    return list(found.values())


def accuracy(found: Iterable[tuple[Canary, Consequence]]) -> Accuracy:
    """How often the analyses of canaries were wrong."""
    listed = list(found)

    def count(hindsight: Hindsight) -> int:
        return sum(item.hindsight is hindsight for _, item in listed)

    false, right = count(Hindsight.FALSE_ABORT), count(Hindsight.RIGHT_ABORT)
    missed, passed = count(Hindsight.MISSED), count(Hindsight.RIGHT_PASS)
    not_known = [canary for canary, item in listed if item.hindsight is Hindsight.NOT_KNOWN]
    aborts = sum(canary.outcome is Outcome.ABORTED for canary in not_known)
    return Accuracy(
        false_aborts=exact_proportion(false, false + right),
        missed=exact_proportion(missed, missed + passed),
        aborts_not_known=aborts,
        passes_not_known=len(not_known) - aborts,
        aborts_given_up=count(Hindsight.GIVEN_UP),
    )


def _consequence(  # noqa: PLR0913 - one argument per fact
    canary: Canary,
    release: Release | None,
    same: Sequence[Canary],
    releases: Releases,
    known: Mapping[str, Consequence],
    *,
    worse: Measure | None,
    followed: bool,
) -> Consequence:
    verdict = canary.verdict
    if canary.outcome.is_open:
        hindsight, why = Hindsight.OPEN, "it is under way"
    elif canary.outcome is Outcome.ABORTED and verdict is not None and verdict.ends_the_run:
        hindsight, why = (
            _by_incidents(release)
            or _by_canaries(same, known)
            or _by_deployment(releases.again(canary, release))
            or _by_counts(worse)
            or _by_what_followed(tried_again=bool(same), followed=followed)
        )
    elif verdict is Phase.SUCCESSFUL and canary.outcome in {Outcome.PROMOTED, Outcome.UNKNOWN}:
        hindsight, why = _of_pass(release)
    else:
        hindsight, why = Hindsight.NOT_ANALYSED, "no analysis decided on it"
    return Consequence(hindsight=hindsight, why=why, release=release)


def _by_incidents(release: Release | None) -> _Said | None:
    if release is None or not release.incidents:
        return None
    return Hindsight.RIGHT_ABORT, f"it caused {', '.join(release.incidents)}"


def _by_canaries(same: Iterable[Canary], known: Mapping[str, Consequence]) -> _Said | None:
    """What later tries of the same version say."""
    promoted = [known[item.id] for item in same if item.outcome is Outcome.PROMOTED]
    if any(_failed(item) for item in promoted):
        return Hindsight.RIGHT_ABORT, "the same version, tried again, failed after it was promoted"
    if any(item.release is not None and item.release.judged for item in promoted):
        return Hindsight.FALSE_ABORT, "the same version, tried again, was promoted and stood"
    return None


def _failed(item: Consequence) -> bool:
    return item.hindsight is Hindsight.MISSED or (item.release is not None and item.release.failed)


def _by_deployment(again: Release | None) -> _Said | None:
    if again is None:
        return None
    if again.failed:
        return Hindsight.RIGHT_ABORT, "the same version, deployed again, failed"
    if again.judged:
        return Hindsight.FALSE_ABORT, "the same version, deployed again, stood"
    return Hindsight.NOT_KNOWN, "the same version was deployed again; how it stands is not judged yet"


def _by_counts(worse: Measure | None) -> _Said | None:
    if worse is None:
        return None
    counts = "error counts" if worse is Measure.ERRORS else "share of slow requests"
    were = "were" if worse is Measure.ERRORS else "was"
    return Hindsight.RIGHT_ABORT, f"its {counts} {were} shown to be worse than stable's"


def _by_what_followed(*, tried_again: bool, followed: bool) -> _Said:
    if tried_again:
        return Hindsight.NOT_KNOWN, "the same version was tried again; how it stands is not judged yet"
    if followed:
        return Hindsight.GIVEN_UP, "another version came in its place, so nobody knows"
    return Hindsight.NOT_KNOWN, "nothing has followed yet"


def _of_pass(release: Release | None) -> _Said:
    if release is None:
        return Hindsight.NOT_KNOWN, "no deployment is known that it was"
    if release.incidents and Failure.INCIDENT in release.failures:
        return Hindsight.MISSED, f"it caused {', '.join(release.incidents)}"
    if Failure.ROLLED_BACK in release.failures:
        return Hindsight.MISSED, "it was rolled back"
    if release.failed:
        return Hindsight.MISSED, "its deployment failed"
    if not release.judged:
        return Hindsight.NOT_KNOWN, "its deployment is not judged yet"
    return Hindsight.RIGHT_PASS, "its deployment stood"
