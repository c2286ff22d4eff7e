"""The canary analysis answers in every state: safe so far, how sure, room left, when known, and the past."""

from datetime import timedelta
from pathlib import Path

from dashboard.store.canaries import mark_read
from dashboard.store.database import open_for_writing
from tests.pages.canaries import (
    BAD,
    DAY,
    GOOD,
    HEALTHY,
    HOSTILE,
    ago,
    background,
    counted,
    healthy,
    import_canaries,
    in_trouble,
    inconclusive,
    past,
    provider_errors,
    read_problem,
    values,
)
from tests.pages.conftest import Shown
from tests.pages.screen import large_box
from tests.pages.stores import NOW, Fleet, build, burst, measured_since
from tests.rollout_objects import Object, analysis_run, metric_result, metric_spec, rollout

PAGE = "canary_analysis"
CAUTIOUS = HEALTHY | {
    "api/availability": burst(0.01, timedelta(hours=6, minutes=20), timedelta(hours=2)),
}


# Nothing, or nothing to read ----------------------------------------------------------------------------


def test_without_a_store_the_page_says_how_to_get_one(fleet: Fleet, on: Shown) -> None:
    fleet.store.unlink()
    assert "There is no data to show: the store cannot be read." in on(fleet).open(PAGE)


def test_without_any_canary_the_page_says_how_they_come_in(fleet: Fleet, on: Shown) -> None:
    screen = on(fleet)
    text = screen.open(PAGE)
    assert "No canary was ever seen." in text
    assert "No canary is known yet." in text
    assert "kubectl get rollout,analysisrun --all-namespaces -o json | reliability import canaries -" in text
    assert "RELIABILITY_KUBERNETES=kubeconfig reliability sync --every 60s" in text
    assert "False aborts" not in text
    assert not screen.app.get("plotly_chart")


def test_a_rollout_in_the_address_that_nobody_knows_is_said_and_the_list_is_shown(
    fleet: Fleet, on: Shown
) -> None:
    screen = on(healthy(fleet))
    text = screen.open(PAGE, rollout=HOSTILE, run="7")
    assert "There is no canary of a Rollout" in text
    assert r"\<script\>" in screen.app.error[0].value
    assert "1 canary under way (1 safe so far)" in text


def test_a_source_that_cannot_be_read_is_said_with_the_last_time_it_could(fleet: Fleet, on: Shown) -> None:
    read_problem(healthy(fleet), "403 forbidden")
    text = on(fleet).open(PAGE)
    assert "kubernetes could not be read at 23 Nov 09:01 UTC (last whole: 20 min ago): 403 forbidden" in text


def test_a_source_of_which_an_object_cannot_be_read_is_said(fleet: Fleet, on: Shown) -> None:
    with open_for_writing(healthy(fleet).store) as connection:
        mark_read(connection, "kubernetes", NOW, "1 object cannot be read: api.status.phase", whole=True)
    text = on(fleet).open(PAGE)
    assert "ago, but not all of it: 1 object cannot be read" in text


# One that is under way ----------------------------------------------------------------------------------


def test_a_healthy_canary_answers_the_four_questions(fleet: Fleet, on: Shown) -> None:
    screen = on(healthy(fleet))
    text = screen.open(PAGE, rollout="api")
    answer = large_box(screen)
    assert answer.startswith("# ✓ SAFE SO FAR")
    assert "Safe? Yes, by everything that was measured so far." in answer
    assert "How sure? Argo's metrics: 5 measurements, 0 failures among them." in answer
    assert "The error counts of canary and stable are not known, so they are not compared." in answer
    assert "Room left? success-rate: 0 of 2 failures used, 5 measurements to go." in answer
    assert "Through in 10 min at the earliest (23 Nov 09:12 UTC)" in answer
    assert "api :small[policy tier] :green-badge[✓ normal] :small[v2 in place of v1]" in text
    assert "Now at 10 % of the traffic, at step 3 of 6, 12 min after it began." in text
    assert ":blue-badge[▶ 10 % here] → :gray-badge[○ 50 %] → :gray-badge[○ 100 %]" in text
    assert "▶ here, for 5 min, since 23 Nov 08:57 UTC" in text
    assert "policy asks for" not in text
    assert len(screen.app.get("plotly_chart")) == 1


def test_its_commands_are_there_to_copy_and_nothing_runs_them(fleet: Fleet, on: Shown) -> None:
    screen = on(healthy(fleet))
    screen.open(PAGE, rollout="api")
    lines = [block.value for block in screen.app.code]
    for verb in ("promote", "abort", "undo", "get rollout"):
        assert f"kubectl argo rollouts {verb} api -n production" in lines
    # Without that it watches, and does not come back while the canary is paused.
    assert "kubectl argo rollouts status api -n production --watch=false" in lines
    assert not screen.app.button


