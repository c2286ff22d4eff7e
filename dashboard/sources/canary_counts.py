"""Counts of a canary and what it is compared with, from a file: CSV, a JSON array or JSON lines."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from dashboard.config import parse_moment
from dashboard.domain.canary.elapsed import Sample
from dashboard.domain.canary.ticks import Tick, require_counts
from dashboard.errors import InputError
from dashboard.sources import row_file

_COUNTS = ("canary_bad", "canary_total", "stable_bad", "stable_total")
_SLOW = ("canary_slow", "stable_slow")
_OPTIONAL = ("at", "weight", *_SLOW)
_SAMPLE_FIELDS = ("at", "bad", "total")
_FAULTS_SHOWN = 20
_PERCENT = 100

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCounts:
    """The ticks of a file in order of time; `unknown` rows with an empty count or NaN are not among them.

    `slow` are those of slow requests, where the file has them; `unknown_slow` of the rows do not say how many
    were slow. A file that `has_slow` has the fields for these, though nothing may stand in them.
    """

    ticks: tuple[Tick, ...]
    unknown: int
    slow: tuple[Tick, ...] = ()
    unknown_slow: int = 0
    has_slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What one row says of errors, and of slow requests; None where it does not.

    `has_slow` when it has the fields for these, empty or not.
    """

    errors: Tick
    slow: Tick | None
    has_slow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCounts:
    """The samples of one deployment in order of time; `unknown` as in `CanaryCounts`.

    `began` is the time of its first row, whether its counts are known or not; None without rows.
    """

    samples: tuple[Sample, ...]
    unknown: int
    began: datetime | None


def read_canary_counts(name: str, text: str, weight: float | None = None) -> CanaryCounts:
    """The ticks in `text`: canary_bad, canary_total, stable_bad, stable_total, and perhaps others.

    `canary_slow` and `stable_slow` are how many of the same requests were slow. `at` is an ISO-8601 time with
    an offset; without it the rows are taken to be in order. `weight` is the percentage of the requests that
    the canary was to get; a row without one has the share `weight`, from 0 to 1.

    Raises:
        InputError: names each row that cannot be read, what was found and what is expected.
    """

    def told_by(row: Any) -> _Row | None:
        _require_fields(row, _COUNTS, _OPTIONAL)
        at, told = row.get("at"), row.get("weight")
        moment = None if _is_empty(at) else _moment(at)
        share = weight if _is_empty(told) else _share(told)
        counts = [_count(field, row[field]) for field in _COUNTS]
        if None in counts:
            return None
        bad, total, stable_bad, stable_total = (count or 0.0 for count in counts)
        tick = Tick(
            canary_bad=bad,
            canary_total=total,
            stable_bad=stable_bad,
            stable_total=stable_total,
            at=moment,
            weight=share,
        )
        return _Row(errors=tick, slow=_slow(row, tick), has_slow=_SLOW[0] in row)

    found, unknown = _read(name, text, told_by, _COUNTS, _OPTIONAL)
    timed = [(one.errors.at, one) for one in found if one.errors.at is not None]
    if timed and len(timed) < len(found):
        raise InputError(f"{name}: at: found rows with and without a time, expected one in each or in none")
    ordered = _in_order(name, timed) if timed else found
    slow = tuple(one.slow for one in ordered if one.slow is not None)
    has_slow = any(one.has_slow for one in ordered)
    return CanaryCounts(
        ticks=tuple(one.errors for one in ordered),
        unknown=unknown,
        slow=slow,
        unknown_slow=len(ordered) - len(slow) if has_slow else 0,
        has_slow=has_slow,
    )


def _slow(row: Mapping[str, Any], errors: Tick) -> Tick | None:
    """The slow ones of the requests that `errors` counts; None where the row does not tell of both arms."""
    told = [_count(field, row.get(field)) for field in _SLOW]
    totals = ("canary_total", errors.canary_total), ("stable_total", errors.stable_total)
    for field, slow, (total_name, total) in zip(_SLOW, told, totals, strict=True):
        if slow is not None:
            require_counts(slow, total, field, total_name)
    canary, stable = told
    if canary is None or stable is None:
        return None
    return replace(errors, canary_bad=canary, stable_bad=stable)


