"""`reliability gate`: may this release be deployed, why, who must approve, and when does that change."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from dashboard.cli import options
from dashboard.cli.gate_text import show_decision
from dashboard.cli.identity import known_person
from dashboard.config import load_policy
from dashboard.config.access import load_access
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Notice, decision_of
from dashboard.errors import InputError
from dashboard.ingest.decisions import decide_and_record
from dashboard.reports.gate_context import Asked, ask
from dashboard.reports.gate_setting import gate_context
from dashboard.reports.instants import deciding_clock
from dashboard.sources.release_request import MOST_BYTES, ReleaseRequest, parse_request, read_request
from dashboard.ui import gate_words

_UNTRUSTED_TIME = Notice(
    code="warn.input_ignored",
    message="The time of the input does not count: it is not trusted (--trust-input, or --now)",
)


@click.command()
@click.option("--input", "given", metavar="FILE", help="The request as JSON; - is stdin.")
@click.option("--service", help="What is released.")
@click.option("--version", help="Which version of it.")
@click.option("--environment", help="Where to; production, staging, development.")
@click.option("--image", help="The container image, with its registry.")
@click.option("--change-type", type=click.Choice([change.value for change in ChangeType]))
@click.option("--migration", is_flag=True, help="It changes the database.")
@click.option("--evidence", multiple=True, metavar="FILE", help="What pipelines found, as JSON with `gates`.")
@click.option("--requested-by", help="Who asks for the release: nobody approves their own request.")
@click.option("--override-approver", help="Emergency: who overrides, of the policy's list.")
@click.option("--override-reason", help="Emergency: why.")
@click.option("--incident", "incident_id", help="Emergency: the incident that it is about.")
@click.option(
    "--trust-input",
    is_flag=True,
    help="Let the input say what the service level, the approvals and the exceptions are.",
)
@click.option("--no-record", is_flag=True, help="Only ask: leave the decision log as it is.")
@click.option("--explain", "code", metavar="CODE", help="What a check asks for, and what to do about it.")
@click.option("--print-input", is_flag=True, help="Print the prepared input, for `opa eval -i`, and stop.")
@options.as_json
@options.store
@options.catalog
@options.policy
@options.sources
@options.access
@options.freezes
@options.now
def gate(  # noqa: PLR0913 - one argument per option
    *,
    given: str | None,
    evidence: tuple[str, ...],
    trust_input: bool,
    no_record: bool,
    code: str | None,
    print_input: bool,
    as_json: bool,
    store: Path,
    catalog: Path,
    policy: Path,
    sources: Path,
    access: Path | None,
    freezes: Path | None,
    now: datetime | None,
    **said: Any,
) -> None:
    """May this release be deployed?

    Exits with 0 when it may, 1 when it may not. What the input lacks of the service level comes from the
    store; missing evidence denies.
    """
    if code is not None:
        _explain(code, policy)
        return
    request = _request(given, evidence, said)
    locations = options.located(store, catalog, policy, sources, now, access=access, freezes=freezes)
    context = gate_context(locations, os.environ)
    person = known_person(access, os.environ)
    people = load_access(access)
    named = request.text("requested_by")
    moment, clock, notices = _instant(request, store, now, trusted=trust_input)
    if person and named is not None and people.name_of(named) != person.name:
        message = f"Asked as {person.name}, whose token it is; the request says {named}, which does not count"
        notices += (Notice(code="warn.input_ignored", message=message),)
    asked = Asked(
        request=request,
        now=moment,
        requestor=person.name if person else None if named is None else people.name_of(named),
        trusted=trust_input,
        notices=notices,
    )
    actor = person.name if person else f"command line ({_user()})"
    recorded = not no_record and not print_input and store.exists()
    if not recorded:
        if not store.exists():
            click.echo(f"! {store}: there is no store, so nothing is written down", err=True)
        decided = ask(context, asked)
    else:
        decided = decide_and_record(context, asked, actor=actor, clock=clock)
    if print_input:
        click.echo(json.dumps(decided.input, indent=2))
        return
    if as_json:
        click.echo(json.dumps(decided.document, indent=2))
    else:
        show_decision(decision_of(decided.document), context.policy.timezone, recorded=recorded)
    sys.exit(0 if decided.document["allow"] else 1)


def _explain(code: str, policy: Path) -> None:
    if code not in gate_words.CODES:
        raise InputError(f"--explain: found {code!r}, expected one of {', '.join(gate_words.CODES)}")
    for line in gate_words.explain(code, load_policy(policy)):
        click.echo(line)


def _request(given: str | None, evidence: tuple[str, ...], said: Mapping[str, Any]) -> ReleaseRequest:
    """The request of a file and of the options, which win over it."""
    base = {} if given is None else dict(parse_request(_called(given), _bytes_of(given)).document)
    gates = {gate: dict(found or {}) for gate, found in (base.get("gates") or {}).items()}
    for name in evidence:
        told = parse_request(_called(name), _bytes_of(name)).document
        _add_evidence(gates, told.get("gates") or {}, _called(name))
    if gates:
        base["gates"] = gates
    base |= {name: value for name, value in said.items() if value is not None and name != "migration"}
    if said["migration"]:
        base["has_database_migration"] = True
    if said["override_approver"] or said["override_reason"]:
        base["emergency_override"] = True
    if not base:
        raise InputError("found no request, expected --input FILE, or --service and the other options")
    return read_request("input" if given is None else _called(given), base)


def _add_evidence(gates: dict[str, dict[str, Any]], told: Mapping[str, Any], called: str) -> None:
    """Add what one pipeline `told`, check by check; of two that contradict each other neither is believed."""
    for gate, found in told.items():
        known = gates.setdefault(gate, {})
        for name, value in (found or {}).items():
            if value is not None and known.get(name, value) != value:
                message = (
                    f"found {value!r}, and {known[name]!r} in what was told before; expected one of them"
                )
                raise InputError(f"{called}: gates.{gate}.{name}: {message}")
            known[name] = known.get(name) if value is None else value


def _instant(
    request: ReleaseRequest, store: Path, now: datetime | None, *, trusted: bool
) -> tuple[datetime, Callable[[], datetime] | None, tuple[Notice, ...]]:
    """When to decide for: `--now`, else what a trusted input says, else the clock; the demo's stands still.

    With it the clock to ask again once the log is locked, where it is the clock that decides, and what has to
    be said of it: who tells the time could otherwise open the window.
    """
    if now is None and request.now is not None and trusted:
        click.echo(f"! decided for {request.now.isoformat()}, as the input says, not for now", err=True)
        return request.now, None, ()
    untrusted = now is None and request.now is not None
    return *deciding_clock(store, now), (_UNTRUSTED_TIME,) if untrusted else ()


def _bytes_of(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from None


def _called(name: str) -> str:
    return "stdin" if name == "-" else name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"
