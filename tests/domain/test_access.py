"""Roles and names of people are compared in one way, however they are written."""

import pytest

from dashboard.domain.access import Person, person_key, role_key, same_person


@pytest.mark.parametrize("role", ["VP Engineering", "vp engineering", "vp-engineering", " VP  ENGINEERING "])
def test_a_role_is_one_however_it_is_written(role: str) -> None:
    assert role_key(role) == "vp-engineering"


def test_a_person_is_one_however_the_name_is_written() -> None:
    assert same_person("Ada Lovelace", " ada  LOVELACE")
    assert not same_person("Ada", "Ada L")
    assert person_key("STRASSE") == person_key("straße")


def test_held_roles_are_told_in_the_words_that_were_asked_with() -> None:
    person = Person(name="Bea", roles=("vp-engineering", "Security Team"))
    assert person.held_of(["CTO", "VP Engineering", "VP Engineering"]) == ("VP Engineering",)
    assert person.held_of([]) == ()
