"""The demo's own counts of a service, and how a canary and its stable sibling share them."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.demo.canary_file import Blame
from dashboard.demo.slots import random_of
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.event_counts import BUCKET_SECONDS

Counts = NDArray[np.int64]

#: Requests are shared between the arms in pieces of so many seconds.
PIECE_SECONDS = 15
_PIECES = BUCKET_SECONDS // PIECE_SECONDS
_MINUTE_SECONDS = 60
_WEEK = timedelta(days=7)
#: So many standard deviations of a Poisson count are still chance.
_BY_CHANCE = 3.0
_NONE: Counts = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCounts:
    """Requests of one service by the end of their bucket: all, those that failed, and those that were slow.

    `slow` is empty where nobody measures that.
    """

    ends: Counts
    total: Counts
    failed: Counts
    slow: Counts

    @staticmethod
    def of(
        total: Mapping[int, int], good: Mapping[int, int], quick: Mapping[int, int] | None
    ) -> "ServiceCounts":
        """The counts of a service whose availability counts `good`, and whose latency counts `quick`."""
        every = np.fromiter(total.values(), dtype=np.int64, count=len(total))
        return ServiceCounts(
            ends=np.fromiter(total.keys(), dtype=np.int64, count=len(total)),
            total=every,
            failed=every - np.fromiter(good.values(), dtype=np.int64, count=len(good)),
            slow=_NONE
            if quick is None
            else every - np.fromiter(quick.values(), dtype=np.int64, count=len(quick)),
        )

    def between(self, start: datetime, end: datetime) -> "ServiceCounts":
        """The buckets that lie within `[start, end]`."""
        first = int(np.searchsorted(self.ends, start.timestamp() + BUCKET_SECONDS))
        last = int(np.searchsorted(self.ends, end.timestamp(), side="right"))
        return ServiceCounts(
            ends=self.ends[first:last],
            total=self.total[first:last],
            failed=self.failed[first:last],
            slow=self.slow[first:last],
        )

    @property
    def failed_ratio(self) -> float | None:
        """The share that failed; None without a request."""
        total = int(self.total.sum())
        return int(self.failed.sum()) / total if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What one arm counted."""

    total: int = 0
    failed: int = 0
    slow: int = 0

    @property
    def failed_ratio(self) -> float | None:
        """The share that failed; None without a request."""
        return self.failed / self.total if self.total else None

    def bad(self, measure: Measure) -> int:
        """How many were bad in that sense."""
        return self.failed if measure is Measure.ERRORS else self.slow

    def __add__(self, other: "Requests") -> "Requests":
        """Both together."""
        return Requests(
            total=self.total + other.total, failed=self.failed + other.failed, slow=self.slow + other.slow
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What both arms counted in the piece of time that ended at `end` (unix seconds)."""

    end: int
    canary: Requests
    stable: Requests
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How the requests of a service are shared between the arms, besides by weight.

    `own` requests of somebody's go to the canary in each piece; of the errors beyond those of a quiet day,
    whose they are says `blame`; `failing` is the share of the canary's requests that fail whatever was
    counted, since a few of them are too few to be seen in the whole.
    """

    own: int = 0
    blame: Blame = Blame.SHARED
    failing: float = 0.0


@dataclass(slots=True, kw_only=True)
class Arms:
    """Both arms of one try of a canary of `service`, as time goes on; its chance comes from `name`."""

    service: str
    name: str
    counts: ServiceCounts
    since: datetime
    sharing: Sharing
    pieces: list[Piece] = field(default_factory=list)
    _quiet: float = field(init=False)
    _next: int = field(init=False)
    _parts: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._quiet = self.counts.between(self.since - _WEEK, self.since).failed_ratio or 0.0
        self._next = -(-int(self.since.timestamp()) // PIECE_SECONDS) * PIECE_SECONDS + PIECE_SECONDS

    def advance(self, until: datetime, weight: int, failing: float = 0.0, slower: float = 1.0) -> None:
        """Let the canary have `weight` percent of the requests until then, of which `failing` fail.

        So many times as many of its requests as of stable's are slow as `slower` says.
        """
        while self._next <= until.timestamp():
            counted = self._counted(self._next)
            self.pieces.append(self._shared(self._next, counted, weight, failing, slower))
            self._next += PIECE_SECONDS

    def rest(self, until: datetime, weight: int) -> None:
        """Stay at `weight` until then: of what waits for long, a piece is a whole bucket."""
        first = -(-self._next // BUCKET_SECONDS) * BUCKET_SECONDS
        self.advance(min(until, datetime.fromtimestamp(first, tz=UTC)), weight)
        for end in range(first + BUCKET_SECONDS, int(until.timestamp()) + 1, BUCKET_SECONDS):
            self.pieces.append(self._shared(end, self._bucket(end), weight))
            self._next = end + PIECE_SECONDS

    def window(self, end: datetime, length: timedelta) -> tuple[Requests, Requests]:
        """What the canary and its stable sibling counted in the time of `length` before `end`."""
        last = end.timestamp()
        before, behind = (
            bisect_right(self.pieces, moment, key=lambda piece: piece.end)
            for moment in (last - length.total_seconds(), last)
        )
        canary, stable = Requests(), Requests()
        for piece in self.pieces[before:behind]:
            canary, stable = canary + piece.canary, stable + piece.stable
        return canary, stable

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is counted: slow requests only where somebody measures latency."""
        return tuple(Measure) if len(self.counts.slow) else (Measure.ERRORS,)

    def ticks(self, measure: Measure = Measure.ERRORS) -> Iterator[Tick]:
        """Minute by minute, as the dashboard counts itself."""
        minutes: dict[int, list[Piece]] = {}
        for piece in self.pieces:
            minutes.setdefault(-(-piece.end // _MINUTE_SECONDS) * _MINUTE_SECONDS, []).append(piece)
        for end, pieces in minutes.items():
            if pieces[-1].end < end:
                continue  # the minute is not over
            canary = sum((piece.canary for piece in pieces), Requests())
            stable = sum((piece.stable for piece in pieces), Requests())
            yield Tick(
                at=datetime.fromtimestamp(end, tz=UTC),
                canary_bad=canary.bad(measure),
                canary_total=canary.total,
                stable_bad=stable.bad(measure),
                stable_total=stable.total,
                weight=pieces[-1].weight / 100,
            )

    def _shared(
        self,
        end: int,
        counted: tuple[int, int, int],
        weight: int,
        failing: float = 0.0,
        slower: float = 1.0,
    ) -> Piece:
        random = random_of(self.name, end)
        total, failed, slow = counted
        canary = int(random.binomial(total, weight / 100))
        mine = self._failed(end, counted, canary, random)
        if failing:
            mine = int(random.binomial(canary, failing))
        mine_slow = int(random.hypergeometric(slow, total - slow, canary)) if total else 0
        own_failed = int(random.binomial(self.sharing.own, failing))
        more_slow = 0
        if slower > 1 and slow:
            more_slow = int(random.binomial(canary - mine_slow, min(1.0, (slower - 1) * slow / total)))
        return Piece(
            end=end,
            canary=Requests(
                total=canary + self.sharing.own, failed=mine + own_failed, slow=mine_slow + more_slow
            ),
            stable=Requests(
                total=total - canary,
                failed=min(max(failed - mine, 0), total - canary),
                slow=slow - mine_slow,
            ),
            weight=weight,
        )

    def _failed(
        self, end: int, counted: tuple[int, int, int], canary: int, random: np.random.Generator
    ) -> int:
        """How many of those that failed were the canary's."""
        total, failed, _ = counted
        if not total:
            return 0
        if self.sharing.blame is Blame.SHARED:
            return int(random.hypergeometric(failed, total - failed, canary))
        odd = int(random.binomial(failed, self._odd_share(end)))
        mine = int(random.hypergeometric(failed - odd, total - failed + odd, canary))
        if self.sharing.blame is Blame.CANARY:
            return min(mine + odd, canary)
        return max(mine, failed - (total - canary))

    def _odd_share(self, end: int) -> float:
        """The share of the failed requests of a bucket that are more than a quiet day has by chance."""
        total, failed, _ = self._bucket(-(-end // BUCKET_SECONDS) * BUCKET_SECONDS)
        usual = self._quiet * total
        if self.sharing.blame is Blame.CANARY:
            usual += _BY_CHANCE * usual**0.5  # it is not blamed for what chance does
        return max(0.0, 1 - usual / failed) if failed else 0.0

    def _bucket(self, end: int) -> tuple[int, int, int]:
        """All, failed and slow requests of the bucket that ends then; none where nobody counted."""
        index = int(np.searchsorted(self.counts.ends, end))
        if index >= len(self.counts.ends) or self.counts.ends[index] != end:
            return 0, 0, 0
        slow = int(self.counts.slow[index]) if len(self.counts.slow) else 0
        return int(self.counts.total[index]), int(self.counts.failed[index]), slow

    def _counted(self, end: int) -> tuple[int, int, int]:
        """A piece of a bucket's requests: the pieces of one add up to it, whoever asks."""
        bucket = -(-end // BUCKET_SECONDS) * BUCKET_SECONDS
        if bucket not in self._parts:
            total, failed, slow = self._bucket(bucket)
            random = random_of(self.service, "pieces", bucket)
            good, bad, late = (_parted(count, random) for count in (total - failed, failed, slow))
            every = good + bad
            self._parts[bucket] = list(
                zip(every.tolist(), bad.tolist(), np.minimum(late, every).tolist(), strict=True)
            )
        return self._parts[bucket][(end - (bucket - BUCKET_SECONDS)) // PIECE_SECONDS - 1]


def _parted(count: int, random: np.random.Generator) -> Counts:
    found: Counts = random.multinomial(count, np.full(_PIECES, 1 / _PIECES))
    return found
