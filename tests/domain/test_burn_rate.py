"""Burn rates and multi-window alerts."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.burn_rate import (
    AlertRule,
    BurnAlert,
    alert_factor,
    burn_rate,
    firing_alerts,
    firing_since,
    require_two_scrapes,
)
from dashboard.domain.durations import parse_duration
from dashboard.domain.event_counts import EventCounts
from tests.histories import ALERTS, alert, vectors

_FACTORS = vectors("burn_rate.tsv")
_ALLOWED = Fraction(1, 1000)
_MONTH = timedelta(days=30)
_FAST = ALERTS[0]


def _rule(row: dict[str, str]) -> AlertRule:
    return alert(
        row["severity"],
        parse_duration(row["long_window"]),
        parse_duration(row["short_window"]),
        row["budget_share"],
    )


def _burning(burn: Fraction, allowed: Fraction) -> EventCounts:
    """Counts whose burn rate is exactly `burn`."""
    ratio = burn * allowed
    good = ratio.denominator - ratio.numerator
    return EventCounts(good=good, total=ratio.denominator, buckets=1)


def _fired(
    long: Fraction | None,
    short: Fraction | None,
    *,
    rule: AlertRule = _FAST,
    period: timedelta = _MONTH,
    allowed: Fraction = _ALLOWED,
) -> tuple[BurnAlert, ...]:
    burns = {rule.long: long, rule.short: short}
    return firing_alerts(
        rules=(rule,),
        spans={window: _burning(burn, allowed) for window, burn in burns.items() if burn is not None},
        period=period,
        allowed_error_ratio=allowed,
    )


@pytest.mark.parametrize("row", _FACTORS, ids=lambda row: f"{row['period']} {row['long_window']}")
def test_factor_is_the_worked_number(row: dict[str, str]) -> None:
    factor = alert_factor(_rule(row), parse_duration(row["period"]), _ALLOWED)
    assert float(factor) == pytest.approx(float(row["factor"]), abs=1e-11)


@pytest.mark.parametrize("row", _FACTORS, ids=lambda row: f"{row['period']} {row['long_window']}")
def test_a_worked_rule_fires_above_its_factor_and_not_at_it(row: dict[str, str]) -> None:
    rule, period = _rule(row), parse_duration(row["period"])
    factor = alert_factor(rule, period, _ALLOWED)
    above = factor + Fraction(1, 10**12)
    assert _fired(above, above, rule=rule, period=period)
    assert not _fired(factor, factor, rule=rule, period=period)
    assert not _fired(above, factor, rule=rule, period=period)
    assert not _fired(factor, above, rule=rule, period=period)


def test_all_worked_factors_are_read() -> None:
    assert len(_FACTORS) == 8


def test_the_framework_factors_are_exact() -> None:
    factors = [alert_factor(rule, _MONTH, _ALLOWED) for rule in ALERTS]
    assert factors == [Fraction("14.4"), 6, 3, 1]


def test_a_burn_of_14_45_is_over_14_4() -> None:
    (fired,) = _fired(Fraction("14.45"), Fraction("14.45"))
    assert (fired.factor, fired.long_burn, fired.short_burn) == (
        Fraction("14.4"),
        Fraction("14.45"),
        Fraction("14.45"),
    )


def test_a_burn_of_14_35_is_not_over_14_4() -> None:
    assert not _fired(Fraction("14.35"), Fraction(1000))


@pytest.mark.parametrize(("long", "short"), [(None, Fraction(900)), (Fraction(900), None), (None, None)])
def test_an_unknown_burn_does_not_fire(long: Fraction | None, short: Fraction | None) -> None:
    assert not _fired(long, short)


def test_the_factor_stops_at_the_burn_of_a_full_outage() -> None:
    assert alert_factor(_FAST, _MONTH, Fraction(1, 10)) == 10
    assert alert_factor(_FAST, _MONTH, Fraction(1, 20)) == Fraction("14.4")


def test_a_full_outage_fires_at_the_cap_and_anything_less_does_not() -> None:
    allowed = Fraction(1, 10)
    outage = burn_rate(EventCounts(good=0, total=10, buckets=1), allowed)
    nearly = burn_rate(EventCounts(good=1, total=10**9, buckets=1), allowed)
    assert outage == 10
    assert _fired(outage, outage, allowed=allowed)
    assert not _fired(nearly, outage, allowed=allowed)
    assert not _fired(outage, nearly, allowed=allowed)


def test_no_traffic_fires_nothing_even_at_the_cap() -> None:
    nothing = EventCounts(good=0, total=0, buckets=1)
    for allowed in (_ALLOWED, Fraction(1, 10)):
        spans = {_FAST.long: nothing, _FAST.short: nothing}
        assert not firing_alerts(rules=(_FAST,), spans=spans, period=_MONTH, allowed_error_ratio=allowed)


@given(
    bads=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
    allowed=st.fractions(min_value=Fraction(1, 1000), max_value=Fraction(1, 2), max_denominator=1000),
    days=st.sampled_from([1, 7, 28, 30, 90]),
    rule=st.sampled_from(ALERTS),
)
def test_a_rule_fires_exactly_when_both_burns_are_over_its_factor(
    bads: tuple[int, int], allowed: Fraction, days: int, rule: AlertRule
) -> None:
    period = timedelta(days=days)
    long, short = (EventCounts(good=1000 - bad, total=1000, buckets=1) for bad in bads)
    lower = min(burn_rate(long, allowed), burn_rate(short, allowed))
    factor = alert_factor(rule, period, allowed)
    over = lower > factor or lower == factor == 1 / allowed
    fired = firing_alerts(
        rules=(rule,),
        spans={rule.long: long, rule.short: short},
        period=period,
        allowed_error_ratio=allowed,
    )
    assert bool(fired) is (over and rule.long <= period)


def test_a_rule_longer_than_the_period_says_nothing() -> None:
    three_days = ALERTS[3]
    full = 1 / _ALLOWED
    assert not _fired(full, full, rule=three_days, period=timedelta(days=2))
    assert _fired(full, full, rule=three_days, period=timedelta(days=3))


def test_alerts_keep_the_order_of_the_rules() -> None:
    hundredfold = _burning(Fraction(100), _ALLOWED)
    spans = dict.fromkeys((window for rule in ALERTS for window in (rule.long, rule.short)), hundredfold)
    fired = firing_alerts(rules=ALERTS, spans=spans, period=_MONTH, allowed_error_ratio=_ALLOWED)
    assert tuple(item.rule for item in fired) == ALERTS


@pytest.mark.parametrize(
    ("counts", "burn"),
    [
        ((0, 0), Fraction(0)),
        ((1000, 1000), Fraction(0)),
        ((999, 1000), Fraction(1)),
        ((0, 1), Fraction(1000)),
    ],
)
def test_burn_is_the_error_ratio_over_the_allowed_one(counts: tuple[int, int], burn: Fraction) -> None:
    assert burn_rate(EventCounts(good=counts[0], total=counts[1], buckets=1), _ALLOWED) == burn


@given(
    good=st.integers(0, 10**12),
    bad=st.integers(0, 10**12),
    allowed=st.fractions(min_value=Fraction(1, 10**6), max_value=Fraction(99, 100)),
)
def test_no_burn_exceeds_that_of_a_full_outage(good: int, bad: int, allowed: Fraction) -> None:
    assert 0 <= burn_rate(EventCounts(good=good, total=good + bad, buckets=1), allowed) <= 1 / allowed


def test_a_window_of_exactly_two_scrapes_holds_a_rate() -> None:
    require_two_scrapes(timedelta(minutes=5), timedelta(seconds=150))


def test_a_window_shorter_than_two_scrapes_is_refused() -> None:
    with pytest.raises(ValueError, match="300 s is shorter than two scrapes of 151 s"):
        require_two_scrapes(timedelta(minutes=5), timedelta(seconds=151))


def _totals(bad_by_bucket: list[int]) -> dict[int, EventCounts]:
    """Running totals at each bucket border, 1,000 events a bucket; the history begins at 0 seconds."""
    totals = {0: EventCounts(good=0, total=0, buckets=0)}
    for index, bad in enumerate(bad_by_bucket, start=1):
        before = totals[(index - 1) * 300]
        totals[index * 300] = before + EventCounts(good=1000 - bad, total=1000, buckets=1)
    return totals


def test_an_alert_fires_since_both_windows_were_first_over_without_a_break() -> None:
    quiet, burning = [0] * 24, [200] * 6  # a bucket of 200 bad in 1,000 makes an hour burn 16.7 at once
    totals = _totals([*quiet, *burning])
    newest = 30 * 300
    since = firing_since(_FAST, _MONTH, _ALLOWED, totals, range(newest, 12 * 300, -300))
    assert since == 25 * 300


def test_a_break_begins_a_new_run() -> None:
    totals = _totals([*([0] * 24), 200, 0, 200, 200])
    newest = 28 * 300
    assert firing_since(_FAST, _MONTH, _ALLOWED, totals, range(newest, 12 * 300, -300)) == 27 * 300


def test_an_alert_that_the_newest_bucket_does_not_show_has_no_beginning_yet() -> None:
    totals = _totals([0] * 24)
    assert firing_since(_FAST, _MONTH, _ALLOWED, totals, range(24 * 300, 12 * 300, -300)) is None
