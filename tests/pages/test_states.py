"""Each page says what a person needs to know in every state that a fleet can be in."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.store.sync_log import Problem, SyncOutcome
from dashboard.ui.folding import unbroken
from tests.pages.conftest import Shown
from tests.pages.stores import (
    CATALOGUE,
    NEWEST,
    NOW,
    BadShare,
    Fleet,
    build,
    burst,
    log_sync,
    measured_since,
    steady,
)

HEALTHY: dict[str, BadShare] = {
    "api/availability": steady(0.0),
    "api/latency": steady(0.001),
    "worker/availability": steady(0.0),
}
SPENT = HEALTHY | {"api/availability": burst(0.05, timedelta(hours=20), timedelta(hours=10))}
PAGES = ("slo_overview", "service", "release_gate")


def test_a_missing_store_is_explained_with_the_commands_that_fill_it(tmp_path: Path, on: Shown) -> None:
    (tmp_path / "catalog.yaml").write_text(CATALOGUE, encoding="utf-8")
    for page in PAGES:
        text = on(Fleet(folder=tmp_path)).open(page, service="api")
        assert "There is no data to show" in text
        assert str(tmp_path / "reliability.db") in text
        assert "reliability sync" in text
        assert "reliability demo" in text


def test_an_empty_store_is_unknown_never_healthy(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, {})
    text = on(fleet).open()
    assert "No data yet" in text
    assert "Error budget of 2 services: unknown for 2." in text
    assert "normal for" not in text
    text = on(fleet).open("release_gate", service="api")
    assert "cannot be known, so it counts as restrictive" in text
    assert "SRE must approve" in text


def test_a_healthy_fleet_may_ship_and_shows_its_age(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path, HEALTHY)).open()
    assert "Error budget of 2 services: normal for 2." in text
    assert "As of Mon 23 Nov 2026, 09:02 UTC" in text
    assert "newest data 2 min old" in text
    assert "availability: 100 % of budget left · burn rate 0× (1 h)" in text
    assert "– best effort" in text
    assert "Demo data" not in text


def test_an_exhausted_service_comes_first_and_says_what_brings_it_back(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    text = on(fleet).open()
    assert "Error budget of 2 services: exhausted for 1, normal for 1." in text
    assert text.index(":blue[api]") < text.index(":blue[worker]")
    assert "→ protected 25 Nov" in text
    assert "if nothing more burns" in text


def test_stale_data_is_said_before_anything_else_and_restricts(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY, newest=NEWEST - timedelta(hours=3))
    text = on(fleet).open()
    assert "Stale data. The newest data is 3 h 2 min old" in text
    assert text.index("Stale data") < text.index("Error budget of 2 services: unknown for 2.")
    text = on(fleet).open("release_gate", service="api")
    assert "? unknown" in text
    assert "stale: the newest data is 3 h 2 min old, at most 15 min is trusted" in text
    text = on(fleet).open("service", service="api")
    assert "budget unknown: stale" in text


def test_the_age_of_stale_data_reads_alike_wherever_it_is_told(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY, newest=NEWEST - timedelta(minutes=15))
    text = on(replace(fleet, now=NOW + timedelta(minutes=2, seconds=40))).open()
    assert "The newest data is 20 min old" in text
    assert "the newest data is 20 min old, at most 15 min is trusted" in text
    assert "data 20 min old" in text
    assert "19 min" not in text


def test_a_failed_sync_and_its_problems_are_shown_as_they_were_told(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY)
    problem = Problem(
        subject="availability", kind="source", message="refused <b>all</b> [x](http://y) :red[z]"
    )
    log_sync(fleet, SyncOutcome.FAILED, "http://prometheus:9090: connection refused", problem)
    for page in PAGES:
        screen = on(fleet)
        # An address holds an invisible character, so that no link is made of it.
        text = screen.open(page, service="api").replace("\u2060", "")
        assert "The last sync failed, 1 min ago: http://prometheus:9090: connection refused" in text
        assert "The last sync found 1 problem in the sources" in text
        assert "refused <b>all</b> [x](http://y) :red[z]" in text
        assert "23 Nov 08:32 UTC" in text
        raw = screen.app.table[0].value["Problem"][0]
        assert f"\\[x\\]\\(http\\:{chr(0x2060)}\\/\\/y\\)" in raw, "untrusted text must be escaped, not drawn"


def test_a_stopped_sync_is_not_called_partly_successful(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY)
    log_sync(fleet, SyncOutcome.STOPPED, "told to stop")
    text = on(fleet).open()
    assert "The last sync was stopped before it was done, 1 min ago: told to stop" in text
    assert "partly successful" not in text


def test_a_card_says_how_old_its_data_is_only_when_it_is_not_fresh(tmp_path: Path, on: Shown) -> None:
    assert ":small[data" not in on(build(tmp_path / "fresh", HEALTHY)).open()
    late = build(tmp_path / "late", HEALTHY, newest=NEWEST - timedelta(minutes=5))
    assert ":small[data 7 min old]" in on(late).open()
    assert ":small[no data]" in on(build(tmp_path / "empty", {})).open()


def test_low_coverage_is_unknown_with_the_number_of_measured_buckets(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY | {"worker/availability": measured_since(timedelta(days=1))})
    text = on(fleet).open()
    assert "Error budget of 2 services: unknown for 1, normal for 1." in text
    assert "budget unknown: coverage: only 288 of 864 five-minute buckets" in text
    text = on(fleet).open("service", service="worker")
    assert "288 of 864 five-minute buckets (33.3 %)" in text
    assert "? unknown" in text


def test_no_traffic_spends_nothing_and_says_so(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path, HEALTHY, events=0)).open("service", service="worker")
    assert "100 % of budget left (no traffic" in text
    assert "One failed event costs unknown" in text


def test_demo_data_is_named_on_every_page(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY, demo=True, now=None)
    for page in PAGES:
        for query in ({"service": "api"}, {}):
            text = on(fleet).open(page, **query)
            assert "Demo data." in text
            assert "As of Mon 23 Nov 2026, 09:02 UTC" in text


@pytest.mark.parametrize("page", ["service", "release_gate"])
def test_an_unknown_service_in_the_address_is_explained(tmp_path: Path, on: Shown, page: str) -> None:
    text = on(build(tmp_path, HEALTHY)).open(page, service="no[pe]")
    assert "There is no service 'no[pe]' in the catalogue." in text
    assert "Choose a service" in text


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_catalogue_names_its_faults_instead_of_a_trace(tmp_path: Path, on: Shown, page: str) -> None:
    fleet = build(tmp_path, HEALTHY)
    fleet.catalogue.write_text(CATALOGUE.replace("0.999", "99.9"), encoding="utf-8")
    text = on(fleet).open(page, service="api")
    assert "The configuration cannot be used" in text
    assert "99.9" in text
    assert "correct what is named above" in text


def test_the_objective_with_the_least_left_stands_first_in_its_card(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path, HEALTHY | {"api/latency": steady(0.0095)})).open()
    assert text.index("latency: 5 % of budget left") < text.index("availability: 100 % of budget left")


def test_no_line_ends_between_a_number_and_its_unit(tmp_path: Path, on: Shown) -> None:
    screen = on(build(tmp_path, SPENT))
    screen.open()
    (card,) = [item.value for item in screen.app.markdown if "latency" in str(item.value)]
    assert re.search(r"\d\u00a0%", card)
    assert "(1\u00a0h)" in card
    assert unbroken("23 Nov 14:51 UTC, 2 d 8 h, 5 services") == (
        "23\u00a0Nov 14:51\u00a0UTC, 2\u00a0d 8\u00a0h, 5 services"
    )


def test_a_failed_sync_is_told_once(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY)
    log_sync(fleet, SyncOutcome.FAILED, "no route to host")
    assert on(fleet).open().count("sync failed") == 1


def test_a_best_effort_service_says_so(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path, HEALTHY)).open("service", service="docs")
    assert "best effort: no objective is set for this service" in text


def test_a_firing_page_is_in_the_first_lines_of_the_overview(tmp_path: Path, on: Shown) -> None:
    shares = HEALTHY | {"worker/availability": burst(0.5, timedelta(minutes=70))}
    fleet = build(tmp_path, shares)
    text = on(fleet).open()
    assert "● page now] worker" in text
    assert text.index("● page now] worker") < text.index("Policy tier:")
    text = on(fleet).open("service", service="worker")
    assert "page over 1 h" in text
    assert "page when this and 5 min are over 1.44×: :red-badge[● firing]" in text
    assert "at the pace of the last 1 h" in text or "Budget is spent already" in text


def test_the_service_page_shows_the_counts_and_queries_behind_the_budget(tmp_path: Path, on: Shown) -> None:
    screen = on(build(tmp_path, SPENT))
    text = screen.open("service", service="api")
    assert "Bad events 6,000" in text
    assert "Total events 864,000" in text
    assert 'code!~"5.."}[5m]' in text
    chart = screen.app.get("plotly_chart")[0].proto
    assert "availability" in chart.alt
    assert chart.spec.count('"dx"') == 3, "three rows on one time axis"


def test_the_objective_that_decides_is_open_and_another_can_be_picked(tmp_path: Path, on: Shown) -> None:
    screen = on(build(tmp_path, HEALTHY | {"api/latency": steady(0.0095)}))
    assert "latency: 99 % over 3 d" in screen.open("service", service="api")
    screen.app.button_group(key="objective").set_value("availability").run()
    assert "availability: 99.9 % over 3 d" in screen.text()


def test_counts_filter_the_fleet_and_live_in_the_address(tmp_path: Path, on: Shown) -> None:
    screen = on(build(tmp_path, SPENT))
    text = screen.open(tier="exhausted")
    assert ":blue[api]" in text
    assert ":blue[worker]" not in text
    assert "✕ 1 exhausted" in text
    screen = on(build(tmp_path / "again", SPENT))
    screen.open()
    screen.app.button_group(key="policy_tiers").set_value(["✓ 1 normal"]).run()
    assert ":blue[worker]" in screen.text()
    assert ":blue[api]" not in screen.text()
    assert screen.app.query_params["tier"] == "normal"


def test_the_fleet_is_filtered_by_text_and_service_tier(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY)
    assert ":blue[api]" not in on(fleet).open(q="WORK")
    text = on(fleet).open(service_tier="3 internal")
    assert ":blue[docs]" in text
    assert ":blue[worker]" not in text
    assert "No service passes these filters" in on(fleet).open(q="nothing like it")


def test_the_chosen_service_is_kept_from_page_to_page(tmp_path: Path, on: Shown) -> None:
    screen = on(build(tmp_path, HEALTHY))
    screen.open("service", service="worker")
    del screen.app.query_params["service"]
    screen.app.switch_page("../pages/release_gate.py").run()
    assert "worker ✓ normal" in screen.text().replace(":green-badge[", "").replace("]", "")


def test_a_new_sync_is_seen_at_the_next_look(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY)
    screen = on(fleet)
    screen.open()
    log_sync(fleet, SyncOutcome.FAILED, "no route to host")
    screen.app.run()
    assert "no route to host" in screen.text()
