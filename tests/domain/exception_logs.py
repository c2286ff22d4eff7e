"""Logs of one exception, as far as it has come."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest

from dashboard.domain.access import Person
from dashboard.domain.exception_changes import (
    approve_exception,
    request_exception,
    use_exception,
)
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.refusal import RefusedChangeError
from dashboard.domain.release_exceptions import (
    ExceptionEvent,
    ReleaseException,
    exceptions_of,
)
from dashboard.domain.release_target import ReleaseTarget
from tests.domain.controls import BEA, CY, EVE, HOUR, NOW, TARGET, TICK, rules

CAPTAIN = Person(name="Cap", roles=("release-captain",))
NAME = "EXC-1"


def requested(kind: ExceptionType = ExceptionType.WINDOW, **changed: Any) -> ExceptionEvent:
    values: dict[str, Any] = {"name": NAME, "person": EVE, "now": NOW, "kind": kind, "service": "api"}
    said = {"reason": "The fix cannot wait", "mitigation": "Canary at 1 %"}
    return request_exception(rules(), **(values | said | changed))


def approved(kind: ExceptionType = ExceptionType.WINDOW, **changed: Any) -> list[ExceptionEvent]:
    """The log of an exception of which all that has to approve did, a tick after it was asked for."""
    people = {
        ExceptionType.WINDOW: [CAPTAIN],
        ExceptionType.SECURITY: [BEA, CY],
        ExceptionType.FREEZE: [BEA, CY],
        ExceptionType.BUDGET: [BEA],
    }[kind]
    log = [requested(kind, **changed)]
    for person in people:
        log.append(approve_exception(exceptions_of(log), NAME, person=person, now=NOW + TICK))
    return log


def used(*, at: datetime = NOW + HOUR, target: ReleaseTarget = TARGET) -> list[ExceptionEvent]:
    log = approved()
    event = use_exception(exceptions_of(log), NAME, person=EVE, now=at, target=target, rules=rules())
    assert event is not None
    return [*log, event]


def only(log: Iterable[ExceptionEvent]) -> ReleaseException:
    (found,) = exceptions_of(log)
    return found


def refused(
    change: Callable[..., object], log: Iterable[ExceptionEvent], **values: Any
) -> RefusedChangeError:
    with pytest.raises(RefusedChangeError) as caught:
        change(exceptions_of(log), values.pop("name", NAME), **values)
    return caught.value
