"""A metric of a canary and its control, and what is asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.domain.canary.judge.series import OUTLIER_FACTOR, Missing, Outliers


class Direction(StrEnum):
    """Which change of a metric is a failure."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"


class EffectMeasure(StrEnum):
    """How the size of a change is measured.

    `MEAN_RATIO` is the experiment's mean ÷ the control's, and for a control below 0 what lies as far to the
    other side of 1: 1 + the difference ÷ the control's mean without its sign, so that an increase is above 1
    whatever the sign is. `CLES`, the common language effect size, is the share of pairs in which the
    experiment is above the control.
    """

    MEAN_RATIO = "meanRatio"
    CLES = "cles"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectLimits:
    """How large a change must be to count, in the unit of `measure`; None is as small as there is.

    An increase counts from `allowed_increase` on, a decrease from `allowed_decrease` down. A critical metric
    fails the whole canary only from `critical_increase` on or from `critical_decrease` down. When the ratio
    cannot be told, since a mean is 0, no limit applies.
    """

    measure: EffectMeasure = EffectMeasure.MEAN_RATIO
    allowed_increase: float | None = None
    allowed_decrease: float | None = None
    critical_increase: float | None = None
    critical_decrease: float | None = None

    def increased(self, effect: float | None, limit: float | None) -> bool:
        """Whether an increase to `effect` counts under one of the limits."""
        return effect is None or limit is None or effect >= limit

    def decreased(self, effect: float | None, limit: float | None) -> bool:
        """Whether a decrease to `effect` counts under one of the limits."""
        return effect is None or limit is None or effect <= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How sure a classification must be.

    The interval of the shift, which holds it with `confidence`, must lie beyond `tolerance` × the estimated
    shift. `minimum_points` is the fewest measurements a side.

    Raises:
        ValueError: unless 0 < confidence < 1, 0 ≤ tolerance < 1 and 1 ≤ minimum_points.
    """

    tolerance: float = 0.10
    confidence: float = 0.95
    minimum_points: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence: found {self.confidence}, expected above 0 and below 1")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"tolerance: found {self.tolerance}, expected at least 0 and below 1")
        if self.minimum_points < 1:
            raise ValueError(f"minimum points: found {self.minimum_points}, expected 1 or more")

    @property
    def error(self) -> float:
        """The chance of calling a metric higher that is not, and the same for lower."""
        return (1 - self.confidence) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The measurements of both arms, and what is asked of them; NaN is a measurement that is missing.

    `groups` are those whose scores it counts in. A failure of a `critical` one fails the canary; one that
    `must_have_data` and has none counts as failed; a `muted` one is shown but counts nowhere.
    """

    name: str
    experiment: Sequence[float]
    control: Sequence[float]
    groups: tuple[str, ...] = ("metrics",)
    direction: Direction = Direction.EITHER
    critical: bool = False
    must_have_data: bool = False
    muted: bool = False
    missing: Missing = Missing.REMOVE
    outliers: Outliers = Outliers.KEEP
    outlier_factor: float = OUTLIER_FACTOR
    effect: EffectLimits = field(default_factory=EffectLimits)
