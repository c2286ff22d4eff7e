"""How incidents of a period were dealt with, and how software was delivered: of all, or of a selection."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.delivery import DeliveryMeasures, delivery
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.intervals import Interval, poisson_rate
from dashboard.domain.periods import Period, months, quarters
from dashboard.domain.policy import Policy
from dashboard.domain.recovery import (
    PER,
    PeriodMean,
    SeverityStatistics,
    period_means,
    recovery_trend,
    severity_statistics,
    timed,
)
from dashboard.domain.releases import Release, releases
from dashboard.domain.trend import Trend
from dashboard.reports.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which incidents and deployments are looked at: all, or those of some services or severities."""

    services: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()

    def has(self, incident: Incident) -> bool:
        """Whether `incident` is one of them."""
        of_services = not self.services or any(name in self.services for name in incident.services)
        return of_services and (not self.severities or incident.severity in self.severities)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryMeasures:
    """How incidents of a period were dealt with.

    `severities` has P1, P2, P3 and, when there are such, None for incidents without a known severity.
    `trend` is of each severity, and under None of all, against the span of the same length before; open
    incidents count as long as they have lasted. `months` and `quarters` are those that the period touches,
    each as far as it lies in it.
    """

    period: Period
    incidents: int
    open: int
    per_30_days: Interval | None
    severities: tuple[SeverityStatistics, ...]
    months: tuple[PeriodMean, ...]
    quarters: tuple[PeriodMean, ...]
    trend: Mapping[Severity | None, Trend]


def recovery_measures(
    history: History, policy: Policy, period: Period, chosen: Selection
) -> RecoveryMeasures:
    """How the incidents that began in `period` were dealt with."""
    now = history.as_of
    mine = [incident for incident in history.incidents if chosen.has(incident)]
    found = timed(mine, policy.incidents.targets, now)
    inside = [item for item in found if period.holds(item.incident.began_at)]
    earlier = [item for item in found if period.before().holds(item.incident.began_at)]
    until = max(min(period.end, now), period.start)
    exposure = until - period.start
    severities: list[Severity | None] = [*Severity]
    if any(item.incident.severity is None for item in inside):
        severities.append(None)
    return RecoveryMeasures(
        period=period,
        incidents=len(inside),
        open=sum(item.incident.is_open for item in inside),
        per_30_days=poisson_rate(len(inside), exposure / PER),
        severities=tuple(severity_statistics(inside, severity, exposure) for severity in severities),
        months=tuple(period_means(inside, months(period.start, until, policy.timezone))),
        quarters=tuple(period_means(inside, quarters(period.start, until, policy.timezone))),
        trend={severity: recovery_trend(earlier, inside, severity) for severity in (*Severity, None)},
    )


def delivery_measures(
    history: History, policy: Policy, period: Period, chosen: Selection
) -> DeliveryMeasures:
    """How software was delivered in `period`; with severities chosen, other incidents fail no deployment."""
    found = [
        release
        for release in (_of_severities(history, policy, chosen) if chosen.severities else history.releases)
        if not chosen.services or release.deployment.service in chosen.services
    ]
    return delivery(found, period, policy.delivery.targets, policy.timezone, history.as_of)


def _of_severities(history: History, policy: Policy, chosen: Selection) -> list[Release]:
    """The releases as if there were no incidents but those of the severities that are `chosen`."""
    rollbacks = {
        release.deployment.key: release.rollback
        for release in history.releases
        if release.rollback is not None
    }
    return releases(
        [release.deployment for release in history.releases],
        rollbacks,
        [incident for incident in history.incidents if incident.severity in chosen.severities],
        history.attributions,
        policy.delivery.attribution_window,
        history.as_of,
    )
