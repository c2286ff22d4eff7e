"""A canary is never called safe by too little, and what has ended is never told as if it went on."""

from datetime import timedelta
from pathlib import Path

from dashboard.domain.canary.ticks import Tick
from dashboard.store.canary_ticks import record_ticks
from dashboard.store.database import open_for_writing
from tests.pages.canaries import (
    BAD,
    GOOD,
    HEALTHY,
    MINUTE,
    ago,
    counted,
    healthy,
    import_canaries,
    inconclusive,
    past,
    values,
)
from tests.pages.conftest import Shown
from tests.pages.screen import MARKS, Screen
from tests.pages.stores import NOW, Fleet, build, burst
from tests.rollout_objects import Object, analysis_run, metric_result, metric_spec, rollout

PAGE = "canary_analysis"


def answer(screen: Screen, **query: str) -> str:
    """What the large box says of a canary, without the escapes of markdown."""
    screen.open(PAGE, **(query or {"rollout": "api"}))
    boxes = [*screen.app.success, *screen.app.error, *screen.app.warning, *screen.app.info]
    found = next(str(box.value) for box in boxes if str(box.value).startswith("#"))
    return found.translate(MARKS).replace("\\", "")


def is_green(screen: Screen) -> bool:
    return any(str(box.value).startswith("#") for box in screen.app.success)


def at_analysis(fleet: Fleet, *runs: Object) -> Fleet:
    """`api` at its analysis, the third step."""
    return import_canaries(
        fleet, rollout(at=ago(12), step=0), rollout(at=ago(5), step=2, version=102, weight=10), *runs
    )


def answers(*taken: tuple[str, str], failure_limit: int = 10) -> Object:
    spec = metric_spec("success-rate", failureLimit=failure_limit)
    return analysis_run(
        "api-new-2-2", metric_result("success-rate", values(7, *taken)), at=ago(7), specs=[spec]
    )


def test_six_failures_of_seven_within_a_large_limit_are_not_safe(fleet: Fleet, on: Shown) -> None:
    screen = on(at_analysis(fleet, answers(GOOD, *[BAD] * 6)))
    told = answer(screen)
    assert told.startswith("# △ WITHIN ITS LIMITS, NOT CLEAN")
    assert "Safe? Not clean: 6 of 7 measurements failed, within their limits." in told
    assert "everything" not in told
    assert not is_green(screen)


def test_a_pass_of_the_counts_beside_a_failed_answer_says_both(fleet: Fleet, on: Shown) -> None:
    at_analysis(fleet, answers(GOOD, BAD, GOOD))
    told = answer(on(counted(fleet, 0, 30, total=20_000)))
    assert told.startswith("# ✓ SAFE SO FAR")
    assert "Yes, by what decides so far. Its error rate is shown to be below 1.5× stable's." in told
    assert "Yet 1 of 3 measurements failed, within their limits." in told


def test_a_canary_that_gets_no_traffic_is_not_safe_by_argos_good_answers(fleet: Fleet, on: Shown) -> None:
    healthy(fleet)
    ticks = [
        Tick(
            at=NOW - minute * MINUTE,
            canary_bad=0,
            canary_total=0,
            stable_bad=1,
            stable_total=5000,
            weight=0.1,
        )
        for minute in range(9, 0, -1)
    ]
    with open_for_writing(fleet.store) as connection:
        record_ticks(connection, "uid-api", "new", ticks)
    screen = on(fleet)
    told = answer(screen)
    assert told.startswith("# ? HARDLY TESTED: IT LACKS TRAFFIC")
    assert "the canary got 0 % (0 … 0.0082 %) of 45,000 requests, 10 % expected" in told
    assert "far less than its weight" in told
    assert not is_green(screen)


def test_a_canary_as_bad_as_a_broken_stable_is_in_trouble(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 16, 144))
    told = answer(screen)
    assert told.startswith("# ✕ IN TROUBLE: CRITICAL ERROR RATE")
    assert "No. 32 % (160 of 500) of its own requests fail, above the critical limit of the policy." in told
    assert "Stable itself fails 32 % (1,440 of 4,500): to be no worse than that means little." in told


