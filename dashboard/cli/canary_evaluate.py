"""`reliability canary evaluate`: measurements, recorded or queried, through Argo's exact rules."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from dashboard.cli import options
from dashboard.cli.canary_evaluate_text import evaluation_text
from dashboard.config import prometheus_settings
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import (
    PROMETHEUS,
    AnalysisSpec,
    MetricSpec,
    RecordedMeasurement,
    RecordedRun,
)
from dashboard.domain.canary.replay.backtest import backtest
from dashboard.domain.canary.replay.metric_phase import Rule
from dashboard.domain.canary.replay.other_limits import ChosenLimit
from dashboard.errors import InputError
from dashboard.reports.canary_evaluation import evaluate as evaluated
from dashboard.reports.canary_evaluation import evaluation_document
from dashboard.sources.argo_analysis import (
    RUN_KIND,
    SECRET,
    NamedObject,
    analysis_spec,
    named_objects,
)
from dashboard.sources.argo_measurements import measurements_by_metric, recorded_run
from dashboard.sources.argo_templates import templates_of
from dashboard.sources.object_stream import ObjectStream
from dashboard.sources.prometheus import Prometheus
from dashboard.sources.prometheus_answer import AnswerError

_EXIT_CODES = {Phase.SUCCESSFUL: 0, Phase.CANNOT_REPLAY: 2}
_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


def _limit(name: str, rule: Rule, shown: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        f"--{name}",
        rule.name.lower(),
        multiple=True,
        metavar="[METRIC=]N",
        help=f"{shown} instead of the template's, for every metric or for one.",
    )


@click.command()
@click.option(
    "--template",
    type=_FILE,
    help="AnalysisTemplates, YAML or JSON; several are merged. Default: the spec of the AnalysisRun.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="[NAMESPACE/]NAME",
    help="Only this template of the file, with those that it names.",
)
@click.option(
    "--measurements",
    type=_FILE,
    help='An AnalysisRun as kubectl prints it, or {metric: [{value: "[0.95]"}, …]}; `-` is stdin.',
)
@click.option("--run", "run_name", help="Which AnalysisRun of the file.")
@click.option("--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="The value of an argument.")
@_limit("failure-limit", Rule.FAILURE_LIMIT, "failureLimit")
@_limit("inconclusive-limit", Rule.INCONCLUSIVE_LIMIT, "inconclusiveLimit")
@_limit("consecutive-error-limit", Rule.CONSECUTIVE_ERROR_LIMIT, "consecutiveErrorLimit")
@_limit("consecutive-success-limit", Rule.CONSECUTIVE_SUCCESS_LIMIT, "consecutiveSuccessLimit")
@_limit("count", Rule.COUNT, "count (0: no end)")
@click.option("--terminated", is_flag=True, help="The run was told to stop after its last measurement.")
@options.prometheus
@click.option("--from", "start", type=options.MOMENT, help="Backtest: when the analysis begins.")
@click.option("--to", "end", type=options.MOMENT, help="Backtest: when it is told to stop at the latest.")
@options.as_json
def evaluate(  # noqa: PLR0913 - one argument per option
    *,
    template: Path | None,
    names: tuple[str, ...],
    measurements: Path | None,
    run_name: str | None,
    arguments: tuple[str, ...],
    terminated: bool,
    prometheus: str | None,
    start: datetime | None,
    end: datetime | None,
    as_json: bool,
    **limits: tuple[str, ...],
) -> None:
    """Replay measurements through Argo Rollouts' rules, or take them from Prometheus over a past time.

    Exit codes: 0 Successful, 1 anything else that Argo decides (Failed, Error, Inconclusive, still Running),
    2 bad input, or a condition that cannot be replayed, 3 Prometheus is unreachable.
    """
    given = _pairs("--arg", arguments)
    templates = () if template is None else _templates(template, names)
    if measurements is None:
        spec = _spec(templates, given, limits)
        run, notes = _queried(spec, prometheus, start, end)
        spec = replace(spec, metrics=tuple(item for item in spec.metrics if item.name in run.metrics))
    else:
        if start or end or prometheus:
            raise InputError(
                "--measurements: found --prometheus, --from or --to as well, expected one or the other"
            )
        run, recorded = _recorded(measurements, run_name)
        by_its_own = not templates and not given and not any(limits.values())
        run = replace(run, accepted=by_its_own and run.has_measurements)
        spec = _spec(templates or recorded, _with_arguments(given, recorded), limits)
        notes = ()
    if terminated:
        run = replace(run, terminated=True)
    evaluation = evaluated(spec, run, notes)
    if as_json:
        click.echo(json.dumps(evaluation_document(evaluation), indent=2, ensure_ascii=False))
    else:
        click.echo(evaluation_text(evaluation))
    sys.exit(_EXIT_CODES.get(evaluation.outcome.phase, 1))


def _read(path: Path) -> tuple[str, tuple[Any, ...]]:
    if str(path) == "-":
        return "stdin", tuple(ObjectStream("stdin", sys.stdin.buffer))
    try:
        return str(path), tuple(ObjectStream(str(path), io.BytesIO(path.read_bytes())))
    except FileNotFoundError:
        raise InputError(f"{path}: found no such file, expected YAML or JSON") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _templates(path: Path, names: tuple[str, ...]) -> tuple[NamedObject, ...]:
    called, documents = _read(path)
    return templates_of(called, documents, names)


def _recorded(path: Path, name: str | None) -> tuple[RecordedRun, tuple[NamedObject, ...]]:
    """What was measured, and the AnalysisRun that holds it where it is one."""
    called, documents = _read(path)
    runs = [item for item in documents if isinstance(item, dict) and item.get("kind") == RUN_KIND]
    if not runs:
        if len(documents) != 1:
            raise InputError(f"{called}: found {len(documents)} documents, expected measurements by metric")
        return measurements_by_metric(called, documents[0]), ()
    found = [run for run in named_objects(called, runs, {RUN_KIND}) if name in {None, run.name}]
    if len(found) != 1:
        known = ", ".join(run.name for run in named_objects(called, runs, {RUN_KIND}))[:500]
        raise InputError(f"--run: found {name or 'nothing'!r}, expected one of {known}")
    return recorded_run(found[0]), (found[0],)


def _with_arguments(given: Mapping[str, str], runs: tuple[NamedObject, ...]) -> dict[str, str]:
    """The values of a run's own arguments, unless they are given; those of secrets are passed over."""
    own = {
        argument.text("name"): argument.text("value")
        for run in runs
        for argument in run.arguments
        if argument.has("value") and not argument.has("valueFrom")
    }
    return {**own, **given}


