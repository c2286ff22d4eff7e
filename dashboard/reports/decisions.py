"""The decision log as people ask for it: which decisions there were, one in full, replayed, verified."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.domain.release_decision import Decision, decision_of
from dashboard.errors import InputError, StoreError
from dashboard.policy.data import GatePolicy, named_policy, policy_version
from dashboard.policy.engine import REGO_CPP, Engine
from dashboard.store import decision_log
from dashboard.store.database import open_for_reading
from dashboard.store.decision_log import DECISION, Fault, LogRecord, Verification

#: What differs in every evaluation and says nothing.
_NOT_COMPARED = frozenset(
    {"decision_id", "policy_version", "input_digest", "changes_at", "holds_until", "not_before"}
)
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions: of a service, to an environment, only those that denied, only the newest few."""

    service: str | None = None
    environment: str | None = None
    denied: bool = False
    newest: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """A decision as it stands in the log, with all that it was made of in `body`."""

    id: str
    seq: int
    at: datetime
    actor: str
    digest: str
    decision: Decision
    body: dict[str, Any]

    @property
    def requested_by(self) -> str | None:
        """Who asked for the release; None where nobody told."""
        told = self.body["input"].get("requested_by")
        return told if isinstance(told, str) and told else None

    @property
    def summary(self) -> dict[str, Any]:
        """The answer in short, as JSON."""
        decision = self.decision
        return {
            "decision_id": self.id,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "by": self.actor,
            "requested_by": self.requested_by,
            "allow": decision.allow,
            "service": decision.service,
            "version": decision.version,
            "environment": decision.environment,
            "change_type": decision.change_type.value,
            "policy_tier": decision.policy_tier,
            "violations": [item.code for item in decision.violations],
            "emergency": decision.emergency.used,
            "policy_version": decision.policy_version,
        }

    @property
    def record(self) -> dict[str, Any]:
        """Everything that the log holds of it, as JSON."""
        return {
            "seq": self.seq,
            "decision_id": self.id,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "by": self.actor,
            "digest": self.digest,
        } | self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A place in a decision at which two evaluations differ."""

    path: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A stored input evaluated again: under which policy, the answer, and what differs from the record."""

    decision_id: str
    recorded_version: str
    policy_version: str
    allow_then: bool
    allow_now: bool
    differences: tuple[Difference, ...]

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "decision_id": self.decision_id,
            "policy_then": self.recorded_version,
            "policy_now": self.policy_version,
            "allow_then": self.allow_then,
            "allow_now": self.allow_now,
            "differences": [
                {"path": item.path, "then": item.then, "now": item.now} for item in self.differences
            ],
        }


def decisions_report(
    store: Path, chosen: DecisionFilter, until: datetime | None = None
) -> tuple[LoggedDecision, ...]:
    """The decisions that `chosen` asks for, up to `until`, newest first.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection:
        found = decision_log.records(
            connection,
            kinds=[DECISION],
            until=until,
            service=chosen.service,
            environment=chosen.environment,
            newest=None if chosen.denied else chosen.newest,
        )
    listed = [logged(item) for item in reversed(found)]
    if chosen.denied:
        listed = [item for item in listed if not item.decision.allow]
    return tuple(listed[: chosen.newest])


def decision_record(store: Path, name: str) -> LoggedDecision:
    """The decision whose id is `name`.

    Raises:
        InputError: there is none.
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection:
        found = decision_log.record(connection, name)
    if found is None or found.kind != DECISION:
        raise InputError(f"decision: found {name!r}, expected the id of one that was recorded")
    return logged(found)


def replay(store: Path, name: str, engine: Engine, today: GatePolicy | None = None) -> Replay:
    """The stored input of the decision `name` under the policy that decided then, or under `today`'s.

    Raises:
        InputError: there is no such decision.
        StoreError: the store cannot be read, or its policy was not kept.
        EngineError: the policy cannot be evaluated.
    """
    then = decision_record(store, name)
    version = then.decision.policy_version
    decided_by = then.body.get("decided_by", REGO_CPP)
    if decided_by != REGO_CPP and today is None:
        raise InputError(
            f"decision: found one that {decided_by} made by a policy of its own, expected one made here;"
            " its input can be tried under today's policy"
        )
    policy = today or kept_policy(store, version)
    document = engine.evaluate(policy, then.body["input"])
    recorded = then.body["decision"]
    return Replay(
        decision_id=name,
        recorded_version=version,
        policy_version=policy.version,
        allow_then=recorded["allow"],
        allow_now=document["allow"],
        differences=tuple(_differences("", _compared(recorded), _compared(document))),
    )


def verify_log(store: Path, expected_head: str | None = None) -> Verification:
    """Whether the log of `store` and its policies are what was written; with the `expected_head` of a note.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection:
        found = decision_log.verify(connection)
        faults = [
            Fault(seq=0, message=f"the policy {version} was changed after it was kept")
            for version, _ in decision_log.policy_versions(connection)
            if (kept := decision_log.policy_of(connection, version)) and policy_version(*kept) != version
        ]
        if expected_head is not None and not decision_log.holds_digest(connection, expected_head):
            message = f"no record has the digest {expected_head}, expected one"
            faults.append(Fault(seq=found.records, message=message))
    return replace(found, faults=(*found.faults, *faults))


def logged(record: LogRecord) -> LoggedDecision:
    """The decision that a record of the log holds.

    Raises:
        StoreError: it holds none.
    """
    try:
        decision = decision_of(record.body["decision"])
    except (KeyError, ValueError) as error:
        raise StoreError(f"decision log, record {record.seq}: {error}") from error
    return LoggedDecision(
        id=record.id,
        seq=record.seq,
        at=record.at,
        actor=record.actor,
        digest=record.digest,
        decision=decision,
        body=dict(record.body),
    )


def kept_policy(store: Path, version: str) -> GatePolicy:
    """The policy `version` as it was kept when it first decided.

    Raises:
        StoreError: it was not kept, or was changed since.
    """
    with open_for_reading(store) as connection:
        kept = decision_log.policy_of(connection, version)
    if kept is None:
        raise StoreError(f"policy {version}: found nothing, expected the policy that decided")
    found = named_policy(*kept)
    if found.version != version:
        raise StoreError(f"policy {version}: found another text or data, expected the policy that decided")
    return found


def _compared(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in _NOT_COMPARED}


def _differences(path: str, then: Any, now: Any) -> Iterator[Difference]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*then, *now]):
            where = f"{path}.{key}" if path else str(key)
            yield from _differences(where, then.get(key, _NOTHING), now.get(key, _NOTHING))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif then != now:
        yield Difference(path=path, then=then, now=now)
