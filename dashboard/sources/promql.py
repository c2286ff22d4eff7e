"""PromQL read by promql-parser (GreptimeTeam's parser in Rust, compatible with Prometheus 3)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

import promql_parser as promql

from dashboard.domain.canary.lint.promql_facts import AnswerKind, PromqlFacts, PromqlFault
from dashboard.sources import promql_answer as answer
from dashboard.sources.promql_sign import may_be_negative

#: The parser's time grows with the square of the nesting, and it crashes on ten thousand levels.
_MOST_CHARACTERS = 20_000
_MOST_OPERATORS = 300
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_OPERATOR = re.compile(r"[(\[{+\-*/%^]|==|!=|<|>|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_WHOLE_BUCKET = re.compile(r"\d+")
_BUCKET_LABELS = ("le", "quantile")


@lru_cache(maxsize=4096)
def read_promql(text: str) -> PromqlFacts | PromqlFault:
    """What is known of the query `text`, or why nothing is."""
    if len(text) > _MOST_CHARACTERS:
        return PromqlFault(message=f"found {len(text):,} characters", unchecked=True)
    operators = len(_OPERATOR.findall(_STRINGS.sub('""', text)))
    if operators > _MOST_OPERATORS:
        return PromqlFault(message=f"found {operators:,} brackets and operators", unchecked=True)
    try:
        expression = promql.parse(text)
    except ValueError as error:
        return PromqlFault(message=" ".join(str(error).split()))
    return _facts(expression)


def _facts(expression: promql.Expr) -> PromqlFacts:
    kind = _kind(expression)
    if kind in {AnswerKind.RANGE, AnswerKind.TEXT}:
        return PromqlFacts(kind=kind)
    parts = list(answer.walk(expression))
    selectors = [part for part in parts if isinstance(part, promql.VectorSelector)]
    matchers = [matcher for selector in selectors for matcher in selector.matchers.matchers]
    scalar = kind is AnswerKind.SCALAR
    return PromqlFacts(
        kind=kind,
        many=not scalar and answer.may_be_many(expression),
        empty=not scalar and answer.may_be_empty(expression),
        nan=answer.may_be_nan(expression),
        negative=may_be_negative(expression),
        fallback=answer.fallback(expression),
        drops=answer.drops(expression),
        buckets=tuple(str(matcher) for matcher in matchers if _is_whole_bucket(matcher)),
        quantile_without_le=any(answer.lacks_le(part) for part in parts),
        windows=tuple(_windows(parts)),
        ratio=answer.ratio(expression),
        divides=any(answer.divides(part) for part in parts),
        zero_by_zero=any(answer.may_divide_by_zero(part) for part in parts),
        labels=tuple((matcher.name, matcher.value) for matcher in matchers),
        metrics=tuple(selector.name for selector in selectors if selector.name),
    )


def _kind(expression: promql.Expr) -> AnswerKind:
    inner = answer.bare(expression)
    if isinstance(inner, promql.StringLiteral):
        return AnswerKind.TEXT
    if isinstance(inner, promql.MatrixSelector | promql.SubqueryExpr):
        return AnswerKind.RANGE
    return AnswerKind.SCALAR if answer.is_scalar(inner) else AnswerKind.VECTOR


def _is_whole_bucket(matcher: promql.Matcher) -> bool:
    equal = matcher.op == promql.MatchOp.Equal
    return equal and matcher.name in _BUCKET_LABELS and bool(_WHOLE_BUCKET.fullmatch(matcher.value))


def _windows(parts: list[promql.Expr]) -> Iterator[timedelta]:
    for part in parts:
        if isinstance(part, promql.Call) and part.func.name in answer.RATES:
            yield from (arg.range for arg in part.args if isinstance(arg, promql.MatrixSelector))
