"""Alertmanager's webhook: the alerts of one group, of which a firing is told anew until it ends."""

import hashlib
from zoneinfo import ZoneInfo

from dashboard.config.sources import AlertLabels
from dashboard.domain.alerts import UNLISTED, AlertEvent
from dashboard.sources.event_document import MalformedEventError, Part, part_of

_SOURCE = "alertmanager"
_VERSION = "4"
_FIRING, _RESOLVED = "firing", "resolved"
#: A group is called by its labels, which may be many; a longer name is kept as its digest.
_LONGEST_GROUP = 500


def parse(document: object, *, labels: AlertLabels, zone: ZoneInfo | None = None) -> tuple[AlertEvent, ...]:
    """The firings that a delivery tells of; `labels` name the service and the severity of an alert.

    A firing alert has no end, whatever its `endsAt` expects. Of a group with `truncatedAlerts` not all are
    listed: when all that are have ended and the group fires nevertheless, something that is not listed does.
    That the whole group ended is told as well, since it ends what was not listed.

    Raises:
        MalformedEventError: a field cannot be read.
    """
    whole = part_of("", document)
    if whole.name("version") != _VERSION:
        raise whole.wrong("version", f"{_VERSION!r}, the version of Alertmanager's webhook")
    group, fires = _group(whole), _fires(whole)
    summary = whole.part_or_empty("commonAnnotations").text("summary")
    external = whole.url("externalURL")
    alerts = [_alert(alert, group, labels, zone) for alert in whole.parts("alerts")]
    told = [
        AlertEvent(
            source=_SOURCE,
            group=group,
            fingerprint=event.fingerprint,
            started_at=event.started_at,
            ended_at=event.ended_at,
            title=summary or event.title,
            severity=event.severity,
            service=event.service,
            url=event.url or external,
        )
        for event in alerts
    ]
    return (*told, *_unlisted(whole, group, alerts, fires=fires))


def _group(whole: Part) -> str:
    key = whole.values.get("groupKey")
    if not isinstance(key, str) or not key:
        raise whole.wrong("groupKey", "text")
    return key if len(key) <= _LONGEST_GROUP else _digest(key)


def _fires(part: Part) -> bool:
    status = part.needed("status")
    if status not in {_FIRING, _RESOLVED}:
        raise part.wrong("status", f"{_FIRING} or {_RESOLVED}")
    return status == _FIRING


def _alert(alert: Part, group: str, labels: AlertLabels, zone: ZoneInfo | None) -> AlertEvent:
    given = alert.part_or_empty("labels")
    started = alert.needed_moment("startsAt", zone)
    # The clock of whoever raised it may differ from Alertmanager's, which sets the end.
    ended = None if _fires(alert) else max(started, alert.needed_moment("endsAt", zone))
    services = (given.name(label) for label in labels.service)
    return AlertEvent(
        source=_SOURCE,
        group=group,
        fingerprint=alert.name("fingerprint") or _fingerprint(given),
        started_at=started,
        ended_at=ended,
        title=alert.part_or_empty("annotations").text("summary") or given.text("alertname"),
        severity=given.name(labels.severity),
        service=next(filter(None, services), None),
        url=alert.url("generatorURL"),
    )


def _fingerprint(labels: Part) -> str:
    """What tells an alert from others of its group, where an old Alertmanager does not say it."""
    if not labels.values:
        raise MalformedEventError(labels.where, "nothing", "labels, or a fingerprint beside them")
    texts = sorted((name, value) for name, value in labels.values.items() if isinstance(value, str))
    return _digest("\n".join(f"{name}={value}" for name, value in texts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _unlisted(whole: Part, group: str, alerts: list[AlertEvent], *, fires: bool) -> tuple[AlertEvent, ...]:
    truncated = whole.values.get("truncatedAlerts") or 0
    if isinstance(truncated, bool) or not isinstance(truncated, int) or truncated < 0:
        raise whole.wrong("truncatedAlerts", "a whole number")
    ends = [event.ended_at for event in alerts if event.ended_at is not None]
    if len(ends) < len(alerts) or (fires and not truncated):
        return ()
    return (
        AlertEvent(
            source=_SOURCE,
            group=group,
            fingerprint=UNLISTED,
            started_at=min(event.started_at for event in alerts),
            ended_at=None if fires else max(ends),
        ),
    )
