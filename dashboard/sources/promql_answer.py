"""What a parsed PromQL expression can answer: how many series, none, NaN."""

from collections.abc import Iterator

import promql_parser as promql

#: Functions that need two samples in their range.
RATES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear"})
_COUNTED = frozenset({"rate", "irate", "increase"})
_SETS = frozenset({"and", "or", "unless"})
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_LOGARITHMS = frozenset({"ln", "log2", "log10", "sqrt", "acos", "asin", "acosh", "atanh"})
_SELECTING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_ABSENT = frozenset({"absent", "absent_over_time"})


def bare(expression: promql.Expr) -> promql.Expr:
    """`expression` without the brackets around it."""
    while isinstance(expression, promql.ParenExpr):
        expression = expression.expr
    return expression


def parts(expression: promql.Expr) -> list[promql.Expr]:
    """The expressions that `expression` is made of."""
    if isinstance(expression, promql.BinaryExpr):
        return [expression.lhs, expression.rhs]
    if isinstance(expression, promql.AggregateExpr):
        given = expression.param
        return [expression.expr, *([given] if isinstance(given, promql.Expr) else [])]
    if isinstance(expression, promql.Call):
        return list(expression.args)
    if isinstance(expression, promql.MatrixSelector):
        return [expression.vector_selector]
    if isinstance(expression, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return [expression.expr]
    return []


def walk(expression: promql.Expr) -> Iterator[promql.Expr]:
    """`expression` and all that it is made of."""
    yield expression
    for part in parts(expression):
        yield from walk(part)


def is_scalar(expression: promql.Expr) -> bool:
    """Whether the answer is one number without labels."""
    expression = bare(expression)
    if isinstance(expression, promql.NumberLiteral):
        return True
    if isinstance(expression, promql.UnaryExpr):
        return is_scalar(expression.expr)
    if isinstance(expression, promql.BinaryExpr):
        return is_scalar(expression.lhs) and is_scalar(expression.rhs)
    return isinstance(expression, promql.Call) and expression.func.return_type == promql.ValueType.Scalar


def may_be_many(expression: promql.Expr) -> bool:
    """Whether there can be more than one series."""
    labels = _labels(expression)
    return labels is None or bool(labels)


def _labels(expression: promql.Expr) -> frozenset[str] | None:  # noqa: PLR0911 - one for each kind of expression
    """The labels by which the series of the answer differ; none for at most one series, None if not known."""
    expression = bare(expression)
    if is_scalar(expression):
        return frozenset()
    if isinstance(expression, promql.VectorSelector):
        # A recording rule is named level:metric:operation; what it was summed by is in its rule.
        return frozenset() if ":" in (expression.name or "") else None
    if isinstance(expression, promql.AggregateExpr):
        return _aggregated(expression)
    if isinstance(expression, promql.BinaryExpr):
        return _joined(expression)
    if isinstance(expression, promql.Call):
        name = expression.func.name
        if name in _ABSENT or name == "vector":
            return frozenset()
        vectors = [arg for arg in expression.args if not is_scalar(arg) and not _is_text(arg)]
        labels = _labels(vectors[-1]) if vectors else frozenset()
        return labels - {"le"} if labels and name.startswith("histogram_") else labels
    inner = parts(expression)
    return _labels(inner[0]) if inner else None


def _aggregated(expression: promql.AggregateExpr) -> frozenset[str] | None:
    operation, modifier = str(expression.op), expression.modifier
    if operation in _SELECTING:
        one = isinstance(expression.param, promql.NumberLiteral) and expression.param.val <= 1
        return frozenset() if one and operation != "limit_ratio" and modifier is None else None
    if operation == "count_values":
        return None
    if modifier is None:
        return frozenset()
    if modifier.type == promql.AggModifierType.Without:
        return None
    return frozenset(modifier.labels) - _pinned(expression.expr)


def _pinned(expression: promql.Expr) -> frozenset[str]:
    """The labels that every selector holds to one value."""
    selectors = [part for part in walk(expression) if isinstance(part, promql.VectorSelector)]
    equal = [
        {matcher.name for matcher in selector.matchers.matchers if matcher.op == promql.MatchOp.Equal}
        for selector in selectors
    ]
    return frozenset(set.intersection(*equal)) if equal else frozenset()


def _joined(expression: promql.BinaryExpr) -> frozenset[str] | None:  # noqa: PLR0911 - one for each kind of expression
    left, right, operation = _labels(expression.lhs), _labels(expression.rhs), str(expression.op)
    if is_scalar(expression.lhs):
        return right
    if is_scalar(expression.rhs):
        return left
    if operation == "or":
        return None if left is None or right is None else left | right
    if operation in _SETS:
        return left
    card = expression.modifier.card if expression.modifier else None
    if card == promql.VectorMatchCardinality.ManyToOne:
        return left
    if card == promql.VectorMatchCardinality.OneToMany:
        return right
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _is_text(expression: promql.Expr) -> bool:
    return isinstance(bare(expression), promql.StringLiteral)


def may_be_empty(expression: promql.Expr) -> bool:  # noqa: PLR0911 - one for each kind of expression
    """Whether there can be no series at all."""
    expression = bare(expression)
    if is_scalar(expression):
        return False
    if isinstance(expression, promql.Call):
        if expression.func.name == "vector":
            return False
        return expression.func.name in _ABSENT or any(may_be_empty(arg) for arg in expression.args)
    if isinstance(expression, promql.BinaryExpr):
        left, right = may_be_empty(expression.lhs), may_be_empty(expression.rhs)
        if str(expression.op) == "or":
            return left and right
        return left or right or str(expression.op) == "unless" or _is_filter(expression)
    if isinstance(expression, promql.VectorSelector | promql.MatrixSelector):
        return True
    return any(may_be_empty(part) for part in parts(expression))


def _is_filter(expression: promql.Expr) -> bool:
    """Whether it is a comparison that leaves out what does not meet it."""
    if not isinstance(expression, promql.BinaryExpr) or str(expression.op) not in _COMPARISONS:
        return False
    return not is_scalar(expression) and not (expression.modifier and expression.modifier.return_bool)


def may_be_nan(expression: promql.Expr) -> bool:
    """Whether a number of the answer can be NaN, mostly by 0 requests of 0."""
    expression = bare(expression)
    if isinstance(expression, promql.Call):
        name = expression.func.name
        if name == "histogram_quantile" or name in _LOGARITHMS:
            return True
        if name == "scalar" and (may_be_empty(expression.args[0]) or may_be_many(expression.args[0])):
            return True
    if isinstance(expression, promql.BinaryExpr):
        if str(expression.op) in _COMPARISONS or str(expression.op) == "unless":
            return str(expression.op) in {"unless", "!="} and may_be_nan(expression.lhs)
        if str(expression.op) in {"/", "%"} and not _cannot_be_zero(expression.rhs):
            return True
    return any(may_be_nan(part) for part in parts(expression))


def _cannot_be_zero(divisor: promql.Expr) -> bool:
    divisor = bare(divisor)
    if isinstance(divisor, promql.NumberLiteral):
        return divisor.val != 0
    if isinstance(divisor, promql.Call) and divisor.func.name == "clamp_min":
        least = bare(divisor.args[1])
        return isinstance(least, promql.NumberLiteral) and least.val > 0
    if isinstance(divisor, promql.BinaryExpr) and _is_filter(divisor):
        bound = bare(divisor.rhs)
        above_zero = str(divisor.op) in {">", "!="}
        return above_zero and isinstance(bound, promql.NumberLiteral) and bound.val >= 0
    return False


def fallback(expression: promql.Expr) -> float | None:
    """The number that is answered when there is no series: that of a closing `or vector(…)`."""
    expression = bare(expression)
    if not isinstance(expression, promql.BinaryExpr) or str(expression.op) != "or":
        return None
    last = bare(expression.rhs)
    if not isinstance(last, promql.Call) or last.func.name != "vector" or not may_be_empty(expression.lhs):
        return None
    given = bare(last.args[0])
    return given.val if isinstance(given, promql.NumberLiteral) else None


def drops(expression: promql.Expr) -> str | None:
    """The comparison, or absent, at the top of the expression that leaves out the healthy series."""
    expression = bare(expression)
    if _is_filter(expression):
        assert isinstance(expression, promql.BinaryExpr)  # noqa: S101 - so it is, by _is_filter
        return str(expression.op)
    if isinstance(expression, promql.Call) and expression.func.name in _ABSENT:
        return expression.func.name
    return None


def lacks_le(expression: promql.Expr) -> bool:
    """Whether it is a quantile over buckets whose label le was summed away."""
    if not isinstance(expression, promql.Call) or expression.func.name != "histogram_quantile":
        return False
    summed = bare(expression.args[1])
    if not isinstance(summed, promql.AggregateExpr):
        return False
    names = [part.name or "" for part in walk(summed) if isinstance(part, promql.VectorSelector)]
    if not names or not all(name.endswith("_bucket") for name in names):
        return False
    modifier = summed.modifier
    if modifier is None:
        return True
    without = bool(modifier.type == promql.AggModifierType.Without)
    return ("le" in modifier.labels) is without


def divides(expression: promql.Expr) -> bool:
    """Whether it divides one series by another."""
    if not isinstance(expression, promql.BinaryExpr) or str(expression.op) != "/":
        return False
    return not is_scalar(expression.lhs) and not is_scalar(expression.rhs)


def may_divide_by_zero(expression: promql.Expr) -> bool:
    """Whether it divides by a series that can be zero, as that of requests is without traffic."""
    return divides(expression) and not _cannot_be_zero(_divisor(expression))


def _divisor(expression: promql.Expr) -> promql.Expr:
    assert isinstance(expression, promql.BinaryExpr)  # noqa: S101 - so it is, since it divides
    return expression.rhs


def ratio(expression: promql.Expr) -> float | None:
    """What a share of 1 is answered as, where it is a share of requests, perhaps times or by a number.

    A share is one count or rate divided by another, or 1 minus that. None of anything else.
    """
    expression = bare(expression)
    if not isinstance(expression, promql.BinaryExpr):
        return None
    left, right, operation = bare(expression.lhs), bare(expression.rhs), str(expression.op)
    if operation == "or":
        return ratio(left)
    if operation == "-" and isinstance(left, promql.NumberLiteral):
        whole = ratio(right)
        return whole if whole is not None and left.val in {1.0, whole} else None
    if operation == "/" and _counts(left) and _counts(right):
        return 1.0
    return _scaled(left, right, operation)


def _scaled(left: promql.Expr, right: promql.Expr, operation: str) -> float | None:
    if operation == "*" and isinstance(left, promql.NumberLiteral):
        left, right = right, left
    if operation not in {"*", "/"} or not isinstance(right, promql.NumberLiteral) or right.val <= 0:
        return None
    whole = ratio(left)
    return None if whole is None else whole * right.val if operation == "*" else whole / right.val


def _counts(expression: promql.Expr) -> bool:
    called = [part.func.name for part in walk(expression) if isinstance(part, promql.Call)]
    quantile = any(name.startswith("histogram_") for name in called)
    return not quantile and any(name in _COUNTED for name in called)
