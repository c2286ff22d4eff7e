"""Rows as CSV that a person opens in a spreadsheet, where a cell that starts as a formula would be run."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

#: With these a spreadsheet takes a cell for a formula; a tab or a line end may hide one behind it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """`rows` under a line with the names of `columns`; None is an empty cell.

    A text that a spreadsheet would take for a formula gets a `'` before it. Numbers are left as they are.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
