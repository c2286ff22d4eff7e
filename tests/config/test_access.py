"""`access.yaml`: who is who, what is wrong in it, and that no token is ever told."""

import hashlib
import logging
from pathlib import Path

import pytest

from dashboard.config.access import Access, load_access, new_token
from dashboard.domain.access import Person
from dashboard.errors import ConfigurationError

ADA, BEA = ("ada-token-" * 5, "bea-token-" * 5)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "access.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def people(*entries: str) -> str:
    return "people:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)


def entry(name: str, token: str, more: str = "") -> str:
    return f"name: {name}, roles: [VP Engineering, CTO], token_sha256: '{digest(token)}'{more}"


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_access(file(tmp_path, text))
    return str(caught.value)


def test_a_token_is_the_persons_whose_digest_it_has(tmp_path: Path) -> None:
    access = load_access(file(tmp_path, people(entry("Ada Lovelace", ADA), entry("Bea", BEA))))
    assert access.who(ADA) == Person(name="Ada Lovelace", roles=("VP Engineering", "CTO"))
    assert access.who(BEA) == Person(name="Bea", roles=("VP Engineering", "CTO"))


@pytest.mark.parametrize("token", ["", "x", digest(ADA), ADA[:-1], ADA + " ", "ä\udcff"])
def test_another_token_is_nobodys(tmp_path: Path, token: str) -> None:
    assert load_access(file(tmp_path, people(entry("Ada", ADA)))).who(token) is None


def test_without_a_file_there_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_access(None) == Access()
    assert load_access(None).who("") is None


def test_the_file_in_data_counts_when_nobody_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    file(tmp_path / "data", people(entry("Ada", ADA)))
    assert load_access(None).who(ADA) is not None


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no\.yaml: found no such file"):
        load_access(tmp_path / "no.yaml")


def test_pipelines_may_call_people_otherwise(tmp_path: Path) -> None:
    access = load_access(file(tmp_path, people(entry("Ada Lovelace", ADA, ", logins: [ada-l]"))))
    assert access.name_of("ADA-L") == access.name_of("ada  lovelace") == "Ada Lovelace"
    assert access.name_of("somebody") == "somebody"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (people(entry("Ada", ADA), entry("ADA", BEA)), ":3: people[1].name: found 'ADA' for a second person"),
        (
            people(entry("Ada", ADA), entry("Bea", BEA, ", logins: [ada]")),
            ":3: people[1].logins: found 'ada' for a second person",
        ),
        (people(entry("Ada", ADA), entry("Bea", ADA)), ":3: people[1].token_sha256: found the token of the"),
        (people("name: Ada"), ":2: people[0].token_sha256: found nothing, expected this key"),
        (people(entry("Ada", ADA, ", password: x")), ":2: people[0].password: found a key that is not known"),
        (people(entry("' '", ADA)), ":2: people[0].name: found ' '"),
        ("people: {}", ":1: people: found a mapping, expected a list"),
        ("- a", "found a list, expected a mapping at the top"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text)


@pytest.mark.parametrize("found", [ADA, f"'{ADA}'", "1234", "[a]", "null", f"'{digest(ADA)}0'"])
def test_what_stands_where_a_digest_belongs_is_not_told(tmp_path: Path, found: str) -> None:
    told = refused(tmp_path, people(f"name: Ada, token_sha256: {found}"))
    assert "people[0].token_sha256: found something else, expected the SHA-256 of a token" in told
    assert found not in told


def test_neither_tokens_nor_digests_show_in_repr_or_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        access = load_access(file(tmp_path, people(entry("Ada", ADA))))
        access.who(ADA)
    for secret in (ADA, digest(ADA)):
        assert secret not in repr(access)
        assert secret not in caplog.text


def test_a_new_token_has_256_bits_and_is_never_the_same() -> None:
    made = [new_token() for _ in range(20)]
    assert len({token for token, _ in made}) == 20
    assert all(len(token) == 43 and digest(token) == of_it for token, of_it in made)
