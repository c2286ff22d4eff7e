"""What was known when a deployment began is what the gate reads when it is asked for that instant."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.periods import Period
from dashboard.domain.policy_tier import ChangeType
from dashboard.paths import DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.reports.deployments import deployments_report
from dashboard.reports.history import history_at, read_history
from dashboard.reports.past_judgement import facts_then, level_of
from dashboard.reports.past_releases import past_releases
from dashboard.reports.release_facts import ReleaseFacts, release_facts
from dashboard.store.database import open_for_reading
from tests.backtests import NEWEST, NOW, began
from tests.pages.releases import incident, tell
from tests.pages.stores import CATALOGUE, BadShare, build

MINUTE = timedelta(minutes=1)
POLICY = load_policy(DEFAULT_POLICY)


def patchy(seed: int) -> BadShare:
    """Counts with gaps and bursts that follow from `seed`, one five-minute piece in twenty missing."""

    def share(ago: timedelta) -> float | None:
        piece = ago // (5 * MINUTE)
        if (piece * 7919 + seed) % 97 < 4 or (piece // 40 + seed) % 11 == 5:
            return None
        return 0.03 if (piece // 6 + seed) % 23 == 0 else 0.0002

    return share


@st.composite
def events(draw: DrawFn) -> list[DeploymentEvent | IncidentEvent]:
    """Deployments at any time of three days, some rolled back or rollbacks, and incidents among them."""
    found: list[DeploymentEvent | IncidentEvent] = []
    minutes = st.integers(1, 3 * 24 * 60)
    for number, ago in enumerate(draw(st.lists(minutes, min_size=4, max_size=12, unique=True))):
        found.append(
            began(
                f"d-{number}",
                NOW - ago * MINUTE,
                version=draw(st.sampled_from(("1.0", "1.1", "1.2", None))),
                service=draw(st.sampled_from(("api", "api", "worker", "docs"))),
                change_type=draw(st.sampled_from((ChangeType.FEATURE, ChangeType.ROLLBACK, None))),
                state=draw(st.sampled_from((*[DeploymentState.SUCCEEDED] * 3, DeploymentState.FAILED))),
            )
        )
    for number, ago in enumerate(draw(st.lists(minutes, max_size=5))):
        noticed_later = incident(
            f"INC-{number}",
            ago * MINUTE,
            draw(st.sampled_from((None, timedelta(hours=1), timedelta(hours=9)))),
            now=NOW,
            severity=draw(st.sampled_from(("P1", "P2", "P3", "odd"))),
            services=draw(st.sampled_from((("api",), ("api", "worker"), ("nobody-s",)))),
        )
        found.append(replace(noticed_later, detected_at=None))
    return found


def said(facts: ReleaseFacts, own: datetime | None) -> tuple[object, ...]:
    """What a decision depends on; `own` is when the deployment itself began, if it is a rollback."""
    rollbacks = [began for began in facts.rollbacks if began != own]
    return (
        *(facts.policy_tier, facts.remaining, facts.fast_burn, facts.slow_burn),
        *(facts.incidents, facts.unclear, rollbacks),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 96), events())
def test_it_is_what_the_gate_reads_at_that_instant(
    tmp_path_factory: pytest.TempPathFactory, seed: int, told: list[DeploymentEvent | IncidentEvent]
) -> None:
    names = ("api/availability", "api/latency", "worker/availability")
    shares = {name: patchy(seed + 10 * number) for number, name in enumerate(names)}
    fleet = tell(build(tmp_path_factory.mktemp("fleet"), shares, newest=NEWEST, now=NOW), *told)
    fleet.catalogue.write_text(CATALOGUE.replace("3d", "1d"), encoding="utf-8")
    known = load_catalog(fleet.catalogue)
    sources = load_sources(DEFAULT_SOURCES, known)
    history = history_at(fleet.store, sources, POLICY.delivery, NOW)
    period = Period(name="all", start=NOW - timedelta(days=9), end=NOW)
    report = deployments_report(fleet.store, known, POLICY, history, period)
    found = past_releases(fleet.store, known, (POLICY,), history, report)
    assert len(found) == len(history.releases)
    with open_for_reading(fleet.store) as connection:
        for item in found:
            then = read_history(connection, sources, POLICY.delivery, item.at)
            gate = release_facts(connection, item.service, "production", POLICY, then)
            own = item.at if then.releases_by_key[item.row.release.deployment.key].rollback else None
            mine = facts_then(item, level_of(item, POLICY), POLICY)
            assert said(mine, None) == said(gate, own)
