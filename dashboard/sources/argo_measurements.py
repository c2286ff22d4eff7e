"""What was measured: the status of an AnalysisRun as kubectl prints it, or measurements by metric."""

import json
import sys
from datetime import datetime
from typing import Any

from dashboard.domain.canary.analysis_runs import counted_before
from dashboard.domain.canary.language.go_values import format_float
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMeasurement, RecordedMetric, RecordedRun
from dashboard.domain.canary.replay.metric_phase import Counts
from dashboard.errors import InputError
from dashboard.sources.argo_analysis import RUN_KIND, NamedObject
from dashboard.sources.argo_fields import Fields, fields, scalar_text, without_halves
from dashboard.sources.event_document import MalformedEventError, moment, shown

_LARGEST_FLOAT = int(sys.float_info.max)
_PHASES = {phase.value: phase for phase in Phase if phase is not Phase.CANNOT_REPLAY}


def recorded_run(run: NamedObject) -> RecordedRun:
    """What the AnalysisRun `run` holds, in the shape of today or of v0.x (`status.status`).

    Raises:
        InputError: a field has a wrong type or is no phase or time.
    """
    status = run.fields.part("status")
    metrics = {}
    for result in status.parts("metricResults"):
        name = result.text("name")
        if not name:
            raise InputError(f"{result.at('name')}: found nothing, expected the name of the metric")
        metrics[name] = _metric_result(result)
    terminate = run.fields.part("spec").values.get("terminate")
    phase = phase_at(status, "phase", "status")
    return RecordedRun(metrics=metrics, terminated=terminate is True, phase=phase)


def measurements_by_metric(called: str, document: Any) -> RecordedRun:
    """Measurements as `{metric: [{value: "[0.95]"}, …]}`; an entry may be the value alone.

    Raises:
        InputError: it has another shape.
    """
    part = fields(called, document)
    metrics = {}
    for name in part.values:
        if not isinstance(part.values[name], list):
            raise InputError(
                f"{called}: {name}: found {shown(part.values[name])}, expected a list of measurements,"
                f" or an object of kind {RUN_KIND}"
            )
        items = tuple(
            measurement(fields(where, item if isinstance(item, dict) else {"value": item}))
            for where, item in part.items(name)
        )
        metrics[name] = RecordedMetric(measurements=items)
    return RecordedRun(metrics=metrics)


def _metric_result(result: Fields) -> RecordedMetric:
    measurements = tuple(measurement(item) for item in result.parts("measurements"))
    return RecordedMetric(
        measurements=measurements,
        forgotten=counted_before(counters(result), measurements),
        phase=phase_at(result, "phase", "status"),
    )


def counters(result: Fields) -> Counts:
    """Argo's counters of a metric."""
    return Counts(
        successful=counter(result, "successful"),
        failed=counter(result, "failed"),
        inconclusive=counter(result, "inconclusive"),
        error=counter(result, "error"),
        consecutive_error=counter(result, "consecutiveError"),
        consecutive_success=counter(result, "consecutiveSuccess"),
    )


def counter(result: Fields, name: str) -> int:
    """A counter of Argo's; 0 where there is none."""
    value = result.values.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InputError(f"{result.at(name)}: found {shown(value)}, expected a whole number from 0")
    return value


def measurement(item: Fields) -> RecordedMeasurement:
    """One measurement as Argo stores it."""
    return RecordedMeasurement(
        value=_value(item.values["value"]) if "value" in item.values else None,
        phase=phase_at(item, "phase", "status"),
        message=item.text("message"),
        started_at=moment_at(item, "startedAt"),
        finished_at=moment_at(item, "finishedAt"),
    )


def _value(value: Any) -> str:
    """The stored text; a list or a mapping that was not put in quotes is written as Argo or JSON has it."""
    if isinstance(value, list) and all(_is_number(item) for item in value):
        return f"[{','.join(map(format_float, value))}]"
    if isinstance(value, list | dict):
        return without_halves(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return without_halves(scalar_text(value))


def _is_number(value: Any) -> bool:
    """Whether Go would hold `value` as a float64; a whole number beyond that is none."""
    return type(value) is float or (type(value) is int and abs(value) <= _LARGEST_FLOAT)


def phase_at(part: Fields, *names: str) -> Phase | None:
    """The phase at the first of `names` that is there; None where none is."""
    text = part.text(*names)
    if not text:
        return None
    if text not in _PHASES:
        name = next(name for name in names if part.has(name))
        raise InputError(f"{part.at(name)}: found {text[:80]!r}, expected one of {', '.join(_PHASES)}")
    return _PHASES[text]


def moment_at(item: Fields, name: str) -> datetime | None:
    """The time at `name`; None where there is none."""
    value = item.values.get(name)
    if value is None:
        return None
    try:
        return moment(item.at(name), value, None)
    except MalformedEventError as error:
        raise InputError(str(error)) from None
