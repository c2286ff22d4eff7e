"""A canary's metrics with the measurements of both arms, from a JSON file.

Keys may be written as here (`must_have_data`) or as Kayenta's canary configuration writes them
(`mustHaveData`).
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from dashboard.domain.canary.judge.metric import Direction, EffectLimits, EffectMeasure, Metric
from dashboard.domain.canary.judge.series import OUTLIER_FACTOR, Missing, Outliers
from dashboard.errors import InputError
from dashboard.sources.json_faults import json_fault

#: More measurements a side than a week of minutes are no canary's, and would take minutes to compare.
MOST_POINTS = 20_000
#: The group of metrics that name none.
DEFAULT_GROUP = "metrics"

_WHOLE = 100.0
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOP = ("metrics", "group_weights", "score_thresholds", "tolerance", "confidence")
_METRIC = (
    "name", "experiment", "control", "group", "groups", "weight", "direction", "critical", "must_have_data",
    "muted", "nan_strategy", "outliers", "effect_size",
)  # fmt: skip
_LIMITS = ("allowed_increase", "allowed_decrease", "critical_increase", "critical_decrease")

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySeries:
    """The metrics of a file, and what it says of their judgement; None where it says nothing.

    `group_weights` are in percent, `passing` and `marginal` are thresholds of the score.
    """

    metrics: tuple[Metric, ...]
    group_weights: Mapping[str, float]
    passing: float | None
    marginal: float | None
    tolerance: float | None
    confidence: float | None


def read_canary_series(called: str, text: str) -> CanarySeries:
    """The metrics in `text`; `called` is what messages call the file.

    Raises:
        InputError: it is not JSON, or a field is wrong: names it, what was found and what is expected.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{called}: found {json_fault(text, error)}") from error
    if isinstance(document, list):
        document = {"metrics": document}
    try:
        return _series(document)
    except ValueError as error:
        raise InputError(f"{called}: {error}") from None


def _series(document: Any) -> CanarySeries:
    top = _object("", document, _TOP)
    entries = top.get("metrics")
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"metrics: found {_shown(entries)}, expected a list of one metric or more")
    weights = {
        str(name): _percentage(f"group_weights.{name}", value)
        for name, value in _any_object("group_weights", top.get("group_weights")).items()
    }
    metrics: list[Metric] = []
    for place, entry in enumerate(entries):
        metric, weight = _metric(f"metrics[{place}]", entry)
        if any(metric.name == other.name for other in metrics):
            raise ValueError(f"metrics[{place}].name: found {metric.name!r} again, expected another name")
        for group in metric.groups if weight is not None else ():
            if weights.setdefault(group, weight or 0.0) != weight:
                raise ValueError(
                    f"metrics[{place}].weight: found {weight:g} for the group {group!r}, which has"
                    f" {weights[group]:g} already; expected one weight a group"
                )
        metrics.append(metric)
    thresholds = _object("score_thresholds", top.get("score_thresholds") or {}, ("pass", "marginal"))
    return CanarySeries(
        metrics=tuple(metrics),
        group_weights=_whole(weights, {group for metric in metrics for group in metric.groups}),
        passing=_optional("score_thresholds.pass", thresholds.get("pass"), _number),
        marginal=_optional("score_thresholds.marginal", thresholds.get("marginal"), _number),
        tolerance=_optional("tolerance", top.get("tolerance"), _number),
        confidence=_optional("confidence", top.get("confidence"), _number),
    )


def _metric(where: str, entry: Any) -> tuple[Metric, float | None]:
    """A metric, and the weight of its group if it tells it."""
    found = _object(where, entry, _METRIC)
    outliers = found.get("outliers")
    strategy, factor = outliers, None
    if isinstance(outliers, dict):
        told = _object(f"{where}.outliers", outliers, ("strategy", "outlier_factor"))
        strategy, factor = told.get("strategy"), told.get("outlier_factor")
    metric = Metric(
        name=_text(f"{where}.name", found.get("name")),
        experiment=_values(f"{where}.experiment", found.get("experiment")),
        control=_values(f"{where}.control", found.get("control")),
        groups=_groups(where, found),
        direction=_choice(f"{where}.direction", found.get("direction"), Direction.EITHER),
        critical=_flag(f"{where}.critical", found.get("critical")),
        must_have_data=_flag(f"{where}.must_have_data", found.get("must_have_data")),
        muted=_flag(f"{where}.muted", found.get("muted")),
        missing=_choice(f"{where}.nan_strategy", found.get("nan_strategy"), Missing.REMOVE),
        outliers=_choice(f"{where}.outliers", strategy, Outliers.KEEP),
        outlier_factor=_optional(f"{where}.outliers.outlier_factor", factor, _above_0) or OUTLIER_FACTOR,
        effect=_effect(f"{where}.effect_size", found.get("effect_size")),
    )
    return metric, _optional(f"{where}.weight", found.get("weight"), _percentage)


