"""Who is who: people, and the roles that they hold (FRAMEWORK, Release gates)."""

from collections.abc import Iterable
from dataclasses import dataclass


def role_key(role: str) -> str:
    """`role` as it is compared: `VP Engineering`, `vp engineering` and `vp-engineering` are one role."""
    return "-".join(role.lower().split())


def person_key(name: str) -> str:
    """The name of a person as it is compared, so that nobody is two people by another letter case."""
    return " ".join(name.casefold().split())


def same_person(one: str, other: str) -> bool:
    """Whether both names are of one person."""
    return person_key(one) == person_key(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has proved who they are, with the roles that they hold, as they were written."""

    name: str
    roles: tuple[str, ...]

    def held_of(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Those of `roles` that this person holds, each once, in the words and order of `roles`."""
        own = {role_key(role) for role in self.roles}
        return tuple(dict.fromkeys(role for role in roles if role_key(role) in own))
