"""SLI counts from a file: CSV, a JSON array or JSON lines, with `objective, start, good, total`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dashboard.config import parse_moment
from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Catalogue
from dashboard.sources import row_file

_FIELDS = ("objective", "start", "good", "total")


@dataclass(frozen=True, slots=True)
class FileCounts:
    """The counts of one objective, by the end of the bucket (unix seconds); a missing key means unknown."""

    good: dict[int, float] = field(default_factory=dict)
    total: dict[int, float] = field(default_factory=dict)


def read_sli(name: str, text: str, catalogue: Catalogue) -> dict[str, FileCounts]:
    """The counts in `text`, by `service/indicator`; `name` is what messages call the file.

    A value may be empty (unknown); NaN, infinite and negative values are read as they are, since the
    store flags them. Everything else that is wrong is an error.

    Raises:
        InputError: names each row that cannot be read, what was found and what is expected.
    """
    known = {objective.key for objective in catalogue.objectives}
    counts: dict[str, FileCounts] = {}
    faults = []
    for where, row in row_file.rows(name, text, _columns, ", ".join(_FIELDS)):
        try:
            _add(counts, row, known)
        except ValueError as error:
            faults.append(f"{name}: {where}: {error}")
    if faults:
        raise row_file.faults(name, faults)
    return counts


def _add(counts: dict[str, FileCounts], row: Any, known: set[str]) -> None:
    if isinstance(row, ValueError):
        raise row
    if not isinstance(row, dict):
        raise ValueError(f"found {type(row).__name__}, expected an object")  # noqa: TRY004 - told like the others
    if row.keys() != set(_FIELDS):
        found = ", ".join(str(key) for key in row) or "nothing"
        raise ValueError(f"found the fields {found}; expected {', '.join(_FIELDS)}")
    objective = row["objective"]
    if not isinstance(objective, str) or objective not in known:
        raise ValueError(f"objective: found {objective!r}, expected a service/indicator of the catalogue")
    end = _start(row["start"]) + BUCKET_SECONDS
    values = {side: _count(side, row[side]) for side in ("good", "total")}
    of_objective = counts.setdefault(objective, FileCounts())
    for side, value in values.items():
        stored: dict[int, float] = getattr(of_objective, side)
        # Compared as text, so that NaN equals itself.
        if end in stored and str(stored[end]) != str(value):
            raise ValueError(
                f"{side}: found a second row for {objective} at {row['start']} with another value"
            )
        # Without good the bucket is unknown; a total alone would count as one in which nothing was good.
        if value is not None and values["good"] is not None:
            stored[end] = value


def _start(value: Any) -> int:
    try:
        moment = parse_moment(value if isinstance(value, str) else str(value))
    except ValueError as error:
        raise ValueError(f"start: {error}") from None
    seconds = moment.timestamp()
    if seconds % BUCKET_SECONDS:
        raise ValueError(
            f"start: found {value!r}, expected the start of a 5-minute bucket, such as 09:05:00Z"
        )
    if not datetime(2000, 1, 1, tzinfo=UTC) <= moment <= datetime(2200, 1, 1, tzinfo=UTC):
        raise ValueError(f"start: found {value!r}, expected a time between the years 2000 and 2200")
    return int(seconds)


def _count(side: str, value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError  # noqa: TRY004, TRY301 - told below, like text that is not a number
        return float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{side}: found {value!r}, expected a number of events") from None


def _columns(header: Sequence[str]) -> str | None:
    """What is wrong with the header of a CSV file; None when nothing is."""
    as_expected = set(header) == set(_FIELDS) and len(header) == len(_FIELDS)
    return None if as_expected else f"expected {', '.join(_FIELDS)}"
