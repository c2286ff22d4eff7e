"""`docs/release-controls.md` names real commands, options and addresses, and its calendar can be read."""

import re
from datetime import UTC, datetime
from pathlib import Path

from dashboard.api.controls import control_routes
from dashboard.config import load_policy, locations
from dashboard.config.access import load_access
from dashboard.domain.gate_rules import ExceptionType
from dashboard.paths import DEFAULT_POLICY
from dashboard.sources.freeze_calendar import read_freezes
from tests.cli.command import ROOT, run
from tests.sources.calendars import RULES

_PAGE = (ROOT / "docs" / "release-controls.md").read_text(encoding="utf-8")


def test_its_commands_and_options_are_real() -> None:
    lines = re.sub(r" \\\n", " ", _PAGE)
    commands = re.findall(r"^\$ (?:RELIABILITY_TOKEN=\S+ )?reliability (.*)$", lines, re.MULTILINE)
    assert len(commands) >= 10
    for line in commands:
        told = line.partition("#")
        words = re.match(r"[a-z]+( (?:request|approve|use|review|list|add|end|withdraw))?", told[0])
        assert words is not None
        ended = run(*words[0].split(), "--help")
        assert ended.code == 0, line
        for option in re.findall(r"--[a-z-]+", line):
            assert option in ended.out, (line, option)


def test_its_addresses_are_those_that_there_are() -> None:
    told = {path.replace("ID", "{name}") for path in re.findall(r"`(?:GET|POST) (/api/v1/\S+?)`", _PAGE)}
    assert told == {route.path for route in control_routes(locations({}))}


def _yaml(begin: str) -> str:
    """The example in YAML that begins so."""
    (found,) = re.findall(rf"^```yaml\n({begin}.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_its_people_hold_every_role_that_the_shipped_policy_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "access.yaml"
    path.write_text(_yaml("people:"))
    people = load_access(path).people
    policy = load_policy(DEFAULT_POLICY)
    asked = {role for rule in policy.tiers.values() for role in rule.approvers}
    asked |= {role for rule in policy.gate.exceptions.values() for role in rule.approvers}
    assert asked <= {role for person in people for role in person.roles}
    assert load_access(path).name_of("ada-l") == "Ada Lovelace"
    for rule in policy.gate.exceptions.values():
        able = [person for person in people if person.held_of(rule.approvers)]
        assert len(able) >= len(rule.approvers), "every role takes a person of its own"


def test_whose_tokens_its_examples_use_are_people_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "access.yaml"
    path.write_text(_yaml("people:"))
    people = {person.name.split()[0].lower(): person for person in load_access(path).people}
    used = re.findall(r"\$\(cat (\S+)\.token\)", _PAGE)
    assert set(used) <= set(people)
    asks, approves, reviews = (people[name] for name in used)
    approvers = load_policy(DEFAULT_POLICY).gate.exceptions[ExceptionType.WINDOW].approvers
    assert approves.held_of(approvers)
    assert asks not in (approves, reviews)


def test_its_calendar_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "freezes.yaml"
    path.write_text(_yaml("freezes:"))
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert len(read_freezes(path, RULES, start=year[0], end=year[1])) == 2