def test_a_cautious_tier_asks_for_doubled_pauses_beside_the_rollouts_own(tmp_path: Path, on: Shown) -> None:
    text = on(healthy(build(tmp_path, CAUTIOUS))).open(PAGE, rollout="api")
    assert "△ pauses doubled] The policy tier cautious asks for that." in text
    assert "2. pause 5 min  \n:small[the policy asks for 10 min]" in text.replace("\\", "")


def test_a_canary_without_room_says_that_the_next_failure_aborts_it(fleet: Fleet, on: Shown) -> None:
    screen = on(in_trouble(fleet))
    screen.open(PAGE, rollout="api")
    answer = large_box(screen)
    assert answer.startswith("# △ AT RISK: NO ROOM LEFT")
    assert "2 of 2 failures used, 5 measurements to go; the next one that goes wrong aborts it." in answer


def test_every_metric_without_room_is_named(fleet: Fleet, on: Shown) -> None:
    results = [
        metric_result(name, values(5, GOOD, BAD, GOOD, BAD, GOOD)) for name in ("success-rate", "probes")
    ]
    spare = metric_result("burn", values(5, GOOD, BAD, GOOD))
    specs = [metric_spec(name) for name in ("success-rate", "probes", "burn")]
    run = analysis_run("api-new-2-2", *results, spare, at=ago(5), specs=specs)
    seen = rollout(at=ago(5), step=2, version=102, weight=10)
    screen = on(import_canaries(fleet, rollout(at=ago(12), step=0), seen, run))
    screen.open(PAGE, rollout="api")
    answer = large_box(screen)
    both = [f"{name}: 2 of 2 failures used, 5 measurements to go" for name in ("success-rate", "probes")]
    assert f"{'; '.join(both)}; the next one that goes wrong aborts it." in answer
    assert "burn" not in answer


def test_error_counts_that_fail_stand_beside_argos_word_with_a_sentence(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 5, 3))
    text = screen.open(PAGE, rollout="api")
    assert large_box(screen).startswith("# ✕ IN TROUBLE")
    assert "No. Its error rate is shown to be worse than stable's." in large_box(screen)
    assert "▷ Argo: no analysis has ended] Error counts :red-badge[✕ FAIL]" in text
    assert "✕ they disagree] The error counts of both arms show the canary to be worse" in text.replace(
        "\\", ""
    )
    assert "The canary got 10 % (9.18 … 10.9 %) of 5,000 requests, 10 % expected" in text.replace("\\", "")
    assert len(screen.app.get("plotly_chart")) == 2, "both arms in one chart, and the metric"


def test_an_analysis_that_passed_is_folded_and_one_that_goes_on_is_open(fleet: Fleet, on: Shown) -> None:
    screen = on(past(fleet, 10, 20))
    text = screen.open(PAGE, rollout="production/api", run="10")
    assert "1 metric: success-rate" in text
    assert "1 metric: success-rate" not in on(healthy(fleet)).open(PAGE, rollout="api", run="2")


def test_too_few_counts_say_how_many_it_takes(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 0.1, 1))
    text = screen.open(PAGE, rollout="api")
    assert "cannot judge yet: 5,000 of about" in large_box(screen).replace("\\", "")
    assert "Cannot judge yet: 5,000 of about" in text.replace("\\", "")


def test_without_a_stable_sibling_the_deployment_before_is_told_of_and_named(fleet: Fleet, on: Shown) -> None:
    healthy(fleet)
    alone = counted(fleet, 5, 0, weight=1)
    text = on(alone).open(PAGE, rollout="api").replace("\\", "")
    assert "No requests to a stable sibling were counted, nor to a deployment before" in text
    import_canaries(
        fleet,
        rollout(at=ago(2 * DAY + 12), canary="old", stable="older", revision=1, version=80_000,
                image="ghcr.io/acme/api:v1"),
    )  # fmt: skip
    counted(fleet, 1, 0, canary="old", weight=1, until=2 * DAY)
    text = on(fleet).open(PAGE, rollout="api").replace("\\", "")
    assert "Against the deployment before, v1, 2 d earlier, at the same elapsed time: errors" in text
    assert "to the deployment before failed. What differs may be the hour's and not the canary's." in text


def test_a_canary_that_nobody_measured_is_not_called_safe(fleet: Fleet, on: Shown) -> None:
    screen = on(import_canaries(fleet, rollout(at=ago(2), step=0)))
    text = screen.open(PAGE, rollout="api")
    assert large_box(screen).startswith("# ? CANNOT TELL YET")
    assert "No metric that counts has been measured." in large_box(screen)
    assert "No analysis of this canary is known, so nothing judged it." in text


