"""The file of the demo's release decisions: who asks and approves, what pipelines find; never the answers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, Share, StrictModel, choice
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.demo.effects import StartField, start_faults
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy_tier import ChangeType
from dashboard.paths import ROOT
from dashboard.sources.release_request import EVIDENCE

#: Where the demo's release decisions are written down.
RELEASES = ROOT / "data" / "demo" / "releases.yaml"

_Path = tuple[str | int, ...]
#: What people do in a case, besides asking for the release; each is one key of a step.
_ACTIONS = ("ask", "request", "grant", "revoke", "approve", "withdraw")
#: What has to be said why.
_EXPLAINED = frozenset({"request", "revoke", "approve", "withdraw"})
#: What a flaw is.
_FLAWED = ("evidence", "coverage_short_by", "early")
#: Which of a particular release's keys choose it.
_CHOOSING = ("version", "undoes", "near")

#: What a pipeline found where that is not what it usually finds: by gate and check, null for nothing.
Evidence = dict[str, dict[str, str | int | float | bool | None]]
Words = Annotated[list[str], Field(min_length=1)]
_Positive = Annotated[float, BeforeValidator(lambda value: float(value) if type(value) is int else value)]


class PipelineField(StrictModel):
    """What pipelines find of every release: where its image is, and around which percentage its coverage."""

    registry: str
    coverage: dict[str, _Positive]


class FlawField(StrictModel):
    """What is wrong with a first try: other evidence, too little coverage, or that it is asked too early."""

    weight: Annotated[_Positive, Field(gt=0)]
    evidence: Evidence = Field(default_factory=dict)
    coverage_short_by: Annotated[_Positive, Field(gt=0)] | None = None
    early: bool = False


class FirstTriesField(StrictModel):
    """How many ordinary releases are asked for in vain once before, and what is wrong then."""

    share: Share
    during_incidents: Share
    flaws: Annotated[list[FlawField], Field(min_length=1)]


class HeldBackField(StrictModel):
    """What becomes of ordinary releases that will be denied: by exception, asked for in vain, or neither."""

    by_exception: Share
    in_vain: Share


class ExceptionWordsField(StrictModel):
    """What people write of exceptions of one type."""

    reasons: Words
    mitigations: Words
    reviews: Words


class ParticularReleaseField(StrictModel):
    """A planned release of which more is told.

    It is that of `version`, the one that `undoes` a version, or the one that begins nearest to `near`.
    """

    service: str
    version: str | None = None
    undoes: str | None = None
    near: StartField | None = None
    evidence: Evidence = Field(default_factory=dict)
    by_exception: bool = False
    in_spite: bool = False
    first_override_by: str | None = None
    review: bool = True


class EndedField(StrictModel):
    """That somebody ended a freeze so long after its start."""

    after: Duration
    by: str
    because: str


class FreezeField(StrictModel):
    """A freeze; it begins `sooner` than its start says, or so far `ahead` of the end of the history."""

    start: StartField | None = None
    sooner: Duration = timedelta(0)
    ahead: Duration | None = None
    lasts: Annotated[Duration, Field(alias="for", gt=timedelta(0))]
    announced: Duration = timedelta(0)
    by: str
    because: str
    services: list[str] = Field(default_factory=list)
    environments: list[str] = Field(default_factory=list)
    ended: EndedField | None = None


class StepField(StrictModel):
    """One thing that happens in a case, `after` its start, by somebody: one of the actions."""

    after: Duration = timedelta(0)
    ask: str | None = None
    request: Annotated[ExceptionType | None, choice(ExceptionType)] = None
    grant: str | None = None
    revoke: str | None = None
    approve: str | None = None
    withdraw: str | None = None
    because: str = ""
    mitigation: str = ""
    lasts: Annotated[Duration | None, Field(alias="for")] = None


class CaseField(StrictModel):
    """A version that is asked for and was not deployed then: the next one that is, or that will be.

    `deployed` says whether it was deployed later, so that its version is that of the next planned release.
    """

    service: str
    change: Annotated[ChangeType, choice(ChangeType)]
    by: str
    start: StartField
    deployed: bool = False
    evidence: Evidence = Field(default_factory=dict)
    steps: Annotated[list[StepField], Field(min_length=1)]


class ReleasesFile(StrictModel):
    """All of the file."""

    people: Annotated[dict[str, list[str]], Field(min_length=1)]
    reviewers: Words
    pipelines: list[str]
    evidence: PipelineField
    first_tries: FirstTriesField
    held_back: HeldBackField
    exceptions: dict[Annotated[ExceptionType, choice(ExceptionType)], ExceptionWordsField]
    approvals: Words
    overrides: Words
    releases: list[ParticularReleaseField]
    freezes: list[FreezeField]
    cases: list[CaseField]


def releases_file(path: Path = RELEASES) -> ReleasesFile:
    """The file at `path`.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    return load_document(path, ReleasesFile, lambda document: list(_faults(document)))


