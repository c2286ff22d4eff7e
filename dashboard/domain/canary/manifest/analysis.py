"""An analysis as the rules look at it: its metrics with their numbers read, its arguments, its dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from dashboard.domain.canary.manifest.analysis_fields import PROVIDERS
from dashboard.domain.canary.manifest.go_duration import length_of, parse_go_duration
from dashboard.domain.canary.manifest.node import Manifest, Node
from dashboard.domain.canary.manifest.placeholders import resolved
from dashboard.domain.canary.manifest.whole_number import whole_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. A number or duration is None where it is not written, or cannot be known."""

    manifest: Manifest
    node: Node
    name: str
    providers: tuple[str, ...]
    interval: timedelta | None
    delay: timedelta | None
    count: int | None
    failure_limit: int | None
    inconclusive_limit: int | None
    error_limit: int | None
    success_limit: int | None
    success: str | None
    failure: str | None
    dry_run: bool

    @property
    def provider(self) -> str | None:
        """Its provider, where it has exactly one."""
        return self.providers[0] if len(self.providers) == 1 else None

    @property
    def asked(self) -> Node | None:
        """The fields of its provider."""
        return None if self.provider is None else self.node.get("provider", self.provider)

    @property
    def measurements(self) -> int | None:
        """How many are taken; None where there is no end to them, or their number cannot be known."""
        if self.count:
            return self.count
        return 1 if self.node.get("count") is None and self.node.get("interval") is None else None

    @property
    def is_endless(self) -> bool:
        """Whether it measures until it is stopped."""
        unlimited = self.node.get("count") is None or self.count == 0
        return unlimited and self.node.get("interval") is not None and not self.success_limit

    @property
    def lasts(self) -> timedelta | None:
        """From the start of the run to its last measurement; None where that is not known, or never.

        It is at most `LONGEST`.
        """
        if self.measurements is None or (self.measurements > 1 and self.interval is None):
            return None
        delay, apart = self.delay or timedelta(), self.interval or timedelta()
        return length_of(delay.total_seconds() + (self.measurements - 1) * apart.total_seconds())

    @property
    def errors_to_abort(self) -> int:
        """How many errors in a row end it."""
        return (4 if self.error_limit is None else self.error_limit) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument that a template declares; `value` is its default, None where it has none."""

    name: str
    node: Node
    value: str | None
    referenced: bool

    @property
    def has_value(self) -> bool:
        """Whether a run can be created without a word of the Rollout."""
        return self.value is not None or self.referenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A template or run; `values` are those of its arguments, as far as they are known."""

    manifest: Manifest
    metrics: tuple[Metric, ...]
    arguments: tuple[Argument, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    canary_arguments: frozenset[str] = frozenset()


def read_arguments(manifest: Manifest) -> tuple[Argument, ...]:
    """The arguments that `manifest` declares."""
    found = []
    for node in manifest.root.each("spec", "args"):
        name = node.string("name")
        if name:
            value, referenced = node.string("value"), node.get("valueFrom") is not None
            found.append(Argument(name=name, node=node, value=value, referenced=referenced))
    return tuple(found)


def read_metric(manifest: Manifest, node: Node, values: Mapping[str, str], *, dry_run: bool) -> Metric:
    """The metric that `node` is, with `values` in place of placeholders."""
    return Metric(
        manifest=manifest,
        node=node,
        name=node.string("name") or "",
        providers=tuple(_providers(node)),
        interval=_length(node, "interval", values),
        delay=_length(node, "initialDelay", values),
        count=read_number(node.get("count"), values),
        failure_limit=_limit(node, "failureLimit", values),
        inconclusive_limit=_limit(node, "inconclusiveLimit", values),
        error_limit=read_number(node.get("consecutiveErrorLimit"), values),
        success_limit=read_number(node.get("consecutiveSuccessLimit"), values),
        success=node.string("successCondition"),
        failure=node.string("failureCondition"),
        dry_run=dry_run,
    )


def _providers(node: Node) -> list[str]:
    provider = node.get("provider")
    fields = (provider.fields or {}) if provider is not None else {}
    names = [name for name, value in fields.items() if name in PROVIDERS and value.scalar is None]
    plugins = provider.get("plugin") if provider is not None else None
    several = max(0, len(plugins.fields or {}) - 1) if plugins is not None else 0
    return [name for name in names if not fields[name].is_empty] + ["plugin"] * several


def read_number(node: Node | None, values: Mapping[str, str]) -> int | None:
    """The whole number at `node`; text that is none is 0 for Argo, what an argument stands for unknown."""
    if node is None or node.items is not None or node.fields is not None or isinstance(node.scalar, bool):
        return None
    if isinstance(node.scalar, int):
        return node.scalar
    text, left = resolved(str(node.scalar), values)
    if left:
        return None
    return whole_number(text) or 0


def _limit(node: Node, name: str, values: Mapping[str, str]) -> int | None:
    written = node.get(name)
    return 0 if written is None else read_number(written, values)


def _length(node: Node, name: str, values: Mapping[str, str]) -> timedelta | None:
    return read_length(node.get(name), values)


def read_length(node: Node | None, values: Mapping[str, str]) -> timedelta | None:
    """The duration at `node`; None where there is none that Go can read."""
    if node is None or not isinstance(node.scalar, str):
        return None
    text, left = resolved(node.scalar, values)
    try:
        return None if left else parse_go_duration(text)
    except ValueError:
        return None
