"""SLI counts from a file: CSV, a JSON array or JSON lines, with `objective, start, good, total`."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dashboard.config import parse_moment
from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError

_FIELDS = ("objective", "start", "good", "total")
_FAULTS_SHOWN = 20
_SHORT = f"found fewer values than columns, expected {', '.join(_FIELDS)}"


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
    for where, row in _rows(name, text):
        try:
            _add(counts, row, known)
        except ValueError as error:
            faults.append(f"{name}: {where}: {error}")
    if faults:
        more = len(faults) - _FAULTS_SHOWN
        told = faults[:_FAULTS_SHOWN] + ([f"{name}: and {more} more rows like these"] if more > 0 else [])
        raise InputError("\n".join([*told, f"{name}: nothing was imported"]))
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


def _rows(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """Each row with what a person calls it: a line of a CSV or JSON-lines file, an entry of an array.

    A line that is no row is the ValueError that says why, so that all of a file's faults are told at once.
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    if not stripped:
        raise InputError(f"{name}: found an empty file, expected rows of {', '.join(_FIELDS)}")
    above = text[: len(text) - len(stripped)].count("\n")
    readers: dict[str, Callable[[str, str, int], Iterator[tuple[str, Any]]]] = {"[": _array, "{": _lines}
    return readers.get(stripped[0], _table)(name, stripped, above)


def _array(name: str, text: str, _above: int) -> Iterator[tuple[str, Any]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: found text that is not JSON: {error}") from error
    for index, row in enumerate(rows, start=1):
        yield f"entry {index}", row


def _lines(_name: str, text: str, above: int) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=above + 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                row = ValueError(f"found text that is not JSON: {error}")
            yield f"line {number}", row


def _table(name: str, text: str, above: int) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="more values than columns", strict=True)
    try:
        header = [column.strip() for column in reader.fieldnames or ()]
        if set(header) != set(_FIELDS) or len(header) != len(_FIELDS):
            found = ", ".join(header)[:200]
            raise InputError(
                f"{name}: line {above + 1}: found the columns {found}; expected {', '.join(_FIELDS)}"
            )
        reader.fieldnames = header
        for row in reader:
            # The csv module fills a row that ends early with None; a file may have been cut off there.
            short = None in row.values()
            yield f"line {above + reader.line_num}", ValueError(_SHORT) if short else row
    except csv.Error as error:
        where = f"line {above + reader.line_num}"
        raise InputError(f"{name}: {where}: found text that is not CSV: {error}") from error
