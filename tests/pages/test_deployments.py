"""The page Deployments says what was released, with what result and at what cost, in every state."""

import csv
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from dashboard.domain.deployments import DeploymentState
from dashboard.domain.policy_tier import ChangeType
from dashboard.ui.export import to_csv
from tests.pages.conftest import Shown
from tests.pages.deployment_fleets import DAY, HEALTHY, links, rolled_back
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.stores import CATALOGUE, NEWEST, Fleet, build, steady


def card(text: str, name: str) -> str:
    """What the card of the deployment `name` says."""
    begin = text.index(f":blue[{name}]")
    following = re.search(r"\n:blue\[(api|worker|docs) |\nWhat do these", text[begin + 1 :])
    return text[begin : begin + 1 + following.start()] if following else text[begin:]


def test_a_missing_store_is_explained(tmp_path: Path, on: Shown) -> None:
    (tmp_path / "catalog.yaml").write_text(CATALOGUE, encoding="utf-8")
    text = on(Fleet(folder=tmp_path)).open("deployments")
    assert "There is no data to show" in text
    assert "reliability sync" in text


def test_without_any_deployment_the_page_says_how_to_begin(tmp_path: Path, on: Shown) -> None:
    screen = on(build(tmp_path, HEALTHY))
    text = screen.open("deployments")
    assert "No deployment to production in the last 30 days." in text
    assert "No deployment is known yet." in text
    assert "curl" in text
    assert "reliability import deployments" in text
    assert "0 failed" not in text
    assert not screen.app.get("plotly_chart")


def test_the_first_sentence_counts_what_went_wrong_first(tmp_path: Path, on: Shown) -> None:
    text = on(rolled_back(tmp_path)).open("deployments")
    assert (
        "4 deployments to production in the last 30 days: 1 failed, 1 rolled back, 1 not judged yet, 1 good."
        in text
    )
    assert text.index("4 deployments to production") < text.index("Time 7 days 30 days 90 days")


def test_a_rolled_back_deployment_says_by_what_how_that_is_known_and_what_it_cost(
    tmp_path: Path, on: Shown
) -> None:
    screen = on(rolled_back(tmp_path))
    said = card(screen.open("deployments"), "api 4.2")
    assert "◀ rolled back" in said
    assert "by 4.1 (inferred: same artefact as an earlier success)" in said
    assert "23 Nov 05:50 → 06:00 UTC (10 min)" in said
    assert "Feature, by lee" in said
    assert "of the availability budget through INC-1, like" in said
    assert "policy tier then :green-badge[✓ normal]" in said
    assert "it was rolled back while the incident lasted (by 4.1)" in said
    assert links(screen, "INC-1") == [{"incident": ["INC-1"]}]
    assert {"deployment": ["api/production/a-2"]} in links(screen, "api")


def test_a_rollback_that_nobody_called_one_keeps_its_unknown_kind(tmp_path: Path, on: Shown) -> None:
    text = on(rolled_back(tmp_path)).open("deployments")
    said = text[text.index("Kind of change unknown") : text.index("◀ rolled back]")]
    assert "Kind of change unknown (acts as a rollback), by an unknown person" in said
    assert "took away 4.2 (inferred: same artefact as an earlier success)" in said
    assert "reason: errors over 2 %" in said
    assert "succeeded; judged on 24 Nov 07:12 UTC" in said


def test_a_failed_deployment_says_why(tmp_path: Path, on: Shown) -> None:
    said = card(on(rolled_back(tmp_path)).open("deployments"), "worker w-1")
    assert "✕ failed" in said
    assert "reason: no image" in said
    assert "No cost" in said


@pytest.mark.parametrize(
    ("state", "said", "cost"),
    [
        (DeploymentState.IN_PROGRESS, "▷ in progress", "No cost so far"),
        (DeploymentState.QUEUED, "□ queued", "No cost: it served nobody"),
        (DeploymentState.SUPERSEDED, "– superseded", "No cost: it served nobody"),
        (None, "? result unknown", "No cost"),
    ],
    ids=["in progress", "queued", "superseded", "unknown"],
)
def test_what_has_no_result_is_never_called_good(
    tmp_path: Path, on: Shown, state: DeploymentState | None, said: str, cost: str
) -> None:
    text = on(tell(build(tmp_path, HEALTHY), deployed("a-1", HOUR, state=state))).open("deployments")
    assert said in card(text, "api a-1")
    assert cost in card(text, "api a-1")
    assert "good" not in text.split("Policy tier:")[0].split("What do these words mean?")[0]