def test_a_canary_that_nobody_saw_for_long_is_not_called_running_or_safe(fleet: Fleet, on: Shown) -> None:
    run = analysis_run(
        "api-new-2-2", metric_result("success-rate", values(2000, GOOD, GOOD, GOOD)), at=ago(2000)
    )
    screen = on(import_canaries(fleet, rollout(at=ago(2002), step=0, weight=10), run))
    text = screen.open(PAGE)
    assert "1 canary under way (1 not seen for too long)" in text
    assert "? NOT SEEN FOR TOO LONG" in text.upper()
    assert "running" not in text
    text = screen.open(PAGE, rollout="api")
    answer = large_box(screen)
    assert answer.startswith("# ? NOT SEEN FOR TOO LONG")
    assert "Nobody knows: what follows is how it stood when it was last seen." in answer
    assert "Last seen? 1 d 10 h ago, at 21 Nov" in answer
    assert "When known?" not in answer
    assert "When it was last seen: at 10 % of the traffic, at step 1 of 6." in text


def test_what_a_rollout_alone_tells_of_its_analysis_is_shown_and_counts(fleet: Fleet, on: Shown) -> None:
    said = {"name": "api-new-2-2", "status": "Failed", "message": "success-rate assessed Failed"}
    canary = {"currentStepAnalysisRunStatus": said}
    told = rollout(at=ago(2), step=2)
    told["status"]["canary"] = canary
    screen = on(import_canaries(fleet, told))
    text = screen.open(PAGE, rollout="api")
    assert large_box(screen).startswith("# ✕ IN TROUBLE")
    assert "Argo says: success-rate assessed Failed" in text


def test_an_inconclusive_canary_asks_for_a_person(fleet: Fleet, on: Shown) -> None:
    screen = on(inconclusive(fleet))
    text = screen.open(PAGE, rollout="api")
    answer = large_box(screen)
    assert answer.startswith("# ? UNDECIDED: SOMEBODY HAS TO DECIDE")
    assert "Nobody knows: success-rate measured 0.94: passes at 0.95 or more." in answer.replace("\\", "")
    assert "Room left? success-rate: 1 inconclusive, 0 allowed" in answer
    assert "It does not go on by itself" in answer
    assert "1 inconclusive, 0 allowed" in text


def test_the_room_of_an_undecided_canary_is_of_what_could_not_tell(fleet: Fleet, on: Shown) -> None:
    beside = background(metric_result("latency", values(5, GOOD, BAD)), phase="Running")
    screen = on(import_canaries(inconclusive(fleet), beside))
    screen.open(PAGE, rollout="api")
    (room,) = (line for line in large_box(screen).splitlines() if "Room left?" in line)
    assert "success-rate" in room
    assert "latency" not in room


def test_an_undecided_metric_that_gave_no_number_only_could_not_tell(fleet: Fleet, on: Shown) -> None:
    found = metric_result("success-rate", values(5, ('"odd"', "Inconclusive")), "Inconclusive")
    run = analysis_run("api-new-2-2", found, at=ago(5), phase="Inconclusive")
    paused: Object = {"phase": "Paused", "paused": "InconclusiveAnalysisRun"}
    import_canaries(
        fleet, rollout(at=ago(12), step=0), rollout(at=ago(3), step=2, version=102, **paused), run
    )
    screen = on(fleet)
    screen.open(PAGE, rollout="api")
    assert "success-rate could not tell, and Argo waits." in large_box(screen).replace("\\", "")


def test_what_ran_beside_the_steps_without_a_count_is_not_called_cut_short(fleet: Fleet, on: Shown) -> None:
    run = background(metric_result("latency", values(6, GOOD, GOOD), "Successful"), phase="Successful")
    screen = on(import_canaries(fleet, rollout(at=ago(12), step=3), run))
    text = screen.open(PAGE, rollout="api")
    assert ":gray-badge[– ran beside the steps] 2 measurements" in text
    assert "truncated" not in text


def test_a_background_analysis_short_of_its_count_is_still_called_cut_short(fleet: Fleet, on: Shown) -> None:
    found = metric_result("latency", values(6, GOOD, GOOD), "Successful")
    run = background(found, phase="Successful", count=10)
    text = on(import_canaries(fleet, rollout(at=ago(12), step=3), run)).open(PAGE, rollout="api")
    assert "△ evidence truncated] latency: stopped after 2 measurements of 10" in text.replace("\\", "")


