"""Words, numbers and marks of deployments: never better than they are, never more than a browser can draw."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.periods import period_of
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.releases import Failure, Release
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.reports.deployments import DeploymentsReport, deployments_report
from dashboard.reports.history import history_at
from dashboard.reports.lanes import Lane, TierSpan
from dashboard.reports.ledgers import Cost
from dashboard.ui import format as show
from dashboard.ui.release_csv import COLUMNS, cells
from dashboard.ui.release_filters import address_of, key_at
from dashboard.ui.release_thinning import kept, merged
from dashboard.ui.release_timeline import timeline
from dashboard.ui.release_words import Outcome, commit_lead_time, cost, outcome, plain, web_link
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.stores import NOW, Fleet, build, steady

BERLIN = ZoneInfo("Europe/Berlin")


def deployment(**told: object) -> Deployment:
    facts: dict[str, object] = {
        "id": "a-1",
        "service": "api",
        "environment": "production",
        "state": DeploymentState.SUCCEEDED,
        "started_at": NOW - HOUR,
        "finished_at": NOW,
        "commit_times": (),
    }
    empty: dict[str, object] = dict.fromkeys(field.name for field in fields(Deployment))
    return Deployment(**(empty | facts | told))  # type: ignore[arg-type] # the facts are what a test tells


def release(*, judged: bool = True, failures: frozenset[Failure] = frozenset(), **told: object) -> Release:
    return Release(
        deployment=deployment(**told),
        rollback=None,
        taken_away_by=None,
        incidents=(),
        failures=failures,
        judged=judged,
        recovered_at=None,
        next_good_at=None,
    )


def report(fleet: Fleet) -> DeploymentsReport:
    catalogue, policy = load_catalog(fleet.catalogue), load_policy(DEFAULT_POLICY)
    history = history_at(fleet.store, load_sources(DEFAULT_SOURCES, catalogue), policy.delivery, NOW)
    return deployments_report(fleet.store, catalogue, policy, history, period_of(30, NOW))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (release(state=DeploymentState.FAILED, failures=frozenset({Failure.DEPLOYMENT})), Outcome.FAILED),
        (release(state=DeploymentState.ROLLED_BACK), Outcome.ROLLED_BACK),
        (release(failures=frozenset({Failure.INCIDENT})), Outcome.CAUSED_INCIDENT),
        (release(judged=False), Outcome.PENDING),
        (release(), Outcome.GOOD),
        (release(state=None), Outcome.UNKNOWN),
        (release(judged=False, finished_at=None), Outcome.UNKNOWN),
        (release(judged=False, state=DeploymentState.QUEUED, finished_at=None), Outcome.QUEUED),
    ],
)
def test_only_what_was_judged_and_did_not_fail_is_good(told: Release, found: Outcome) -> None:
    assert outcome(told) is found


@given(any_of.tuples(*[any_of.text(max_size=20)] * 3))
def test_the_address_of_a_deployment_leads_back_to_it(key: tuple[str, str, str]) -> None:
    assert key_at(address_of(key)) == key


def test_an_ordinary_address_can_be_read() -> None:
    assert address_of(("api", "production", "4182")) == "api/production/4182"
    assert key_at("api/production") is None
    assert key_at("api/production/refs/heads") is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (None, ""),
        ("https://ci.example/a?b=c#d", "[Run ↗](https://ci.example/a?b=c#d)"),
        ("https://ci.example/a(b) [c]", "[Run ↗](https://ci.example/a%28b%29%20%5Bc%5D)"),
        ("javascript:alert(1)", r"Run: javascript\:alert\(1\) (not a web address)"),
        ("data:text/html,x", r"Run: data\:text\/html\,x (not a web address)"),
        ("https://", r"Run: https\:\/\/ (not a web address)"),
        ("http://[x", r"Run: http\:\/\/\[x (not a web address)"),
    ],
)
def test_only_a_web_address_becomes_a_link(url: str | None, shown: str) -> None:
    # An invisible character keeps the browser from making a link of what is only shown.
    assert web_link("Run", url).replace("\u2060", "") == shown


def test_text_of_a_source_is_one_line_that_can_be_seen() -> None:
    assert plain("a\n\n# b\t\u202ec\x00") == "a # b c"
    assert plain("\u200b ") == "(empty)"
    assert plain("x" * 100, 10) == "xxxxxxxxx…"


def test_the_lead_time_says_what_it_leaves_out() -> None:
    ended = {"finished_at": NOW}
    assert commit_lead_time(deployment(**ended)) == "unknown: its source gave no times of commits"
    one = deployment(**ended, commit_times=(NOW - 3 * HOUR,))
    assert commit_lead_time(one) == "3 h (1 commit)"
    odd = deployment(**ended, commit_times=(NOW - 3 * HOUR, NOW - HOUR, NOW + HOUR))
    assert commit_lead_time(odd) == (
        "3 h from the oldest of 2 commits, 1 h from the newest; 1 commit dated after it left out"
    )
    assert "has not finished" in commit_lead_time(deployment(finished_at=None, commit_times=(NOW,)))


def test_a_cost_in_time_is_rounded_up_and_a_part_never_reads_as_none_or_all() -> None:
    assert show.outage(timedelta(milliseconds=1)) == "1 s"
    assert show.outage(timedelta(minutes=4, seconds=0.2)) == "4 min 1 s"
    assert show.outage(timedelta(hours=2, minutes=59, seconds=59)) == "3 h"
    assert show.outage(timedelta(days=1, minutes=1)) == "1 d 1 h"
    assert show.outage(None) == "unknown"
    assert show.part(Fraction(0)) == "0 %"
    assert show.part(Fraction(1, 1000)) == "less than 1 %"
    assert show.part(Fraction(999, 1000)) == "more than 99 %"
    assert show.part(Fraction(1, 3)) == "33 %"
    assert show.part(None) == "unknown"


@pytest.mark.parametrize(
    ("units", "told"),
    [(588_000, "58.8 bad events of"), (10_000, "1 bad event of"), (12_340_000, "1,234 bad events of")],
)
def test_a_cost_whose_share_is_unknown_is_told_in_events_not_in_stored_units(units: int, told: str) -> None:
    (objective, *_) = load_catalog(DEFAULT_CATALOG).services["api"].objectives
    spent = Cost(objective=objective, bad=units, share_of_budget=None, full_outage=None)
    assert cost(spent).startswith(told)


def test_a_stretch_of_time_names_its_zone_and_a_change_of_the_clocks() -> None:
    start = datetime(2026, 11, 20, 13, 2, tzinfo=UTC)
    assert show.stretch(start, start + timedelta(minutes=29), BERLIN) == "20 Nov 14:02 → 14:31 CET"
    assert show.stretch(start, start + timedelta(hours=11), BERLIN) == "20 Nov 14:02 → 21 Nov 01:02 CET"
    change = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert show.stretch(change, change + HOUR, BERLIN) == "25 Oct 02:30 CEST → 25 Oct 02:30 CET"


def test_too_many_marks_leave_the_ones_that_went_wrong_and_the_newest() -> None:
    many = [(0, release(id=str(number), started_at=NOW - number * HOUR)) for number in range(50)]
    bad = (0, release(id="bad", started_at=NOW - 99 * HOUR, failures=frozenset({Failure.INCIDENT})))
    names = [item.deployment.id for _, item in kept([*many, bad], 3)]
    assert names == ["bad", "0", "1"]


def test_merged_tiers_cover_the_same_time_and_are_never_looser() -> None:
    tiers = [list(PolicyTier)[number % 5] for number in range(37)]
    spans = [
        TierSpan(start=NOW + number * HOUR, end=NOW + (number + 1) * HOUR, tier=tier)
        for number, tier in enumerate(tiers)
    ]
    found = merged(spans, 10)
    assert len(found) <= 10
    assert (found[0].start, found[-1].end) == (spans[0].start, spans[-1].end)
    assert all(before.end == after.start for before, after in pairwise(found))
    for span in spans:
        (over,) = [item for item in found if item.start <= span.start and span.end <= item.end]
        assert over.tier.severity >= span.tier.severity


def test_a_timeline_of_a_large_fleet_stays_within_what_a_browser_draws() -> None:
    lanes = [
        Lane(
            service=f"s{row}",
            releases=tuple(
                release(id=f"{row}-{number}", service=f"s{row}", started_at=NOW - number * HOUR)
                for number in range(200)
            ),
            incidents=(),
            tiers=tuple(
                TierSpan(
                    start=NOW - (number + 1) * HOUR,
                    end=NOW - number * HOUR,
                    tier=list(PolicyTier)[number % 5],
                )
                for number in reversed(range(180))
            ),
        )
        for row in range(20)
    ]
    figure = timeline(lanes, period_of(30, NOW), BERLIN, dark=False)
    assert sum(len(trace.y) for trace in figure.data) <= 1000


def test_the_timeline_is_on_one_clock_also_where_the_clocks_change() -> None:
    now = datetime(2026, 10, 26, 12, tzinfo=UTC)
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(3)]
    lane = Lane(
        service="api",
        releases=tuple(release(id=str(at), started_at=at) for at in moments),
        incidents=(),
        tiers=(),
    )
    figure = timeline([lane], period_of(7, now), BERLIN, dark=True)
    (marks,) = figure.data
    assert list(marks.x) == ["2026-10-25 01:30:00", "2026-10-25 02:30:00", "2026-10-25 03:30:00"]
    assert figure.layout.xaxis.title.text == "Time (CET, also before the clocks changed)"


def test_every_column_of_the_export_has_its_value(tmp_path: Path) -> None:
    fleet = tell(
        build(tmp_path, {"api/availability": steady(0.001), "api/latency": steady(0.0)}),
        deployed("a-1", 5 * HOUR, actor="kim"),
        incident("INC-7", 4 * HOUR),
    )
    found = report(fleet)
    (row,) = found.rows
    values = dict(zip(COLUMNS, cells(row, found.attributions), strict=True))
    assert values["started_at"] == "2026-11-23T04:02:00Z"
    assert values["duration_seconds"] == 600
    assert values["result"] == "linked to an incident"
    assert values["evidence"] == "latest_before"
    assert values["costliest_objective"] == "api/availability"
    assert 0 < float(str(values["share_of_budget"])) < 1
    assert values["judged_on"] == "2026-11-24T04:12:00Z"
    assert values["rolled_back_by"] is None
