"""The commands for freezes, exceptions and approvals: who may, what is told, and that tokens never are."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.config.access import load_access
from tests.cli.command import Ended, run, start
from tests.people import PEOPLE, access_file, token

_ASK = ("exception", "request", "--type", "window", "--service", "api", "--reason", "Hot fix")
_RELEASE = ("--service", "api", "--version", "1.4.2", "--environment", "production")


class Shop:
    """A store, people, and their commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store.db"
        self.access = access_file(folder)

    def does(self, name: str, *arguments: object, **env: str) -> Ended:
        """What `name` gets for a command that changes something."""
        mine = {"RELIABILITY_TOKEN": token(name), **env}
        return run(*arguments, "--store", self.store, "--access", self.access, env=mine)

    def done(self, name: str, *arguments: object) -> str:
        """As `does`, of what succeeds; returns stdout."""
        ended = self.does(name, *arguments)
        assert ended.code == 0, ended.err
        return ended.out.strip()

    def refused(self, name: str, *arguments: object, **env: str) -> str:
        """As `does`, of what fails: one clear error, and exit code 2."""
        ended = self.does(name, *arguments, **env)
        assert (ended.code, ended.out) == (2, ""), ended
        assert "Traceback" not in ended.err
        return ended.err

    def listed(self, kind: str, *more: object) -> Any:
        """The JSON document of a list."""
        ended = run(kind, "list", "--json", "--store", self.store, *more)
        assert (ended.code, ended.err) == (0, "")
        return json.loads(ended.out)

    def text(self, kind: str, *more: object) -> str:
        ended = run(kind, "list", "--store", self.store, *more)
        assert ended.code == 0, ended.err
        return ended.out


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def asked(shop: Shop, *more: object) -> str:
    return shop.done("Eve", *_ASK, "--mitigation", "Canary", *more)


def used(shop: Shop) -> str:
    name = asked(shop)
    shop.done("Ada", "exception", "approve", name)
    shop.done("Eve", "exception", "use", name, *_RELEASE)
    return name


def test_an_exception_goes_its_way(shop: Shop) -> None:
    name = asked(shop, "--environment", "production", "--for", "2h")
    assert name == f"EXC-{datetime.now(UTC).year}-0001"
    assert "waits for Release Captain" in shop.text("exception")
    assert "it is in force" in shop.does("Ada", "exception", "approve", name).err
    assert "used for api 1.4.2 to production" in shop.does("Eve", "exception", "use", name, *_RELEASE).err
    shop.done("Bea", "exception", "review", name, "--notes", "As planned")
    shop.done("Ada", "exception", "revoke", name, "--reason", "Done")
    (found,) = shop.listed("exception", "--all")["exceptions"]
    assert found["state"] == "revoked"
    assert found["used"]["version"] == "1.4.2"
    assert (found["review"]["by"], found["review"]["notes"]) == ("Bea", "As planned")
    assert found["approvals"][0]["roles"] == ["Release Captain"]
    assert shop.listed("exception")["exceptions"] == []
    assert "revoked by Ada" in shop.text("exception", "--all")


def test_a_retry_is_no_second_use_and_another_release_is_refused(shop: Shop) -> None:
    name = used(shop)
    before = shop.listed("exception")
    shop.done("Ada", "exception", "use", name, *_RELEASE)
    assert shop.listed("exception")["exceptions"] == before["exceptions"]
    told = shop.refused("Eve", "exception", "use", name, *_RELEASE[:3], "1.4.3", *_RELEASE[4:])
    assert "used for api 1.4.2 to production, expected that one deployment" in told


def test_an_overdue_review_is_told_first(shop: Shop) -> None:
    name, other = used(shop), asked(shop)
    later = (datetime.now(UTC) + timedelta(days=1, minutes=1)).isoformat()
    assert shop.text("exception", "--now", later).splitlines()[0] == f"! 1 review overdue: {name}"
    assert shop.listed("exception", "--now", later)["overdue_reviews"] == [name]
    assert [item["id"] for item in shop.listed("exception")["exceptions"]] == [other, name]
    newest_last = shop.listed("exception", "--all", "--now", later)["exceptions"]
    assert [item["id"] for item in newest_last] == [name, other]