def read_deployment_counts(name: str, text: str) -> DeploymentCounts:
    """The samples in `text`, of one deployment alone: at, bad, total.

    Raises:
        InputError: names each row that cannot be read, what was found and what is expected.
    """
    times: list[datetime] = []

    def sample(row: Any) -> Sample | None:
        _require_fields(row, _SAMPLE_FIELDS, ())
        at, bad, total = _moment(row["at"]), _count("bad", row["bad"]), _count("total", row["total"])
        times.append(at)
        return None if bad is None or total is None else Sample(at=at, bad=bad, total=total)

    found, unknown = _read(name, text, sample, _SAMPLE_FIELDS, ())
    ordered = _in_order(name, [(one.at, one) for one in found])
    return DeploymentCounts(samples=tuple(ordered), unknown=unknown, began=min(times, default=None))


def _read(
    name: str,
    text: str,
    parse: Callable[[Any], _Found | None],
    required: Sequence[str],
    optional: Sequence[str],
) -> tuple[list[_Found], int]:
    """What `parse` makes of each row, and how many rows it makes nothing of."""

    def columns(header: Sequence[str]) -> str | None:
        fitting = set(required) <= set(header) <= {*required, *optional} and len(set(header)) == len(header)
        return None if fitting and _is_of_both_arms(header) else f"expected {_wanted(required, optional)}"

    found: list[_Found] = []
    faults: list[str] = []
    unknown = 0
    for where, row in row_file.rows(name, text, columns, _wanted(required, optional)):
        try:
            one = parse(row)
        except ValueError as error:
            faults.append(f"{name}: {where}: {error}")
            continue
        if one is None:
            unknown += 1
        else:
            found.append(one)
    if faults:
        more = len(faults) - _FAULTS_SHOWN
        told = faults[:_FAULTS_SHOWN] + ([f"{name}: and {more} more rows like these"] if more > 0 else [])
        raise InputError("\n".join(told))
    return found, unknown


def _wanted(required: Sequence[str], optional: Sequence[str]) -> str:
    perhaps = f", and perhaps {', '.join(optional[:-2])}, {' and '.join(optional[-2:])}" if optional else ""
    return ", ".join(required) + perhaps


def _is_of_both_arms(fields: Collection[str]) -> bool:
    """Whether it tells the slow requests of both arms, or of neither."""
    return len(set(_SLOW) & set(fields)) != 1


def _in_order(name: str, found: Sequence[tuple[datetime, _Found]]) -> list[_Found]:
    seen: set[datetime] = set()
    for at, _ in found:
        if at in seen:
            raise InputError(f"{name}: at: found {at.isoformat()} twice, expected one row for each time")
        seen.add(at)
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _require_fields(row: Any, required: Sequence[str], optional: Sequence[str]) -> None:
    if isinstance(row, ValueError):
        raise row
    if not isinstance(row, dict):
        raise ValueError(f"found {type(row).__name__}, expected an object")  # noqa: TRY004 - told like the others
    if not (set(required) <= row.keys() <= {*required, *optional} and _is_of_both_arms(row.keys())):
        found = ", ".join(str(key) for key in row) or "nothing"
        raise ValueError(f"found the fields {found}; expected {_wanted(required, optional)}")


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _moment(value: Any) -> datetime:
    try:
        return parse_moment(value.strip() if isinstance(value, str) else str(value))
    except ValueError as error:
        raise ValueError(f"at: {error}") from None


def _share(value: Any) -> float:
    text = str(value).strip().removesuffix("%").strip()
    percent = _count("weight", value if isinstance(value, bool) else text)
    if percent is None or not 0 <= percent <= _PERCENT:
        raise ValueError(f"weight: found {value!r}, expected a percentage from 0 to 100")
    return percent / _PERCENT


def _count(field: str, value: Any) -> float | None:
    """A number; None when it is not known: empty, or the NaN that Prometheus makes of no data."""
    if _is_empty(value):
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float) or "_" in str(value):
            raise ValueError  # noqa: TRY301 - told below, like text that is not a number
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{field}: found {value!r}, expected a number") from None
    return None if math.isnan(number) else number
