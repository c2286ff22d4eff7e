"""One metric of a canary against the control: higher, lower, or near enough.

The rules are those of the judge of Spinnaker's Kayenta (NetflixACAJudge and its MannWhitneyClassifier), so
that a configuration means here what it means there. Its asymptotic interval, found by a solver with a fixed
tolerance, is replaced by the exact test (`mann_whitney`), so that small samples, ties and small units are
right; and its pass of less than five points is none here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import comb, isfinite, isnan

from dashboard.domain.canary.judge.mann_whitney import (
    RankTest,
    Shift,
    rank_test,
    relative,
    shift_interval,
)
from dashboard.domain.canary.judge.metric import Direction, EffectMeasure, Metric, Sensitivity
from dashboard.domain.canary.judge.series import (
    Description,
    Missing,
    Outliers,
    describe,
    mean,
    without_missing,
    without_outliers,
)

#: No metric has larger values, and up to here no square and no sum overflows.
LARGEST = 1e100


class Classification(StrEnum):
    """What became of a metric, as Kayenta calls it.

    `NODATA_FAIL` is a metric that must have data and has none: it counts as a failed one.
    """

    PASS = "Pass"  # noqa: S105 - a classification, not a password
    HIGH = "High"
    LOW = "Low"
    NODATA = "Nodata"
    NODATA_FAIL = "NodataFailMetric"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricJudgement:
    """What became of a metric, and the figures it rests on; what there is no data for is None.

    `ratio` is the experiment's mean ÷ the control's, turned round where the control is below 0
    (`EffectMeasure`); `share_above` the share of pairs in which the experiment is above. `shift` is in the
    unit of the metric, `relative_shift` the same as a share of the control's median. `p_value` is of the
    two-sided test of no shift. `too_few` is set when there are measurements, but not enough; `critical` when
    this fails the whole canary, or, with too few, keeps it from a pass.
    """

    name: str
    groups: tuple[str, ...]
    classification: Classification
    reason: str
    critical: bool
    muted: bool
    too_few: bool
    ratio: float | None
    share_above: float | None
    shift: Shift | None
    relative_shift: Shift | None
    p_value: float | None
    experiment: Description
    control: Description


def classify(metric: Metric, sensitivity: Sensitivity | None = None) -> MetricJudgement:
    """The classification of a metric.

    High when the shift is shown to be more than tolerance × |estimated shift|, by the one-sided exact test at
    half of 1 − confidence, which is the same as the interval lying above it unless there are ties. With ties
    the interval is wider than the test (`mann_whitney.shift_interval`) and may touch what it rejects, but it
    must not hold a shift to the other side: no one is told "higher" beside an interval that says "or lower".
    Low the other way round. The bound is a share of the shift itself, so the answer is the same in any unit.
    The direction and the effect limits must agree.

    Raises:
        ValueError: when a value is beyond `LARGEST`, or the metric's `outlier_factor` is not above 0.
    """
    sure = sensitivity or Sensitivity()
    experiment = _prepared(metric, "experiment", metric.experiment)
    control = _prepared(metric, "control", metric.control)
    plain = _plain(metric, experiment, control)
    if not experiment or not control:
        return _without_data(metric, plain)
    if missing := _too_few(len(experiment), len(control), sure):
        return replace(
            plain,
            classification=Classification.NODATA,
            reason=missing,
            too_few=True,
            critical=metric.critical,
        )
    if sorted(experiment) == sorted(control) or len({*experiment, *control}) == 1:
        return replace(plain, reason="both sides are the same", ratio=1.0)
    shift = shift_interval(experiment, control, sure.confidence)
    # Where the shift is upward, nothing can be shown to be lower, so one of the two bounds is enough.
    bound = sure.tolerance * shift.estimate
    unshifted = rank_test(experiment, control)
    return _compared(
        metric,
        replace(
            plain,
            ratio=_ratio(experiment, control),
            share_above=unshifted.share_above,
            shift=shift,
            relative_shift=_relative(shift, control),
            p_value=unshifted.two_sided,
        ),
        rank_test(experiment, control, bound) if bound else unshifted,
        sure.error,
    )


def _compared(metric: Metric, figures: MetricJudgement, beyond: RankTest, error: float) -> MetricJudgement:
    """What the test has found, under the limits; `beyond` is the test at the bound of the tolerance."""
    limits = metric.effect
    effect = figures.ratio if limits.measure is EffectMeasure.MEAN_RATIO else figures.share_above
    if beyond.greater <= error and not _reaches_below_0(figures.shift):
        wanted = metric.direction is not Direction.DECREASE
        counts = limits.increased(effect, limits.allowed_increase)
        fatal = limits.increased(effect, limits.critical_increase)
        failure, word = Classification.HIGH, "higher"
    elif beyond.less <= error and not _reaches_above_0(figures.shift):
        wanted = metric.direction is not Direction.INCREASE
        counts = limits.decreased(effect, limits.allowed_decrease)
        fatal = limits.decreased(effect, limits.critical_decrease)
        failure, word = Classification.LOW, "lower"
    else:
        return replace(figures, reason="no difference is shown")
    if not wanted:
        return replace(figures, reason=f"{word}, but that is no failure here")
    if not counts:
        return replace(figures, reason=f"{word}, but by less than counts")
    return replace(
        figures,
        classification=failure,
        reason=f"{word} than the control",
        critical=metric.critical and fatal,
    )


def _reaches_below_0(shift: Shift | None) -> bool:
    return shift is not None and shift.low is not None and shift.low < 0


def _reaches_above_0(shift: Shift | None) -> bool:
    return shift is not None and shift.high is not None and shift.high > 0


def _plain(metric: Metric, experiment: Sequence[float], control: Sequence[float]) -> MetricJudgement:
    """A pass with nothing but the descriptions of both sides."""
    return MetricJudgement(
        name=metric.name,
        groups=metric.groups,
        classification=Classification.PASS,
        reason="",
        critical=False,
        muted=metric.muted,
        too_few=False,
        ratio=None,
        share_above=None,
        shift=None,
        relative_shift=None,
        p_value=None,
        experiment=describe(experiment),
        control=describe(control),
    )


def _prepared(metric: Metric, side: str, values: Sequence[float]) -> list[float]:
    for value in values:
        if not (isnan(value) or abs(value) <= LARGEST):
            raise ValueError(
                f"{metric.name}: {side}: found {value:g}, expected NaN or a number of at most {LARGEST:g}"
            )
    kept = without_missing(values, metric.missing)
    return without_outliers(kept, metric.outlier_factor) if metric.outliers is Outliers.REMOVE else kept


def _without_data(metric: Metric, plain: MetricJudgement) -> MetricJudgement:
    if metric.missing is Missing.REPLACE:
        return replace(plain, reason="no measurements, and missing ones are to count as 0")
    sides = [
        name for name, side in (("canary", plain.experiment), ("control", plain.control)) if not side.count
    ]
    failed = metric.must_have_data and not metric.critical
    return replace(
        plain,
        classification=Classification.NODATA_FAIL if failed else Classification.NODATA,
        reason=f"no measurements of the {' and the '.join(sides)}",
        critical=metric.critical,
    )


def _too_few(of_experiment: int, of_control: int, sure: Sensitivity) -> str | None:
    """Why there are too few points, None when there are enough: five, and so many that a test can reject."""
    fewest = min(of_experiment, of_control)
    if fewest < sure.minimum_points:
        points = "1 point" if fewest == 1 else f"{fewest} points"
        return f"{points} on one side, {sure.minimum_points} needed"
    if 1 / comb(of_experiment + of_control, fewest) > sure.error:
        return f"{of_experiment} and {of_control} points show nothing at {sure.confidence:g}"
    return None


def _ratio(experiment: Sequence[float], control: Sequence[float]) -> float | None:
    """The effect that `EffectMeasure.MEAN_RATIO` is; None where a mean is 0."""
    above, below = mean(experiment), mean(control)
    if not above or not below or not isfinite(above / below):
        return None
    return above / below if below > 0 else 2 - above / below  # 1 + (above - below) ÷ |below|


def _relative(shift: Shift, control: Sequence[float]) -> Shift | None:
    estimate = relative(shift.estimate, control)
    if estimate is None:
        return None
    low, high = (None if end is None else relative(end, control) for end in (shift.low, shift.high))
    return Shift(estimate=estimate, low=low, high=high)