def test_freezes(shop: Shop, tmp_path: Path) -> None:
    name = shop.done("Ada", "freeze", "add", "--for", "2d", "--reason", "Sale", "--service", "api")
    day = datetime.now(UTC) + timedelta(days=9)
    planned = tmp_path / "freezes.yaml"
    end = day + timedelta(days=2)
    planned.write_text(f"freezes:\n- {{id: xmas, start: {day.date()}, end: {end.date()}, reason: Xmas}}\n")
    found = shop.listed("freeze", "--freezes", planned)["freezes"]
    assert [(item["id"], item["active"], item["origin"]) for item in found] == [
        (name, True, "recorded"),
        ("xmas", False, "calendar"),
    ]
    assert "! FRZ-" in shop.text("freeze", "--freezes", planned)
    assert "in the calendar" in shop.refused(
        "Bea", "freeze", "end", "xmas", "--reason", "x", "--freezes", planned
    )
    assert "expected Ada, who added the freeze" in shop.refused("Eve", "freeze", "end", name, "--reason", "x")
    shop.done("Bea", "freeze", "end", name, "--reason", "Sold out")
    assert shop.listed("freeze")["freezes"] == []
    assert "over, ended by Bea" in shop.text("freeze", "--all")


def test_approvals(shop: Shop) -> None:
    name = shop.done("Ada", "approve", *_RELEASE, "--role", "sre", "--reason", "Watched it")
    (found,) = shop.listed("approval")["approvals"]
    assert (found["id"], found["roles"], found["valid"]) == (name, ["SRE"], True)
    assert "Ada as SRE, valid until" in shop.text("approval")
    assert "without the role VP Engineering" in shop.refused(
        "Ada", "approve", *_RELEASE, "--role", "VP Engineering", "--reason", "x"
    )
    assert "found Eve with no role" in shop.refused("Eve", "approve", *_RELEASE, "--reason", "x")
    shop.done("Ada", "approval", "withdraw", name, "--reason", "It burns")
    assert shop.listed("approval")["approvals"] == []
    assert "withdrawn by Ada" in shop.text("approval", "--all")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert shop.listed("approval", "--now", tomorrow)["approvals"] == []


def test_lists_of_a_store_that_does_not_exist_are_empty_and_make_none(shop: Shop) -> None:
    for kind in ("exception", "freeze", "approval"):
        assert not shop.listed(kind)[f"{kind}s"]
        assert shop.text(kind).startswith("No ")
    assert not shop.store.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("exception", "approve", "EXC-2026-0009"), "found no exception 'EXC-2026-0009', expected one"),
        ((*_ASK, "--mitigation", " "), "mitigation: found ' ', expected a sentence"),
        ((*_ASK, "--mitigation", "x", "--for", "5h"), "expires_at: found"),
        (
            (*_ASK, "--mitigation", "x", "--for", "1h", "--until", "2027-01-01T00:00Z"),
            "both --for and --until",
        ),
        ((*_ASK, "--mitigation", "x", "--environment", "moon"), "environment: found 'moon', expected one of"),
        ((*_ASK, "--mitigation", "x", "--freeze", "f"), "freeze: found 'f', expected none"),
        (("freeze", "add", "--reason", "x"), "both or neither of --end and --for"),
        (("freeze", "add", "--end", "2020-01-01T00:00:00Z", "--reason", "x"), "end: found 2020"),
        (
            ("approve", *_RELEASE[2:], "--service", "x", "--reason", "x"),
            "service: found 'x', expected one of",
        ),
    ],
)
def test_what_is_refused_is_told_in_one_error(shop: Shop, arguments: tuple[str, ...], told: str) -> None:
    assert told in shop.refused("Ada", *arguments)


def test_nobody_approves_their_own_request(shop: Shop) -> None:
    name = shop.done("Ada", *_ASK, "--mitigation", "x")
    assert "nobody approves their own request" in shop.refused("Ada", "exception", "approve", name)


def test_who_has_no_token_or_a_wrong_one_changes_nothing_and_the_token_is_not_told(shop: Shop) -> None:
    request = (*_ASK, "--mitigation", "x")
    assert "RELIABILITY_TOKEN: found nothing" in shop.refused("Ada", *request, RELIABILITY_TOKEN="")
    wrong = "not-a-token-of-anybody"
    told = shop.refused("Ada", *request, RELIABILITY_TOKEN=wrong)
    assert "RELIABILITY_TOKEN: found a token that is nobody's" in told
    assert wrong not in told
    assert not shop.store.exists()


