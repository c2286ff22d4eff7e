"""Whether a PromQL expression can answer a number below zero, as far as its text tells."""

import promql_parser as promql

from dashboard.sources import promql_answer as answer

_NEVER = frozenset(
    {"rate", "irate", "increase", "changes", "resets", "abs", "sqrt", "exp", "time", "timestamp", "absent"}
    | {"absent_over_time", "present_over_time", "count_over_time", "stddev_over_time", "stdvar_over_time"}
    | {"histogram_count", "histogram_fraction", "histogram_stddev", "histogram_stdvar"}
)
_DIFFERENCES = frozenset({"delta", "idelta", "deriv", "predict_linear", "ln", "log2", "log10", "sgn"})
_COUNTING = frozenset({"count", "count_values", "group", "stddev", "stdvar"})
_ARITHMETIC = frozenset({"+", "*", "/", "%", "^"})
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
#: How counters, histograms and flags are called.
_COUNTED_NAMES = ("_total", "_count", "_bucket", "_sum", "_info")


def may_be_negative(expression: promql.Expr) -> bool | None:  # noqa: PLR0911 - one for each kind of expression
    """Whether an answer can be below zero; None where the text does not tell."""
    expression = answer.bare(expression)
    if isinstance(expression, promql.NumberLiteral):
        return bool(expression.val < 0)
    if isinstance(expression, promql.UnaryExpr):
        return True
    if isinstance(expression, promql.VectorSelector):
        name = expression.name or ""
        return False if name == "up" or name.endswith(_COUNTED_NAMES) else None
    if isinstance(expression, promql.AggregateExpr):
        return False if str(expression.op) in _COUNTING else may_be_negative(expression.expr)
    if isinstance(expression, promql.BinaryExpr):
        return _joined(expression)
    if isinstance(expression, promql.Call):
        return _called(expression)
    return _worst([may_be_negative(part) for part in answer.parts(expression)])


def _joined(expression: promql.BinaryExpr) -> bool | None:
    operation, left, right = str(expression.op), expression.lhs, expression.rhs
    if operation in _COMPARISONS:
        if expression.modifier and expression.modifier.return_bool:
            return False
        bound = answer.bare(right)
        above = operation in {">", ">="} and isinstance(bound, promql.NumberLiteral) and bound.val >= 0
        return False if above else may_be_negative(left)
    if operation == "-":
        # What is taken from a whole number is mostly a share of it.
        return None if isinstance(answer.bare(left), promql.NumberLiteral) else True
    if operation in _ARITHMETIC or operation == "or":
        return _worst([may_be_negative(left), may_be_negative(right)])
    return None if operation == "atan2" else may_be_negative(left)


def _called(expression: promql.Call) -> bool | None:
    name, arguments = expression.func.name, list(expression.args)
    if name in _NEVER:
        return False
    if name in _DIFFERENCES:
        return True
    if name in {"clamp_min", "clamp"}:
        least = answer.bare(arguments[1])
        if isinstance(least, promql.NumberLiteral) and least.val >= 0:
            return False
    if name.startswith(("histogram_", "double_", "holt_")):
        return None
    measured = [part for part in arguments if not isinstance(answer.bare(part), promql.StringLiteral)]
    if len(measured) > 1:  # the share of a quantile, the bounds of a clamp
        measured = [part for part in measured if not isinstance(answer.bare(part), promql.NumberLiteral)]
    return _worst([may_be_negative(part) for part in measured])


def _worst(signs: list[bool | None]) -> bool | None:
    if True in signs:
        return True
    return None if None in signs or not signs else False