def _faults(document: dict[str, Any]) -> Iterator[Fault]:
    people = set(parts(document, "people"))
    services = set(parts(parts(document, "evidence"), "coverage"))
    words = parts(document, "exceptions")
    for kind in ExceptionType:
        if kind not in words:
            yield Fault(where=("exceptions", kind), message="found nothing, expected what people write of it")
    yield from _all_known(document.get("reviewers"), people, "person", ("reviewers",))
    for index, flaw in enumerate(_listed(parts(document, "first_tries"), "flaws")):
        yield from _flaw_faults(flaw, ("first_tries", "flaws", index))
    for index, release in enumerate(_listed(document, "releases")):
        yield from _release_faults(release, ("releases", index), people, services)
    for index, freeze in enumerate(_listed(document, "freezes")):
        yield from _freeze_faults(freeze, ("freezes", index), people, services)
    for index, case in enumerate(_listed(document, "cases")):
        where: _Path = ("cases", index)
        yield from start_faults(case, where)
        yield from _known(case, "service", services, "service", where)
        yield from _known(case, "by", people, "person", where)
        yield from _evidence_faults(case, where)
        for position, step in enumerate(_listed(case, "steps")):
            yield from _step_faults(step, (*where, "steps", position), people)


def _flaw_faults(flaw: dict[str, Any], where: _Path) -> Iterator[Fault]:
    yield from _evidence_faults(flaw, where)
    given = [name for name in _FLAWED if name in flaw]
    if len(given) != 1:
        message = f"found {_and(given)}, expected one of {', '.join(_FLAWED)}"
        yield Fault(where=where, message=message)


def _release_faults(
    release: dict[str, Any], where: _Path, people: set[str], services: set[str]
) -> Iterator[Fault]:
    given = [name for name in _CHOOSING if name in release]
    if len(given) != 1:
        message = f"found {_and(given)}, expected one of {', '.join(_CHOOSING)}"
        yield Fault(where=where, message=message)
    yield from start_faults({"start": release.get("near")}, where)
    yield from _known(release, "service", services, "service", where)
    yield from _known(release, "first_override_by", people, "person", where)
    yield from _evidence_faults(release, where)


def _freeze_faults(
    freeze: dict[str, Any], where: _Path, people: set[str], services: set[str]
) -> Iterator[Fault]:
    yield from start_faults(freeze, where)
    if ("start" in freeze) == ("ahead" in freeze):
        message = "found both a start and a time ahead" if "start" in freeze else "found nothing"
        yield Fault(where=(*where, "start"), message=f"{message}, expected one of start, ahead")
    yield from _known(freeze, "by", people, "person", where)
    yield from _known(parts(freeze, "ended"), "by", people, "person", (*where, "ended"))
    yield from _all_known(freeze.get("services"), services, "service", (*where, "services"))


def _step_faults(step: dict[str, Any], where: _Path, people: set[str]) -> Iterator[Fault]:
    given = [name for name in _ACTIONS if name in step]
    if len(given) != 1:
        yield Fault(where=where, message=f"found {_and(given)}, expected one of {', '.join(_ACTIONS)}")
        return
    (action,) = given
    if action not in ("ask", "request"):
        yield from _known(step, action, people, "person", where)
    if action in _EXPLAINED and not step.get("because"):
        yield Fault(where=(*where, "because"), message="found nothing, expected why")
    if action == "request" and not step.get("mitigation"):
        message = "found nothing, expected what makes it less risky"
        yield Fault(where=(*where, "mitigation"), message=message)


def _evidence_faults(entry: dict[str, Any], where: _Path) -> Iterator[Fault]:
    for gate, results in parts(entry, "evidence").items():
        if gate not in EVIDENCE:
            message = f"found {gate!r}, expected one of {', '.join(EVIDENCE)}"
            yield Fault(where=(*where, "evidence", gate), message=message)
            continue
        for name in results if isinstance(results, dict) else ():
            if name not in EVIDENCE[gate]:
                message = f"found {name!r}, expected one of {', '.join(EVIDENCE[gate])}"
                yield Fault(where=(*where, "evidence", gate, name), message=message)


def _known(entry: dict[str, Any], key: str, known: set[str], what: str, where: _Path) -> Iterator[Fault]:
    value = entry.get(key)
    if isinstance(value, str) and value not in known:
        yield Fault(where=(*where, key), message=f"found {value!r}, expected a {what} of this file")


def _all_known(listed: Any, known: set[str], what: str, where: _Path) -> Iterator[Fault]:
    for position, name in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(name, str) and name not in known:
            yield Fault(where=(*where, position), message=f"found {name!r}, expected a {what} of this file")


def _listed(part: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The mappings of a list; anything else is told by its field."""
    found = part.get(key)
    return [item if isinstance(item, dict) else {} for item in found] if isinstance(found, list) else []


def _and(names: list[str]) -> str:
    return " and ".join(names) or "nothing"