def test_without_people_nobody_changes_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run(*_ASK, "--mitigation", "x", env={"RELIABILITY_TOKEN": token("Ada")})
    assert ended.code == 2
    assert "found a token but no data/access.yaml" in ended.err
    named = run(*_ASK, "--mitigation", "x", "--access", "no.yaml", env={"RELIABILITY_TOKEN": token("Ada")})
    assert (named.code, "no.yaml: found no such file" in named.err) == (2, True)


def test_no_token_is_ever_printed_or_stored(shop: Shop) -> None:
    name = used(shop)
    everything = shop.text("exception", "--all") + json.dumps(shop.listed("exception", "--all"))
    for arguments in (("exception", "approve", name), ("exception", "review", name, "--notes", "")):
        ended = shop.does("Eve", *arguments)
        everything += ended.out + ended.err
    with sqlite3.connect(shop.store) as connection:
        everything += "\n".join(connection.iterdump())
    assert not [person for person in PEOPLE if token(person) in everything]


def test_the_demo_is_not_changed(shop: Shop, demo: Path) -> None:
    mine = {"RELIABILITY_TOKEN": token("Ada")}
    ended = run(
        "freeze", "add", "--for", "1h", "--reason", "x", "--store", demo, "--access", shop.access, env=mine
    )
    assert (ended.code, "found the demo in this store" in ended.err) == (2, True)


def test_a_token_is_printed_once_with_what_belongs_into_the_file(tmp_path: Path) -> None:
    ended = run(
        "token", "O'Neil  Ada", "--role", "SRE", "--role", "sre", "--role", "a: b", "--access", tmp_path / "a"
    )
    made = ended.out.strip()
    assert (ended.code, len(ended.out.splitlines()), made in ended.err) == (0, 1, False)
    entry = ended.err[ended.err.index("people:") :]
    assert len(yaml.safe_load(entry)["people"]) == 1
    path = tmp_path / "access.yaml"
    path.write_text(entry)
    person = load_access(path).who(made)
    assert person is not None
    assert (person.name, person.roles) == ("O'Neil Ada", ("sre", "a: b"))
    again = run("token", "o'neil ada", "--access", path)
    assert (again.code, "who has a token; remove them" in again.err) == (2, True)


@pytest.mark.parametrize("arguments", [(" ",), ("a\x1b",), ("Ada", "--role", "")])
def test_a_token_is_for_somebody(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = run("token", *arguments, "--access", tmp_path / "a")
    assert (ended.code, ended.out) == (2, "")


def test_of_two_who_use_an_exception_in_two_processes_one_gets_it(shop: Shop) -> None:
    name = asked(shop)
    shop.done("Ada", "exception", "approve", name)
    files = ("--store", shop.store, "--access", shop.access)
    processes = [
        start(
            *("exception", "use", name, "--service", "api", "--environment", "production"),
            *("--version", version, *files),
            env={"RELIABILITY_TOKEN": token("Eve")},
        )
        for version in ("1.4.2", "1.4.3")
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2], errors


def test_an_exception_that_expires_before_it_is_of_use_is_warned_of_at_every_step(shop: Shop) -> None:
    freeze = shop.done("Ada", "freeze", "add", "--for", "3d", "--reason", "Sale", "--service", "docs")
    # Tier 3 waits for no window, but for the end of the freeze: of type slo nothing else is in the way.
    slo = ("exception", "request", "--type", "slo", "--service", "docs", "--reason", "x", "--mitigation", "y")
    told = shop.does("Eve", *slo, "--for", "2h").err
    assert f", before the freeze {freeze} ends on " in told
    assert told.rstrip().endswith("it will lift nothing")
    assert f"before the freeze {freeze} ends on" in shop.text("exception")
    (found,) = [item for item in shop.listed("exception")["exceptions"] if item["type"] == "slo"]
    assert found["expires_before"]["what"] == f"the freeze {freeze} ends"
    assert found["expires_before"]["at"] > found["expires_at"]
    shop.done("Ada", "freeze", "end", freeze, "--reason", "Sold out")
    (found,) = [item for item in shop.listed("exception")["exceptions"] if item["type"] == "slo"]
    assert found["expires_before"] is None
