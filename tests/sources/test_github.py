"""GitHub's deployments and their statuses."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.deployments import DeploymentEvent, DeploymentState, fold
from dashboard.domain.policy_tier import ChangeType
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError
from dashboard.sources.github import parse
from tests.sources.payloads import Document, github_deployment, github_status, github_status_of_2015

_STARTED = "2026-11-20T09:00:20Z"
_ENDED = datetime(2026, 11, 20, 9, 10, tzinfo=UTC)


def status(document: Document) -> DeploymentEvent:
    (event,) = parse("deployment_status", document)
    return event


def test_a_status_says_all_of_its_deployment() -> None:
    assert status(github_status()) == DeploymentEvent(
        source="github",
        service="acme/api",
        environment="production",
        deployment="145988746",
        at=_ENDED,
        state=DeploymentState.SUCCEEDED,
        finished_at=_ENDED,
        version="v1.4.2",
        commit_sha="f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
        actor="octo-deployer",
        url="https://deploys.example/145988746",
    )


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", DeploymentState.QUEUED),
        ("pending", DeploymentState.QUEUED),
        ("waiting", DeploymentState.QUEUED),
        ("in_progress", DeploymentState.IN_PROGRESS),
        ("success", DeploymentState.SUCCEEDED),
        ("failure", DeploymentState.FAILED),
        ("error", DeploymentState.FAILED),
        ("inactive", DeploymentState.SUPERSEDED),
    ],
)
def test_each_state_of_github_is_one_of_ours(word: str, state: DeploymentState) -> None:
    event = status(github_status(word))
    assert event.state is state
    assert event.started_at == (_ENDED if state is DeploymentState.IN_PROGRESS else None)
    ended = state in {DeploymentState.SUCCEEDED, DeploymentState.FAILED}
    assert event.finished_at == (_ENDED if ended else None)


def test_the_deployment_itself_is_queued_and_has_not_begun() -> None:
    (event,) = parse("deployment", github_deployment())
    assert (event.state, event.started_at, event.finished_at) == (DeploymentState.QUEUED, None, None)
    assert event.at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert event.url == "https://github.com/acme/api/actions/runs/1"


def test_statuses_that_share_an_id_are_told_apart_and_fold_the_same_in_any_order() -> None:
    """The id of a status says nothing: what GitHub resends may bear the same one with another state."""
    told = [
        *parse("deployment", github_deployment()),
        status(github_status("in_progress", _STARTED)),
        status(github_status("success")),
        status(github_status("inactive", "2026-11-21T09:00:00Z")),
    ]
    assert len(set(told)) == 4
    folded = {fold(order, service="api", environment="production") for order in permutations(told)}
    (deployment,) = folded
    assert (deployment.state, deployment.finished_at) == (DeploymentState.SUCCEEDED, _ENDED)
    assert deployment.started_at == datetime(2026, 11, 20, 9, 0, 20, tzinfo=UTC)


def test_a_delivery_of_2015_goes_to_github_s_default_environment() -> None:
    event = status(github_status_of_2015())
    assert (event.environment, event.service) == ("production", "baxterthehacker/public-repo")
    assert (event.deployment, event.url) == ("710692", None)


def test_today_an_environment_has_to_be_named() -> None:
    document = github_status()
    del document["deployment"]["environment"], document["deployment_status"]["environment"]
    with pytest.raises(MalformedEventError) as caught:
        status(document)
    assert caught.value.field == "deployment.environment"


def test_the_environment_of_a_status_wins() -> None:
    document = github_status()
    document["deployment_status"]["environment"] = "production-eu"
    assert status(document).environment == "production-eu"


@pytest.mark.parametrize("as_text", [True, False])
def test_the_payload_of_a_deployment_may_say_more(*, as_text: bool) -> None:
    said: Any = {
        "service": "api",
        "version": "1.4.2",
        "change_type": "BugFix",
        "commit_times": ["2026-11-20T08:00:00Z", "2026-11-20T09:30:00+01:00"],
    }
    if as_text:
        said = (
            '{"service": "api", "version": "1.4.2", "change_type": "bugfix",'
            ' "commit_times": ["2026-11-20T08:00:00Z", "2026-11-20T09:30:00+01:00"]}'
        )
    event = status(github_status(payload=said))
    assert (event.service, event.version, event.change_type) == ("api", "1.4.2", ChangeType.BUGFIX)
    assert event.commit_times == (
        datetime(2026, 11, 20, 8, tzinfo=UTC),
        datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("payload", [None, "", "deploy from chat", "[1]", [1], 5, {"service": {"x": 1}}])
def test_a_payload_of_another_use_is_left_alone(payload: object) -> None:
    event = status(github_status(payload=payload))
    assert (event.service, event.version, event.change_type) == ("acme/api", "v1.4.2", None)


@pytest.mark.parametrize(
    ("changed", "taken_away"),
    [
        ({"task": "deploy:rollback"}, None),
        ({"payload": {"rollback": True}}, None),
        ({"payload": {"rollback": "v1.4.1"}}, "v1.4.1"),
        ({"payload": {"rollback": True, "rollback_of": 145988700}}, "145988700"),
    ],
)
def test_a_rollback_is_said_by_its_task_or_its_payload(changed: Document, taken_away: str | None) -> None:
    event = status(github_status(**changed))
    assert (event.change_type, event.rollback_of) == (ChangeType.ROLLBACK, taken_away)


def test_only_a_failure_has_a_reason() -> None:
    for state, reason in (("failure", "smoke tests"), ("success", None)):
        document = github_status(state)
        document["deployment_status"]["description"] = "smoke tests"
        assert status(document).reason == reason


@pytest.mark.parametrize("event", ["ping", "push", "workflow_run"])
def test_other_events_are_ignored(event: str) -> None:
    with pytest.raises(IgnoredEventError):
        parse(event, {"zen": "Design for failure."})


def test_another_action_is_ignored() -> None:
    with pytest.raises(IgnoredEventError):
        parse("deployment_status", github_status() | {"action": "edited"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deployment", None),
        ("deployment.id", None),
        ("deployment.id", {"x": 1}),
        ("deployment.ref", "x" * 501),
        ("deployment_status", []),
        ("deployment_status.state", "rejected"),
        ("deployment_status.created_at", "2026-11-20T09:10:00"),
        ("repository", None),
        ("repository.full_name", 1.5),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    document = github_status()
    *parts, last = field.split(".")
    at = document
    for part in parts:
        at = at[part]
    at[last] = value
    with pytest.raises(MalformedEventError, match=f"^{field}: found") as caught:
        status(document)
    assert caught.value.field == field


def test_a_commit_time_that_is_none_is_named() -> None:
    with pytest.raises(MalformedEventError) as caught:
        status(github_status(payload={"commit_times": ["2026-11-20T08:00:00Z", 5]}))
    assert caught.value.field == "deployment.payload.commit_times[1]"


def test_times_without_an_offset_are_of_the_zone_that_is_set_up() -> None:
    document = github_status(at="2026-11-20T10:10:00")
    (event,) = parse("deployment_status", document, zone=ZoneInfo("Europe/Berlin"))
    assert event.at == _ENDED


def test_without_the_header_it_is_malformed() -> None:
    with pytest.raises(MalformedEventError) as caught:
        parse(None, github_status())
    assert caught.value.field == "X-GitHub-Event"
