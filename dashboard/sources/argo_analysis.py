"""AnalysisTemplates, ClusterAnalysisTemplates and the specs of AnalysisRuns, as Argo Rollouts reads them.

The shapes of today, and of v0.x: `analysisSpec`, `maxFailures`, `maxInconclusive`, `maxConsecutiveErrors`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.go_regexp import compile_regexp
from dashboard.domain.canary.manifest.go_duration import parse_go_duration
from dashboard.domain.canary.manifest.placeholders import resolved
from dashboard.domain.canary.manifest.whole_number import whole_number
from dashboard.domain.canary.replay.analysis import MASK, PROMETHEUS, AnalysisSpec, MetricSpec
from dashboard.domain.canary.replay.metric_phase import DEFAULT_CONSECUTIVE_ERROR_LIMIT, Limits, Rule
from dashboard.domain.canary.replay.other_limits import ChosenLimit, with_limit
from dashboard.errors import InputError
from dashboard.sources.argo_fields import Fields, fields

TEMPLATE_KINDS = {"AnalysisTemplate", "ClusterAnalysisTemplate"}
RUN_KIND = "AnalysisRun"
#: What stands for a secret: its value is never read, kept or shown.
SECRET = MASK
#: Argo's words for what decides on a metric beside its conditions.
_DECIDING = (
    *("count", "interval", "initialDelay", "failureLimit", "inconclusiveLimit", "consecutiveErrorLimit"),
    *("consecutiveSuccessLimit", "maxFailures", "maxInconclusive", "maxConsecutiveErrors"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedObject:
    """An object of Argo's in a file: what it is, what it is called, and its fields.

    `namespace` is empty where the file does not say.
    """

    kind: str
    name: str
    fields: Fields
    namespace: str = ""

    @property
    def spec(self) -> Fields:
        """What it measures: `spec`, or `spec.analysisSpec` of v0.x."""
        spec = self.fields.part("spec")
        return spec.part("analysisSpec") if spec.has("analysisSpec") else spec

    @property
    def arguments(self) -> tuple[Fields, ...]:
        """Its arguments."""
        return (*self.listed("args"), *self.fields.part("spec").parts("arguments"))

    def listed(self, name: str) -> tuple[Fields, ...]:
        """The mappings of the list `name` of its spec; v0.x has some beside `analysisSpec`, some in it."""
        outer = self.fields.part("spec")
        beside = outer.parts(name) if outer.has("analysisSpec") else ()
        return (*beside, *self.spec.parts(name))


def named_objects(called: str, documents: Iterable[Any], kinds: set[str]) -> tuple[NamedObject, ...]:
    """The objects of `kinds` among `documents`; others are passed over.

    Raises:
        InputError: a document is no mapping.
    """
    found = []
    for index, document in enumerate(documents):
        where = called if index == 0 else f"{called}: document {index + 1}"
        part = fields(where, document)
        kind = part.text("kind")
        if kind in kinds:
            metadata = part.part("metadata")
            name = metadata.text("name", "generateName")
            found.append(
                NamedObject(
                    kind=kind,
                    name=name,
                    fields=Fields(where=f"{where}: {name or kind}", values=part.values),
                    namespace=metadata.text("namespace"),
                )
            )
    return tuple(found)


def analysis_spec(
    objects: tuple[NamedObject, ...], given: Mapping[str, str], chosen: Sequence[ChosenLimit] = ()
) -> AnalysisSpec:
    """What `objects` measure together, as Argo merges templates; `given` are values of arguments by name.

    The `chosen` limits take the place of those that are written, one after the other.

    Raises:
        InputError: a field has a wrong type, two metrics have one name, or an argument without a value
            decides on a limit or a condition.
    """
    values = argument_values((argument for item in objects for argument in item.arguments), given)
    metrics: dict[str, MetricSpec] = {}
    faults: list[str] = []
    for item in objects:
        for metric in item.spec.parts("metrics"):
            read, wrong = _metric(metric, values, chosen)
            if read.name in metrics:
                raise InputError(f"{metric.at('name')}: found {read.name!r} again, expected it once")
            metrics[read.name] = read
            faults += wrong
    if not metrics:
        faults.append("found no metrics, expected at least one")
    rules = [rule.text("metricName") for item in objects for rule in item.listed("dryRun")]
    if any(MASK in text for text in (*rules, *metrics)) and rules:  # which of them run dry is not known
        metrics = {name: replace(metric, masked=True) for name, metric in metrics.items()}
        return AnalysisSpec(metrics=tuple(metrics.values()), faults=tuple(faults))
    dry_run = _matched(objects, "dryRun", metrics, faults)
    _matched(objects, "measurementRetention", metrics, faults)
    return AnalysisSpec(metrics=tuple(metrics.values()), dry_run=dry_run, faults=tuple(faults))


def argument_values(arguments: Iterable[Fields], given: Mapping[str, str]) -> dict[str, str]:
    """The values of arguments by name, those `given` first; a secret's is never read.

    Raises:
        InputError: an argument has two values.
    """
    values: dict[str, str] = {}
    for argument in arguments:
        name = argument.text("name")
        if argument.part("valueFrom").has("secretKeyRef"):
            values[name] = SECRET
        elif argument.has("value") and name not in given:
            value = argument.text("value")
            if values.get(name, value) != value:
                raise InputError(f"{argument.at('value')}: found another value of {name!r}, expected one")
            values[name] = value
    return {**values, **{name: value for name, value in given.items() if values.get(name) != SECRET}}


def _metric(
    metric: Fields, values: Mapping[str, str], chosen: Sequence[ChosenLimit]
) -> tuple[MetricSpec, list[str]]:
    faults: list[str] = []
    name = metric.filled(values, "name")
    if not name:
        raise InputError(f"{metric.at('name')}: found nothing, expected the name of the metric")
    provider, query, unresolved = _provider(metric, values, faults)
    count = _number(metric, values, 0, "count")
    interval = _length(metric, values, "interval", faults)
    initial_delay = _length(metric, values, "initialDelay", faults)
    limits = Limits(
        failure=_number(metric, values, 0, "failureLimit", "maxFailures"),
        inconclusive=_number(metric, values, 0, "inconclusiveLimit", "maxInconclusive"),
        consecutive_error=_number(
            metric, values, DEFAULT_CONSECUTIVE_ERROR_LIMIT, "consecutiveErrorLimit", "maxConsecutiveErrors"
        ),
        consecutive_success=_number(metric, values, 0, "consecutiveSuccessLimit"),
        effective_count=count or (None if metric.has("interval") else 1),
    )
    masked = MASK in provider or any(MASK in metric.filled(values, field) for field in _DECIDING)
    if masked:
        faults.clear()  # what is masked has no fault that Argo saw
    for choice in (choice for choice in chosen if choice.metric in {None, name}):
        limits = with_limit(limits, choice.rule, choice.value)
        count = choice.value if choice.rule is Rule.COUNT else count
    faults += [
        f"{metric.where}: {fault}"
        for fault in _refused(limits, count, has_interval=metric.has("interval"))
        if not masked
    ]
    return (
        MetricSpec(
            name=name,
            limits=limits,
            provider=provider,
            query=query,
            over_a_range=_is_over_a_range(metric),
            unresolved=unresolved,
            success_condition=metric.filled(values, "successCondition"),
            failure_condition=metric.filled(values, "failureCondition"),
            interval=interval,
            initial_delay=initial_delay or timedelta(),
            masked=masked,
        ),
        faults,
    )


def _provider(
    metric: Fields, values: Mapping[str, str], faults: list[str]
) -> tuple[str, str | None, tuple[str, ...]]:
    """The provider's key, the query of Prometheus and the placeholders in it that have no value."""
    part = metric.part("provider")
    named = [name for name, value in part.values.items() if value is not None]
    if len(named) != 1:
        found = f"{len(named)} providers" if named else "no provider"
        faults.append(
            f"{part.where}: found {found}, expected one; the values are read as those of Prometheus"
        )
    provider = named[0] if len(named) == 1 else PROMETHEUS
    if provider != PROMETHEUS or PROMETHEUS not in named:
        return provider, None, ()
    query, left = resolved(part.part(PROMETHEUS).text("query"), values)
    return provider, query, tuple(sorted(left))


