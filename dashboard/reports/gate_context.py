"""All that release decisions are made with, besides the request: policy, engine, store and calendar."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dashboard.config.sources import Sources
from dashboard.domain.approvals import standing
from dashboard.domain.exception_timing import too_early, warning
from dashboard.domain.freezes import Freeze, freezes_active
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Notice
from dashboard.domain.release_exceptions import ReleaseException, usable_exceptions
from dashboard.domain.release_target import ReleaseTarget
from dashboard.domain.slo import Catalogue
from dashboard.errors import StoreError
from dashboard.policy.data import GatePolicy
from dashboard.policy.engine import Engine
from dashboard.reports.fleet import without_collecting
from dashboard.reports.history import read_history
from dashboard.reports.release_claims import Standing
from dashboard.reports.release_facts import ReleaseFacts, release_facts
from dashboard.reports.release_gate import Decided, decide
from dashboard.reports.release_input import prepared_input
from dashboard.reports.release_service_level import Circumstances
from dashboard.sources.release_request import ReleaseRequest
from dashboard.store.database import open_for_reading
from dashboard.store.release_controls import Controls, read_controls

#: Gives the freezes of the calendar file around an instant.
Calendar = Callable[[datetime], tuple[Freeze, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateContext:
    """What a decision rests on. `calendar` reads the freezes that are not in the decision log."""

    store: Path
    policy: Policy
    catalogue: Catalogue
    sources: Sources
    gate_policy: GatePolicy
    engine: Engine
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it is understood here: in our names, at an instant, by somebody.

    `trusted` inputs say themselves what their service level, approvals and exceptions are. `notices` are what
    whoever took the request has to say of it.
    """

    request: ReleaseRequest
    now: datetime
    requestor: str | None = None
    trusted: bool = False
    notices: tuple[Notice, ...] = ()


def ask(context: GateContext, asked: Asked) -> Decided:
    """The decision on `asked`, of which nothing is written down.

    Raises:
        ReliabilityError: a file of the configuration cannot be read. A store that cannot be read is a no.
    """
    facts, why = known_facts(context, asked)
    try:
        with open_for_reading(context.store) as connection:
            controls = read_controls(connection, asked.now)
    except StoreError as error:
        return decision_with(context, asked, facts, f"nobody: {error}", None)
    return decision_with(context, asked, facts, why, controls)


def known_facts(context: GateContext, asked: Asked) -> tuple[ReleaseFacts | None, str]:
    """What the store knows of the service that is asked for; else None, and why."""
    service = _service(context, asked)
    if service not in context.catalogue.services:
        return None, "nobody: the service is not in the catalogue"
    try:
        with open_for_reading(context.store) as connection, without_collecting():
            return _facts(connection, context, asked, service), ""
    except StoreError as error:
        return None, f"nobody: {error}"


def decision_with(
    context: GateContext, asked: Asked, facts: ReleaseFacts | None, why: str, controls: Controls | None
) -> Decided:
    """The decision on `asked` with these facts of the store and this state of what people decided.

    `controls` is None where nobody knows what people decided, and `why` that is so.
    """
    service, environment = _service(context, asked), environment_of(context, asked)
    freezes = (*(controls.freezes if controls else ()), *context.calendar(asked.now))
    circumstances = Circumstances(
        now=asked.now,
        facts=facts,
        why=why,
        standing=_standing(context, asked, service, environment, controls, freezes),
    )
    prepared = prepared_input(
        asked.request,
        circumstances,
        context.policy,
        environment=environment,
        trusted=asked.trusted,
        more=(*asked.notices, *_too_early(context, asked, circumstances.standing, controls, freezes)),
    )
    return decide(
        prepared | {"service": service, "requested_by": asked.requestor},
        circumstances,
        engine=context.engine,
        gate_policy=context.gate_policy,
        policy=context.policy,
        catalogue=context.catalogue,
        freezes=freezes,
    )


def _too_early(
    context: GateContext,
    asked: Asked,
    standing: Standing,
    controls: Controls | None,
    freezes: tuple[Freeze, ...],
) -> Iterator[Notice]:
    """That exceptions for this release expire before they are of use; a rollback needs none."""
    if controls is None or asked.request.text("change_type") == ChangeType.ROLLBACK:
        return
    # One for every environment may be of use in another one, which does not help this release.
    environment = environment_of(context, asked)
    mine = [replace(item, environment=environment) for item in standing.exceptions]
    found = too_early(
        mine,
        freezes=freezes,
        exceptions=controls.exceptions,
        policy=context.policy,
        catalogue=context.catalogue,
        now=asked.now,
    )
    for item in mine:
        if item.id in found:
            message = warning(item, found[item.id], context.policy.timezone)
            yield Notice(code="warn.exception_too_early", message=message)


def environment_of(context: GateContext, asked: Asked) -> str | None:
    """Our name of the environment that is asked for."""
    given = asked.request.text("environment")
    if given is None or given in context.policy.gate.environments:
        return given
    return context.sources.names.environment(given)


def _service(context: GateContext, asked: Asked) -> str | None:
    """Our name of the service that is asked for; as it was given when it is none of ours."""
    given = asked.request.text("service")
    return given if given is None else context.sources.names.service(given) or given


def _facts(
    connection: sqlite3.Connection, context: GateContext, asked: Asked, service: str | None
) -> ReleaseFacts:
    history = read_history(connection, context.sources, context.policy.delivery, asked.now)
    return release_facts(
        connection,
        context.catalogue.services[service or ""],
        environment_of(context, asked) or "",
        context.policy,
        history,
    )


def _standing(  # noqa: PLR0913, PLR0917 - one argument per fact
    context: GateContext,
    asked: Asked,
    service: str | None,
    environment: str | None,
    controls: Controls | None,
    freezes: tuple[Freeze, ...],
) -> Standing:
    version, now = asked.request.text("version"), asked.now
    active = tuple(freezes_active(freezes, now))
    if controls is None:
        return Standing(freezes=active, requestor=asked.requestor, is_known=False)
    if not service or not environment or not version:
        return Standing(freezes=active, requestor=asked.requestor)
    return Standing(
        freezes=active,
        exceptions=_narrowest_first(
            usable_exceptions(controls.exceptions, service, environment, version, now)
        ),
        approvals=standing(
            controls.approvals,
            ReleaseTarget(service=service, environment=environment, version=version),
            now,
            context.policy.gate,
            asked.requestor,
        ),
        requestor=asked.requestor,
    )


def _narrowest_first(found: Iterable[ReleaseException]) -> tuple[ReleaseException, ...]:
    """The one that this release has used already, then the most specific: the first one is used."""
    return tuple(
        sorted(
            found,
            key=lambda item: (
                item.used_for is None,
                item.freeze is None,
                item.version is None,
                item.environment is None,
            ),
        )
    )
