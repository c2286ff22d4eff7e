"""`access.yaml`: who is who, by the digests of their tokens; without the file there is nobody."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import StrictModel
from dashboard.config.release_gate import Name
from dashboard.config.yaml_document import Fault, load_document
from dashboard.domain.access import Person, person_key
from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_ACCESS

#: Bytes of chance in a token. Nobody guesses 256 bits, so a plain SHA-256 keeps them safe at rest: the slow
#: hashes that passwords need would only slow down every request.
_TOKEN_BYTES = 32
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The people who may ask, approve and review. `logins` are further names of theirs, by `person_key`."""

    people: tuple[Person, ...] = ()
    digests: tuple[str, ...] = field(default=(), repr=False)
    logins: Mapping[str, Person] = field(default_factory=dict)

    def who(self, token: str) -> Person | None:
        """Whose `token` is; None when it is nobody's.

        It is compared with every digest, whichever of them matches, so that the time tells nothing.
        """
        given = _digest(token)
        found: Person | None = None
        for person, digest in zip(self.people, self.digests, strict=True):
            if hmac.compare_digest(given, digest):
                found = person
        return found

    def name_of(self, called: str) -> str:
        """The name of whom a pipeline calls `called`; `called` itself when that is nobody of ours."""
        person = self.logins.get(person_key(called))
        return called if person is None else person.name


def _token_digest(value: Any) -> str:
    """A digest as it is written. What was found is not told: it may be a token by mistake."""
    if not isinstance(value, str) or not _DIGEST.fullmatch(value.lower()):
        raise ValueError(
            "found something else, expected the SHA-256 of a token, 64 hexadecimal digits, in quotes"
        )
    return value.lower()


class _Person(StrictModel):
    name: Name
    roles: list[Name] = Field(default_factory=list)
    logins: list[Name] = Field(default_factory=list)
    token_sha256: Annotated[str, BeforeValidator(_token_digest)]


class _People(StrictModel):
    people: list[_Person]


def load_access(path: Path | None) -> Access:
    """The people of the file at `path`; None stands for `data/access.yaml`, which need not exist.

    Raises:
        ConfigurationError: names the file and every fault in it, never a token.
    """
    where = access_file(path)
    if where is None:
        return Access()
    people = load_document(where, _People, lambda document: list(_repeated(document))).people
    made = [Person(name=item.name, roles=tuple(item.roles)) for item in people]
    return Access(
        people=tuple(made),
        digests=tuple(item.token_sha256 for item in people),
        logins={
            person_key(name): person
            for person, item in zip(made, people, strict=True)
            for name in (item.name, *item.logins)
        },
    )


def access_file(path: Path | None) -> Path | None:
    """The file that `load_access` reads; None when nobody named one and the default one is not there.

    Raises:
        ConfigurationError: the file that was named is not there.
    """
    if path is None:
        return DEFAULT_ACCESS if DEFAULT_ACCESS.exists() else None
    if not path.exists():
        raise ConfigurationError(
            f"{path}: found no such file, expected one with people (`reliability token`)"
        )
    return path


def new_token() -> tuple[str, str]:
    """A token that nobody has yet, and the digest of it that belongs into `access.yaml`."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    return token, _digest(token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _repeated(document: dict[str, Any]) -> Iterator[Fault]:
    """Names and tokens that would be of two people."""
    people = document.get("people")
    named: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for index, person in enumerate(people if isinstance(people, list) else ()):
        if not isinstance(person, dict):
            continue
        logins = person.get("logins")
        own = [("name", person.get("name"))]
        own += [("logins", login) for login in (logins if isinstance(logins, list) else ())]
        for key, name in own:
            if isinstance(name, str) and named.setdefault(person_key(name), index) != index:
                message = f"found {name!r} for a second person, expected every name and login once"
                yield Fault(where=("people", index, key), message=message)
        digest = str(person.get("token_sha256")).lower()
        if _DIGEST.fullmatch(digest) and tokens.setdefault(digest, index) != index:
            first = tokens[digest]
            message = f"found the token of the person at [{first}] again, expected one for each person"
            yield Fault(where=("people", index, "token_sha256"), message=message)
