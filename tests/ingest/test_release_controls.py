"""Changes to freezes, exceptions and approvals: what is written, what is refused, and two people at once."""

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from dashboard.domain.access import Person
from dashboard.domain.freezes import Freeze, FreezeOrigin
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.refusal import Refusal, RefusedChangeError
from dashboard.domain.release_exceptions import ExceptionState
from dashboard.errors import InputError
from dashboard.ingest.control_desk import Desk
from dashboard.ingest.release_controls import (
    add_freeze,
    approve_exception,
    end_freeze,
    give_approval,
    request_exception,
    review_exception,
    revoke_exception,
    use_exception,
    withdraw,
)
from dashboard.store import decision_log, settings
from dashboard.store.database import open_for_reading, open_for_writing
from dashboard.store.release_controls import Controls, read_controls
from tests.domain.controls import ADA, BEA, CY, DEE, EVE, HOUR, NOW, TARGET
from tests.ingest.desks import desk

_PRODUCTION = {"service": "api", "environment": "production", "version": "1.4.2"}
_WHY: Mapping[str, Any] = {"reason": "The fix cannot wait", "mitigation": "Canary at 1 %"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def controls(store: Path) -> Controls:
    with open_for_reading(store) as connection:
        assert not decision_log.verify(connection).faults
        return read_controls(connection)


def kinds(store: Path) -> list[str]:
    with open_for_reading(store) as connection:
        return [record.kind for record in decision_log.records(connection)]


def refused(change: Callable[[], object]) -> RefusedChangeError:
    with pytest.raises(RefusedChangeError) as caught:
        change()
    return caught.value


def test_an_exception_goes_its_way(store: Path) -> None:
    asked = request_exception(desk(store, EVE), kind=ExceptionType.SECURITY, service="api", **_WHY)
    assert (asked.id, asked.requestor) == ("EXC-2026-0001", "Eve")
    approve_exception(desk(store, BEA), asked.id)
    approved = approve_exception(desk(store, CY), asked.id)
    assert approved.state(NOW) is ExceptionState.APPROVED
    used = use_exception(desk(store, EVE, NOW + HOUR), asked.id, **_PRODUCTION)
    assert used.used_for == TARGET
    again = use_exception(desk(store, BEA, NOW + 2 * HOUR), asked.id, **_PRODUCTION)
    assert again == used
    reviewed = review_exception(desk(store, CY, NOW + 3 * HOUR), asked.id, notes="As planned")
    assert reviewed.review is not None
    revoked = revoke_exception(desk(store, CY, NOW + 4 * HOUR), asked.id, reason="Fixed")
    assert controls(store).exceptions == (revoked,)
    assert kinds(store) == [
        f"exception.{name}" for name in ("requested", "approved", "approved", "used", "reviewed", "revoked")
    ]


def test_a_freeze_and_an_approval_go_theirs(store: Path) -> None:
    freeze = add_freeze(desk(store, ADA), end=NOW + 8 * HOUR, reason="Sale", services=["api", "api"])
    assert (freeze.id, freeze.start, freeze.services) == ("FRZ-2026-0001", NOW, ("api",))
    assert end_freeze(desk(store, CY, NOW + HOUR), freeze.id, reason="Sold out").end == NOW + HOUR
    approval = give_approval(desk(store, ADA), **_PRODUCTION, reason="Watched it")
    assert (approval.id, approval.roles) == ("APR-2026-0001", ("SRE",))
    assert withdraw(desk(store, ADA, NOW + HOUR), approval.id, reason="It burns").withdrawn_by == "Ada"


def test_ids_count_up_and_begin_anew_every_year(store: Path) -> None:
    def asked(at: timedelta) -> str:
        return request_exception(
            desk(store, EVE, NOW + at), kind=ExceptionType.WINDOW, service="api", **_WHY
        ).id

    assert [asked(timedelta(days=day)) for day in (0, 0, 60, 60)] == [
        "EXC-2026-0001",
        "EXC-2026-0002",
        "EXC-2027-0001",
        "EXC-2027-0002",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda at: request_exception(at, kind=ExceptionType.SLO, service="nobody", **_WHY), "service"),
        (
            lambda at: request_exception(at, kind=ExceptionType.SLO, service="api", environment="x", **_WHY),
            "environment",
        ),
        (lambda at: add_freeze(at, end=NOW + HOUR, reason="r", services=["nobody"]), "services"),
        (lambda at: add_freeze(at, end=NOW + HOUR, reason="r", environments=["x"]), "environments"),
        (lambda at: give_approval(at, **(_PRODUCTION | {"service": "x"}), reason="r"), "service"),
        (lambda at: give_approval(at, **(_PRODUCTION | {"environment": "x"}), reason="r"), "environment"),
        (lambda at: give_approval(at, **(_PRODUCTION | {"version": "1 4"}), reason="r"), "version"),
        (lambda at: give_approval(at, **_PRODUCTION, reason=""), "reason"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_written(
    store: Path, change: Callable[[Desk], object], field: str
) -> None:
    error = refused(lambda: change(desk(store, ADA)))
    assert (error.why, error.field) == (Refusal.INVALID, field)
    assert not store.exists() or kinds(store) == []


def test_an_exception_names_a_freeze_that_is_known_and_not_over(store: Path) -> None:
    xmas = Freeze(
        id="xmas",
        start=NOW,
        end=NOW + HOUR,
        reason="r",
        services=(),
        environments=(),
        added_by="freezes.ics",
        origin=FreezeOrigin.CALENDAR,
    )

    def ask(name: str, *, later: timedelta = timedelta(0)) -> str | None:
        return request_exception(
            desk(store, EVE, NOW + later, calendar=(xmas,)),
            kind=ExceptionType.FREEZE,
            service="api",
            freeze=name,
            expires=HOUR,
            **_WHY,
        ).freeze

    recorded = add_freeze(desk(store, ADA), end=NOW + HOUR, reason="r").id
    assert (ask("xmas"), ask(recorded)) == ("xmas", recorded)
    assert refused(lambda: ask("easter")).field == "freeze"
    assert "over since 2026-11-23T10:00:00+00:00" in str(refused(lambda: ask("xmas", later=HOUR)))
    ended = refused(lambda: end_freeze(desk(store, CY, calendar=(xmas,)), "xmas", reason="r"))
    assert "in the calendar, expected it to be ended there" in str(ended)


def test_the_demo_is_not_changed(store: Path) -> None:
    with open_for_writing(store) as connection:
        settings.mark_demo(connection, 1)
    with pytest.raises(InputError, match="found the demo in this store"):
        add_freeze(desk(store, ADA), end=NOW + HOUR, reason="r")


def test_what_is_unknown_is_not_changed(store: Path) -> None:
    for change in (
        lambda: approve_exception(desk(store, BEA), "EXC-2026-0001"),
        lambda: end_freeze(desk(store, BEA), "FRZ-2026-0001", reason="r"),
        lambda: withdraw(desk(store, BEA), "APR-2026-0001", reason="r"),
    ):
        assert refused(change).why is Refusal.UNKNOWN
    assert kinds(store) == []


def test_of_many_who_approve_at_once_one_is_taken_for_each_role(store: Path) -> None:
    """Four of the twelve hold both roles: whoever comes first, two people stand for the two."""
    people = [
        Person(name=f"P{index}", roles=roles)
        for index, roles in enumerate([("VP Engineering",), ("CTO",), ("CTO", "VP Engineering")] * 4)
    ]
    asked = request_exception(
        desk(store, EVE), kind=ExceptionType.FREEZE, service="api", expires=HOUR, **_WHY
    )
    start = Barrier(len(people))

    def approve(person: Person) -> bool:
        start.wait()
        try:
            approve_exception(desk(store, person), asked.id)
        except RefusedChangeError as error:
            return error.why is not Refusal.CONFLICT
        return True

    with ThreadPoolExecutor(len(people)) as pool:
        assert sum(pool.map(approve, people)) == 2
    (found,) = controls(store).exceptions
    assert len(found.approvals) == 2
    assert found.in_force(NOW)


def _use(store: Path, version: str, wins: "multiprocessing.Queue[str]") -> None:
    try:
        use_exception(desk(store, EVE), "EXC-2026-0001", **(_PRODUCTION | {"version": version}))
    except RefusedChangeError:
        return
    wins.put(version)


def test_of_processes_that_use_an_exception_at_once_one_gets_it(store: Path) -> None:
    request_exception(desk(store, EVE), kind=ExceptionType.BUDGET, service="api", **_WHY)
    approve_exception(desk(store, DEE), "EXC-2026-0001")
    context = multiprocessing.get_context("spawn")
    wins = context.Queue()
    processes = [context.Process(target=_use, args=(store, f"1.4.{index}", wins)) for index in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    winner = wins.get(timeout=5)
    assert wins.empty()
    (found,) = controls(store).exceptions
    assert found.used_for is not None
    assert found.used_for.version == winner


def test_ids_of_those_who_ask_at_once_are_all_different(store: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(
            pool.map(
                lambda _: (
                    request_exception(desk(store, EVE), kind=ExceptionType.WINDOW, service="api", **_WHY).id
                ),
                range(24),
            )
        )
    assert sorted(names) == [f"EXC-2026-{count:04d}" for count in range(1, 25)]
