"""The rows of a file that a person hands in: CSV, a JSON array or object, or JSON lines."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from dashboard.errors import InputError
from dashboard.sources.json_faults import json_fault

_FAULTS_SHOWN = 20
#: A row with what a person calls it; a line that is no row is the ValueError that says why.
Row = tuple[str, Any]


def rows(name: str, text: str, columns: Callable[[Sequence[str]], str | None], fields: str) -> Iterator[Row]:
    """Each row of `text` with what people call it: a line of a CSV or JSON-lines file, an entry of an array.

    `columns` says what is wrong with the header of a CSV file, `fields` what rows are made of. A row that
    cannot be read comes as the ValueError that says why, so that all faults of a file are told at once.

    Raises:
        InputError: the file is empty, or as a whole not what it looks like.
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    if not stripped:
        raise InputError(f"{name}: found an empty file, expected rows of {fields}")
    above = text[: len(text) - len(stripped)].count("\n")
    if stripped[0] == "[":
        return _array(name, stripped)
    if stripped[0] == "{":
        return _objects(stripped, above)
    return _table(name, stripped, above, columns)


def faults(name: str, found: Sequence[str]) -> InputError:
    """The error that tells the first of the faults `found` in a file, and that nothing of it was stored."""
    more = len(found) - _FAULTS_SHOWN
    told = [*found[:_FAULTS_SHOWN], *([f"{name}: and {more} more rows like these"] if more > 0 else [])]
    return InputError("\n".join([*told, f"{name}: nothing was imported"]))


def _array(name: str, text: str) -> Iterator[Row]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: found {json_fault(text, error)}") from error
    for index, entry in enumerate(entries, start=1):
        yield f"entry {index}", entry


def _objects(text: str, above: int) -> Iterator[Row]:
    """One object, over however many lines, or one a line."""
    try:
        yield "entry 1", orjson.loads(text)
    except ValueError:
        yield from _lines(text, above)


def _lines(text: str, above: int) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=above + 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                row = ValueError(f"found text that is not JSON: {error}")
            yield f"line {number}", row


def _table(name: str, text: str, above: int, columns: Callable[[Sequence[str]], str | None]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader)]
        if fault := columns(header):
            found = ", ".join(header)[:200]
            raise InputError(f"{name}: line {above + 1}: found the columns {found}; {fault}")
        width = len(header)
        for row in reader:
            if not row:
                continue
            where = f"line {above + reader.line_num}"
            if len(row) == width:
                yield where, dict(zip(header, row, strict=True))
            else:
                # A row that ends early may be where the file was cut off.
                amount = "fewer" if len(row) < width else "more"
                yield where, ValueError(f"found {amount} values than columns, expected {', '.join(header)}")
    except csv.Error as error:
        where = f"line {above + reader.line_num}"
        raise InputError(f"{name}: {where}: found text that is not CSV: {error}") from error
