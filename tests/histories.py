"""Histories, catalogues and stores that the tests share: small, exact, and without a clock.

Everything here is arithmetic of its own, so that it can stand as the oracle for the product's.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from dashboard.domain.burn_rate import AlertRule, AlertSeverity
from dashboard.domain.event_counts import EventCounts
from dashboard.domain.objective_status import BudgetRules, SlidingCounts, SliHistory
from dashboard.domain.policy_tier import TierBands
from dashboard.domain.slo import Catalogue, Indicator, Objective, Service, ServiceTier, Strategy
from dashboard.domain.tier_forecast import RollingWindow
from dashboard.ingest.load import Loaded, Readings, load

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
END = int(NOW.timestamp())
STEP = 300
UNITS = 10_000
DAY = 86_400
DAY_BUCKETS = DAY // STEP

#: One bucket's good and total, by the bucket's start (unix seconds).
Buckets = Mapping[int, tuple[int, int]]

BANDS = TierBands(cautious_at=Fraction(1, 2), protected_below=Fraction(1, 5), exhausted_at=Fraction(0))


def alert(severity: str, long: timedelta, short: timedelta, share: str) -> AlertRule:
    return AlertRule(severity=AlertSeverity(severity), long=long, short=short, budget_share=Fraction(share))


#: The framework's four alerts (FRAMEWORK, Burn rate).
ALERTS = (
    alert("page", timedelta(hours=1), timedelta(minutes=5), "0.02"),
    alert("page", timedelta(hours=6), timedelta(minutes=30), "0.05"),
    alert("ticket", timedelta(days=1), timedelta(hours=2), "0.10"),
    alert("ticket", timedelta(days=3), timedelta(hours=6), "0.10"),
)

RULES = BudgetRules(
    bands=BANDS,
    minimum_coverage=Fraction(9, 10),
    minimum_events=1000,
    stale_after=timedelta(minutes=15),
    burn_windows=tuple(timedelta(minutes=minutes) for minutes in (5, 30, 60, 120, 360, 1440, 4320)),
    minimum_burn_coverage=Fraction(1, 2),
    pace_window=timedelta(hours=1),
    alert_rules=ALERTS,
)


def vectors(name: str) -> list[dict[str, str]]:
    """The rows of a file of worked numbers, under `domain/vectors`."""
    lines = (Path(__file__).parent / "domain" / "vectors" / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def objective(
    target: str = "0.999", *, days: int = 30, service: str = "api", indicator: str = "availability"
) -> Objective:
    return Objective(
        service=service, indicator=indicator, target=Fraction(target), window=timedelta(days=days)
    )


def service(*objectives: Objective, name: str = "api") -> Service:
    return Service(
        name=name,
        tier=ServiceTier.CRITICAL_PATH,
        strategy=Strategy.PROGRESSIVE_CANARY,
        objectives=objectives,
    )


def catalogue(*services: Service) -> Catalogue:
    """A catalogue of `services`, with every indicator that their objectives name."""
    names = dict.fromkeys(item.indicator for entry in services for item in entry.objectives)
    return Catalogue(
        indicators={
            name: Indicator(
                name=name,
                description="",
                good=f"{name}_good[{{{{bucket}}}}]",
                total=f"{name}_total[{{{{bucket}}}}]",
                service_label="service",
                scrape_interval=timedelta(seconds=60),
            )
            for name in names
        },
        services={entry.name: entry for entry in services},
    )


def starts(count: int, *, end: int = END) -> list[int]:
    """The starts of the `count` buckets before `end`."""
    return [end - STEP * back for back in range(count, 0, -1)]


def evenly(total: int, bad: int, count: int, *, end: int = END) -> dict[int, tuple[int, int]]:
    """`total` and `bad` over `count` buckets before `end`, as even as whole numbers go, with exact sums."""
    shares = zip(
        starts(count, end=end),
        (total * (i + 1) // count - total * i // count for i in range(count)),
        (bad * (i + 1) // count - bad * i // count for i in range(count)),
        strict=True,
    )
    return {start: (share - failed, share) for start, share, failed in shares}


def summed(buckets: Buckets, since: int, until: int) -> EventCounts:
    """The counts of the buckets that start in `[since, until)`, added up one by one."""
    inside = [counts for start, counts in buckets.items() if since <= start < until]
    return EventCounts(
        good=sum(good for good, _ in inside), total=sum(total for _, total in inside), buckets=len(inside)
    )


def in_units(buckets: Buckets) -> dict[int, tuple[int, int]]:
    return {start: (good * UNITS, total * UNITS) for start, (good, total) in buckets.items()}


def history(
    buckets: Buckets,
    windows: Iterable[timedelta],
    *,
    sliding: SlidingCounts | None = None,
    partial: str | None = None,
) -> SliHistory:
    """What a store that holds `buckets` (whole events) would tell, summed the plain way."""
    units = in_units(buckets)
    end = max(units) + STEP if units else None

    def bad_through(instant: int) -> int:
        return sum(total - good for start, (good, total) in units.items() if start < instant)

    spans = (
        {}
        if end is None
        else {window: summed(units, end - int(window.total_seconds()), end) for window in windows}
    )
    return SliHistory(
        watermark=None if end is None else datetime.fromtimestamp(end, tz=UTC),
        spans=spans,
        sliding=sliding,
        partial=partial,
        flagged=0,
        bad_through=bad_through,
    )


def windows_of(subject: Objective, rules: BudgetRules = RULES) -> tuple[timedelta, ...]:
    return tuple(dict.fromkeys((*rules.burn_windows, subject.window)))


def rolling_window(bad: Mapping[int, int], *, total: int, target: str = "0.9", count: int) -> RollingWindow:
    """A window of `count` buckets that ends at `NOW`; `bad` holds count units by the bucket's index."""
    first = END - count * STEP

    def bad_through(instant: int) -> int:
        return sum(units for index, units in bad.items() if first + index * STEP < instant)

    return RollingWindow(
        end=NOW,
        length=timedelta(seconds=count * STEP),
        counts=EventCounts(good=total - sum(bad.values()), total=total, buckets=count),
        allowed_error_ratio=1 - Fraction(target),
        bad_through=bad_through,
    )


def readings(subject: Objective, buckets: Buckets) -> Readings:
    """`buckets` as a source would answer: by the end of the bucket."""
    return Readings(
        objective=subject,
        good={start + STEP: float(good) for start, (good, _) in buckets.items()},
        total={start + STEP: float(total) for start, (_, total) in buckets.items()},
    )


def fill(store: Path, known: Catalogue, data: Mapping[Objective, Buckets]) -> Loaded:
    """Load `data` (whole events) into `store`."""
    return load(store, known, [readings(subject, buckets) for subject, buckets in data.items()])