def _spec(
    objects: tuple[NamedObject, ...], given: Mapping[str, str], limits: Mapping[str, tuple[str, ...]]
) -> AnalysisSpec:
    if not objects:
        raise InputError("--template: found nothing, expected a file of AnalysisTemplates")
    chosen = tuple(_limit_of(rule, text) for rule in Rule for text in limits.get(rule.name.lower(), ()))
    spec = analysis_spec(objects, given, chosen)
    names = {metric.name for metric in spec.metrics}
    for limit in chosen:
        if limit.metric is not None and limit.metric not in names:
            raise InputError(
                f"{_option(limit.rule)}: found the metric {limit.metric!r},"
                f" expected one of {', '.join(sorted(names))}"
            )
    return spec


def _limit_of(rule: Rule, text: str) -> ChosenLimit:
    name, _, number = text.rpartition("=")
    least = -1 if rule is Rule.FAILURE_LIMIT else 0
    digits = number.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and int(number) >= least):  # noqa: PLR2004 - 32 bits
        raise InputError(
            f"{_option(rule)}: found {text!r}, expected a whole number from {least}, or METRIC=N"
        )
    return ChosenLimit(rule=rule, value=int(number), metric=name or None)


def _option(rule: Rule) -> str:
    return f"--{rule.name.lower().replace('_', '-')}"


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise InputError(f"{option}: found {text!r}, expected NAME=VALUE")
        pairs[name] = value
    return pairs


def _queried(
    spec: AnalysisSpec, url: str | None, start: datetime | None, end: datetime | None
) -> tuple[RecordedRun, tuple[str, ...]]:
    """A backtest: what Prometheus would have answered at each time that Argo would have asked."""
    if start is None or end is None:
        raise InputError(
            "--measurements: found nothing, expected a file, or --prometheus with --from and --to"
        )
    if end < start:
        raise InputError("--to: found a time before --from, expected a later one")
    left = {metric.name: why for metric in spec.metrics if (why := _not_asked(metric))}
    asked = tuple(metric for metric in spec.metrics if metric.name not in left)
    for metric in asked:
        if metric.unresolved or SECRET in (metric.query or ""):
            tags = ", ".join(metric.unresolved) or "a secret"
            raise InputError(
                f"{metric.name}: found {tags} in its query, expected arguments with values (--arg)"
            )
    if not asked:
        why = "".join(f" ({name}: {reason})" for name, reason in left.items())
        raise InputError(f"--prometheus: found no metric that asks Prometheus{why}, expected one")
    client = Prometheus(prometheus_settings(os.environ, url))
    try:
        run = backtest(replace(spec, metrics=asked), _measuring(client), start, end)
    except ValueError as error:
        raise InputError(f"--from: {error}") from None
    finally:
        client.close()
    return run, (*(f"{name}: not asked, {why}" for name, why in left.items()), *_cut_short(asked, run))


def _not_asked(metric: MetricSpec) -> str | None:
    """Why a backtest passes over `metric`; None of one that it asks."""
    if metric.provider != PROMETHEUS:
        return f"its provider is {metric.provider}"
    if not metric.query:
        return "it has no query"
    # The bounds of a range are expressions of Argo's over its own clock.
    return "it asks over a range (rangeQuery)" if metric.over_a_range else None


def _cut_short(metrics: tuple[MetricSpec, ...], run: RecordedRun) -> Iterator[str]:
    """The metrics with a count that the end of a backtest came before."""
    for metric in metrics if run.terminated else ():
        taken, count = len(run.metrics[metric.name].measurements), metric.limits.effective_count
        if count is not None and taken < count:
            yield f"{metric.name}: stopped by --to after {taken} of {count} measurements"


def _measuring(client: Prometheus) -> Callable[[MetricSpec, datetime], RecordedMeasurement]:
    def measure(metric: MetricSpec, at: datetime) -> RecordedMeasurement:
        try:
            value = client.measured(metric.query or "", at)
        except AnswerError as error:
            return RecordedMeasurement(phase=Phase.ERROR, message=str(error), started_at=at, finished_at=at)
        return RecordedMeasurement(value=value, started_at=at, finished_at=at)

    return measure
