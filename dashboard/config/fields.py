"""The field types that the catalogue and the policy share; messages say what was found and expected."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict

from dashboard.domain.durations import parse_duration

_Choice = TypeVar("_Choice", bound=StrEnum)

#: No number of a file needs more digits than this, and 1e999999999 would take all memory to write out.
_MOST_DIGITS = 30


class StrictModel(BaseModel):
    """A part of a file: unknown keys are faults, values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


def exact(value: Any) -> Fraction:
    """A number of a file as the exact fraction that was written: 0.999 is 999/1000, not the nearest float.

    Raises:
        ValueError: when `value` is not a finite number.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"found {value!r}, expected a number")  # noqa: TRY004 - pydantic turns ValueErrors into faults
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"found {value!r}, expected a number") from None
    if not number.is_finite():
        raise ValueError(f"found {value!r}, expected a finite number")
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(f"found {value!r}, expected a number of ordinary size")
    return Fraction(number)


def choice(closed_set: type[_Choice]) -> BeforeValidator:
    """A validator that takes one of the words of `closed_set`."""

    def convert(value: Any) -> _Choice:
        if not isinstance(value, str) or value not in set(closed_set):
            raise ValueError(f"found {value!r}, expected one of {', '.join(closed_set)}")
        return closed_set(value)

    return BeforeValidator(convert)


def _target(value: Any) -> Fraction:
    if isinstance(value, str) and value.rstrip().endswith("%"):
        raise ValueError(f"found {value!r}, a percentage; expected a ratio between 0 and 1 such as 0.999")
    target = exact(value)
    if 1 < target < 100:  # noqa: PLR2004 - the range of a percentage
        hint = f"; for {value} % write {float(target / 100):g}"
        raise ValueError(
            f"found {value}, which looks like a percentage; expected a ratio between 0 and 1{hint}"
        )
    if not 0 < target < 1:
        raise ValueError(f"found {value}, expected a ratio above 0 and below 1")
    return target


def _share(value: Any) -> Fraction:
    share = exact(value)
    if not 0 <= share <= 1:
        raise ValueError(f"found {value}, expected a share from 0 to 1")
    return share


def duration(value: Any) -> timedelta:
    """A duration of a file, in PromQL's syntax.

    Raises:
        ValueError: when `value` is not a PromQL duration.
    """
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError(f"found {value!r}, expected a PromQL duration such as 5m, 1h or 30d")  # noqa: TRY004 - ditto
    return parse_duration(value)


def time_zone(value: Any) -> ZoneInfo:
    """A time zone of a file, by its IANA name.

    Raises:
        ValueError: when there is no such zone.
    """
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        message = f"found {value!r}, an unknown time zone; expected an IANA name such as UTC or Europe/Berlin"
        raise ValueError(message) from None


#: A target ratio, strictly between 0 and 1.
Target = Annotated[Fraction, BeforeValidator(_target)]
#: A share, from 0 to 1 with both ends.
Share = Annotated[Fraction, BeforeValidator(_share)]
#: Any exact number.
Exact = Annotated[Fraction, BeforeValidator(exact)]
#: A PromQL duration.
Duration = Annotated[timedelta, BeforeValidator(duration)]
