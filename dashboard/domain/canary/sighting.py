"""When a canary was last seen, and for how long that tells how it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: A cluster that is watched confirms what it has about once a minute; one sync an hour is the least.
_BY_SOURCE = timedelta(hours=1)
#: Files tell no time at which they were made: what stands at a pause names no newer time for as long.
_BY_TIMES = timedelta(hours=24)
#: What nobody has seen for longer is not under way any more, as far as anybody knows.
_GIVEN_UP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """When a canary was last seen.

    `at` is when a source that has its Rollout was last read (`by_source`), else the newest time that its
    objects name.
    """

    at: datetime
    by_source: bool

    def is_stale(self, now: datetime) -> bool:
        """Whether it is so long ago that how the canary stands at `now` is unknown."""
        return now - self.at > (_BY_SOURCE if self.by_source else _BY_TIMES)

    def is_given_up(self, now: datetime) -> bool:
        """Whether it is so long ago that the canary has ended in all likelihood, and nobody saw how."""
        return now - self.at > _GIVEN_UP


def sighting(confirmed: datetime | None, named: datetime) -> Sighting:
    """Of a canary that a source `confirmed` last at that time, and whose objects name none after `named`."""
    if confirmed is None:
        return Sighting(at=named, by_source=False)
    return Sighting(at=max(confirmed, named), by_source=True)