def test_the_commands_are_in_the_order_that_the_verdict_asks_for(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 5, 3))
    text = screen.open(PAGE, rollout="api")
    assert screen.app.code[0].value == "kubectl argo rollouts abort api -n production"
    assert text.index("Commands to copy") < text.index("Steps"), "under the answer, also on a phone"


def test_an_undecided_canary_offers_to_accept_and_to_refuse_it(fleet: Fleet, on: Shown) -> None:
    screen = on(inconclusive(fleet))
    text = screen.open(PAGE, rollout="api")
    assert [block.value.split()[3] for block in screen.app.code[:2]] == ["promote", "abort"]
    assert text.index("To accept it") < text.index("To refuse it") < text.index("More commands")


def test_the_id_of_a_canary_is_there_to_copy(fleet: Fleet, on: Shown) -> None:
    screen = on(healthy(fleet))
    assert "--counts-of" in screen.open(PAGE, rollout="api")
    assert "uid-api:2" in [block.value for block in screen.app.code]


def test_errors_of_the_provider_are_no_failures_and_leave_a_gap_with_its_reason(
    fleet: Fleet, on: Shown
) -> None:
    text = on(provider_errors(fleet)).open(PAGE, rollout="api").replace("\\", "")
    assert "0 failures · 3 errors of the provider, which are no failure" in text
    assert "The provider gave no answer 3 times, which is no failure." in text
    assert "3 of 4 errors in a row used" in text
    assert "! gap] provider error 23 Nov 08:58 → 09:00 UTC: 3 measurements, dial tcp" in text


def test_a_success_without_evidence_is_not_called_safe(fleet: Fleet, on: Shown) -> None:
    run = analysis_run(
        "api-new-2-2",
        metric_result("success-rate", [], "Successful"),
        at=ago(5),
        phase="Successful",
    )
    screen = on(import_canaries(fleet, rollout(at=ago(12), step=3), run))
    text = screen.open(PAGE, rollout="api")
    assert large_box(screen).startswith("# ? CANNOT TELL YET")
    assert "A success of Argo's stands on no evidence" in large_box(screen)
    assert "? no evidence]" in text


def test_a_truncated_success_says_after_how_many_answers(fleet: Fleet, on: Shown) -> None:
    found = metric_result("success-rate", values(6, GOOD, GOOD), "Successful")
    run = analysis_run("api-new-2-2", found, at=ago(7), phase="Successful")
    text = on(import_canaries(fleet, rollout(at=ago(12), step=3), run)).open(PAGE, rollout="api")
    assert "△ evidence truncated] success-rate: stopped after 2 measurements of 10" in text.replace("\\", "")


def test_a_dry_run_metric_says_that_it_decides_nothing(fleet: Fleet, on: Shown) -> None:
    found = metric_result("warning", values(6, BAD, BAD, BAD), "Failed", dryRun=True)
    run = analysis_run("api-new-2-2", found, at=ago(7))
    screen = on(import_canaries(fleet, rollout(at=ago(12), step=2), run))
    assert "dry run: decides nothing" in screen.open(PAGE, rollout="api")
    assert large_box(screen).startswith("# ? CANNOT TELL YET")


def test_the_lint_of_its_template_is_beside_the_run(fleet: Fleet, on: Shown) -> None:
    wrong = metric_spec("success-rate", successCondition="result < 0.02")
    found = metric_result("success-rate", values(5, GOOD))
    run = analysis_run("api-new-2-2", found, at=ago(5), specs=[wrong])
    text = on(import_canaries(fleet, rollout(at=ago(12), step=2), run)).open(PAGE, rollout="api")
    assert "Template lint: 1 error" in text
    assert "spec.metrics" in text.replace("\\", "")
    assert "Checked against api's usual traffic in the 7 days before the canary (" in text
    assert "requests a second)" in text
    assert "buckets" not in text


def test_what_it_cost_is_the_budget_spent_so_far(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY | {"api/availability": burst(0.02, timedelta(minutes=20))})
    text = on(healthy(fleet)).open(PAGE, rollout="api")
    assert "of the availability budget so far, like" in text
    assert "do not tell canary and stable apart" in text


def test_what_it_cost_of_a_budget_that_is_not_known_is_told_in_events(tmp_path: Path, on: Shown) -> None:
    short = measured_since(timedelta(minutes=25), 0.02)
    fleet = build(tmp_path, HEALTHY | {"api/availability": short}, events=1000)
    text = on(healthy(fleet)).open(PAGE, rollout="api").replace("\\", "")
    assert "40 bad events of availability so far; share of its budget unknown" in text


# The way to it ------------------------------------------------------------------------------------------


def test_the_service_leads_to_its_canaries(fleet: Fleet, on: Shown) -> None:
    assert "Canaries of api → Canary analysis" in on(healthy(fleet)).open("service", service="api")
