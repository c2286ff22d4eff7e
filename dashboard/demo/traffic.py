"""How much the demo's services are asked, and how often they fail on a quiet day."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Objective

Series = NDArray[np.float64]
Counts = NDArray[np.int64]

_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
_SATURDAY = 5
_DAYS_OF_WEEK = 7
_HALF_A_DAY = 12.0
_ONE_DAY: Counts = np.arange(0, _DAY_SECONDS, BUCKET_SECONDS, dtype=np.int64)

#: Traffic and quiet errors wander around their shape, with a memory of this many buckets (two hours) ...
_MEMORY = 24
#: ... by about this share of themselves.
_TRAFFIC_WANDERS = 0.05
_ERRORS_WANDER = 0.20

#: A service without a profile spends this share of its budget, and is asked this often a bucket.
_PLAIN_SPEND = 0.25
_PLAIN_REQUESTS = 1_000.0

#: The share of its traffic by which a service grows over the history.
GROWTH = 0.08


class Shape(Enum):
    """When in the day a service is asked.

    The load of an hour is `floor` + a bell that is 1 at `peak` (hour, UTC) and `width` hours wide. A lower
    floor makes a deeper night, or, of a batch, a quieter day.
    """

    USERS = (14.0, 5.0, 0.26)
    PLATFORM = (14.0, 6.0, 1.15)
    OFFICE = (13.0, 3.5, 0.05)
    NIGHT_BATCH = (2.5, 1.6, 0.02)
    EVENING_BATCH = (21.0, 3.0, 0.25)
    EVEN = (14.0, 8.0, 6.0)

    def __init__(self, peak: float, width: float, floor: float) -> None:
        self.peak, self.width, self.floor = peak, width, floor

    def of_day(self, starts: Counts) -> Series:
        """The load at each bucket of `starts` (unix seconds): 1 on the average of a day."""
        return self._load(starts) / float(self._load(_ONE_DAY).mean())

    def _load(self, starts: Counts) -> Series:
        hour = (starts % _DAY_SECONDS) / _HOUR_SECONDS
        away = (hour - self.peak + _HALF_A_DAY) % (2 * _HALF_A_DAY) - _HALF_A_DAY
        load: Series = self.floor + np.exp(-0.5 * (away / self.width) ** 2)
        return load


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A service on a quiet day.

    `requests` (or jobs) per bucket on the average of a weekday, `weekend` the share of them that comes on a
    Saturday or Sunday; `bad` the share of events that are not good, by indicator; `late` how many buckets
    its newest data is behind.
    """

    requests: float
    shape: Shape
    weekend: float
    bad: dict[str, float]
    late: int = 0


#: The services of the shipped catalogue.
PROFILES = {
    "api": Profile(
        requests=12_000,
        shape=Shape.USERS,
        weekend=0.55,
        bad={"availability": 0.00028, "latency": 0.0030},
    ),
    "graphql-gateway": Profile(
        requests=7_000,
        shape=Shape.USERS,
        weekend=0.55,
        bad={"availability": 0.00022, "latency": 0.0033},
    ),
    "copilot": Profile(
        requests=900,
        shape=Shape.USERS,
        weekend=0.70,
        bad={"availability": 0.0010, "latency": 0.013},
    ),
    "neo4j": Profile(requests=20_000, shape=Shape.PLATFORM, weekend=0.80, bad={"availability": 0.000015}),
    "postgres": Profile(requests=45_000, shape=Shape.PLATFORM, weekend=0.80, bad={"availability": 0.00010}),
    "redis": Profile(requests=90_000, shape=Shape.PLATFORM, weekend=0.80, bad={"availability": 0.00004}),
    "conductor": Profile(requests=600, shape=Shape.PLATFORM, weekend=0.75, bad={"availability": 0.0012}),
    # So few requests that one failure would spend more than the whole budget: it has none of its own.
    "audit-svc": Profile(requests=0.08, shape=Shape.EVEN, weekend=0.90, bad={"availability": 0.0}),
    # Deployed and measured, but its feature flag is off: nothing is asked of it.
    "prov-ledger": Profile(requests=0.0, shape=Shape.PLATFORM, weekend=0.60, bad={"availability": 0.0}),
    "worker-ingest": Profile(requests=60, shape=Shape.NIGHT_BATCH, weekend=1.0, bad={"completion": 0.011}),
    "worker-analysis": Profile(
        requests=40, shape=Shape.EVENING_BATCH, weekend=0.95, bad={"completion": 0.009}
    ),
    "websocket-server": Profile(
        requests=3_000, shape=Shape.PLATFORM, weekend=0.65, bad={"availability": 0.0009}
    ),
    "devtools": Profile(requests=180, shape=Shape.OFFICE, weekend=0.15, bad={"availability": 0.006}, late=1),
}


def profile_of(objective: Objective) -> Profile:
    """The profile of the objective's service; a plain one when the demo does not know it."""
    known = PROFILES.get(objective.service)
    if known is not None and objective.indicator in known.bad:
        return known
    bad = {objective.indicator: _PLAIN_SPEND * float(objective.allowed_error_ratio)}
    if known is None:
        return Profile(requests=_PLAIN_REQUESTS, shape=Shape.PLATFORM, weekend=0.8, bad=bad)
    return Profile(
        requests=known.requests, shape=known.shape, weekend=known.weekend, bad=bad, late=known.late
    )


def expected_requests(profile: Profile, starts: Counts, random: np.random.Generator) -> Series:
    """How many requests to expect in each bucket of `starts` (unix seconds)."""
    days = starts // _DAY_SECONDS + _EPOCH_WEEKDAY
    week = np.where(days % _DAYS_OF_WEEK >= _SATURDAY, profile.weekend, 1.0)
    growth = np.linspace(1 - GROWTH, 1.0, len(starts))
    expected: Series = profile.requests * profile.shape.of_day(starts) * week * growth
    return expected * _wander(len(starts), _TRAFFIC_WANDERS, random)


def quiet_bad_ratio(ratio: float, length: int, random: np.random.Generator) -> Series:
    """The share of bad events of `length` buckets without an incident: `ratio` on the average."""
    return ratio * _wander(length, _ERRORS_WANDER, random)


def overlap(starts: Counts, start: float, end: float) -> Series:
    """The share of each bucket of `starts` that lies in `[start, end)` (unix seconds): 0 … 1."""
    inside = np.minimum(starts + BUCKET_SECONDS, end) - np.maximum(starts, start)
    share: Series = np.clip(inside / BUCKET_SECONDS, 0.0, 1.0)
    return share


def _wander(length: int, size: float, random: np.random.Generator) -> Series:
    """A slowly changing factor around 1."""
    steps = random.standard_normal(length + _MEMORY - 1)
    walk = np.convolve(steps, np.full(_MEMORY, _MEMORY**-0.5), mode="valid")
    factor: Series = np.exp(size * walk)
    return factor
