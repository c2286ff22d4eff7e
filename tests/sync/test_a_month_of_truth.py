"""Thirty days of twelve services from a real Prometheus, against what was injected."""

import json
from pathlib import Path

import numpy as np
import pytest
import requests

from dashboard.config import PrometheusSettings
from tests.cli.command import run
from tests.injected_fleet import InjectedFleet, ServiceTruth
from tests.real_prometheus import PrometheusServer
from tests.sync.collected import BUCKET, DAY, HOUR, Collected, at, catalogue_text

WINDOW = 30 * DAY


@pytest.fixture(scope="module")
def collected(
    month: InjectedFleet, month_server: PrometheusServer, tmp_path_factory: pytest.TempPathFactory
) -> Collected:
    """The whole month, synced once at its end, with a backfill that reaches its beginning."""
    folder = tmp_path_factory.mktemp("month-store")
    catalog = folder / "catalog.yaml"
    catalog.write_text(catalogue_text(list(month.truth)), encoding="utf-8")
    synced = Collected(
        store=folder / "store.db",
        catalog=catalog,
        settings=PrometheusSettings(url=month_server.url, timeout=60),
        backfill=month.end - month.start,
    )
    report = synced.sync(month.end)
    assert report.outcome == "ok"
    assert not report.news, "nothing is wrong with this Prometheus"
    return synced


def tolerance(events: float, truth: ServiceTruth) -> float:
    """How far a sum of aligned 5-minute `increase()` may be from the events that happened.

    A bucket holds five scrapes of six pieces: `increase()` sees four of its five minutes and scales by 5/4,
    so each event counts 1.25 with chance 0.8, or not at all: a standard deviation of 0.5 an event. Four of
    them for the sum, since 12 services × 4 sums are compared and the seed is fixed. A restart hides at most
    one step of 60 s at peak traffic, and the scaling around it as much again.
    """
    peak_step = float(truth.total.max()) / 5
    return float(4 * 0.5 * np.sqrt(events) + 2 * len(truth.restarts) * peak_step)


