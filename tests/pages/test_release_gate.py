"""The release gate answers in every state: may this go now, why not, who must approve, and until when."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.paths import DEFAULT_POLICY
from dashboard.store.sync_log import SyncOutcome
from tests.gates import EVIDENCE, MINUTE, approve, freeze, grant, recorded, request
from tests.pages.conftest import Shown
from tests.pages.gate_fleets import HEALTHY, HOSTILE, PROTECTED, SPENT
from tests.pages.releases import HOUR
from tests.pages.screen import MARKS, large_box
from tests.pages.stores import (
    CATALOGUE,
    NEWEST,
    NOW,
    Fleet,
    build,
    log_sync,
)

_DAY = timedelta(days=1)


# The answer -------------------------------------------------------------------------------------------


def test_a_release_with_good_evidence_is_allowed_with_until_when_and_from_which_decision(
    healthy: Fleet, on: Shown
) -> None:
    recorded(healthy, request(), now=NOW - MINUTE)
    screen = on(healthy)
    text = screen.open("release_gate", service="api")
    assert screen.app.success[0].value.startswith("# ✓ ALLOWED")
    answer = large_box(screen)
    assert "api v2.4.0 to production, feature. All six gates pass." in answer
    assert (
        "This yes holds at most until Mon 23 Nov 16:00 UTC (6 h 58 min from now): the deployment window"
        " closes." in answer
    )
    assert "As of Mon 23 Nov 2026, 09:02 UTC." in answer
    assert "Evidence handed in 1 min ago (23 Nov 09:01 UTC) by ci; Dana asks" in text
    assert "This page records nothing." in text
    assert "✓ BUILD passes, 4 of 4" in text
    assert "What to do next" not in text


def test_a_denied_release_says_what_closes_it_and_what_to_do(healthy: Fleet, on: Shown) -> None:
    broken = EVIDENCE | {"quality": EVIDENCE["quality"] | {"coverage": 71.5, "golden_path": "fail"}}
    recorded(healthy, request(gates=broken), now=NOW - MINUTE)
    screen = on(healthy)
    text = screen.open("release_gate", service="api")
    assert screen.app.error[0].value.startswith("# ✕ NOT NOW")
    answer = large_box(screen)
    assert "The Quality gate does not pass: 2 checks not met." in answer
    assert "Closed by golden path (fail) and test coverage (71.5)." in answer
    assert "It does not open by itself at a known time." in answer
    assert "✕ QUALITY 2 of 4 not met" in text
    assert "Mend it, let the pipeline run again, and hand in its new evidence." in text
    table = next(item.value for item in screen.app.table if "State" in item.value)
    assert list(table["Check"][:2]) == ["Golden path", "Test coverage"], "what fails comes first"
    assert "pipeline, 23 Nov 09:01 UTC" in table["Seen, source, as of"][0].replace("\\", "")
    assert table["Needed"][1].replace("\\", "") == "at least 80 %"
    assert "✓ Build: passes, 4 of 4 checks met" in text


def test_an_emergency_that_an_override_would_let_pass_is_told_of_it(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    recorded(fleet, request(), now=NOW - MINUTE)
    told = "Or override it, as this is an emergency:"
    text = on(fleet).open("release_gate", service="api", version="v2.4.0", kind="emergency")
    assert text.index("What to do next") < text.index(told)
    assert "--incident" in text
    text = on(fleet).open("release_gate", service="api", version="v2.4.0", kind="bugfix")
    assert "What to do next" in text
    assert told not in text


def test_without_evidence_all_that_is_known_passes_and_the_rest_is_named_apart(
    healthy: Fleet, on: Shown
) -> None:
    screen = on(healthy)
    text = screen.open("release_gate", service="api", version="v9")
    assert screen.app.warning[0].value.startswith("# ? NOT NOW: evidence missing")
    assert not screen.app.error
    answer = large_box(screen)
    assert (
        "No pipeline has handed in evidence for this version. Everything that is known here passes." in answer
    )
    assert "unknown version] No decision and no deployment of it is known." in text
    assert "Known here" in text
    assert "Build: type check, compile, lint and format" in text
    assert "Security: critical CVEs, high CVEs, secrets found, image signed and SLSA level" in text
    assert "Policy: image registry and ABAC check" in text
    assert "? BUILD no evidence, 4 of 4" in text
    assert "✓ SLO passes" in text


def test_without_evidence_and_outside_the_window_both_are_said(tmp_path: Path, on: Shown) -> None:
    late = NOW.replace(hour=17)
    fleet = build(tmp_path, HEALTHY, newest=NEWEST.replace(hour=17), now=late)
    screen = on(fleet)
    screen.open("release_gate", service="api", version="v9")
    assert screen.app.error[0].value.startswith("# ✕ NOT NOW")
    answer = large_box(screen)
    assert "What is known here does not pass either." in answer
    assert "Closed by deployment window (Monday 17:02:00)." in answer
    opens = "No until at least Tue 24 Nov 09:00 UTC (15 h 58 min from now): the deployment window opens."
    assert f"{opens} Not known then: the pipeline's evidence." in answer


def test_a_decision_without_evidence_is_said_to_have_none(healthy: Fleet, on: Shown) -> None:
    recorded(healthy, request(gates={}), now=NOW - MINUTE)
    text = on(healthy).open("release_gate", service="api")
    assert "No pipeline has handed in evidence for this version." in text
    assert "Asked 1 time, each time without evidence:" in text
    assert "✕ denied 23 Nov 09:01 UTC → record" in text


def test_without_a_version_it_asks_for_one_and_tells_what_is_known(healthy: Fleet, on: Shown) -> None:
    text = on(healthy).open("release_gate", service="api")
    assert "No version is chosen, so there is no evidence of a pipeline." in text
    assert "api any version to production" in text
    assert "No decision and no deployment of it is known" not in text


def test_the_budget_of_a_service_that_was_spent_closes_the_gate(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    recorded(fleet, request(), now=NOW - MINUTE)
    screen = on(fleet)
    text = screen.open("release_gate", service="api")
    answer = large_box(screen)
    assert "The gates SLO and Approval do not pass: 3 checks not met." in answer
    assert "kind of change (feature), error budget left (−595 %) and approvals (none)" in answer
    assert "No until at least Thu 26 Nov 09:00 UTC (2 d 23 h from now): at least 30 % of the error" in answer
    assert "if nothing more burns, and then the deployment window opens." in answer
    assert "Over by then, too: kind of change and approvals." in answer
    assert "✕ exhausted" in text
    assert "VP Engineering" in text
    assert "A blameless postmortem is mandatory" in text


def test_stale_data_is_unknown_and_closes_the_gate(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY, newest=NEWEST - timedelta(hours=3))
    recorded(fleet, request(), now=NOW - MINUTE)
    text = on(fleet).open("release_gate", service="api")
    assert "Stale data. The newest data is 3 h 2 min old" in text
    assert "NOT NOW" in text
    assert "error budget left (nothing known)" in text
    assert "The error budget cannot be known, so it counts as restrictive." in text


def test_a_source_that_is_down_is_said_first(healthy: Fleet, on: Shown) -> None:
    log_sync(healthy, SyncOutcome.FAILED, "connection refused")
    text = on(healthy).open("release_gate", service="api")
    assert text.index("The last sync failed, 1 min ago: connection refused") < text.index("NOT NOW")


def test_a_policy_that_cannot_be_evaluated_allows_nothing_and_says_why(
    healthy: Fleet, on: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(healthy, request(), now=NOW - MINUTE)
    monkeypatch.setenv("RELIABILITY_OPA_URL", "http://127.0.0.1:9")
    screen = on(healthy)
    text = screen.open("release_gate", service="api")
    assert screen.app.error[0].value.startswith("# ✕ NOT NOW")
    assert "The policy could not be evaluated, so nothing is allowed:" in large_box(screen)
    assert "evidence missing" not in text
    assert "✕ BUILD not evaluated" in text
    assert "? unknown] The code compiles" in text
    assert "Sat 28 Nov closed" in text
    assert "gave no decision" in on(healthy).open("release_gate", view="board")


# What stands around it ---------------------------------------------------------------------------------


def test_approvals_name_who_gave_them_and_what_does_not_count(
    tmp_path: Path, on: Shown, policy: Policy
) -> None:
    fleet = build(tmp_path, PROTECTED)
    recorded(fleet, request(change_type="bugfix"), now=NOW - MINUTE)
    text = on(fleet).open("release_gate", service="api")
    assert "SRE :red-badge[✕ missing] nobody yet policy tier protected" in text
    approve(fleet, policy, "SRE", by="Dana")
    approve(fleet, policy, "SRE", by="Lena")
    text = on(fleet).open("release_gate", service="api")
    assert "SRE :green-badge[✓ given] Lena, 1 min ago policy tier protected" in text
    assert "Dana as SRE, 23 Nov 09:01 UTC: does not count, nobody approves their own request" in text
    assert "Lena as SRE, 23 Nov 09:01 UTC, counts until 24 Nov 09:01 UTC: I have looked at it" in text


def test_a_freeze_closes_the_gate_until_its_end(healthy: Fleet, on: Shown) -> None:
    recorded(healthy, request(), now=NOW - MINUTE)
    freeze(healthy, NOW - HOUR, NOW + HOUR, services=["api"])
    screen = on(healthy)
    text = screen.open("release_gate", service="api")
    answer = large_box(screen)
    assert "Closed by deployment freezes (FRZ-1)." in answer
    assert "No until Mon 23 Nov 10:02 UTC (1 h from now): no freeze stands any more." in answer
    assert "✕ stands now] 23 Nov 08:02 → 10:02 UTC the sale of the year" in text
    assert "09:00–09:00" not in text
    assert "10:02–16:00 · :red-badge[✕ frozen] else FRZ-1" in text


def test_the_calendar_is_a_picture_with_words_beside_it(healthy: Fleet, on: Shown) -> None:
    freeze(healthy, NOW + _DAY, NOW + 2 * _DAY)
    screen = on(healthy)
    text = screen.open("release_gate", service="api")
    (chart,) = screen.app.get("plotly_chart")
    assert "Calendar of 14 days in UTC: a release may go on 8 of them; freezes: FRZ-1" in chart.proto.alt
    assert "Mon 23 Nov :green-badge[✓] 09:00–16:00" in text
    assert "Tue 24 Nov :green-badge[✓] 09:00–09:02 · :red-badge[✕ frozen] else FRZ-1" in text
    assert "Sat 28 Nov closed" in text


def test_an_exception_that_lifts_a_check_is_told_and_its_late_review_too(
    tmp_path: Path, on: Shown, policy: Policy
) -> None:
    fleet = build(tmp_path, HEALTHY)
    grant(fleet, ExceptionType.SECURITY, policy, ends=NOW + 2 * _DAY)
    holed = EVIDENCE | {"security": EVIDENCE["security"] | {"high_cves": 1}}
    recorded(fleet, request(gates=holed), now=NOW - MINUTE)
    screen = on(fleet)
    text = screen.open("release_gate", service="api")
    assert "All six gates pass, with 1 exception." in large_box(screen)
    assert "waived by EXC-security" in text
    assert "4 of 5 checks met and 1 waived by an exception" in text
    assert "○ review to come" in text
    assert "instead: a canary of one percent" in text
    late = Fleet(folder=fleet.folder, now=NOW + _DAY)
    for query in ({"service": "api"}, {}):
        text = on(late).open("release_gate", **query)
        assert "⚠ 1 review of an exception is overdue" in text
        assert "EXC-security (security) was used for api v2.4.0 to production by ci" in text


def test_an_exception_that_expires_too_early_is_warned_of_with_both_times(
    tmp_path: Path, on: Shown, policy: Policy
) -> None:
    late = NOW.replace(hour=17)
    fleet = build(tmp_path, HEALTHY, newest=NEWEST.replace(hour=17), now=late)
    grant(fleet, ExceptionType.SECURITY, policy, ends=NOW.replace(hour=20))
    text = on(fleet).open("release_gate", service="api", version="v9")
    assert "The exception EXC-security (security) expires on 2026-11-23 20:02 UTC" in text
    assert "before the deployment window opens on 2026-11-24 09:00 UTC: it will lift nothing" in text
    assert "until 23 Nov 20:02 UTC" in text
    assert "! expires too early" in text
    assert "before the deployment window opens on 24 Nov 09:00 UTC]" in text


def test_times_of_another_year_have_their_year(healthy: Fleet, on: Shown, policy: Policy) -> None:
    freeze(healthy, NOW + _DAY, NOW + 60 * _DAY)
    grant(healthy, ExceptionType.FREEZE, policy, ends=NOW + 50 * _DAY)
    text = on(healthy).open("release_gate", service="api", version="v9")
    assert "24 Nov 09:02 → 22 Jan 2027 09:02 UTC" in text
    assert "until 12 Jan 2027 09:02 UTC" in text


def test_an_override_is_not_repeated_and_that_is_said(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    override = {
        "emergency_override": True,
        "override_approver": "sre-lead",
        "override_reason": "logins fail",
        "incident_id": "INC-1",
    }
    recorded(fleet, request(**override), now=NOW - MINUTE)
    text = on(fleet).open("release_gate", service="api")
    assert "NOT NOW" in text
    assert "That decision was an emergency override by sre-lead. It is not repeated here" in text


# The fleet ------------------------------------------------------------------------------------------------


def test_the_board_says_what_each_service_may_ship_worst_first(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path, SPENT)).open("release_gate")
    assert "3 services to production now: only a rollback for 1, a feature for 2." in text
    assert "Assuming that the pipeline is green and everybody who is asked approves." in text
    assert text.index(":blue[api]") < text.index(":blue[worker]")
    assert "policy tier exhausted allows no feature and error budget left −595 %" in text
    assert "✕ only a rollback" in text
    assert "VP Engineering must approve anything else" in text
    assert "No until at least Thu 26 Nov 09:00 UTC (2 d 23 h from now)" in text
    assert (
        "This yes holds at most until Mon 23 Nov 16:00 UTC (6 h 58 min from now): the deployment window"
        " closes." in text
    )


def test_the_board_is_filtered_by_answer_name_and_environment(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    text = on(fleet).open("release_gate", may="only a rollback")
    assert ":blue[api]" in text
    assert ":blue[worker]" not in text
    screen = on(fleet)
    screen.open("release_gate", view="board")
    screen.app.button_group(key="gate_may").set_value(["✓ 2 a feature"]).run()
    assert ":blue[api]" not in screen.text()
    assert screen.app.query_params["may"] == "a feature"
    assert ":blue[api]" not in on(fleet).open("release_gate", name="WORK")
    assert "No service has such a name" in on(fleet).open("release_gate", name="nothing")
    assert "3 services to staging now" in on(fleet).open("release_gate", environment="staging")


def test_a_large_fleet_is_asked_about_a_page_at_a_time(tmp_path: Path, on: Shown) -> None:
    many = "".join(f"  s{number:02}:\n    tier: 3\n    strategy: rolling\n" for number in range(70))
    text = on(build(tmp_path, SPENT, catalogue=CATALOGUE + many)).open("release_gate")
    assert "73 services are too many to ask about at once" in text
    assert text.count("service tier") == 20
    assert text.index(":blue[api]") < text.index(":blue[worker]")


def test_a_freeze_of_the_fleet_is_on_the_board(healthy: Fleet, on: Shown) -> None:
    freeze(healthy, NOW - HOUR, NOW + HOUR)
    text = on(healthy).open("release_gate")
    assert "✕ 1 freeze stands now" in text
    assert "only a rollback for 3" in text
    assert "freeze FRZ-1" in text
    assert "No until Mon 23 Nov 10:02 UTC (1 h from now): no freeze stands any more." in text


# Recorded decisions ---------------------------------------------------------------------------------------


def test_without_decisions_the_list_says_how_they_come_to_be(healthy: Fleet, on: Shown) -> None:
    text = on(healthy).open("release_gate", view="decisions")
    assert "No decision is recorded." in text
    assert "reliability gate" in text


def test_the_decisions_are_listed_newest_first_and_filtered(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    recorded(fleet, request(), now=NOW - 3 * MINUTE)
    recorded(fleet, request(service="worker", version="w1", requested_by="Kim"), now=NOW - MINUTE)
    text = on(fleet).open("release_gate", view="decisions")
    assert "2 decisions, newest first" in text
    assert text.index("worker w1") < text.index("api v2.4.0")
    assert "asked by Kim, recorded by ci" in text
    assert "kind of change: feature, needed one of security fix, rollback, emergency fix" in text
    assert "✕ denied" in text
    for query in ({"of": "api"}, {"answer": "denied"}, {"who": "dana"}):
        text = on(fleet).open("release_gate", view="decisions", **query)
        assert "1 decision, newest first" in text
        assert "worker w1" not in text
    text = on(fleet).open("release_gate", view="decisions", answer="allowed")
    assert "api v2.4.0" not in text
    assert "No decision passes these filters" in on(fleet).open("release_gate", view="decisions", who="zoe")
    unasked = recorded(fleet, request(version="w2", requested_by=None), now=NOW)
    assert "asker not told, recorded by ci" in on(fleet).open("release_gate", view="decisions", of="api")
    record = on(fleet).open("release_gate", decision=unasked.document["decision_id"])
    assert "Asker not told, recorded by ci at" in record


def test_a_record_has_its_answer_its_input_and_its_digests(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    document = recorded(fleet, request(), now=NOW - MINUTE).document
    screen = on(fleet)
    text = screen.open("release_gate", decision=document["decision_id"])
    assert "Decision on api v2.4.0" in text
    assert "✕ WAS DENIED" in text
    assert "Asked by Dana, recorded by ci at Mon 23 Nov 2026, 09:01 UTC." in text
    assert document["policy_version"] in text
    assert document["input_digest"] in text
    assert "record 1 of the log" in text
    assert "✓ same answer] The policy is still the same, and it decides the same in every part." in text
    assert "Input that was decided on (JSON)" in text
    assert '"requested_by": "Dana"' in "\n".join(item.value for item in screen.app.json)
    assert "May it go now? → ask again" in text


def test_a_record_under_another_policy_shows_what_differs(
    tmp_path: Path, on: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = build(tmp_path, HEALTHY)
    name = recorded(fleet, request(), now=NOW - MINUTE).document["decision_id"]
    text = on(fleet).open("release_gate", decision=name)
    assert "same answer" in text
    assert (
        "As was known then, it held at most until Mon 23 Nov 2026, 16:00 UTC: the deployment window closes."
        in text
    )
    stricter = DEFAULT_POLICY.read_text(encoding="utf-8").replace("{1: 80, 2:", "{1: 95, 2:")
    (tmp_path / "policy.yaml").write_text(stricter, encoding="utf-8")
    screen = on(fleet)
    monkeypatch.setenv("RELIABILITY_POLICY", str(tmp_path / "policy.yaml"))
    text = screen.open("release_gate", decision=name)
    assert "✕ other answer] The policy is another one today: today it would be denied." in text
    assert "allow true false" in text
    assert "gates.quality.checks[3].needed.at_least 80 95" in text


def test_the_record_of_an_override_names_who_why_and_what_it_lifted(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, SPENT)
    override = {
        "emergency_override": True,
        "override_approver": "sre-lead",
        "override_reason": HOSTILE,
        "incident_id": "INC-1",
    }
    name = recorded(fleet, request(**override), now=NOW - MINUTE).document["decision_id"]
    screen = on(fleet)
    text = screen.open("release_gate", decision=name).replace("\u2060", "")
    assert screen.app.warning[0].value.startswith("# ✓ WAS ALLOWED")
    assert "An emergency override by sre-lead for INC-1 lifts 3 checks." in text
    assert f"Emergency override (used) by sre-lead for INC-1: {HOSTILE.translate(MARKS)}" in text
    assert "It lifted: kind of change, error budget left, approvals." in text


# Old links ------------------------------------------------------------------------------------------------


def test_other_pages_lead_to_the_gate(healthy: Fleet, on: Shown) -> None:
    assert "May api ship now? → Release gate" in on(healthy).open("service", service="api")
    assert "May it ship? →" in on(healthy).open()


def test_the_words_of_the_page_are_explained(healthy: Fleet, on: Shown) -> None:
    text = on(healthy).open("release_gate", service="api")
    for word in ("Service tier", "SLSA level", "ABAC check", "Golden path", "Holds until", "Current pace"):
        assert f"{word}: " in text
