"""The versions of a service that the store has heard of: those that were asked for and those deployed."""

from datetime import datetime
from pathlib import Path

from dashboard.reports.history import History
from dashboard.store import decision_log
from dashboard.store.database import open_for_reading
from dashboard.store.decision_log import DECISION

#: Nobody looks through more than these for the one that they release now.
_MOST = 100


def known_versions(store: Path, history: History, service: str) -> tuple[str, ...]:
    """The versions of `service` that were asked for or deployed, the newest first.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    seen: dict[str, datetime] = {}
    with open_for_reading(store) as connection:
        asked = decision_log.records(
            connection, kinds=[DECISION], until=history.as_of, service=service, newest=_MOST
        )
    for record in asked:
        if record.version:
            seen[record.version] = record.at
    deployed = [release.deployment for release in history.releases_by_service.get(service, ())]
    for deployment in (*deployed, *(item for item in history.others if item.service == service)):
        if deployment.version:
            began = seen.get(deployment.version, deployment.began_at)
            seen[deployment.version] = max(began, deployment.began_at)
    return tuple(sorted(seen, key=lambda version: seen[version], reverse=True)[:_MOST])


def newest_asked(store: Path, service: str, environment: str, now: datetime) -> str | None:
    """The version of `service` that was asked for last for `environment`; None when none ever was.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection:
        found = decision_log.records(
            connection, kinds=[DECISION], until=now, service=service, environment=environment, newest=5
        )
    return next((record.version for record in reversed(found) if record.version), None)