def _effect(where: str, value: Any) -> EffectLimits:
    found = _object(where, value or {}, ("measure", *_LIMITS))
    limits = {name: _optional(f"{where}.{name}", found.get(name), _number) for name in _LIMITS}
    return EffectLimits(
        measure=_choice(f"{where}.measure", found.get("measure"), EffectMeasure.MEAN_RATIO), **limits
    )


def _groups(where: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    group, groups = found.get("group"), found.get("groups")
    if group is not None and groups is not None:
        raise ValueError(f"{where}: found group and groups, expected one of them")
    if group is not None:
        return (_text(f"{where}.group", group),)
    if groups is None:
        return (DEFAULT_GROUP,)
    if not isinstance(groups, list) or not groups:
        raise ValueError(f"{where}.groups: found {_shown(groups)}, expected a list of one name or more")
    return tuple(dict.fromkeys(_text(f"{where}.groups[{place}]", name) for place, name in enumerate(groups)))


def _whole(weights: Mapping[str, float], groups: set[str]) -> dict[str, float]:
    """The weights in percent of the whole; when every group has one, they are shares of their sum."""
    whole = sum(weights.values())
    if unknown := sorted(weights.keys() - groups):
        raise ValueError(f"group_weights: found {unknown[0]!r}, expected a group that a metric is in")
    if weights.keys() == groups:
        if not whole:
            raise ValueError("group_weights: found 0 for every group, expected more for one")
        return {name: _WHOLE * weight / whole for name, weight in weights.items()}
    if whole > _WHOLE:
        raise ValueError(f"group_weights: found weights that add up to {whole:g}, expected at most 100")
    return dict(weights)


def _values(where: str, value: Any) -> list[float]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: found {_shown(value)}, expected a list of numbers")  # noqa: TRY004 - told like the others
    if len(value) > MOST_POINTS:
        raise ValueError(f"{where}: found {len(value):,} values, expected at most {MOST_POINTS:,}")
    return [_measurement(f"{where}[{place}]", item) for place, item in enumerate(value)]


def _measurement(where: str, value: Any) -> float:
    """A number, or NaN for one that is missing: null, NaN or the text of it."""
    if value is None or value == "NaN":
        return math.nan
    if isinstance(value, float) and math.isnan(value):
        return value
    return _number(where, value)


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where}: found {_shown(value)}, expected a number")  # noqa: TRY004 - ditto
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{where}: found {_shown(value)}, expected a finite number")
    return number


def _above_0(where: str, value: Any) -> float:
    number = _number(where, value)
    if number <= 0:
        raise ValueError(f"{where}: found {number:g}, expected a number above 0")
    return number


def _percentage(where: str, value: Any) -> float:
    number = _number(where, value)
    if not 0 <= number <= _WHOLE:
        raise ValueError(f"{where}: found {number:g}, expected a percentage from 0 to 100")
    return number


def _optional(where: str, value: Any, read: Callable[[str, Any], float]) -> float | None:
    return None if value is None else read(where, value)


def _flag(where: str, value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{where}: found {_shown(value)}, expected true or false")
    return bool(value)


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: found {_shown(value)}, expected text")
    return value.strip()


def _choice(where: str, value: Any, default: _Choice) -> _Choice:
    """One of the words of a closed set; none of them is the default."""
    choices = type(default)
    if value is None:
        return default
    if not isinstance(value, str) or value not in set(choices):
        raise ValueError(f"{where}: found {_shown(value)}, expected one of {', '.join(choices)}")
    return choices(value)


def _object(where: str, value: Any, known: tuple[str, ...]) -> dict[str, Any]:
    """An object with its keys written as here."""
    found: dict[str, Any] = {}
    for key, item in _any_object(where or "the document", value, required=True).items():
        name = _HUMP.sub("_", key).lower()
        if name not in known or name in found:
            again = "again" if name in found else "a key that is not known here"
            raise ValueError(f"{f'{where}.{key}'.lstrip('.')}: found {again}, expected {', '.join(known)}")
        found[name] = item
    return found


def _any_object(where: str, value: Any, *, required: bool = False) -> dict[str, Any]:
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{where}: found {_shown(value)}, expected an object")  # noqa: TRY004 - told like the others
    return value


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return repr(value)[:80]
