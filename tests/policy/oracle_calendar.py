"""What the oracle says of deployment windows and freezes."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from tests.policy.oracle_values import Json, moment, objects, time_of_day

Document = Mapping[str, Json]
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def in_a_window(document: Document, settings: Mapping[str, Any], tier: int) -> bool:
    """Whether a service of `tier` may be deployed by the local clock; windows are half-open."""
    clock = _clock(document, settings["timezone"])
    if clock is None:
        return False
    weekday, at = clock
    return any(
        weekday in window["days"]
        and tier in window["service_tiers"]
        and time.fromisoformat(window["from"]) <= at
        and (window["until"] == "24:00:00" or at < time.fromisoformat(window["until"]))
        for window in settings["windows"]
    )


def _clock(document: Document, zone: str) -> tuple[str, time] | None:
    clock = document.get("clock")
    if clock is None:
        now = moment(document.get("now"))
        return (_WEEKDAYS[now.weekday()], now.time()) if now is not None and zone == "UTC" else None
    if not isinstance(clock, dict):
        return None
    weekday, at = clock.get("weekday"), time_of_day(clock.get("time"))
    return (weekday, at) if isinstance(weekday, str) and at is not None else None


def freezes_are_known(document: Document) -> bool:
    """Whether it can be said of every freeze if it is active; where not, one might be."""
    freezes = document.get("freezes")
    if freezes is None:
        freezes = []
    return (
        moment(document.get("now")) is not None
        and isinstance(freezes, list)
        and all(isinstance(freeze, dict) and _is_readable(freeze) for freeze in freezes)
    )


def active_freezes(document: Document, *, service: bool, environment: bool) -> list[dict[str, Json]]:
    """The freezes that cover the release now.

    Where the `service` or the `environment` is not known, every freeze covers it.
    """
    now = moment(document.get("now"))
    if now is None or not freezes_are_known(document):
        return []
    return [
        freeze
        for freeze in document.get("freezes") or ()
        if _between(freeze["start"], now, freeze["end"])
        and (not service or _holds(freeze["services"], document["service"]))
        and (not environment or _holds(freeze["environments"], document["environment"]))
    ]


def exceptions(document: Document) -> list[dict[str, Json]]:
    """The exceptions of a release."""
    found = objects(document.get("exceptions"))
    return [one for one in found if isinstance(one.get("id"), str) and isinstance(one.get("type"), str)]


def lifts_freeze(exception: Document, freeze: Document) -> bool:
    """Whether an exception lifts a freeze: the one that it names, or every one."""
    return exception["type"] == "freeze" and exception.get("freeze") in (None, freeze["id"])


def _holds(names: list[str], name: str) -> bool:
    return not names or name in names


def _is_readable(freeze: Document) -> bool:
    names = (freeze.get("services"), freeze.get("environments"))
    return (
        isinstance(freeze.get("id"), str)
        and moment(freeze.get("start")) is not None
        and moment(freeze.get("end")) is not None
        and all(isinstance(some, list) and all(isinstance(name, str) for name in some) for some in names)
    )


def _between(start: str, now: datetime, end: str) -> bool:
    first, last = moment(start), moment(end)
    return first is not None and last is not None and first <= now < last