def test_a_success_is_judged_only_after_the_time_in_which_it_may_still_fail(
    tmp_path: Path, on: Shown
) -> None:
    fleet = tell(build(tmp_path, HEALTHY), deployed("new", HOUR), deployed("old", 25 * HOUR))
    text = on(fleet).open("deployments")
    assert "○ not judged yet" in card(text, "api new")
    assert "judged on 24 Nov 08:12 UTC" in card(text, "api new")
    assert "✓ good" in card(text, "api old")


def test_an_incident_that_only_time_points_to_is_called_a_weak_guess(tmp_path: Path, on: Shown) -> None:
    fleet = tell(build(tmp_path, HEALTHY), deployed("a-1", 5 * HOUR), incident("INC-7", 4 * HOUR))
    said = card(on(fleet).open("deployments"), "api a-1")
    assert "◆ linked to an incident" in said
    assert "a guess from the times alone" in said


def test_what_was_not_measured_has_no_cost_rather_than_none(tmp_path: Path, on: Shown) -> None:
    fleet = tell(
        build(tmp_path, {}), deployed("a-1", 2 * DAY), deployed("d-1", DAY, service="docs", took=HOUR)
    )
    text = on(fleet).open("deployments")
    assert "No service level counts yet" in text
    assert "Cost unknown: nothing was measured then" in card(text, "api a-1")
    assert "? unknown" in card(text, "api a-1")
    assert "No error budget: best effort" in card(text, "docs d-1")


def test_stale_data_is_said_before_anything_else(tmp_path: Path, on: Shown) -> None:
    fleet = tell(build(tmp_path, HEALTHY, newest=NEWEST - 3 * HOUR), deployed("a-1", HOUR))
    text = on(fleet).open("deployments")
    assert text.index("Stale data. The newest data is 3 h 2 min old") < text.index("1 deployment to")
    assert "Cost unknown: nothing was measured then" in card(text, "api a-1")
    one = on(fleet).open("deployments", deployment="api/production/a-1")
    assert "Stale data." in one
    assert "unknown: not measured" in one


def test_unmapped_names_come_with_what_to_write_into_the_file(tmp_path: Path, on: Shown) -> None:
    fleet = tell(
        build(tmp_path, HEALTHY),
        deployed("p-1", HOUR, service='pay"ments: [x]'),
        deployed("p-2", HOUR, service='pay"ments: [x]'),
    )
    text = on(fleet).open("deployments")
    assert "2 deployments left out: 1 name of services that mean none of ours" in text
    assert r'OUR-SERVICE: ["pay\"ments: [x]"]'.replace("\\", "") in text


def test_filters_live_in_the_address(tmp_path: Path, on: Shown) -> None:
    fleet = rolled_back(tmp_path)
    text = on(fleet).open("deployments", deployed="worker")
    assert "1 deployment to production in the last 30 days: 1 failed." in text
    text = on(fleet).open("deployments", result="rolled back")
    assert ":blue[api 4.2]" in text
    assert ":blue[worker w-1]" not in text
    text = on(fleet).open("deployments", change="Unknown")
    assert "1 deployment, newest first" in text
    text = on(fleet).open("deployments", find="NO IMAGE")
    assert ":blue[worker w-1]" in text
    assert ":blue[api 4.2]" not in text
    assert "1 deployment, newest first" in on(fleet).open("deployments", find="inc-1")
    assert "No deployment passes these filters" in on(fleet).open("deployments", find="nothing like it")
    assert "There is no service 'nope'." in on(fleet).open("deployments", deployed="nope")
    assert "in the last 7 days" in on(fleet).open("deployments", last="7 days")


def test_a_result_is_clicked_and_comes_into_the_address(tmp_path: Path, on: Shown) -> None:
    screen = on(rolled_back(tmp_path))
    screen.open("deployments")
    screen.app.button_group(key="release_results").set_value(["✕ 1 failed"]).run()
    assert ":blue[worker w-1]" in screen.text()
    assert ":blue[api 4.2]" not in screen.text()
    assert screen.app.query_params["result"] == "failed"


