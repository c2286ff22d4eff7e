"""What a PromQL query can answer, as far as its text tells: the facts that the rules need of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class AnswerKind(StrEnum):
    """What Prometheus answers an instant query with; Argo takes the first two."""

    VECTOR = "vector"
    SCALAR = "scalar"
    RANGE = "range vector"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromqlFacts:
    """What is known of a query that parses.

    `many`: it may answer more than one series. `empty`, `nan`: it may answer nothing, or NaN. `negative`:
    it may answer a number below zero; None where its text does not tell. `fallback` is
    the number after a closing `or vector(…)`. `drops` is the comparison (or absent) at its top, which leaves
    out the series that do not meet it. `buckets` are the matchers of a bucket or quantile label by a whole
    number. `windows` are the ranges that its rates look back. `ratio` is what it makes of a whole share (1,
    or 100 for percent) where it divides two rates or increases, else None.
    `divides` says that it divides one series by another, whatever they are, and `zero_by_zero` that the
    divisor can be zero.
    `labels` are the names and values of its matchers. `metrics` are the names of its series.
    """

    kind: AnswerKind
    many: bool = False
    empty: bool = False
    nan: bool = False
    negative: bool | None = None
    fallback: float | None = None
    drops: str | None = None
    buckets: tuple[str, ...] = ()
    quantile_without_le: bool = False
    windows: tuple[timedelta, ...] = ()
    ratio: float | None = None
    divides: bool = False
    zero_by_zero: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromqlFault:
    """Why nothing is known of a query: it does not parse, or (`unchecked`) could not be tried."""

    message: str
    unchecked: bool = False
