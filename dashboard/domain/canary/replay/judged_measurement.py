"""The phase of one measurement: what the conditions make of its value, or as it was recorded."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.canary.language.faults import CannotReplayError
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import MASK, MetricSpec, RecordedMeasurement
from dashboard.domain.canary.replay.condition import Judgement, judge
from dashboard.domain.canary.replay.stored_value import NotJsonError, measured_value, possible_values

#: Providers that judge by themselves, without a condition.
_JUDGE_THEMSELVES = {"job", "kayenta", "plugin"}


class Source(StrEnum):
    """Where the phase of a measurement comes from."""

    REPLAYED = "replayed"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedMeasurement:
    """A measurement and the phase that it has; `counted` is false for one that Argo would not have taken."""

    recorded: RecordedMeasurement
    phase: Phase
    message: str
    source: Source
    counted: bool = True

    @property
    def disagrees(self) -> bool:
        """Whether Argo recorded another phase than the replay gives."""
        known = self.recorded.phase
        return known is not None and known.is_final and self.phase.is_final and known is not self.phase


def judge_measurement(
    metric: MetricSpec, recorded: RecordedMeasurement, *, counted: bool = True
) -> JudgedMeasurement:
    """The phase of one measurement: replayed where the conditions decide it, as recorded elsewhere.

    They do not decide on a measurement that is an Error already (its value was not kept), that has not ended,
    or that the provider judges by itself (jobs, Kayenta, plugins).
    """
    judgement, source = _judged(metric, recorded)
    return JudgedMeasurement(
        recorded=recorded,
        phase=judgement.phase,
        message=judgement.message,
        source=source,
        counted=counted,
    )


def _judged(metric: MetricSpec, recorded: RecordedMeasurement) -> tuple[Judgement, Source]:
    known = recorded.phase
    if known is Phase.ERROR or (known is not None and not known.is_final):
        message = recorded.message or ("the provider failed" if known is Phase.ERROR else "it has not ended")
        return Judgement(phase=known, message=message), Source.RECORDED
    try:
        if metric.provider in _JUDGE_THEMSELVES:
            raise CannotReplayError(f"the provider {metric.provider} judges by itself, without a condition")  # noqa: TRY301 - one place turns it into a phase
        if recorded.value is None and known is not None:
            raise CannotReplayError("its value was not kept")  # noqa: TRY301 - ditto
        if not metric.success_condition and not metric.failure_condition:
            return judge("", "", measured_value("prometheus", "")), Source.REPLAYED
        if _is_masked(metric, recorded):
            # Not even as it was recorded: what the conditions would have said of the value is not known.
            message = "cannot replay: a secret was masked in its value or in a condition"
            return Judgement(phase=Phase.CANNOT_REPLAY, message=message), Source.REPLAYED
        return _by_conditions(metric, recorded.value or ""), Source.REPLAYED
    except NotJsonError:
        message = "the answer is no JSON: Argo takes it as a success and asks no condition"
        return Judgement(phase=Phase.SUCCESSFUL, message=message), Source.REPLAYED
    except CannotReplayError as error:
        return _as_recorded(recorded, str(error))


def _is_masked(metric: MetricSpec, recorded: RecordedMeasurement) -> bool:
    """Whether a mask stands in what decides: two masks are equal where the texts were not."""
    texts = (metric.success_condition, metric.failure_condition, recorded.value or "")
    return any(MASK in text for text in texts)


def _by_conditions(metric: MetricSpec, text: str) -> Judgement:
    """What the conditions make of the value that was stored as `text`.

    Raises:
        NotJsonError, CannotReplayError: they are not asked, or we cannot tell what they say.
    """
    found, *others = [
        judge(metric.success_condition, metric.failure_condition, value)
        for value in possible_values(metric.provider, text)
    ]
    if found.phase is Phase.CANNOT_REPLAY:
        raise CannotReplayError(found.message)
    if any(other.phase is not found.phase for other in others):
        raise CannotReplayError("its value is kept rounded, and the conditions are too near to tell")
    return found


def _as_recorded(recorded: RecordedMeasurement, why: str) -> tuple[Judgement, Source]:
    if recorded.phase is None:
        return Judgement(phase=Phase.CANNOT_REPLAY, message=f"cannot replay: {why}"), Source.REPLAYED
    return Judgement(phase=recorded.phase, message=f"as recorded, not replayed: {why}"), Source.RECORDED
