"""A release decision that is written down: made and logged under one lock, so that nothing comes between."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dashboard.domain.access import Person
from dashboard.domain.exception_changes import use_exception
from dashboard.domain.refusal import RefusedChangeError
from dashboard.domain.release_exceptions import ExceptionUsed
from dashboard.domain.release_target import ReleaseTarget
from dashboard.policy.engine import REGO_CPP
from dashboard.reports.gate_context import Asked, GateContext, decision_with, known_facts
from dashboard.reports.release_facts import ReleaseFacts
from dashboard.reports.release_gate import Decided
from dashboard.reports.release_input import utc_text
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.decision_log import DECISION, LogEntry, append, keep_policy
from dashboard.store.release_controls import Controls, read_controls, record_controls


def decide_and_record(
    context: GateContext, asked: Asked, *, actor: str, clock: Callable[[], datetime] | None = None
) -> Decided:
    """The decision on `asked`, appended to the decision log as told by `actor`.

    With a `clock` it is decided for the time at which the log is locked, so that nothing which was recorded
    before is later. What a release that is allowed needed of exceptions is bound to it in the same
    transaction, so that of two releases that want the same exception one gets it.

    Raises:
        StoreError: the store cannot be written: then there is no decision.
        ReliabilityError: a file of the configuration cannot be read.
    """
    with open_for_writing(context.store) as connection:
        facts, why = known_facts(context, asked)
        # Whoever is told of a decision may act on it, so a power cut must not lose it.
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            asked = replace(asked, now=clock()) if clock else asked
            # Everything that was recorded, however little later than `now`: what another release has used
            # since this one was asked for is used.
            controls = read_controls(connection)
            decided, uses = _with_uses(context, asked, facts, why, controls, actor)
            keep_policy(
                connection, decided.policy.version, decided.policy.text, decided.policy.data, asked.now
            )
            entry = decision_entry(
                decided, asked, actor, decided_by=context.engine.name, recorded_at=datetime.now(UTC)
            )
            append(connection, [entry])
            record_controls(connection, uses)
    return decided


def _with_uses(  # noqa: PLR0913, PLR0917 - one argument per fact
    context: GateContext,
    asked: Asked,
    facts: ReleaseFacts | None,
    why: str,
    controls: Controls,
    actor: str,
) -> tuple[Decided, list[ExceptionUsed]]:
    """The decision and the uses that it makes; an exception that cannot be used is as none."""
    while True:
        decided = decision_with(context, asked, facts, why, controls)
        try:
            return decided, list(uses_of(context, asked, decided.document, controls, actor))
        except RefusedChangeError:
            names = {use["id"] for use in decided.document["exceptions_used"]}
            left = tuple(item for item in controls.exceptions if item.id not in names)
            controls = replace(controls, exceptions=left)


def decision_entry(
    decided: Decided,
    asked: Asked,
    actor: str,
    *,
    decided_by: str = REGO_CPP,
    recorded_at: datetime | None = None,
) -> LogEntry:
    """A decision as the log keeps it: the request, the prepared input, the decision and what decided.

    `recorded_at` is when it was written down, which is another time where one asked for another instant.
    """
    document = decided.document
    return LogEntry(
        id=document["decision_id"],
        kind=DECISION,
        at=asked.now,
        actor=actor,
        service=document["service"],
        environment=document["environment"],
        version=document["version"],
        body={
            "decision": document,
            "input": decided.input,
            "request": asked.request.document,
            "trusted": asked.trusted,
            "decided_by": decided_by,
            "recorded_at": None if recorded_at is None else utc_text(recorded_at),
        },
    )


def uses_of(
    context: GateContext, asked: Asked, document: Mapping[str, Any], controls: Controls, actor: str
) -> Iterator[ExceptionUsed]:
    """The uses of the exceptions without which an allowed release would not be."""
    if not document["allow"] or document["emergency"]["used"]:
        return
    target = ReleaseTarget(
        service=document["service"], environment=document["environment"], version=document["version"]
    )
    known = {item.id for item in controls.exceptions}
    for name in dict.fromkeys(use["id"] for use in document["exceptions_used"] if use["id"] in known):
        used = use_exception(
            controls.exceptions,
            name,
            person=Person(name=actor, roles=()),
            now=asked.now,
            target=target,
            rules=context.policy.gate,
        )
        if used is not None:
            yield used
