"""A canary that is slower and fails nothing is not called safe; where that is not counted, it is told."""

import shutil
from pathlib import Path

import pytest

from dashboard.domain.canary.measure import Measure
from dashboard.store.canary_ticks import BY_FILE, mark_counted
from dashboard.store.database import open_for_writing
from tests.pages.canaries import HEALTHY, counted, healthy
from tests.pages.conftest import Shown
from tests.pages.screen import Screen
from tests.pages.stores import NOW, Fleet, build, steady
from tests.pages.test_canary_safety import PAGE, answer, is_green

_FLEET = HEALTHY | {"api/availability": steady(0.0)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return build(tmp_path_factory.mktemp("built"), _FLEET)


@pytest.fixture
def fleet(built: Fleet, tmp_path: Path) -> Fleet:
    shutil.copytree(built.folder, tmp_path / "fleet")
    return Fleet(folder=tmp_path / "fleet")


def timed(fleet: Fleet, canary: float, stable: float, total: float = 20_000) -> Fleet:
    """So many slow requests of both arms in each of ten minutes, beside requests of which few fail."""
    counted(fleet, 0, 30, total=total)
    return counted(fleet, canary, stable, total=total, measure=Measure.SLOW)


def page(screen: Screen) -> str:
    return screen.open(PAGE, rollout="api")


def test_a_canary_that_is_slower_without_an_error_is_in_trouble(fleet: Fleet, on: Shown) -> None:
    screen = on(timed(healthy(fleet), 80, 180))
    told = answer(screen)
    assert told.startswith("# ✕ IN TROUBLE")
    assert "No. Its share of slow requests is shown to be worse than stable's." in told
    assert "SAFE" not in told
    assert not is_green(screen)


def test_its_verdict_ratio_and_interval_stand_beside_those_of_errors(fleet: Fleet, on: Shown) -> None:
    screen = on(timed(healthy(fleet), 80, 180))
    text = page(screen)
    assert "Error counts :green-badge[✓ PASS] Slow requests :red-badge[✕ FAIL]" in text
    assert "The slow requests of both arms show the canary to be worse than stable; Argo has not" in text
    assert (
        "Slow requests FAIL: the canary's share of slow requests is 4× stable's (3.47× … 4.6×, each" in text
    )
    assert "800 of 20,000 requests to the canary and 1,800 of 180,000 requests to stable were slow." in text
    assert len(screen.app.get("plotly_chart")) == 3, "errors, slow requests, and the metric"
    assert "Share of requests that were slow: ● canary (solid) and ■ stable (dashed)" in text


def test_one_that_looks_slower_in_two_minutes_only_is_not_called_safe(fleet: Fleet, on: Shown) -> None:
    counted(healthy(fleet), 0, 30, total=20_000)
    counted(fleet, 20, 180, total=20_000, minutes=8, until=2, measure=Measure.SLOW)
    screen = on(counted(fleet, 1_800, 180, total=20_000, minutes=2, measure=Measure.SLOW))
    told = answer(screen)
    assert "SAFE" not in told
    assert "It looks slower than stable, in too few minutes to tell that from a pause of one pod." in told
    assert not is_green(screen)
    assert "it looks worse, but too few ticks show it, as where a pod pauses" in page(screen)


def test_what_fails_more_and_is_slower_says_both(fleet: Fleet, on: Shown) -> None:
    counted(healthy(fleet), 40, 60, total=20_000)
    screen = on(counted(fleet, 80, 180, total=20_000, measure=Measure.SLOW))
    told = answer(screen)
    assert "No. Its error rate and its share of slow requests are shown to be worse than stable's." in told
    assert "The error counts of both arms show the canary to be worse than stable" in page(screen)


def test_a_canary_that_is_as_quick_as_stable_is_safe_by_both(fleet: Fleet, on: Shown) -> None:
    told = answer(on(timed(healthy(fleet), 20, 180)))
    assert told.startswith("# ✓ SAFE SO FAR")
    assert "Its error rate is shown to be below 1.5× stable's." in told
    assert "Its share of slow requests is shown to be below 1.5× stable's." in told


def test_too_few_slow_requests_are_told_as_such_with_when_they_can_tell(fleet: Fleet, on: Shown) -> None:
    screen = on(timed(healthy(fleet), 0.2, 1.8))
    told = answer(screen)
    assert "Whether it is slower cannot be told yet." in told
    assert "The slow requests show a 2× rise in about" in told
    assert "Slow requests cannot judge yet: 200,000 of about" in page(screen)


def test_a_canary_without_counts_of_latency_says_that_it_is_not_counted(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 0, 30, total=20_000))
    assert "Latency is not counted: whether it is slower is not known." in answer(screen)
    assert "error counts :green-badge[✓ PASS] · latency not counted · 5 measurements" in on(fleet).open(PAGE)
    text = page(screen)
    assert "slow requests: not known] Latency is not counted, so a canary that is slower without" in text
    assert "share of slow requests" not in text
    assert len(screen.app.get("plotly_chart")) == 2


def test_latency_that_is_counted_and_not_found_is_not_called_not_counted(fleet: Fleet, on: Shown) -> None:
    counters = """\
canary_counts:
  good: requests_total{pods=~"{{pod_hashes}}", code!~"5.."}
  total: requests_total{pods=~"{{pod_hashes}}"}
  latency:
    fast: seconds_bucket{pods=~"{{pod_hashes}}", le="0.50"}
    total: seconds_count{pods=~"{{pod_hashes}}"}
"""
    known = fleet.catalogue.read_text(encoding="utf-8")
    fleet.catalogue.write_text(known + counters, encoding="utf-8")
    screen = on(counted(healthy(fleet), 0, 30, total=20_000))
    told = answer(screen)
    assert "Latency is counted, but nothing was found: whether it is slower is not known." in told
    text = page(screen)
    assert "slow requests: not known] Latency is counted, but nothing was found of this canary" in text
    assert "The problems of the last sync say what is missing." in text
    assert "error counts :green-badge[✓ PASS] · latency not found · 5 measurements" in on(fleet).open(PAGE)
    with open_for_writing(fleet.store) as connection:
        mark_counted(connection, "uid-api", "new", BY_FILE, NOW)
    assert "Latency is not counted: whether it is slower is not known." in answer(on(fleet))


def test_latency_is_told_where_errors_are_not_known(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 80, 180, total=20_000, measure=Measure.SLOW))
    assert "No. Its share of slow requests is shown to be worse than stable's." in answer(screen)
    text = page(screen)
    assert "error counts: not known" in text
    assert "Slow requests :red-badge[✕ FAIL]" in text


def test_without_a_stable_sibling_its_latency_is_not_compared(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 80, 0, total=500, weight=1.0, measure=Measure.SLOW))
    assert "No requests to a stable sibling were timed, nor to a deployment before" in page(screen)


def test_a_card_of_the_list_has_both_verdicts(fleet: Fleet, on: Shown) -> None:
    text = on(timed(healthy(fleet), 80, 180)).open(PAGE)
    assert "error counts :green-badge[✓ PASS] · slow requests :red-badge[✕ FAIL]" in text
    assert "1 canary under way (1 in trouble)" in text
