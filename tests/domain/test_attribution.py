"""Which deployment caused an incident: the strongest evidence counts, and nothing is guessed."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.attribution import Attribution, Correction, Evidence, attribute
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.incidents import Incident
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.rollbacks import find_rollbacks
from tests.happenings import DAY_MINUTES, at, deployment, incident

W = timedelta(hours=24)
FAILED, IN_PROGRESS = DeploymentState.FAILED, DeploymentState.IN_PROGRESS


def _attribute(
    subject: Incident, deployments: Sequence[Deployment], corrections: Sequence[Correction] = ()
) -> Attribution:
    return attribute([subject], deployments, find_rollbacks(deployments), corrections, W)[subject.id]


def _cause(subject: Incident, *deployments: Deployment) -> tuple[str | None, Evidence | None]:
    found = _attribute(subject, deployments)
    return (None if found.deployment is None else found.deployment[2]), found.evidence


@pytest.mark.parametrize(
    ("finished", "holds"),
    [
        (0, True),
        (1, True),
        (-0.0001, True),
        (DAY_MINUTES, True),
        (DAY_MINUTES + 0.0001, False),
        (0.0001, True),
    ],
)
def test_the_latest_deployment_counts_up_to_exactly_w_before(finished: float, *, holds: bool) -> None:
    """`finished` minutes before the incident began; after it (below 0) nothing is known against it."""
    expected = ("d", Evidence.LATEST_BEFORE) if holds and finished >= 0 else (None, None)
    assert _cause(incident("i", 0), deployment("d", -finished)) == expected


def test_of_the_affected_services_the_latest_deployment_counts() -> None:
    lane = [
        deployment("d1", -90),
        deployment("d2", -60, service="web"),
        deployment("d3", -30, service="jobs"),
    ]
    assert _cause(incident("i", 0, services=("api", "web")), *lane) == ("d2", Evidence.LATEST_BEFORE)


def test_without_a_deployment_a_service_or_a_time_it_is_unattributed() -> None:
    nothing = (None, None)
    assert _cause(incident("i", 0)) == nothing
    assert _cause(incident("i", 0, services=()), deployment("d", -5)) == nothing
    assert _cause(incident("i", 0, services=("web",)), deployment("d", -5)) == nothing
    assert _cause(incident("i", None), deployment("d", -5)) == nothing


def test_what_has_not_ended_or_has_no_result_is_no_guess() -> None:
    assert _cause(incident("i", 0), deployment("d", None, started=-5, state=IN_PROGRESS)) == (None, None)
    assert _cause(incident("i", 0), deployment("d", -5, state=None)) == (None, None)


def test_an_incident_without_a_start_counts_from_the_first_time_that_is_known() -> None:
    assert _cause(incident("i", None, detected=5), deployment("d", 3)) == ("d", Evidence.LATEST_BEFORE)


@pytest.mark.parametrize("name", ["d1", "B", "b-sha"])
def test_an_explicit_link_beats_everything_that_nobody_said(name: str) -> None:
    """By id, version or commit, however long ago; a later one and even a rollback change nothing."""
    lane = [
        deployment("d1", -50 * DAY_MINUTES, "B", commit="b-sha"),
        deployment("d2", -20, "A"),
        deployment("d3", -10, "C"),
        deployment("d4", 10, "A"),
    ]
    found = _attribute(incident("i", 0, 30, caused_by=name), lane)
    assert found.deployment == lane[0].key
    assert (found.evidence, found.detail) == (Evidence.EXPLICIT_LINK, name)


def test_an_explicit_link_may_name_one_that_is_still_being_rolled_out() -> None:
    canary = deployment("d2", None, started=-5, state=IN_PROGRESS)
    assert _cause(incident("i", 0, caused_by="d2"), deployment("d1", -60), canary) == (
        "d2",
        Evidence.EXPLICIT_LINK,
    )


def test_of_several_deployments_of_the_named_version_the_last_before_the_incident_counts() -> None:
    lane = [deployment(f"d{minutes}", minutes, "B") for minutes in (-90, -30, 20)]
    assert _cause(incident("i", 0, caused_by="B"), *lane) == ("d-30", Evidence.EXPLICIT_LINK)


def test_a_named_version_is_one_of_an_affected_service_but_a_named_id_may_be_of_another() -> None:
    lane = [deployment("d1", -90, "B"), deployment("d2", -30, "B", service="web")]
    assert _cause(incident("i", 0, caused_by="B"), *lane) == ("d1", Evidence.EXPLICIT_LINK)
    assert _cause(incident("i", 0, caused_by="d2"), *lane) == ("d2", Evidence.EXPLICIT_LINK)


def test_a_link_is_believed_also_when_the_clocks_disagree() -> None:
    assert _cause(incident("i", 0, caused_by="d"), deployment("d", 1)) == ("d", Evidence.EXPLICIT_LINK)


def test_a_link_may_be_written_as_service_environment_and_id() -> None:
    lane = [deployment("d", -60), deployment("e", -5)]
    named = incident("i", 0, caused_by="api/production/d")
    assert _cause(named, *lane) == ("d", Evidence.EXPLICIT_LINK)


def test_a_link_to_nothing_that_is_known_is_unattributed_and_keeps_the_name() -> None:
    """A guess would contradict what was said."""
    found = attribute([incident("i", 0, caused_by="lost")], [deployment("d", -5)], {}, (), W)["i"]
    assert (found.deployment, found.evidence, found.detail) == (None, Evidence.EXPLICIT_LINK, "lost")


def test_a_rollback_is_evidence_also_when_it_is_not_known_when_its_victim_started() -> None:
    lane = [
        deployment("e1", -DAY_MINUTES, "A", started=None),
        deployment("e2", 2, "B", started=None),
        deployment("e3", 20, "A", started=None),
    ]
    assert _cause(incident("i", 0, 30), *lane) == ("e2", Evidence.ROLLED_BACK)


def test_what_was_rolled_back_while_the_incident_lasted_caused_it() -> None:
    lane = [
        deployment("d1", -3 * DAY_MINUTES, "A"),
        deployment("d2", -2 * DAY_MINUTES, "B"),
        deployment("w", -5, service="web"),
        deployment("d3", 20, "A"),
    ]
    subject = incident("i", 0, 30, services=("api", "web"))
    found = _attribute(subject, lane)
    assert (found.deployment, found.evidence, found.detail) == (lane[1].key, Evidence.ROLLED_BACK, "d3")


@pytest.mark.parametrize(("rolled_back", "holds"), [(0, False), (1, True), (30, True), (31, False)])
def test_a_rollback_counts_from_after_the_beginning_to_the_very_end(
    rolled_back: float, *, holds: bool
) -> None:
    lane = [deployment("d1", -300, "A"), deployment("d2", -200, "B"), deployment("d3", rolled_back, "A")]
    expected = ("d2", Evidence.ROLLED_BACK) if holds else ("d2", Evidence.LATEST_BEFORE)
    if rolled_back == 0:
        expected = ("d3", Evidence.LATEST_BEFORE)  # it had finished when the incident began
    assert _cause(incident("i", 0, 30), *lane) == expected


def test_while_an_incident_is_open_a_rollback_counts() -> None:
    lane = [deployment("d1", -300, "A"), deployment("d2", -200, "B"), deployment("d3", 500, "A")]
    assert _cause(incident("i", 0), *lane) == ("d2", Evidence.ROLLED_BACK)


def test_trouble_may_show_while_what_is_rolled_back_is_still_being_rolled_out() -> None:
    lane = [deployment("d1", -300, "A"), deployment("d2", 5, "B", state=FAILED), deployment("d3", 20, "A")]
    assert _cause(incident("i", 0, 30), *lane) == ("d2", Evidence.ROLLED_BACK)


def test_what_began_after_the_incident_did_not_cause_it_though_it_was_rolled_back() -> None:
    lane = [deployment("d1", -300, "A"), deployment("d2", 15, "B", started=5), deployment("d3", 20, "A")]
    assert _cause(incident("i", 0, 30), *lane) == ("d1", Evidence.LATEST_BEFORE)


def test_an_emergency_fix_while_the_incident_lasted_names_the_release_before_it() -> None:
    fix = deployment("d3", 20, "C", change=ChangeType.EMERGENCY)
    lane = [deployment("d1", -300, "A"), deployment("d2", -200, "B"), fix]
    found = _attribute(incident("i", 0, 30), lane)
    assert (found.deployment, found.evidence, found.detail) == (lane[1].key, Evidence.HOTFIXED, "d3")


def test_an_emergency_fix_mends_what_was_released_within_w_and_did_not_fail() -> None:
    fix = deployment("fix", 20, "C", change=ChangeType.EMERGENCY)
    edge, beyond = deployment("d1", -DAY_MINUTES, "A"), deployment("d1", -DAY_MINUTES - 1, "A")
    failed = deployment("d2", -10, "B", state=FAILED)
    assert _cause(incident("i", 0, 30), edge, failed, fix) == ("d1", Evidence.HOTFIXED)
    assert _cause(incident("i", 0, 30), beyond, fix) == (None, None)


def test_of_several_repairs_the_one_of_the_newest_release_counts() -> None:
    lane = [
        deployment("a1", -300, "A"),
        deployment("a2", -200, "B"),
        deployment("w1", -290, "A", service="web"),
        deployment("w2", -100, "B", service="web"),
        deployment("w3", 10, "A", service="web"),
        deployment("a3", 20, "A"),
    ]
    assert _cause(incident("i", 0, 30, services=("api", "web")), *lane) == ("w2", Evidence.ROLLED_BACK)


def test_the_newest_word_of_a_person_overrides_all_evidence_also_when_it_is_none() -> None:
    lane = [deployment("d1", -60), deployment("d2", -30, service="web")]
    words = [
        Correction(incident="i", at=at(50), deployment=lane[1].key, by="bob", why="traced"),
        Correction(incident="i", at=at(40), deployment=None, by="bob", why="a power cut"),
        Correction(incident="other", at=at(90), deployment=None, by="bob", why="not this one"),
    ]
    subject = incident("i", 0, caused_by="d1")
    found = _attribute(subject, lane, words)
    assert (found.deployment, found.evidence, found.detail) == (lane[1].key, Evidence.BY_HAND, "traced")
    assert found.correction == words[0]
    none = _attribute(subject, lane, words[1:])
    assert (none.deployment, none.evidence, none.detail) == (None, Evidence.BY_HAND, "a power cut")


_DEPLOYMENTS = st.lists(
    st.tuples(
        st.integers(-60, 60),
        st.sampled_from("ABC"),
        st.sampled_from(["api", "web"]),
        st.sampled_from([DeploymentState.SUCCEEDED, FAILED, IN_PROGRESS]),
        st.sampled_from([None, ChangeType.EMERGENCY, ChangeType.ROLLBACK]),
    ),
    max_size=10,
).map(
    lambda rows: [
        deployment(
            f"d{index}",
            None if state is IN_PROGRESS else hours * 60,
            artefact,
            started=hours * 60 - 10,
            service=service,
            state=state,
            change=change,
        )
        for index, (hours, artefact, service, state, change) in enumerate(rows)
    ]
)
_INCIDENTS = st.lists(
    st.tuples(
        st.integers(-50, 50),
        st.none() | st.integers(0, 20),
        st.sampled_from([(), ("api",), ("api", "web")]),
        st.sampled_from([None, "d0", "A", "lost"]),
    ),
    max_size=6,
).map(
    lambda rows: [
        incident(
            f"i{index}",
            hours * 60,
            None if length is None else (hours + length) * 60,
            services=services,
            caused_by=name,
        )
        for index, (hours, length, services, name) in enumerate(rows)
    ]
)


@given(deployments=_DEPLOYMENTS, incidents=_INCIDENTS, data=st.data())
def test_each_incident_has_one_answer_that_does_not_depend_on_order_and_carries_its_evidence(
    deployments: list[Deployment], incidents: list[Incident], data: st.DataObject
) -> None:
    found = attribute(incidents, deployments, find_rollbacks(deployments), (), W)
    shuffled = data.draw(st.permutations(deployments))
    assert attribute(incidents[::-1], shuffled, find_rollbacks(shuffled), (), W) == found
    assert set(found) == {item.id for item in incidents}
    by_key = {item.key: item for item in deployments}
    for item in incidents:
        answer = found[item.id]
        if answer.deployment is None:
            assert answer.evidence in {None, Evidence.EXPLICIT_LINK}
            continue
        cause = by_key[answer.deployment]
        assert item.began_at is not None
        named = answer.evidence is Evidence.EXPLICIT_LINK
        assert named or cause.started_at is None or cause.started_at <= item.began_at
        assert cause.service in item.services or answer.evidence is Evidence.EXPLICIT_LINK
        if answer.evidence is Evidence.LATEST_BEFORE:
            assert cause.finished_at is not None
            assert timedelta(0) <= item.began_at - cause.finished_at <= W


@given(deployments=_DEPLOYMENTS, incidents=_INCIDENTS)
def test_an_incident_is_attributed_as_if_it_were_the_only_one(
    deployments: list[Deployment], incidents: list[Incident]
) -> None:
    rollbacks = find_rollbacks(deployments)
    together = attribute(incidents, deployments, rollbacks, (), W)
    for item in incidents:
        assert attribute([item], deployments, rollbacks, (), W)[item.id] == together[item.id]
