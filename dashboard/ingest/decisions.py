"""A release decision that is written down: made and logged under one lock, so that nothing comes between."""

from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.domain.access import Person
from dashboard.domain.exception_changes import use_exception
from dashboard.domain.release_exceptions import ExceptionUsed
from dashboard.domain.release_target import ReleaseTarget
from dashboard.reports.gate_context import Asked, GateContext, decision_with, known_facts
from dashboard.reports.release_gate import Decided
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.decision_log import DECISION, LogEntry, append, keep_policy
from dashboard.store.release_controls import Controls, read_controls, record_controls


def decide_and_record(context: GateContext, asked: Asked, *, actor: str) -> Decided:
    """The decision on `asked`, appended to the decision log as told by `actor`.

    What a release that is allowed needed of exceptions is bound to it in the same transaction, so that of two
    releases that want the same exception one gets it.

    Raises:
        StoreError: the store cannot be written: then there is no decision.
        ReliabilityError: a file of the configuration cannot be read.
    """
    facts, why = known_facts(context, asked)
    with open_for_writing(context.store) as connection:
        # Whoever is told of a decision may act on it, so a power cut must not lose it.
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            # Everything that was recorded, however little later than `now`: what another release has used
            # since this one was asked for is used.
            controls = read_controls(connection)
            decided = decision_with(context, asked, facts, why, controls)
            keep_policy(
                connection, decided.policy.version, decided.policy.text, decided.policy.data, asked.now
            )
            append(connection, [decision_entry(decided, asked, actor)])
            record_controls(connection, uses_of(context, asked, decided.document, controls, actor))
    return decided


def decision_entry(decided: Decided, asked: Asked, actor: str) -> LogEntry:
    """A decision as the log keeps it: the request, the prepared input, and the decision with its policy."""
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
