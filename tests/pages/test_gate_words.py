"""Words of the release gate: long names can break, days and hours are local, openings say how sure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from dashboard.domain.gate_rules import CHECKS, GateName
from dashboard.domain.release_decision import Decision, decision_of
from dashboard.ui import format as show
from dashboard.ui.folding import folded
from dashboard.ui.gate_outlook import held, outlook
from dashboard.ui.gate_words import check_phrase, first_reason
from dashboard.ui.release_words import plain
from dashboard.ui.words import literal

_UTC, _BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
_NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@given(any_of.text(min_size=1, max_size=200))
def test_a_folded_name_is_the_name_and_no_word_of_it_is_long(text: str) -> None:
    shown = folded(text, 300).replace("\\", "")
    assert all(len(word) <= 18 for part in shown.split("\u200b") for word in part.split())
    assert shown.replace("\u200b", "").replace("\u2060", "") == plain(text, 300).replace("\\", "")


def test_names_break_at_their_joints_and_times_do_not() -> None:
    assert folded("ghcr.io/acme/api:v2") == literal("ghcr.\u200bio/\u200bacme/\u200bapi:\u200bv2")
    assert folded("Monday 09:02:00") == literal("Monday 09:02:00")
    assert folded("<b>") == literal("<b>")


@pytest.mark.parametrize(
    ("start", "end", "zone", "said"),
    [
        (_NOW, _NOW + _HOUR, _UTC, "09:02–10:02"),
        (_NOW, _NOW + _HOUR, _BERLIN, "10:02–11:02"),
        (_NOW.replace(hour=0, minute=0), _NOW.replace(day=24, hour=0, minute=0), _UTC, "00:00–24:00"),
        (_NOW, _NOW.replace(day=24, hour=0, minute=30), _UTC, "09:02–00:30"),
    ],
)
def test_hours_are_local_and_midnight_ends_a_day(
    start: datetime, end: datetime, zone: ZoneInfo, said: str
) -> None:
    assert show.hours(start, end, zone) == said


def test_a_day_has_its_weekday() -> None:
    assert show.day(date(2026, 11, 3)) == "Tue 3 Nov"


def _decision(*, allow: bool, **said: Any) -> Decision:
    """A decision of which only what `said` holds matters; the check `failing` is not passed."""
    check: dict[str, Any] = {
        "asked": True,
        "met": False,
        "pass": False,
        "waived_by": None,
        "needed": {},
        "seen": 1,
    }
    failing = [check | {"code": code, "source": "store"} for code in said.pop("failing", ())]
    failing += [check | {"code": code, "source": "input", "seen": None} for code in said.pop("untold", ())]
    gates = {name.value: {"pass": allow, "checks": []} for name in GateName}
    gates["slo"]["checks"] = failing
    return decision_of(
        {
            "allow": allow,
            "service": "api",
            "version": "v1",
            "environment": "production",
            "change_type": "feature",
            "as_of": _NOW.isoformat(),
            "policy_tier": "normal",
            "strategy": "rolling",
            "canary_config": [],
            "gates": gates,
            "violations": [],
            "warnings": [],
            "required_approvals": [],
            "emergency": {"requested": False, "valid": False, "used": said.pop("override", False)}
            | dict.fromkeys(("approver", "incident_id", "reason"))
            | {"overridden": []},
            "exceptions_used": [],
            "changes_at": [],
            "policy_version": "",
            "input_digest": "",
            "decision_id": "",
        }
        | said
    )


def _change(at: datetime, what: str, *closes: str, assuming: str | None = None) -> dict[str, Any]:
    return {"at": at.isoformat(), "what": what, "closes": list(closes), "assuming": assuming}


_CLOSES = _change(_NOW + 7 * _HOUR, "the deployment window closes", "approval.window")
_FALLS = _change(
    _NOW + 2 * _HOUR,
    "the error budget falls below its floor of 30 % at the current pace",
    "slo.budget_remaining",
    assuming="current_pace",
)
_CAUTIOUS = _change(
    _NOW + _HOUR, "the policy tier becomes cautious at the current pace", assuming="current_pace"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"changes_at": [_CAUTIOUS, _CLOSES]},
            "This yes holds at most until Mon 23 Nov 16:02 UTC (7 h from now): the deployment window closes.",
        ),
        (
            {"changes_at": [_FALLS, _CLOSES]},
            (
                "This yes holds at most until Mon 23 Nov 11:02 UTC, by forecast (2 h from now): the error"
                " budget falls below its floor of 30 % at the current pace. In any case it ends on Mon 23 Nov"
                " 16:02 UTC: the deployment window closes."
            ),
        ),
        (
            {"changes_at": [_FALLS | {"at": _NOW.isoformat()}]},
            (
                "This yes may end any moment now, by forecast: the error budget falls below its floor of 30 %"
                " at the current pace."
            ),
        ),
        ({"changes_at": [_CAUTIOUS]}, "No time is known at which this yes ends by itself."),
        (
            {"changes_at": [_CLOSES], "override": True},
            "This yes is good for this one release. An override is asked for each time.",
        ),
    ],
    ids=["fact", "forecast", "now", "never", "override"],
)
def test_a_yes_says_until_when_it_holds_and_a_forecast_that_it_is_one(
    said: dict[str, Any], told: str
) -> None:
    assert outlook(_decision(allow=True, **said), _UTC).text == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            [_CLOSES],
            (
                "As was known then, it held at most until Mon 23 Nov 2026, 16:02 UTC: the deployment window"
                " closes."
            ),
        ),
        (
            [_FALLS, _CLOSES],
            (
                "As was known then, it held at most until Mon 23 Nov 2026, 11:02 UTC, by forecast: the error"
                " budget falls below its floor of 30 % at the current pace. In any case it was to end on"
                " Mon 23 Nov 2026, 16:02 UTC: the deployment window closes."
            ),
        ),
        (
            [_FALLS | {"at": _NOW.isoformat()}],
            (
                "As was known then, it could end any moment, by forecast: the error budget falls below its"
                " floor of 30 % at the current pace."
            ),
        ),
        ([_CAUTIOUS], None),
    ],
    ids=["fact", "forecast", "due", "never"],
)
def test_a_yes_of_the_past_says_of_a_forecast_that_it_was_one(
    changes: list[dict[str, Any]], told: str | None
) -> None:
    assert held(_decision(allow=True, changes_at=changes), _UTC) == told


_AGAIN = "at least 30 % of the error budget is left again if nothing more burns"
_LOOSER = "the policy tier becomes normal if nothing more burns"


def _bound(at: datetime, check: str, what: str, *still: str, assuming: str | None = None) -> dict[str, Any]:
    found = {"at": at.isoformat(), "check": check, "what": what, "then_still": list(still)}
    return {"not_before": found | {"assuming": assuming}}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"failing": ["approval.window"]}
            | _bound(_NOW + 2 * _HOUR, "approval.window", "the deployment window opens"),
            (
                "No until Mon 23 Nov 11:02 UTC (2 h from now): the deployment window opens. Nothing else"
                " that is known now is in the way then."
            ),
        ),
        (
            {
                "failing": ["slo.slow_burn", "slo.change_type", "slo.budget_remaining"],
                "untold": ["build.lint", "build.compile"],
            }
            | _bound(
                datetime(2027, 1, 2, 9, 0, tzinfo=UTC),
                "slo.budget_remaining",
                "at least 30 % of the error budget is left again if nothing more burns",
                *("build.compile", "build.lint", "slo.slow_burn"),
                assuming="nothing_more_burns",
            ),
            (
                "No until at least Sat 2 Jan 2027 09:00 UTC (39 d 23 h from now): at least 30 % of the"
                " error budget is left again if nothing more burns. Over by then, too: kind of change. Not"
                " known then: slow burn rate and the pipeline's evidence."
            ),
        ),
        (
            {"failing": ["slo.budget_remaining"]}
            | _bound(_NOW, "slo.budget_remaining", _AGAIN, assuming="nothing_more_burns"),
            (
                f"This no may end any moment now, by forecast: {_AGAIN}. Nothing else that is known now is"
                " in the way then."
            ),
        ),
        (
            {"failing": ["slo.budget_remaining", "quality.coverage"]}
            | _bound(_NOW, "slo.budget_remaining", _AGAIN, "quality.coverage", assuming="nothing_more_burns"),
            (
                f"Part of this no may end any moment now, by forecast: {_AGAIN}. Then still in the way:"
                " test coverage."
            ),
        ),
        (
            {"failing": ["approval.approvals"]}
            | _bound(_NOW + _HOUR, "approval.approvals", _LOOSER, assuming="nothing_more_burns"),
            (
                "No until Mon 23 Nov 10:02 UTC, by forecast, unless it is approved before (1 h from now):"
                f" {_LOOSER}. Nothing else that is known now is in the way then."
            ),
        ),
        (
            {"failing": ["approval.window", "slo.incidents_p1", "quality.coverage"], "changes_at": [_FALLS]}
            | _bound(
                _NOW + 2 * _HOUR,
                "approval.window",
                "the deployment window opens",
                *("slo.incidents_p1", "quality.coverage"),
            ),
            (
                "No until at least Mon 23 Nov 11:02 UTC (2 h from now): the deployment window opens. Then"
                " still in the way: test coverage. Not known then: open P1 incidents. At the current pace"
                " then also in the way: error budget left."
            ),
        ),
        (
            {"failing": ["approval.window"], "changes_at": [_FALLS]}
            | _bound(_NOW + _HOUR, "approval.window", "the deployment window opens"),
            (
                "No until Mon 23 Nov 10:02 UTC (1 h from now): the deployment window opens. Nothing else"
                " that is known now is in the way then."
            ),
        ),
        ({}, "It does not open by itself at a known time."),
    ],
    ids=["certain", "bound", "due", "partly-due", "unapproved", "worse-by-then", "worse-later", "never"],
)
def test_a_no_says_what_is_over_at_its_earliest_end_and_what_is_not(said: dict[str, Any], told: str) -> None:
    decision = _decision(allow=False, **said)
    assert outlook(decision, _UTC).text == told
    assert outlook(decision, _UTC).markdown.replace("**", "").replace("\\", "") == told


def test_where_only_evidence_is_missing_it_says_until_when_the_rest_passes() -> None:
    waiting = _decision(allow=False, untold=["build.lint"], changes_at=[_CLOSES])
    told = (
        "What is known here passes until Mon 23 Nov 16:02 UTC (7 h from now): the deployment window closes."
    )
    assert outlook(waiting, _UTC, waits=True).text == told


def test_a_time_of_another_year_has_its_year() -> None:
    new_year = datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
    assert show.moment(new_year, _UTC, _NOW) == "1 Jan 2027 08:00 UTC"
    assert show.moment(_NOW, _UTC, _NOW) == show.moment(_NOW, _UTC) == "23 Nov 09:02 UTC"
    assert show.stretch(_NOW, new_year, _UTC, _NOW) == "23 Nov 09:02 → 1 Jan 2027 08:00 UTC"
    assert show.stretch(new_year, new_year + _HOUR, _UTC, _NOW) == "1 Jan 2027 08:00 → 09:00 UTC"
    # In Berlin it is the new year already.
    assert show.moment(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), _BERLIN, _NOW) == "1 Jan 2027 00:30 CET"


def test_the_first_reason_of_a_no_has_what_was_seen_and_what_is_needed() -> None:
    check = {"asked": True, "met": False, "pass": False, "waived_by": None, "source": "input"}
    coverage = check | {"code": "quality.coverage", "seen": 71.5, "needed": {"at_least": 80}}
    gates = {name.value: {"pass": False, "checks": []} for name in GateName}
    gates["quality"]["checks"] = [coverage]
    violation = {"gate": "quality", "code": "quality.coverage", "message": "Coverage"}
    denied = _decision(allow=False, gates=gates, violations=[violation])
    assert first_reason(denied) == "test coverage: 71.5, needed at least 80 %"
    engine = violation | {"code": "policy.engine", "message": "no answer"}
    assert first_reason(_decision(allow=False, violations=[engine])) == "no answer"
    assert first_reason(_decision(allow=True)) is None


def test_abbreviations_keep_their_letters_inside_a_sentence() -> None:
    assert check_phrase("security.high_cves") == "high CVEs"
    assert check_phrase("security.slsa_level") == "SLSA level"
    assert all(check_phrase(code) for code in CHECKS)
