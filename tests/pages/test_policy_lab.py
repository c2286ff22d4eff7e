"""The page Policy lab says what other thresholds would have blocked and saved, in every state."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from dashboard.config import load_policy
from dashboard.paths import DEFAULT_POLICY
from tests.backtests import NEWEST, NOW, WEDNESDAY, at, began, measured, past
from tests.gates import recorded, request
from tests.pages.conftest import Shown
from tests.pages.releases import tell
from tests.pages.screen import MARKS, Screen
from tests.pages.stores import CATALOGUE, Fleet, build, steady

PAGE = "policy_lab"
HOSTILE = "<script>alert(1)</script> [x](http://evil.example) :red[z] **b**"


def links(screen: Screen, label: str) -> list[dict[str, list[str]]]:
    """Where the links whose label has `label` in it lead, as the parameters of the address."""
    found = [item.proto for item in screen.app.get("page_link")]
    return [parse_qs(link.query_string) for link in found if label in link.label.translate(MARKS)]


def test_a_missing_store_is_explained(tmp_path: Path, on: Shown) -> None:
    (tmp_path / "catalog.yaml").write_text(CATALOGUE, encoding="utf-8")
    text = on(Fleet(folder=tmp_path)).open(PAGE)
    assert "There is no data to show" in text
    assert "reliability sync" in text


def test_without_any_deployment_the_page_says_how_to_begin(tmp_path: Path, on: Shown) -> None:
    screen = on(measured(tmp_path))
    text = screen.open(PAGE)
    assert "No deployment is known yet." in text
    assert "reliability import deployments" in text
    assert not screen.app.get("plotly_chart")
    assert " of 0" not in text


def test_a_time_or_a_service_without_deployments_says_so(tmp_path: Path, on: Shown) -> None:
    fleet = tell(measured(tmp_path), began("old", NOW - timedelta(days=40)))
    text = on(fleet).open(PAGE)
    assert "No deployment of these services to production in the last 30 days." in text
    assert "1 deployment to production in the last 90 days" in on(fleet).open(PAGE, replayed="90 days")
    assert "No deployment of these services" in on(fleet).open(PAGE, replayed="90 days", replay="worker")


def test_the_page_begins_with_the_policy_of_today(tmp_path: Path, on: Shown) -> None:
    screen = on(past(tmp_path))
    text = screen.open(PAGE)
    assert "Today's policy would have blocked 2 of 9 deployments to production in the last 30 days." in text
    assert re.search(r"Went bad: would have been stopped\n0 of 2\n.*today's policy: 0", text)
    assert re.search(
        r"Went well: would have been held back\n2 of 6\n.*33 % \(9 … 71 %\); today's policy: 2", text
    )
    assert "Change a threshold below" in text
    assert "No verdict changes." in text
    assert "Take these thresholds over" not in text
    values = {item.key: item.value for item in screen.app.number_input}
    assert values == {"floor1": 30, "floor2": 20, "floor3": 10, "fast": 2, "slow": 1, "rollbacks": 2}
    assert screen.app.slider(key="edges").value == (20, 50)


def test_other_thresholds_show_what_changes_why_and_at_what_cost(tmp_path: Path, on: Shown) -> None:
    screen = on(past(tmp_path))
    screen.open(PAGE)
    screen.app.number_input(key="floor1").set_value(40.0).run()
    screen.app.segmented_control(key="window").set_value("Always open").run()
    text = screen.text()
    assert (
        "2 of 9 deployments to production in the last 30 days would have been blocked (today's policy: 2)."
        in text
    )
    assert "Verdicts that change\n2\n:small[1 more blocked, 1 more let through]" in text
    assert "1 more blocked: 1 went well; together they cost 0 % of an error budget." in text
    assert "2 deployments, newest first" in text
    card = text[text.index("25 Nov 14:00 UTC") : text.index("24 Nov 17:00 UTC")]
    assert "Tried :orange-badge[✕ blocked]  \nerror budget left: 30.5 %, needs 40 %" in card
    assert "Today :green-badge[✓ let through]" in card
    assert "✓ good" in card
    assert "cost nothing" in card
    assert "window closed: Tue 24 Nov 2026, 17:00 UTC" in text
    assert {"deployment": ["api/production/good"]} in links(screen, "api 1.4")
    (chart,) = [item.proto for item in screen.app.get("plotly_chart")]
    assert "9 deployments in the last 30 days: 2 let through, went bad, 2 held back, went well" in chart.alt


def test_the_address_holds_everything_and_leads_back(tmp_path: Path, on: Shown) -> None:
    screen = on(past(tmp_path))
    text = screen.open(
        PAGE,
        floor1="40",
        window="Always open",
        edges=["10", "60"],
        replay="api",
        verdict="Let through, went bad",
    )
    assert "2 of 7 deployments" in text
    assert screen.app.slider(key="edges").value == (10, 60)
    assert "1 deployment, newest first" in text
    assert "INC-1" in text
    (back,) = [item for item in screen.app.button if item.label == "Back to today's thresholds"]
    back.click().run()
    assert "Today's policy would have blocked 2 of 7 deployments" in screen.text()
    assert screen.app.slider(key="edges").value == (20, 50)


@pytest.mark.parametrize("value", ["abc", "-5", "1e9", "", "101"])
def test_a_threshold_in_the_address_that_is_none_is_left_out(tmp_path: Path, on: Shown, value: str) -> None:
    screen = on(past(tmp_path))
    text = screen.open(PAGE, floor1=value, edges=value, rollbacks=value)
    assert "Today's policy would have blocked 2 of 9 deployments" in text


def test_a_service_that_nobody_knows_is_told(tmp_path: Path, on: Shown) -> None:
    text = on(past(tmp_path)).open(PAGE, replay="nope")
    assert "There is no service 'nope'. It is left out." in text
    assert "of 9 deployments" in text


def test_what_is_not_known_is_said_for_how_many(tmp_path: Path, on: Shown) -> None:
    fleet = past(tmp_path)
    recorded(fleet, request(version="1.4"), now=at(WEDNESDAY, "13:59"))
    text = on(fleet).open(PAGE, verdict="Blocked")
    assert "2 deployments, newest first" in text
    assert "8 of 9 deployments: what the pipeline found" in text
    assert "1 of 9 deployments: the error budget is not known" in text
    assert "1 of 9 deployments: nobody told the kind of change" in text
    assert "not known: what the pipeline found (15 checks)" in text
    alone = on(fleet).open(PAGE, replay="worker")
    assert "1 of 1 deployment: what the pipeline found" in alone


def test_a_spent_budget_blocks_what_today_s_policy_blocks(tmp_path: Path, on: Shown) -> None:
    fleet = build(
        tmp_path, {"api/availability": steady(0.01), "api/latency": steady(0.0)}, newest=NEWEST, now=NOW
    )
    fleet.catalogue.write_text(CATALOGUE.replace("3d", "1d"), encoding="utf-8")
    tell(fleet, began("a-1", at(WEDNESDAY, "10:00")))
    text = on(fleet).open(PAGE, verdict="Held back, went well")
    assert "Today's policy would have blocked 1 of 1 deployment" in text
    assert "feature in the policy tier exhausted" in text
    assert "error budget left: −900 %, needs 30 %" in text


def test_stale_data_is_said_before_the_answer_and_blocks_as_the_gate_would(tmp_path: Path, on: Shown) -> None:
    fleet = tell(
        measured(tmp_path, newest=NEWEST - timedelta(hours=3)), began("a-1", NOW - timedelta(hours=1))
    )
    text = on(fleet).open(PAGE)
    assert text.index("Stale data. The newest data is 3 h 2 min old") < text.index(
        "Today's policy would have"
    )
    assert "would have blocked 1 of 1 deployment" in text
    assert "no deployment went bad" in text


def test_counts_that_were_never_there_leave_the_budget_unknown(tmp_path: Path, on: Shown) -> None:
    fleet = tell(build(tmp_path, {}, now=NOW), began("a-1", at(WEDNESDAY, "10:00")))
    text = on(fleet).open(PAGE)
    assert "No data yet." in text
    assert "would have blocked 0 of 1 deployment" in text
    assert "1 of 1 deployment: the error budget is not known" in text


def test_without_an_objective_no_budget_holds_anything_back(tmp_path: Path, on: Shown) -> None:
    fleet = measured(tmp_path)
    text = CATALOGUE[: CATALOGUE.index("services:")] + "services: {docs: {tier: 2, strategy: rolling}}\n"
    fleet.catalogue.write_text(text, encoding="utf-8")
    tell(fleet, began("d-1", at(WEDNESDAY, "10:00"), service="docs"))
    shown = on(fleet).open(PAGE, floor2="100", verdict="Held back, went well")
    assert "No service has an objective" in shown
    assert "0 of 1 deployment" in shown


def test_the_lines_for_the_policy_file_make_that_policy(tmp_path: Path, on: Shown) -> None:
    screen = on(past(tmp_path))
    screen.open(PAGE, floor1="40", fast="2.5", rollbacks="1", edges=["10", "60"], window="Always open")
    (yaml, command) = (block.value for block in screen.app.code)
    file = tmp_path / "other.yaml"
    file.write_text(yaml, encoding="utf-8")
    found = load_policy(file)
    assert [float(limit.below) for limit in found.burn_gate] == [2.5, 1]
    assert [float(share) for share in found.gate.budget_floor.values()] == [0.4, 0.2, 0.1]
    assert (float(found.budget.bands.protected_below), float(found.budget.bands.cautious_at)) == (0.1, 0.6)
    assert (found.gate.rollbacks_warn_from, found.gate.rollbacks_deny_from) == (1, 1)
    assert len(found.gate.windows[0].days) == 7
    assert found.tiers == load_policy(DEFAULT_POLICY).tiers
    assert command == "reliability policy backtest --policy other.yaml"


def test_what_a_source_says_is_text(tmp_path: Path, on: Shown) -> None:
    fleet = tell(measured(tmp_path), began("id", at(WEDNESDAY, "14:00"), version=HOSTILE, actor=HOSTILE))
    screen = on(fleet)
    screen.open(PAGE, floor1="40")
    for item in (*screen.app.markdown, *screen.app.subheader):
        assert "<script" not in item.value.replace(r"\<", "")
        assert "](http://evil" not in item.value
    (chart,) = [item.proto for item in screen.app.get("plotly_chart")]
    assert "<script" not in chart.spec