def test_a_safe_canary_beside_a_broken_stable_says_that_the_service_is_not_well(
    fleet: Fleet, on: Shown
) -> None:
    told = answer(on(counted(at_analysis(fleet, answers(GOOD, GOOD)), 0, 1800, total=20_000)))
    assert told.startswith("# ✓ SAFE SO FAR")
    head = told[: told.index("How sure?")]
    assert (
        "But stable itself fails 10 % (18,000 of 180,000) of its requests: the service is not well." in head
    )


def test_an_error_rate_above_the_warning_is_not_green_even_with_a_pass(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(healthy(fleet), 40, 1200, total=20_000))
    told = answer(screen)
    assert told.startswith("# △ HIGH ERROR RATE")
    assert "Not by itself: 2 % (400 of 20,000) of its own requests fail" in told
    assert not is_green(screen)


# What Argo said ---------------------------------------------------------------------------------------


def test_a_pass_while_argo_has_not_decided_is_not_the_same_word(fleet: Fleet, on: Shown) -> None:
    screen = on(counted(at_analysis(fleet), 0, 30, total=20_000))
    text = screen.open(PAGE, rollout="api")
    assert "The error counts of both arms show no harm; Argo has not decided yet." in text.replace("\\", "")
    assert "say the same" not in text


def test_an_inconclusive_analysis_did_not_stop_a_good_canary(fleet: Fleet, on: Shown) -> None:
    text = on(counted(inconclusive(fleet), 0, 30, total=20_000)).open(PAGE, rollout="api").replace("\\", "")
    assert "The error counts of both arms show no harm; Argo could not tell." in text
    assert "they disagree" not in text


def test_argo_has_passed_so_far_while_an_analysis_runs(fleet: Fleet, on: Shown) -> None:
    before = analysis_run(
        "before",
        metric_result("success-rate", values(11, GOOD), "Successful"),
        at=ago(11),
        phase="Successful",
        step=0,
    )
    at_analysis(fleet, before, answers(GOOD, BAD))
    text = on(counted(fleet, 5, 3)).open(PAGE, rollout="api").replace("\\", "")
    assert "▷ Argo: passed 1 analysis so far, 1 runs]" in text
    assert "though every analysis that has ended passed; others are still to end." in text
    assert "Argo's analysis passed, but" not in text


# Room and time ----------------------------------------------------------------------------------------


def test_an_analysis_step_whose_run_was_not_seen_has_no_known_room(fleet: Fleet, on: Shown) -> None:
    told = answer(on(counted(at_analysis(fleet), 0, 30, total=20_000)))
    assert "Room left? It stands at an analysis whose run is not known" in told
    assert "nothing can abort it" not in told


def test_between_analyses_the_room_names_the_next_one(fleet: Fleet, on: Shown) -> None:
    told = answer(on(import_canaries(fleet, rollout(at=ago(2), step=0))))
    assert "Room left? No analysis runs at this step; the next is step 3." in told
    assert "Argo still aborts it when its pods are not ready in time." in told


def test_the_policys_pauses_have_an_end_of_their_own(tmp_path: Path, on: Shown) -> None:
    burnt = burst(0.01, timedelta(hours=6, minutes=20), timedelta(hours=2))
    screen = on(healthy(build(tmp_path, HEALTHY | {"api/availability": burnt})))
    told = answer(screen)
    assert "Through in 10 min at the earliest (23 Nov 09:12 UTC) by the Rollout" in told
    assert "in 20 min with the policy's pauses (23 Nov 09:22 UTC)" in told
    assert "later by as long as 1 analysis ahead takes: 4 min" in told


def test_when_the_counts_can_tell_follows_from_the_traffic(fleet: Fleet, on: Shown) -> None:
    told = answer(on(counted(healthy(fleet), 0.1, 1)))
    assert "The error counts show a 2× rise in about" in told
    assert "at 500 requests a minute" in told


# The past ---------------------------------------------------------------------------------------------


