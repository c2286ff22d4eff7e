"""What the conditions of a metric say of answers that its provider could give, tried out one by one.

Nothing is guessed from the text of a condition: it is evaluated as Argo does, on answers that lie beside each
number that it names, on none, and on NaN.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from dashboard.domain.canary.language.go_values import Value
from dashboard.domain.canary.lint.promql_facts import AnswerKind, PromqlFacts, PromqlFault
from dashboard.domain.canary.manifest.analysis import Metric
from dashboard.domain.canary.manifest.placeholders import resolved
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.condition import Judgement, MeasuredValue, ValueKind, judge

_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NEGATIVE = re.compile(r"(?:[<>=(,?:]|\band\b|\bor\b|\bin\b|\[)\s*-\s*[\d.]")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_USUAL = (0.0, 0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0, 2.0, 10.0, 100.0, 1e3, 1e6, 1e9)
#: What a body may say.
_SAYINGS: tuple[Value, ...] = (True, 0.5, "1", (0.5,), None)
_MOST_FIELDS = 3
_FIELD = re.compile(r"(?<![\w\d])(?:result\s*\??|\])?\.([A-Za-z_]\w*)")
_ANY_FIELD = re.compile(r"\.\s*([A-Za-z_]\w*)")
_DEEPER = re.compile(r"\.\s*[A-Za-z_]\w*\s*\??[.\[]|\[\s*[\"']|\bresult\s*\[[^\]]*\]\s*\[")
_MOST_NUMBERS = 40
_LEAST_STEP = 1e-6
_LONGEST_CONDITION = 2_000
_MOST_LOOPS = 5
_LOOP = re.compile(r"\b(?:all|any|none|one|filter|map|count|sum|find\w*|groupBy|sortBy|reduce)\s*\(")
_LONG_RANGE = re.compile(r"\.\.\s*\(?\s*-?\s*\d{4}|\.\.[^\d\s]*[a-z]")
#: Longer ones, and those over a range of numbers, are tried on few answers, for each may take its time.
_LONG_CONDITION = 300
_FEW = (0.0, 0.01, 0.5, 1.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Both conditions with the values of arguments in place; `probed` says that some had to be made up."""

    success: str
    failure: str
    probed: bool

    @property
    def text(self) -> str:
        """Both, to look for words in."""
        return f"{self.success}\n{self.failure}"


def conditions_of(metric: Metric, values: Mapping[str, str]) -> Conditions | None:
    """The conditions of `metric`; None where it has none, or ones that would take long to try."""
    if not metric.success and not metric.failure:
        return None
    success, left = resolved(metric.success or "", values)
    failure, also_left = resolved(metric.failure or "", values)
    if _takes_long(success) or _takes_long(failure):
        return None
    return Conditions(
        success=_PLACEHOLDER.sub("1", success),
        failure=_PLACEHOLDER.sub("1", failure),
        probed=bool(left or also_left),
    )


def _takes_long(condition: str) -> bool:
    """Whether trying it could take long: loops in loops over many numbers, or no end of terms."""
    loops, ranged = len(_LOOP.findall(condition)), ".." in condition
    too_many = loops > (1 if ranged else _MOST_LOOPS)
    return len(condition) > _LONGEST_CONDITION or too_many or _LONG_RANGE.search(condition) is not None


def kind_of(metric: Metric, facts: PromqlFacts | PromqlFault | None) -> ValueKind | None:
    """As what Go value the provider hands its answer to the conditions; None where that is not certain."""
    if metric.provider == "prometheus":
        ranged = metric.asked is not None and metric.asked.get("rangeQuery") is not None
        scalar = isinstance(facts, PromqlFacts) and facts.kind is AnswerKind.SCALAR and not ranged
        return ValueKind.SCALAR if scalar else ValueKind.VECTOR
    if metric.provider == "datadog":
        asked = metric.asked
        grouped = asked is not None and any(" by {" in str(node.scalar) for node in asked.walk())
        return None if grouped else ValueKind.SCALAR
    if metric.provider == "graphite":
        return ValueKind.VECTOR
    return ValueKind.JSON if metric.provider in {"web", "cloudWatch"} else None


def phase_of(conditions: Conditions, kind: ValueKind, *numbers: float) -> Phase:
    """The phase of a measurement that answers `numbers`; none of them is an empty answer."""
    return judge(conditions.success, conditions.failure, measured(kind, *numbers)).phase