def seen(truth: ServiceTruth, start: int, end: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The buckets of `[start, end)` that no gap touches."""
    whole = (truth.starts >= start) & (truth.starts < end)
    for first, last in truth.gaps:
        whole &= (truth.starts + BUCKET <= first) | (truth.starts >= last)
    return np.asarray(whole)


def test_counts_agree_with_the_injected_truth(collected: Collected, month: InjectedFleet) -> None:
    """Good, bad, fast and total of each of 12 services over 30 days; `tolerance` says how close, and why.

    In relative terms: 52 million requests to within 0.03 %, 5,000 errors to within 3 %.
    """
    for service in collected.status(month.end)["services"]:
        truth = month.truth[service["service"]]
        whole = seen(truth, month.end - WINDOW, month.end)
        for objective in service["objectives"]:
            good = truth.good if objective["indicator"] == "availability" else truth.fast
            wanted = {"total": truth.total[whole].sum(), "good": good[whole].sum()}
            wanted["bad"] = wanted["total"] - wanted["good"]
            for what, events in wanted.items():
                near = pytest.approx(events, abs=tolerance(events, truth))
                assert objective[what] == near, (objective["objective"], what)


def test_counts_agree_with_one_query_over_the_whole_window(
    collected: Collected, month: InjectedFleet, month_server: PrometheusServer
) -> None:
    """`increase(…[30d])` sees every minute, so it differs from our sum as the truth does.

    It hides a restart's last step like ours does. A gap is the one true difference: the counter goes on
    behind it, so `increase(…[30d])` counts what nobody scraped, while our buckets of the gap are missing;
    its service is compared to the truth above instead.
    """
    selector = 'sum by (service) (increase(http_requests_total{{namespace="production"{}}}[30d]))'
    for what, more in (("total", ""), ("good", ', code!~"5.."')):
        answer = requests.get(
            f"{month_server.url}/api/v1/query",
            params={"query": selector.format(more), "time": str(month.end)},
            timeout=60,
        ).json()
        whole_window = {one["metric"]["service"]: float(one["value"][1]) for one in answer["data"]["result"]}
        assert whole_window.keys() == month.truth.keys()
        for name in whole_window.keys() - {month.roles["gapped"]}:
            ours = collected.objective(f"{name}/availability", month.end)[what]
            near = tolerance(whole_window[name], month.truth[name])
            assert ours == pytest.approx(whole_window[name], abs=near), (name, what)


def test_the_tier_edge_is_cautious_at_the_end_of_the_month(
    collected: Collected, month: InjectedFleet
) -> None:
    """51 % of the budget of 31 days is spent, so a little more of that of the last 30."""
    edge = collected.objective(f"{month.roles['tier_edge']}/availability", month.end)
    assert (edge["policy_tier"], edge["status"]) == ("cautious", "measured")
    truth = month.truth[month.roles["tier_edge"]].between(month.end - WINDOW, month.end)
    spent = (truth.total - truth.good) / (0.001 * truth.total)
    assert edge["remaining"] == pytest.approx(1 - spent, abs=0.01)


def test_a_service_crosses_from_normal_to_cautious_when_it_was_made_to(
    collected: Collected, month: InjectedFleet, tmp_path: Path
) -> None:
    """`status --now` twenty minutes before and after the truth passes half of the budget.

    The window is 14 days, so that it is full on both sides of the injected errors, and the target such that
    they spend a little over half of it: 1 % of the budget in 19 minutes. What `increase()` may be off by
    (four standard deviations of 50,000 errors) is less than 10 minutes of that.
    """
    name, allowed, length = month.roles["tier_edge"], 0.0019, 14 * DAY // BUCKET
    catalog = tmp_path / "catalog.yaml"
    text = catalogue_text([name], window="14d", latency=False).replace("0.999", "0.9981")
    catalog.write_text(text, encoding="utf-8")
    truth = month.truth[name]
    (spell,) = truth.errors
    bad, total = (
        np.convolve(counts, np.ones(length, dtype=np.int64))[: counts.size]
        for counts in (truth.total - truth.good, truth.total)
    )
    spent = bad / (allowed * total)
    after_start = np.flatnonzero((truth.starts >= spell.start) & (spent >= 0.5))
    crossing = int(truth.starts[after_start[0]]) + BUCKET
    assert spell.start < crossing < spell.end
    for moment, tier in ((crossing - 1200, "normal"), (crossing + 1200, "cautious")):
        told = run(
            "status",
            "--json",
            "--store",
            collected.store,
            "--catalog",
            catalog,
            "--now",
            at(moment).isoformat(),
        )
        (service,) = json.loads(told.out)["services"]
        assert (service["policy_tier"], service["objectives"][0]["status"]) == (tier, "measured")
        expected = float(1 - spent[np.flatnonzero(truth.starts + BUCKET <= moment)[-1]])
        assert service["objectives"][0]["remaining"] == pytest.approx(expected, abs=0.01)


def test_a_gap_lowers_coverage_and_nothing_else(collected: Collected, month: InjectedFleet) -> None:
    """Four hours without a sample miss 48 of 8,640 buckets; no number is put in their place."""
    name = month.roles["gapped"]
    ((start, end),) = month.truth[name].gaps
    objective = collected.objective(f"{name}/availability", month.end)
    assert objective["coverage"] == (8640 - 48) / 8640
    assert objective["status"] == "measured"
    measured = collected.buckets(f"{name}/availability")
    assert not [bucket for bucket in measured if start <= bucket < end - BUCKET]
    inside = collected.objective(f"{name}/availability", end - HOUR)
    assert (inside["status"], inside["policy_tier"]) == ("stale", "unknown")


def test_an_idle_service_is_known_to_have_no_traffic(collected: Collected, month: InjectedFleet) -> None:
    """Counters that never move are measured: nothing was asked, so nothing was spent."""
    objective = collected.objective(f"{month.roles['idle']}/availability", month.end)
    assert (objective["status"], objective["policy_tier"]) == ("no_traffic", "normal")
    assert (objective["total"], objective["remaining"], objective["coverage"]) == (0, 1.0, 1.0)


def test_a_service_without_any_error_series_has_no_bad_event(
    collected: Collected, month: InjectedFleet
) -> None:
    """It has no series of code 500 at all; its budget is whole, not unknown."""
    objective = collected.objective(f"{month.roles['healthy']}/availability", month.end)
    assert (objective["bad"], objective["remaining"], objective["status"]) == (0, 1.0, "measured")


def test_the_injected_roles_are_in_their_tiers(collected: Collected, month: InjectedFleet) -> None:
    """160 % spent is exhausted; 5 % errors in the last hour fire a page."""
    exhausted = collected.objective(f"{month.roles['exhausted']}/availability", month.end)
    assert exhausted["policy_tier"] == "exhausted"
    assert -0.72 < exhausted["remaining"] < -0.48
    burning = collected.objective(f"{month.roles['burning']}/availability", month.end)
    assert burning["burn_rates"]["1h"] == pytest.approx(50, rel=0.1)
    assert "page" in [alert["severity"] for alert in burning["alerts"]]
    slow = collected.objective(f"{month.roles['slow']}/latency", month.end)
    assert slow["policy_tier"] == "exhausted"
