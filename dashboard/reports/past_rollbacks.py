"""Which rollbacks of a service counted at an instant of the past."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.attribution import Key
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.releases import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRollbacks:
    """The rollbacks of one service in one environment, oldest first, and by which deployment each was made.

    `taken_over` are those that a source did by itself and that a later rollback stands for: each counts until
    that one had finished. See `release_facts.recent_rollbacks`.
    """

    times: tuple[datetime, ...]
    by: tuple[Key | None, ...]
    taken_over: tuple[tuple[datetime, datetime], ...]

    def recent(self, own: Key, at: datetime, within: timedelta) -> tuple[datetime, ...]:
        """When those began that counted at `at`, oldest first, without the deployment `own` itself."""
        first, last = bisect_right(self.times, at - within), bisect_right(self.times, at)
        found = [
            began for began, by in zip(self.times[first:last], self.by[first:last], strict=True) if by != own
        ]
        found += [undone for undone, until in self.taken_over if at - within < undone <= at < until]
        return tuple(sorted(found))


def past_rollbacks(releases: Iterable[Release]) -> PastRollbacks:
    """The rollbacks among `releases`, which are all of one service in one environment."""
    found: list[tuple[datetime, Key | None]] = []
    taken_over: list[tuple[datetime, datetime]] = []
    for release in releases:
        deployment, by = release.deployment, release.taken_away_by
        if release.rollback is not None:
            found.append((deployment.began_at, deployment.key))
        undone = deployment.rolled_back_at or deployment.finished_at
        if deployment.state is not DeploymentState.ROLLED_BACK or undone is None:
            continue
        if by is None:
            found.append((undone, None))
        elif by.finished_at is not None:
            taken_over.append((undone, by.finished_at))
    found.sort(key=lambda item: item[0])
    return PastRollbacks(
        times=tuple(began for began, _ in found),
        by=tuple(by for _, by in found),
        taken_over=tuple(taken_over),
    )