def measured(kind: ValueKind, *numbers: float) -> MeasuredValue:
    """An answer of `numbers`: a scalar without any is nil, as Datadog answers."""
    if kind is ValueKind.VECTOR:
        return MeasuredValue(kind=kind, value=numbers)
    if not numbers:
        return MeasuredValue(kind=ValueKind.NIL)
    return MeasuredValue(kind=kind, value=numbers[0])


def sampled(conditions: Conditions) -> list[float]:
    """Numbers of zero or more to try: usual ones, and those beside each that the conditions name."""
    if len(conditions.text) > _LONG_CONDITION or ".." in conditions.text:
        return list(_FEW)
    found = set(_USUAL)
    for number in _named(conditions):
        step = max(_LEAST_STEP, number * 1e-6)
        found |= {number, number + step, max(0.0, number - step)}
    return sorted(found)


def _named(conditions: Conditions) -> set[float]:
    """The numbers that the conditions name, without their signs; there is nothing beside huge ones."""
    numbers = [float(match[0]) for match in list(_NUMBER.finditer(conditions.text))[:_MOST_NUMBERS]]
    return {number for number in numbers if number < 1e300}  # noqa: PLR2004 - a huge one


def between(conditions: Conditions) -> list[float]:
    """The middle between each two neighbours among the numbers that the conditions name."""
    return [float(f"{(low + high) / 2:.6g}") for low, high in pairwise(sorted(_named(conditions)))]


def names_negative(conditions: Conditions) -> bool:
    """Whether the conditions compare with a number below zero: whoever wrote them expects some."""
    return _NEGATIVE.search(conditions.text) is not None


def below_zero(conditions: Conditions) -> list[float]:
    """Numbers below zero to try: those that are tried above it, with the other sign."""
    return [-number for number in reversed(sampled(conditions)) if number > 0]


def trials(
    conditions: Conditions, kind: ValueKind, numbers: Sequence[float]
) -> dict[tuple[float, ...], Phase]:
    """The phases of `numbers`, one by one, and of several where conditions look at more than one series."""
    found: dict[tuple[float, ...], Phase] = {}
    for number in numbers:
        found[number,] = phase_of(conditions, kind, number)
        if found[number,] is Phase.CANNOT_REPLAY:
            return found
    if kind is ValueKind.VECTOR and set(found.values()) == {Phase.ERROR}:
        found |= {pair: phase_of(conditions, kind, *pair) for pair in product(_FEW, repeat=2)}
        found |= {triple: phase_of(conditions, kind, *triple) for triple in product(_FEW, repeat=3)}
    return found


def body_trials(conditions: Conditions, *, of_cloud: bool) -> tuple[Judgement, ...]:
    """What the conditions make of what a body could say, or (`of_cloud`) CloudWatch, whose results are known.

    Nothing is tried where it could say too many things to try: deeper ones, or those with many names.
    """
    bodies = _cloud_results(conditions) if of_cloud else _bodies(conditions)
    judged = []
    for value in bodies:
        one = MeasuredValue(kind=ValueKind.JSON, value=value)
        judged.append(judge(conditions.success, conditions.failure, one))
    return tuple(judged)


def _cloud_results(conditions: Conditions) -> Iterator[Value]:
    """Lists of what CloudWatch answers, as far as the conditions ask for its numbers and names."""
    if set(_ANY_FIELD.findall(conditions.text)) - {"Values", "Id", "Label"}:
        return
    for numbers in ((0.5,), (), (0.0, 100.0), (100.0,), (1.0, 1.0, 1.0)):
        result: Value = {"Values": numbers, "Id": "a", "Label": "a"}
        yield (result,)
        yield (result, result)


def _bodies(conditions: Conditions) -> Iterator[Value]:
    """What a body could say: the fields that the conditions name, in an object and in a list of one."""
    text = conditions.text
    names = sorted(set(_FIELD.findall(text)))
    if len(names) > _MOST_FIELDS or _DEEPER.search(text):
        return
    for said in product(_SAYINGS, repeat=max(1, len(names))):
        named = dict(zip(names, said, strict=False))
        values: tuple[Value, ...] = (named, (named,)) if names else (said[0], (said[0],))
        yield from values
