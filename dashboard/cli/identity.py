"""Who is at the command line: whoever holds the token in `RELIABILITY_TOKEN`; and `reliability token`."""

from collections.abc import Mapping
from pathlib import Path

import click

from dashboard.cli import options
from dashboard.config.access import access_file, load_access, new_token
from dashboard.domain.access import Person, person_key, role_key
from dashboard.errors import ConfigurationError, InputError
from dashboard.paths import DEFAULT_ACCESS

#: Never an option: arguments are seen by everybody on the machine, and kept in the history of a shell.
_TOKEN = "RELIABILITY_TOKEN"  # noqa: S105 - the name of the variable


def known_person(access: Path | None, environment: Mapping[str, str]) -> Person | None:
    """Whose token the environment holds; None when it holds none.

    Raises:
        ConfigurationError: the token is nobody's, or the file of people is wrong. The token is not told.
    """
    token = environment.get(_TOKEN, "").strip()
    if not token:
        return None
    where = access_file(access)
    if where is None:
        raise ConfigurationError(
            f"{_TOKEN}: found a token but no {DEFAULT_ACCESS}, expected people there (`reliability token`)"
        )
    person = load_access(access).who(token)
    if person is None:
        raise ConfigurationError(f"{_TOKEN}: found a token that is nobody's, expected one of {where}")
    return person


def somebody(access: Path | None, environment: Mapping[str, str]) -> Person:
    """As `known_person`; there has to be one.

    Raises:
        ConfigurationError: there is none.
    """
    person = known_person(access, environment)
    if person is None:
        raise ConfigurationError(
            f"{_TOKEN}: found nothing, expected the token of a person of access.yaml (`reliability token`)"
        )
    return person


@click.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, help="A role that they hold; may be given more than once.")
@options.access
def token(*, name: str, roles: tuple[str, ...], access: Path | None) -> None:
    """Make a token for NAME: it is printed once, and stored nowhere.

    What belongs into access.yaml is printed on stderr: the name, the roles and the token's SHA-256. Hand the
    token to NAME, who keeps it in RELIABILITY_TOKEN or sends it as `Authorization: Bearer`.
    """
    written = " ".join(name.split())
    held = {role_key(role): " ".join(role.split()) for role in roles}
    for field, value in (("NAME", written), *(("--role", role) for role in held.values())):
        if not value or not value.isprintable():
            raise InputError(f"{field}: found {value[:80]!r}, expected text")
    known = access is None or access.exists()  # it may be made with what is printed here
    if known and person_key(written) in load_access(access).logins:
        raise InputError(f"NAME: found {written!r}, who has a token; remove them from access.yaml first")
    made, digest = new_token()
    click.echo(made)
    listed = ", ".join(_quoted(role) for role in held.values())
    click.echo("This is the only time that the token is shown. Put this into access.yaml:", err=True)
    click.echo("people:", err=True)
    entry = f"name: {_quoted(written)}, roles: [{listed}], token_sha256: {_quoted(digest)}"
    click.echo(f"  - {{{entry}}}", err=True)


def _quoted(text: str) -> str:
    """`text` as YAML reads it back."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
