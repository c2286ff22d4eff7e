"""Checking what a person says caused an incident, before it is stored."""

from datetime import datetime

from dashboard.domain.attribution import Correction, Key
from dashboard.errors import InputError
from dashboard.reports.history import History


def correction(  # noqa: PLR0913 - one argument per fact
    history: History, *, incident: str, deployment: str | None, by: str, why: str, at: datetime
) -> Correction:
    """`incident` was caused by `deployment` (service/environment/id; None: by none of them).

    Raises:
        InputError: there is no such incident or deployment, or nobody says so, or for no reason.
    """
    if incident not in history.incidents_by_id:
        raise InputError(f"incident: found {incident!r}, expected one that the store knows")
    for field, text in (("by", by), ("why", why)):
        if not text.strip():
            raise InputError(f"{field}: found nothing, expected text")
    return Correction(
        incident=incident,
        at=at,
        deployment=None if deployment is None else _key(history, deployment),
        by=by.strip(),
        why=why.strip(),
    )


def _key(history: History, text: str) -> Key:
    parts = tuple(text.split("/", 2))
    found = next((key for key in history.releases_by_key if key == parts), None)
    if found is None:
        raise InputError(
            f"deployment: found {text!r}, expected service/environment/id of one that the store knows"
        )
    return found
