"""Burn rates and multi-window, multi-burn-rate alerts (FRAMEWORK, Burn rate; SRE Workbook, chapter 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from dashboard.domain.event_counts import EventCounts

_NOTHING = Fraction(0)

#: A rate needs two samples, so its window must hold at least two scrapes.
SCRAPES_PER_WINDOW = 2


class AlertSeverity(StrEnum):
    """What an alert asks for: a person now, or a ticket."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """Spending `budget_share` of the budget within `long` alerts; `short` ends it soon after the burn."""

    severity: AlertSeverity
    long: timedelta
    short: timedelta
    budget_share: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnAlert:
    """A rule that fires: both burn rates are over `factor`."""

    rule: AlertRule
    factor: Fraction
    long_burn: Fraction
    short_burn: Fraction


def burn_rate(counts: EventCounts, allowed_error_ratio: Fraction) -> Fraction:
    """Error ratio ÷ (1 − target); 0 for measured zero traffic, which has spent nothing."""
    if not counts.total:
        return _NOTHING
    return Fraction(
        counts.bad * allowed_error_ratio.denominator, counts.total * allowed_error_ratio.numerator
    )


def burn_rate_number(counts: EventCounts, allowed_error_ratio: Fraction) -> float:
    """`burn_rate` as the nearest float, for documents of a whole fleet: fractions take five times as long."""
    if not counts.total:
        return 0.0
    return counts.bad * allowed_error_ratio.denominator / (counts.total * allowed_error_ratio.numerator)


def alert_factor(rule: AlertRule, period: timedelta, allowed_error_ratio: Fraction) -> Fraction:
    """Budget share × period ÷ long window, never above 1 ÷ (1 − target): the burn rate of a full outage."""
    uncapped = rule.budget_share * Fraction(_seconds(period), _seconds(rule.long))
    return min(uncapped, 1 / allowed_error_ratio)


def firing_alerts(
    *,
    rules: tuple[AlertRule, ...],
    spans: Mapping[timedelta, EventCounts],
    period: timedelta,
    allowed_error_ratio: Fraction,
) -> tuple[BurnAlert, ...]:
    """The rules whose two burn rates are both over the factor, in the rules' order.

    `spans` holds the counts of each window that is known; a rule with an unknown one does not fire, and one
    whose long window exceeds the period says nothing about it and is passed over. At the cap "over" cannot
    happen, since no service burns faster than a full outage, so there a full outage is enough.
    """
    fired = []
    for rule in rules:
        long, short = spans.get(rule.long), spans.get(rule.short)
        if long is None or short is None or rule.long > period:
            continue
        if _is_over(rule, period, allowed_error_ratio, long, short):
            fired.append(
                BurnAlert(
                    rule=rule,
                    factor=alert_factor(rule, period, allowed_error_ratio),
                    long_burn=burn_rate(long, allowed_error_ratio),
                    short_burn=burn_rate(short, allowed_error_ratio),
                )
            )
    return tuple(fired)


def firing_since(
    rule: AlertRule,
    period: timedelta,
    allowed_error_ratio: Fraction,
    totals: Mapping[int, EventCounts],
    ends: Sequence[int],
) -> int | None:
    """The first of the unbroken run of window ends at which `rule` fired, up to the newest one.

    `ends` are unix seconds, newest first; `totals` holds the running totals at each of them and one long and
    one short window before it. None when the rule does not fire at the newest end.
    """
    since = None
    for end in ends:
        long, short = (totals[end] - totals[end - _seconds(window)] for window in (rule.long, rule.short))
        if not _is_over(rule, period, allowed_error_ratio, long, short):
            break
        since = end
    return since


def _is_over(
    rule: AlertRule, period: timedelta, allowed: Fraction, long: EventCounts, short: EventCounts
) -> bool:
    """Whether both windows burn over the factor, by whole numbers: it is asked for every rule at every look.

    A burn rate is over the factor when the error ratio, bad ÷ total, is over factor × (1 − target), which
    is the fraction `share` ÷ `whole` below.
    """
    share = rule.budget_share.numerator * _seconds(period) * allowed.numerator
    whole = rule.budget_share.denominator * _seconds(rule.long) * allowed.denominator
    if share >= whole:
        return all(counts.total and counts.bad == counts.total for counts in (long, short))
    return long.bad * whole > long.total * share and short.bad * whole > short.total * share


def require_two_scrapes(window: timedelta, scrape_interval: timedelta) -> None:
    """Refuse a window that cannot hold a rate.

    Raises:
        ValueError: when `window` is shorter than two scrapes.
    """
    if window < SCRAPES_PER_WINDOW * scrape_interval:
        raise ValueError(
            f"a window of {_seconds(window)} s is shorter than two scrapes of {_seconds(scrape_interval)} s"
        )


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
