"""What the error budget of a service lets it ship, who approves, and how it is deployed."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.gates import EVIDENCE, MINUTE, recorded, request
from tests.pages.conftest import Shown
from tests.pages.gate_fleets import CAUTIOUS, HEALTHY, PROTECTED, SPENT
from tests.pages.stores import (
    NOW,
    BadShare,
    Fleet,
    build,
    burst,
)


def test_a_healthy_service_may_ship_everything_without_approval(healthy: Fleet, on: Shown) -> None:
    text = on(healthy).open("release_gate", service="worker")
    assert "✓ normal" in text
    assert "The error budget allows every kind of change." in text
    assert "must approve" not in text
    assert "✕ not allowed" not in text
    assert "Canary steps may be accelerated" in text
    assert "No change is in sight" in text


def test_an_exhausted_service_says_what_may_ship_who_approves_and_until_when(
    tmp_path: Path, on: Shown
) -> None:
    text = on(build(tmp_path, SPENT)).open("release_gate", service="api")
    assert "Not allowed: feature, bug fix, configuration change and database migration." in text
    assert "VP Engineering must approve everything else, except a rollback." in text
    assert "availability: the error budget is spent" in text
    assert "availability (decides): −595 % of budget left" in text
    assert "→ protected 25 Nov" in text


@pytest.mark.parametrize(
    ("shares", "tier", "needed"),
    [
        (PROTECTED, "▲ protected", "SRE must approve everything else, except a rollback."),
        (CAUTIOUS, "△ cautious", "SRE must be told"),
        ({}, "? unknown", "SRE must approve everything else, except a rollback."),
    ],
    ids=["protected", "cautious", "unknown"],
)
def test_who_must_approve_or_be_told_is_named(
    tmp_path: Path, on: Shown, shares: dict[str, BadShare], tier: str, needed: str
) -> None:
    text = on(build(tmp_path, shares)).open("release_gate", service="api")
    assert tier in text
    assert needed in text


def test_a_rollback_is_allowed_without_approval_in_every_tier(tmp_path: Path, on: Shown) -> None:
    for number, shares in enumerate((HEALTHY, CAUTIOUS, PROTECTED, SPENT, {})):
        text = on(build(tmp_path / str(number), shares)).open("release_gate", service="api")
        line = next(line for line in text.splitlines() if "Rollback :" in line)
        assert "✓ allowed" in line
        assert "none needed" in line


def test_a_service_without_an_objective_has_no_error_budget_policy(healthy: Fleet, on: Shown) -> None:
    text = on(healthy).open("release_gate", service="docs")
    assert "docs has no error budget policy. It is best effort" in text
    assert "– best effort" in text


def test_a_firing_page_asks_to_hold(tmp_path: Path, on: Shown) -> None:
    fleet = build(tmp_path, HEALTHY | {"worker/availability": burst(0.2, timedelta(minutes=70))})
    text = on(fleet).open("release_gate", service="worker")
    assert text.index("● page over 1 h") < text.index("NOT NOW")
    assert "A page fires right now" in text
    assert "The burn-rate gate asks to hold until it stops, except for a rollback" in text
    assert "below 2× over 5 min (now 20×) and below 1× over 1 h (now 20×)" in text
    assert "The error budget by itself allows every kind of change." in text
    assert "fast burn rate (20×) and slow burn rate (20×)" in text
    assert "accelerated" not in text


def test_a_ticket_that_outlives_its_burn_warns_without_a_hold(tmp_path: Path, on: Shown) -> None:
    shares = HEALTHY | {"worker/availability": burst(0.05, timedelta(hours=6), timedelta(minutes=65))}
    text = on(build(tmp_path, shares)).open("release_gate", service="worker")
    assert "A ticket fires right now" in text
    assert "asks for no hold any more: the burn rate is below 2× over 5 min (now 0×)" in text
    assert "accelerated" not in text


def test_only_tier_1_is_told_to_use_a_canary(tmp_path: Path, on: Shown) -> None:
    shares = CAUTIOUS | {
        "worker/availability": burst(0.1, timedelta(hours=6, minutes=20), timedelta(hours=2))
    }
    fleet = build(tmp_path, shares)
    for service, told in (("api", True), ("worker", False)):
        text = on(fleet).open("release_gate", service=service)
        assert "△ cautious" in text
        assert "Each observation pause of a canary is doubled" in text
        assert ("must use a canary or blue-green" in text) is told


def test_the_strategy_has_its_steps_and_pauses_that_are_doubled_say_so(tmp_path: Path, on: Shown) -> None:
    text = on(build(tmp_path / "well", HEALTHY)).open("release_gate", service="api")
    assert "Progressive canary, for critical path (tier 1). It is this service's own." in text
    assert "Risk high · rollback within 2 min · users affected at most 10 %" in text
    assert "10 % 5 min slo-burn-check, error-budget-check" in text
    assert "doubled" not in text
    text = on(build(tmp_path / "careful", CAUTIOUS)).open("release_gate", service="api")
    assert "△ pauses doubled] The policy tier cautious asks for that." in text
    assert "10 % 10 min slo-burn-check, error-budget-check 5 min" in text
    text = on(build(tmp_path / "worker", HEALTHY)).open("release_gate", service="worker", kind="migration")
    assert "Blue-green, for stateful services and database migrations." in text
    assert "A database migration is always blue-green; this service's own is rolling update." in text
    assert "rollback within an instant · users affected at most 0 %" in text


def test_the_checklist_ticks_what_is_known_and_leaves_the_rest_to_people(healthy: Fleet, on: Shown) -> None:
    broken = EVIDENCE | {"quality": EVIDENCE["quality"] | {"golden_path": "fail", "coverage": None}}
    recorded(healthy, request(gates=broken), now=NOW - MINUTE)
    text = on(healthy).open("release_gate", service="api")
    assert "✓ yes] Unit and integration tests pass :small[(pipeline, 23 Nov 09:01 UTC)]" in text
    assert "✕ no] The golden path works from end to end" in text
    assert "? unknown] Enough of the code is covered by tests :small[(pipeline: not told)]" in text
    assert "✓ yes] The deployment window is open and no freeze stands" in text
    assert "☐ Somebody wrote down how to roll back" in text


def test_commands_have_the_release_filled_in(healthy: Fleet, on: Shown) -> None:
    recorded(healthy, request(), now=NOW - MINUTE)
    screen = on(healthy)
    screen.open("release_gate", service="api")
    commands = "\n".join(item.value for item in screen.app.code)
    release, image = "--service api --version v2.4.0 --environment production", "ghcr.io/acme/api:v2.4.0"
    told = f"--change-type feature --image {image} --requested-by WHO"
    for line in (
        f"reliability gate {release} {told} --evidence ci.json",
        f"reliability approve {release} --role ROLE --reason 'WHY'",
        f"reliability exception request --type TYPE {release} --reason 'WHY' --mitigation 'HOW'",
        f"kubectl argo rollouts set image api api={image} -n production",
        "kubectl argo rollouts abort api -n production",
        "helm rollback api REVISION --cleanup-on-fail -n production",
        'opa eval -d data/release_gate.rego -d data.json -i input.json "data.companyos.release.decision"',
    ):
        assert line in commands.splitlines()