def test_only_the_newest_canary_offers_what_acts_on_the_rollout_as_it_is(fleet: Fleet, on: Shown) -> None:
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True)
    past(fleet, 12, 5)
    screen = on(fleet)
    commands = {}
    for revision in ("10", "11", "12"):
        screen.open(PAGE, rollout="production/api", run=revision)
        commands[revision] = [block.value for block in screen.app.code]
    status = "kubectl argo rollouts status api -n production --watch=false"
    get = "kubectl argo rollouts get rollout api -n production"
    undo = "kubectl argo rollouts undo api -n production"
    assert commands == {
        "10": [f"{undo} --to-revision=10", status, get, "uid-api:10"],
        "11": [status, get, "uid-api:11"],
        "12": [undo, status, get, "uid-api:12"],
    }


def test_one_that_has_ended_is_told_in_the_past(fleet: Fleet, on: Shown) -> None:
    run = answers(GOOD, GOOD)
    at_analysis(fleet, run)
    import_canaries(fleet, rollout(at=ago(1), step=0, aborted=True, phase="Degraded", version=103))
    text = on(counted(fleet, 0.1, 1)).open(PAGE, rollout="api").replace("\\", "")
    assert "could not judge: 5,000 of about" in text
    assert "measurements to go" not in text
    assert "cannot judge yet" not in text
    assert "Neither Argo's analysis nor the error counts of both arms ever decided." in text
    assert ":gray-badge[– 50 % not reached]" in text
    assert ":gray-badge[○ 50 %]" not in text
    assert "In hindsight: :gray-badge[– no analysis decided on it]." in text


def test_an_end_before_the_beginning_is_a_contradiction_not_a_length(fleet: Fleet, on: Shown) -> None:
    import_canaries(
        fleet,
        rollout(at=ago(30), step=1, canary="old1", revision=2, version=100),
        rollout(at=ago(33), step=0, canary="new", revision=3, version=200),
    )
    text = on(fleet).open(PAGE)
    assert "its times contradict" in text
    assert "(0 s)" not in text
    detail = on(fleet).open(PAGE, rollout="production/api", run="2")
    assert "How long it took is not known" in detail
    assert "its times contradict" in detail


# The list ---------------------------------------------------------------------------------------------


def test_the_gravest_comes_first_however_many_there_are(fleet: Fleet, on: Shown) -> None:
    for number in range(21):
        import_canaries(fleet, rollout(f"fine-{number}", at=ago(60 + number), step=0))
    import_canaries(fleet, rollout("worker", at=ago(12)), rollout("worker", at=ago(4), step=2, version=102))
    text = on(counted(fleet, 5, 3, name="worker")).open(PAGE)
    assert "22 canaries under way (1 in trouble, 21 cannot tell yet)" in text
    assert text.index("✕ in trouble]") < text.index("? cannot tell yet]")


def test_a_card_of_the_list_asks_the_question_that_it_answers(fleet: Fleet, on: Shown) -> None:
    text = on(counted(healthy(fleet), 5, 3)).open(PAGE)
    assert "Safe? No. Its error rate is shown to be worse than stable's." in text


def test_the_history_can_be_taken_away_as_it_is_filtered(fleet: Fleet, on: Shown) -> None:
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True)
    screen = on(fleet)
    screen.open(PAGE, ended="aborted")
    (button,) = screen.app.get("download_button")
    assert button.proto.label == "Download 1 as CSV"


def test_each_template_has_one_place_with_how_it_has_done(fleet: Fleet, on: Shown) -> None:
    past(fleet, 10, 20)
    past(fleet, 11, 15, aborted=True, specs=[metric_spec("success-rate", successCondition="result < 1")])
    text = on(fleet).open(PAGE).replace("\\", "")
    assert "slo-burn-check · 2 analyses, aborted 1 canary · Template lint: 1 error" in text
    detail = on(fleet).open(PAGE, rollout="production/api", run="11").replace("\\", "")
    assert "template [slo-burn-check](#template-1)" in detail
    assert detail.count("Template lint:") == 1
