"""The page on incidents says what leadership and on-call need in every state, and never noise as progress."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.attribution import Correction
from dashboard.domain.trend import compare
from dashboard.ingest.events import store_events
from dashboard.store.sync_log import SyncOutcome
from dashboard.ui import incident_words as words
from tests.pages.conftest import Shown
from tests.pages.incident_stores import DAY, HOSTILE, HOUR, deployment, eventful, incident
from tests.pages.screen import MARKS
from tests.pages.stores import CATALOGUE, NEWEST, NOW, Fleet, build, log_sync, steady


def test_a_missing_store_is_explained(tmp_path: Path, on: Shown) -> None:
    (tmp_path / "catalog.yaml").write_text(CATALOGUE, encoding="utf-8")
    text = on(Fleet(folder=tmp_path)).open("incidents")
    assert "There is no data to show" in text
    assert "reliability sync" in text


def test_without_any_incident_nothing_is_claimed(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, {"api/availability": steady(0.0)})
    text = on(fleet).open("incidents")
    assert "No incident and no deployment is known yet" in text
    assert "reliability import incidents incidents.csv" in text
    for claim in ("target not reached", "a day", "Too few", "No detectable change", "Delivery", "None"):
        assert claim not in text
    store_events(fleet.store, [deployment("first", NOW - 100 * DAY)])
    text = on(fleet).open("incidents", period="30 days")
    assert "? Too few incidents to say" in text
    assert "n = 0 before, 0 now" in text
    assert "No incident is known of this period (0 (0 … 3.7) per 30 days)." in text
    assert "Open now" not in text
    assert "nan" not in text.lower()


def test_without_any_deployment_no_target_of_delivery_is_missed(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, {"api/availability": steady(0.0)})
    store_events(fleet.store, [incident("only", NOW - 2 * DAY, (3, 8, 20, 45))])
    text = on(fleet).open("incidents")
    assert "unknown: no deployment was ever told" in text
    assert "target not reached" not in text


def test_what_is_open_now_comes_first_with_the_gravest_first(tmp_path: Path, on: Shown) -> None:
    old = incident("INC-old", NOW - 200 * DAY, (3,), severity=None, title="Nobody closed this")
    minor = incident("INC-minor", NOW - 9 * DAY, (3,), severity="P3", title="Slow pages")
    fleet = eventful(tmp_path, old, minor)
    text = on(fleet).open("incidents")
    found = text[text.index("Open now: 3 incidents") : text.index("Time to recover:")]
    assert found.index("P1 Requests fail") < found.index("P3 Slow pages") < found.index("Nobody closed")
    assert "P3 Slow pages · api · for 9 d" in found
    assert "INC-minor" in found
    assert "Open now" not in on(fleet).open("incidents", affected="worker")


def test_the_verdict_comes_first_with_its_range_and_what_could_have_been_seen(
    tmp_path: Path, on: Shown
) -> None:
    text = on(eventful(tmp_path)).open("incidents", period="90 days")
    assert "≈ No detectable change in time to recover" in text
    assert re.search(r"It could be −\d+ % … \+\d+ % \(n = \d+ before, \d+ now\)", text)
    assert re.search(r"only a change of −\d+ % or more would probably have shown", text)
    assert "1 incident still open: in the verdict as long as" in text
    assert text.index("≈ No detectable") < text.index("Targets met, by phase")


def test_frequency_stands_beside_duration(tmp_path: Path, on: Shown) -> None:
    text = on(eventful(tmp_path)).open("incidents")
    assert re.search(r"How often: \d+ incidents, 1 open; [\d.]+ per 30 days \(95 % interval [\d.]+ … ", text)


def test_a_real_improvement_and_a_real_decline_are_called_so(tmp_path: Path, on: Shown) -> None:
    for folder, (before, now), sentence in (
        ("better", (200, 20), "▼ Time to recover improved"),
        ("worse", (20, 200), "▲ Time to recover is worse"),
    ):
        fleet = build(tmp_path / folder, {"api/availability": steady(0.0)})
        events = [
            incident(f"I{number}", NOW - (3 + number * 5) * DAY, (1, 2, 3, minutes + number))
            for number in range(12)
            for minutes in (now if number < 6 else before,)
        ]
        store_events(fleet.store, [*events, deployment("first", NOW - 100 * DAY)])
        assert sentence in on(fleet).open("incidents", period="30 days")


def test_one_single_incident_is_too_few_for_anything(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, {"api/availability": steady(0.0)})
    store_events(fleet.store, [incident("only", NOW - 2 * DAY, (3, 8, 20, 45))])
    text = on(fleet).open("incidents")
    assert "There is no period before to compare with" in text
    assert "knows no incident and no deployment before Sat 21 Nov 2026, 09:02 UTC" in text
    assert "1 of 1 (n = 1: too few)" in text
    assert "no limits yet: 1 ended incident since the beginning, 12 are needed" in text
    assert "too few for an interval" in text
    assert "None" not in text


def test_open_incidents_count_as_at_least_so_long(tmp_path: Path, on: Shown) -> None:
    text = on(eventful(tmp_path)).open("incidents", show="open")
    assert "open ones counted" in text
    assert "recover: open, at least 19 h 30 min ✕ missed, target 30 min" in text
    assert "1 of the misses still open" in text


def test_a_cell_of_the_heat_map_leads_to_its_incidents(tmp_path: Path, on: Shown) -> None:
    screen = on(eventful(tmp_path))
    screen.open("incidents", period="180 days", affected="api")
    (grid,) = [item.proto.body for item in screen.app.get("html") if "<table" in item.proto.body]
    assert 'href="?period=180+days&amp;affected=api&amp;show=P2+mitigate#incidents"' in grid
    assert "too few" in grid
    text = on(eventful(tmp_path / "again")).open("incidents", show="P1 recover")
    shown = text[text.rindex("P1 recover\n") :]
    assert re.search(r"\d+ incidents?; recover: \d+ ✕ missed", shown)
    assert "INC-open" in shown
    assert ":blue[INC-000]" not in shown, "it is P2"


def test_what_is_left_out_is_said_with_what_to_do(tmp_path: Path, on: Shown) -> None:
    text = on(eventful(tmp_path)).open("incidents")
    assert "1 incident with a phase that cannot be judged: its times are out of order." in text
    assert "1 incident with a phase that cannot be judged: a time is missing." in text
    assert "1 incident without a known severity" in text
    assert "Unknown service name 'billing' (1 incident): in sources.yaml write it under services" in text
    assert "Unknown severity 'SEV-9' (1 incident): in sources.yaml write it under severities" in text
    assert "attributed to no deployment. A person can say: reliability attribute" in text


def test_delivery_is_shown_against_targets_with_the_period_before(tmp_path: Path, on: Shown) -> None:
    text = on(eventful(tmp_path)).open("incidents", period="90 days")
    row = text[text.index("Deployments that reached users") : text.index("Lead time, commit")]
    assert "target: at least 1 a day" in row
    assert row.count("days without") == 2, "of this period and of the one before"
    assert "✕ target not reached" in row
    for measure in ("Lead time", "Change failure rate", "Recovery from a failed", "next good one", "Rework"):
        assert measure in text
    assert "not judged yet" in text
    assert "the difference may be chance" in text


def test_charts_are_small_and_described(tmp_path: Path, on: Shown) -> None:
    screen = on(eventful(tmp_path))
    screen.open("incidents", period="365 days")
    charts = screen.app.get("plotly_chart")
    assert len(charts) >= 2
    assert all(chart.proto.alt for chart in charts)
    assert "open: at least so long" in charts[0].proto.spec


def test_a_period_or_name_that_is_none_is_explained(tmp_path: Path, on: Shown) -> None:
    fleet = eventful(tmp_path)
    assert "The address names no period: found '2026-13'" in on(fleet).open("incidents", period="2026-13")
    assert "There is no service 'no[pe]'" in on(fleet).open("incidents", affected="no[pe]")
    assert "There is no severity 'P9'" in on(fleet).open("incidents", severity="P9")
    text = on(fleet).open("incidents", incident="no[pe]")
    assert "There is no incident 'no[pe]' in the store." in text
    assert "How often" in text


def test_months_and_quarters_can_be_asked_for(tmp_path: Path, on: Shown) -> None:
    fleet = eventful(tmp_path)
    text = on(fleet).open("incidents", period="2026-10")
    assert "2026-10\n" in text or "2026-10  " in text
    assert "(in part)" in text, "the quarter"
    assert "No incident is known of this period" in on(fleet).open("incidents", period="2020-01")
    assert "No incident is known of this period" in on(fleet).open("incidents", period="2030-Q1")
    assert "How often: " in on(fleet).open("incidents", period="30")


def test_severity_and_service_narrow_everything(tmp_path: Path, on: Shown) -> None:
    fleet = eventful(tmp_path)
    text = on(fleet).open("incidents", period="365 days", severity="P2", affected="worker")
    assert "P1: " not in text
    assert ":blue[INC-open]" not in text
    assert ":blue[INC-noack]" in text


def test_stale_data_and_a_failed_sync_are_said_before_the_verdict(tmp_path: Path, on: Shown) -> None:
    fleet = eventful(tmp_path, newest=NEWEST - timedelta(hours=3))
    log_sync(fleet, SyncOutcome.FAILED, "connection refused")
    text = on(fleet).open("incidents")
    assert text.index("Stale data.") < text.index("How often")
    assert text.index("The last sync failed") < text.index("How often")


def test_one_incident_shows_phases_cost_cause_and_a_postmortem(tmp_path: Path, on: Shown) -> None:
    one = incident("INC/7", NOW - 5 * DAY, (3, 8, 40, 50), caused_by="v1", url="https://pager.example/7")
    fleet = eventful(tmp_path, one)
    store_events(fleet.store, [deployment("a b/1", NOW - 5 * DAY - HOUR), deployment("1", NOW - 6 * DAY)])
    screen = on(fleet)
    text = screen.open("incidents", incident="INC/7")
    assert "Trouble INC/7 :green-badge[✓ resolved]" in text
    assert "mitigate\nacknowledged → mitigated 32 min ✕ missed, target 15 min" in text.replace("  \n", "\n")
    assert "[Where it was reported ↗](https://pager.example/7)" in text
    assert "The incident names it (v1)." in text
    assert "reliability attribute 'INC/7' --to SERVICE/ENVIRONMENT/ID" in text
    assert "A postmortem was due by Fri 20 Nov 2026" in text
    assert "# Postmortem: Trouble INC/7" in text
    link = next(
        item.proto for item in screen.app.get("page_link") if "deployment=" in item.proto.query_string
    )
    assert link.query_string == "deployment=api%2Fproduction%2F1"
    assert "api v1" in link.label.translate(MARKS), "it is named by its version, as on other pages"


def test_an_open_incident_and_one_by_hand_say_so(tmp_path: Path, on: Shown) -> None:
    fleet = eventful(tmp_path)
    told = Correction(incident="INC-open", at=NOW - HOUR, deployment=None, by="Kim", why="a cable was cut")
    store_events(fleet.store, [told])
    text = on(fleet).open("incidents", incident="INC-open")
    assert "● open" in text
    assert "By hand: no deployment caused it; Kim says so: a cable was cut." in text
    assert "A postmortem is required within 2 d of the end of this incident; it is still open." in text
    assert "api/availability 27.8 %" in text


def test_what_cannot_be_told_of_an_incident_is_said(tmp_path: Path, on: Shown) -> None:
    fleet = eventful(tmp_path, incident("bare", NOW - 3 * DAY, (), severity=None, services=()))
    text = on(fleet).open("incidents", incident="bare")
    assert "no severity" in text
    assert "It affected no service of the catalogue." in text
    assert "Unattributed: nothing tells which deployment caused it." in text
    assert "No error budget that is measured was spent on it." in text
    assert "The policy requires no postmortem of it" in text
    assert "None" not in text
    assert "triage and mitigate together" in on(fleet).open("incidents", incident="INC-noack")
    assert "– not judged: its times are out of order" in on(fleet).open("incidents", incident="INC-order")
    assert "its source says 'SEV-9': map it in sources.yaml" in on(fleet).open(
        "incidents", incident="INC-nosev"
    )


def test_hostile_words_stay_words_everywhere(tmp_path: Path, on: Shown) -> None:
    bad = incident(HOSTILE, NOW - 5 * DAY, (3, 8, 20, 45), title=HOSTILE, url="javascript:alert(1)")
    fleet = eventful(tmp_path, bad)
    for query in ({"period": "30 days"}, {"incident": HOSTILE}):
        screen = on(fleet)
        screen.open("incidents", **query)
        assert not screen.app.exception
        for element in (*screen.app.markdown, *screen.app.subheader):
            assert "[a](http://example.com)" not in element.value
            assert ":red[x]" not in element.value
            assert "](javascript" not in element.value
        for item in screen.app.get("html"):
            assert "<img" not in item.proto.body


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [60.0], "n = 0 before, 1 now; at least 3 on each side are needed"),
        ([60.0, 70.0, 65.0], [60.0, 70.0, 66.0], "It could be −"),
        ([600.0, 700.0, 650.0], [60.0, 70.0, 66.0], "By −8"),
    ],
)
def test_the_grounds_of_a_verdict_name_both_counts(
    before: list[float], after: list[float], said: str
) -> None:
    text = words.grounds(compare(before, after))
    assert said in text
    assert f"n = {len(before)} before, {len(after)} now" in text


def test_a_service_leads_to_its_open_incidents_by_links_that_look_like_links(
    tmp_path: Path, on: Shown
) -> None:
    text = on(eventful(tmp_path)).open("service", service="api")
    assert ":blue[● P1 INC-open is open → Incidents]" in text
    assert ":blue[May api ship now? → Release gate]" in text
    assert ":blue[← All services]" in text
    assert "is open → Incidents" not in on(eventful(tmp_path / "worker")).open("service", service="worker")