def _is_over_a_range(metric: Fields) -> bool:
    asked = metric.part("provider").values.get(PROMETHEUS)
    return isinstance(asked, dict) and asked.get("rangeQuery") is not None


def _number(metric: Fields, values: Mapping[str, str], default: int, *names: str) -> int:
    """A limit: a whole number or text that is one. Argo reads any other text as 0."""
    if not metric.has(*names):
        return default
    return whole_number(metric.filled(values, *names)) or 0


def _length(metric: Fields, values: Mapping[str, str], name: str, faults: list[str]) -> timedelta | None:
    value = metric.values.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):  # v0.x counted seconds
        return timedelta(seconds=min(max(value, 0), 10**9))
    try:
        return parse_go_duration(metric.filled(values, name))
    except ValueError as error:
        faults.append(f"{metric.at(name)}: {error}")
        return None


def _refused(limits: Limits, count: int, *, has_interval: bool) -> list[str]:
    """What Argo refuses in the limits of a metric (`utils/analysis`, ValidateMetric)."""
    faults = []
    for name, limit in (("failureLimit", limits.failure), ("inconclusiveLimit", limits.inconclusive)):
        if 0 < count < limit:
            faults.append(f"found count {count} and {name} {limit}, expected count >= {name}")
    if count > 1 and not has_interval:
        faults.append(f"found count {count} and no interval, expected an interval")
    if limits.failure < 0 and limits.consecutive_success <= 0:
        faults.append("found failureLimit and consecutiveSuccessLimit switched off, expected one of them")
    for name, limit, least in (
        ("failureLimit", limits.failure, -1),
        ("inconclusiveLimit", limits.inconclusive, 0),
        ("consecutiveErrorLimit", limits.consecutive_error, 0),
        ("consecutiveSuccessLimit", limits.consecutive_success, 0),
    ):
        if limit < least:
            faults.append(f"found {name} {limit}, expected at least {least}")
    return faults


def _matched(
    objects: tuple[NamedObject, ...], name: str, metrics: Mapping[str, MetricSpec], faults: list[str]
) -> frozenset[str]:
    """The metrics that the rules at `name` (patterns of Go) match; a rule that matches none is refused."""
    found: set[str] = set()
    for rule in (rule for item in objects for rule in item.listed(name)):
        matched = {metric for metric in metrics if _matches(rule, metric)}
        if not matched:
            where = rule.at("metricName")
            faults.append(f"{where}: found a rule that matches no metric, expected one that does")
        found |= matched
    return frozenset(found)


def _matches(rule: Fields, metric: str) -> bool:
    try:
        return compile_regexp(rule.text("metricName")).found_in(metric)
    except ConditionFaultError:
        return False
    except CannotReplayError as error:
        raise InputError(f"{rule.at('metricName')}: {error}") from None
