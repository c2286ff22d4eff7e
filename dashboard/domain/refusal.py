"""Why a change to freezes, exceptions or approvals is refused, and what every word of one has to be."""

from datetime import datetime
from enum import StrEnum

from dashboard.errors import InputError

_LONGEST_TEXT = 2_000
_LONGEST_NAME = 200


class Refusal(StrEnum):
    """Why: a rule forbids it to this person, there is no such thing, its state is another, a bad value."""

    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    INVALID = "invalid"


class RefusedChangeError(InputError):
    """A change that is not made; `why` says of which kind the reason is, `field` which value is to blame."""

    def __init__(self, why: Refusal, message: str, field: str | None = None) -> None:
        super().__init__(message if field is None else f"{field}: {message}")
        self.why = why
        self.field = field


def forbidden(message: str) -> RefusedChangeError:
    """The refusal of something that a rule forbids to this person."""
    return RefusedChangeError(Refusal.FORBIDDEN, message)


def conflict(message: str) -> RefusedChangeError:
    """The refusal of something that the state of the thing does not allow."""
    return RefusedChangeError(Refusal.CONFLICT, message)


def unknown(kind: str, name: str) -> RefusedChangeError:
    """The refusal of a change to something that does not exist."""
    return RefusedChangeError(Refusal.UNKNOWN, f"found no {kind} {name!r}, expected one that was recorded")


def invalid(field: str, message: str) -> RefusedChangeError:
    """The refusal of the value of `field`."""
    return RefusedChangeError(Refusal.INVALID, message, field)


def require_after(now: datetime, last: datetime | None, kind: str, name: str) -> None:
    """Refuse a change at `now` to a thing that was changed later: the state of then would have lacked it.

    Raises:
        RefusedChangeError: `last` is after `now`, as after a clock was set back.
    """
    if last is not None and now < last:
        raise conflict(
            f"found the clock at {now.isoformat()}, expected a time from {last.isoformat()} on,"
            f" when the {kind} {name} was last changed"
        )


def written(field: str, text: str) -> str:
    """`text`, which a person wrote as a reason or a note, without the white space around it.

    Raises:
        RefusedChangeError: it is blank, too long, or holds characters that cannot be shown.
    """
    found = text.strip()
    if not found:
        raise invalid(field, f"found {text[:20]!r}, expected a sentence")
    if len(found) > _LONGEST_TEXT:
        raise invalid(field, f"found {len(found):,} characters, expected at most {_LONGEST_TEXT:,}")
    if not all(letter.isprintable() or letter in "\n\t" for letter in found):
        raise invalid(field, f"found {found[:80]!r}, expected text without control characters")
    return found


def named(field: str, name: str) -> str:
    """`name`, of a service, an environment, a version or a freeze.

    Raises:
        RefusedChangeError: it is blank, too long, or holds white space or what cannot be shown.
    """
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or any(map(str.isspace, name)):
        expected = f"expected a name of at most {_LONGEST_NAME} characters without white space"
        raise invalid(field, f"found {name[:80]!r}, {expected}")
    return name