def test_a_thousand_deployments_are_paged_and_thinned(tmp_path: Path, on: Shown) -> None:
    events = [
        deployed(
            f"a-{number}",
            timedelta(minutes=40 * (1000 - number)),
            state=DeploymentState.FAILED if number % 100 == 0 else DeploymentState.SUCCEEDED,
        )
        for number in range(1000)
    ]
    fleet = tell(build(tmp_path, HEALTHY), *events)
    screen = on(fleet)
    text = screen.open("deployments")
    assert "1,000 deployments to production in the last 30 days: 10 failed" in text
    assert "1 to 20 of 1,000 deployments" in text
    assert text.count("policy tier then :") == 20
    assert "Drawn are 500 of 1,000 deployments" in text
    chart = screen.app.get("plotly_chart")[0].proto
    assert len(chart.spec) < 250_000
    text = on(fleet).open("deployments", cards="50")
    assert ":blue[api a-0]" in text
    assert "981 to 1,000 of 1,000 deployments" in text


def test_the_timeline_marks_results_incidents_rollbacks_and_tiers(tmp_path: Path, on: Shown) -> None:
    screen = on(rolled_back(tmp_path))
    text = screen.open("deployments")
    chart = screen.app.get("plotly_chart")[0].proto
    for name in ("failed", "rolled back", "not judged yet", "good", "incident", "rolled back by", "normal"):
        assert f'"name":"{name}"' in chart.spec, name
    assert "Timeline of 3 services over the last 30 days: 4 deployments (" in chart.alt
    assert "failed: worker w-1" in chart.alt
    assert "✖] failed" in text, "the legend is in words below the chart"
    assert "▬ incident" in text
    assert "Time (UTC)" in chart.spec


def test_what_is_shown_can_be_taken_away_as_csv(tmp_path: Path, on: Shown) -> None:
    screen = on(rolled_back(tmp_path))
    screen.open("deployments", result="failed")
    (button,) = screen.app.get("download_button")
    assert button.proto.label == "Download 1 as CSV"


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    text = to_csv(
        ["name", "=x"],
        [
            ["=1+1", -5],
            ["+1", 2.5],
            ["-1", None],
            ["@a", True],
            ["\tx", "a,b"],
            ["\rx", 'say "a"'],
            ["ok", "é"],
        ],
    )
    rows = list(csv.reader(StringIO(text, newline="")))
    assert rows[0] == ["name", "'=x"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "'\rx", "ok"]
    assert [row[1] for row in rows[1:]] == ["-5", "2.5", "", "True", "a,b", 'say "a"', "é"]


def test_the_service_page_marks_what_happened_and_says_where_the_budget_went(
    tmp_path: Path, on: Shown
) -> None:
    screen = on(rolled_back(tmp_path))
    text = screen.open("service", service="api")
    assert "Of what was spent 100 % went to incident INC-1 and 0 % is background." in text
    assert "INC-1 alone spent" in text
    assert "more than the 20 % that the policy sets for a single incident" in text
    assert "Background: in no incident and no deployment 0 0 % 0 % 0 s" in text
    assert "All of it 480 100 %" in text
    assert links(screen, "What happened in INC-1") == [{"incident": ["INC-1"]}]
    assert links(screen, "What was deployed of api") == [{"deployed": ["api"]}]
    chart = screen.app.get("plotly_chart")[0].proto
    assert "3 deployments and 1 incident in this time" in chart.alt
    assert "INC-1" in chart.spec
    assert "rolled back" in chart.spec
    assert chart.spec.count('"dx"') == 3


def test_a_service_that_spent_nothing_says_so_instead_of_a_table_of_zeros(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path, HEALTHY)).open("service", service="api")
    assert "Nothing was spent: there was no bad event in this window." in text
    text = on(build(tmp_path / "idle", HEALTHY, events=0)).open("service", service="api")
    assert "There was no traffic in this window, so nothing was spent." in text


def test_many_spenders_are_summed_up_in_one_line(tmp_path: Path, on: Shown) -> None:
    events = [
        deployed(f"a-{number}", timedelta(hours=6 * number + 3), change_type=ChangeType.CONFIG)
        for number in range(10)
    ]
    fleet = tell(build(tmp_path, HEALTHY | {"api/availability": steady(0.001)}), *events)
    text = on(fleet).open("service", service="api")
    assert "2 more, each smaller" in text
    assert "to 8 more" in text
    assert "is background" in text
