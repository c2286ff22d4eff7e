"""The list of canaries: those under way, the history with its rates, its filters, and hostile names."""

from datetime import timedelta

from dashboard.domain.deployments import DeploymentState
from tests.pages.canaries import (
    GOOD,
    HOSTILE,
    ago,
    counted,
    healthy,
    import_canaries,
    past,
    values,
)
from tests.pages.conftest import Shown
from tests.pages.releases import deployed, tell
from tests.pages.screen import large_box
from tests.pages.stores import Fleet
from tests.rollout_objects import Object, analysis_run, metric_result, metric_spec, rollout

PAGE = "canary_analysis"


def test_canaries_under_way_come_first_and_the_one_in_trouble_leads(fleet: Fleet, on: Shown) -> None:
    healthy(fleet)
    import_canaries(fleet, rollout("worker", at=ago(12)), rollout("worker", at=ago(4), step=2, version=102))
    counted(fleet, 5, 3, name="worker")
    past(fleet, 1, 5)
    text = on(fleet).open(PAGE)
    assert "2 canaries under way (1 in trouble, 1 safe so far); 1 canary ended in the last 30 days" in text
    places = [text.index(word) for word in ("✕ in trouble", "✓ safe so far", "History", "✓ promoted]")]
    assert places == sorted(places)


def test_the_history_says_what_aborted_and_what_was_wrong_with_n_and_intervals(
    fleet: Fleet, on: Shown
) -> None:
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True)
    past(fleet, 12, 14, image="ghcr.io/acme/api:v11")
    past(fleet, 14, 6, aborted=True, metric="latency")
    past(fleet, 15, 5)
    for revision, days in ((10, 20), (12, 14), (15, 5)):
        version = f"v{11 if revision == 12 else revision}"
        state = DeploymentState.ROLLED_BACK if revision == 15 else DeploymentState.SUCCEEDED
        event = deployed(f"api-{revision}", timedelta(days=days), version=version, state=state)
        tell(fleet, event)
    text = on(fleet).open(PAGE)
    assert "False aborts: 100 % (2 … 100 %)" in text
    assert "1 of 1 abort whose outcome is known" in text
    assert "in brackets: the 95 % interval" in text
    assert "1 more was replaced by another version: nobody knows" in text
    assert "Missed regressions: 33 % (0 … 91 %)" in text
    assert "1 of 3 passes whose outcome is known" in text
    assert "- latency: 1" in text
    assert "an abort may have several" not in text
    assert "api · details →" in text
    assert "△ false abort]" in text
    assert "the same version, tried again, was promoted and stood" in text
    assert "it was rolled back" in text


def test_more_metrics_than_aborts_are_explained_and_the_seventh_takes_no_line_of_its_own(
    fleet: Fleet, on: Shown
) -> None:
    names = [f"metric-{number}" for number in range(7)]
    past(fleet, 10, 20, aborted=True, metrics=names)
    text = on(fleet).open(PAGE)
    assert "- metric-6: 1" in text
    assert "more" not in text[text.index("Aborted by metric") : text.index("an abort may have several")]


def test_rates_of_nothing_are_unknown_not_zero(fleet: Fleet, on: Shown) -> None:
    past(fleet, 10, 20)
    text = on(fleet).open(PAGE)
    assert "unknown: of no abort is it known what followed" in text
    assert "of 1 more it is not known yet" in text
    assert "False aborts: 0 %" not in text


def test_the_filters_of_the_history_come_from_the_address(fleet: Fleet, on: Shown) -> None:
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True)
    text = on(fleet).open(PAGE, ended="aborted")
    assert "1 canary, newest first" in text
    assert "✕ aborted]" in text
    text = on(fleet).open(PAGE, ended="exploded", stopped_by="nothing")
    assert "There is no outcome 'exploded'" in text.replace("\\", "")


def test_one_of_the_past_says_what_became_of_it(fleet: Fleet, on: Shown) -> None:
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True)
    screen = on(fleet)
    text = screen.open(PAGE, rollout="production/api", run="11")
    answer = large_box(screen).replace("\\", "")
    assert answer.startswith("# ✕ WAS ABORTED")
    assert "It was aborted on 8 Nov 09:22 UTC, by success-rate." in answer
    assert "3 failures, 2 allowed" in text
    assert ":red-badge[■ 10 % ended here]" in text
    assert "kubectl argo rollouts retry rollout api -n production" in text


def test_rollouts_that_mean_none_of_ours_and_runs_of_no_rollout_are_shown(fleet: Fleet, on: Shown) -> None:
    import_canaries(
        fleet,
        rollout("shop", at=ago(12)),
        analysis_run(
            "nightly",
            metric_result("m", values(50, GOOD), "Failed"),
            at=ago(60),
            owner=None,
            phase="Failed",
            completedAt="2026-11-23T08:20:00Z",
        ),
    )
    text = on(fleet).open(PAGE)
    assert "1 canary of Rollouts that mean none of our services" in text
    assert 'OUR-SERVICE: ["shop"]' in text
    assert "1 AnalysisRun of no Rollout" in text


def test_hostile_names_are_text(fleet: Fleet, on: Shown) -> None:
    found = metric_result(HOSTILE, values(5, GOOD, ("[0.5]", "Failed")), message=HOSTILE)
    steps: list[Object] = [{"setWeight": 10}, {"analysis": {"templates": [{"templateName": HOSTILE}]}}]
    run = analysis_run(HOSTILE, found, at=ago(5), message=HOSTILE, specs=[metric_spec(HOSTILE)])
    import_canaries(fleet, rollout(at=ago(12), step=1, image=f"x:{HOSTILE}", steps=steps), run)
    screen = on(fleet)
    for query in ({}, {"rollout": "api"}):
        screen.open(PAGE, **query)
        shown = [item.value for item in (*screen.app.markdown, *screen.app.subheader, *screen.app.error)]
        assert not any("<script>" in str(text) or "](http://evil" in str(text) for text in shown)
    assert any(r"\<script\>" in str(item.value) for item in screen.app.markdown)
