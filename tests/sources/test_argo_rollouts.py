"""Argo Rollouts' notifications, and the template that makes them."""

import re
from datetime import UTC, datetime
from itertools import permutations

import pytest
import yaml

from dashboard.domain.deployments import DeploymentEvent, DeploymentState, fold
from dashboard.sources import argo_rollouts
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError
from tests.cli.command import ROOT
from tests.sources.payloads import Document, rollout

_AT = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
_TEMPLATE = ROOT / "docs" / "argo-rollouts-notification.yaml"


def parse(document: Document) -> DeploymentEvent:
    (event,) = argo_rollouts.parse(document)
    return event


def test_a_completed_rollout_is_a_deployment_of_its_revision() -> None:
    assert parse(rollout()) == DeploymentEvent(
        source="argo-rollouts",
        service="api",
        environment="production",
        deployment="0f1f1a38-62fd-4a0c-9e0f-3d9a2d1f7a10-7",
        at=_AT,
        state=DeploymentState.SUCCEEDED,
        finished_at=_AT,
        version="1.4.2",
    )


def test_an_aborted_rollout_has_failed_with_a_reason() -> None:
    event = parse(rollout("on-rollout-aborted", message="metric success-rate assessed Failed"))
    assert (event.state, event.finished_at) == (DeploymentState.FAILED, _AT)
    assert event.reason == "metric success-rate assessed Failed"
    assert parse(rollout("on-rollout-aborted")).reason == "the rollout was aborted"


def test_the_notifications_of_one_rollout_fold_the_same_in_any_order() -> None:
    told = [
        parse(rollout("on-rollout-updated", "2026-11-20T09:00:00Z")),
        parse(rollout("on-rollout-step-completed", "2026-11-20T09:05:00Z")),
        parse(rollout("on-rollout-step-completed", "2026-11-20T09:10:00Z")),
        parse(rollout("on-rollout-completed", "2026-11-20T09:20:00Z")),
    ]
    (deployment,) = {fold(order, service="api", environment="production") for order in permutations(told)}
    assert deployment.started_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert (deployment.state, deployment.finished_at) == (DeploymentState.SUCCEEDED, _AT)


@pytest.mark.parametrize(
    ("changed", "environment"),
    [
        ({}, "production"),
        ({"labels": None}, "production"),
        ({"labels": {"env": "staging"}}, "staging"),
        ({"labels": {"environment": "eu", "env": "staging"}}, "eu"),
        ({"environment": "live", "labels": {"env": "staging"}}, "live"),
    ],
)
def test_the_environment_is_a_label_or_the_namespace(changed: Document, environment: str) -> None:
    assert parse(rollout(**changed)).environment == environment


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("api:1.4.2", "1.4.2"),
        ("registry.example:5000/team/api:1.4.2", "1.4.2"),
        ("registry.example:5000/api:1.4.2@sha256:0b31", "1.4.2"),
        ("registry.example:5000/api@sha256:0b31", "sha256:0b31"),
        ("registry.example:5000/api", "registry.example:5000/api"),
        (None, None),
    ],
)
def test_the_version_is_the_tag_of_the_image(image: str | None, version: str | None) -> None:
    assert parse(rollout(image=image)).version == version


def test_without_a_uid_the_name_and_the_revision_make_the_id() -> None:
    assert parse(rollout(uid=None, revision=7)).deployment == "api-7"


def test_a_service_may_be_called_otherwise_than_its_rollout() -> None:
    assert parse(rollout(service="team/api")).service == "team/api"


@pytest.mark.parametrize("trigger", ["on-rollout-paused", "on-scaling-replica-set", "on-analysis-run-failed"])
def test_other_triggers_are_ignored(trigger: str) -> None:
    with pytest.raises(IgnoredEventError):
        parse(rollout(trigger))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", None),
        ("rollout", ""),
        ("revision", None),
        ("namespace", None),
        ("labels", "app=api"),
        ("finishedAt", "soon"),
        ("image", ["api:1"]),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    with pytest.raises(MalformedEventError) as caught:
        parse(rollout() | {field: value})
    assert caught.value.field == field


def test_a_notification_without_any_time_is_malformed() -> None:
    with pytest.raises(MalformedEventError) as caught:
        parse(rollout("on-rollout-updated") | {"at": None, "startedAt": None})
    assert caught.value.field == "at"


def test_the_shipped_template_makes_what_is_read_here() -> None:
    """Each trigger sends a template whose JSON has the fields and the event that the parser reads."""
    settings, _secret = yaml.safe_load_all(_TEMPLATE.read_text(encoding="utf-8"))
    data = settings["data"]
    webhook = yaml.safe_load(data["service.webhook.reliability"])
    assert webhook["url"].endswith("/webhooks/argo-rollouts")
    assert webhook["headers"][0] == {"name": "Authorization", "value": "Bearer $reliability-token"}
    triggers = {name.removeprefix("trigger.") for name in data if name.startswith("trigger.")}
    assert {"on-rollout-updated", "on-rollout-completed", "on-rollout-aborted"} <= triggers
    subscribed = yaml.safe_load(data["subscriptions"])[0]
    assert (subscribed["recipients"], set(subscribed["triggers"])) == (["reliability"], triggers)
    for trigger in triggers:
        ((template,),) = (rule["send"] for rule in yaml.safe_load(data[f"trigger.{trigger}"]))
        sent = yaml.safe_load(data[f"template.{template}"])["webhook"]["reliability"]
        assert sent["method"] == "POST"
        fields = set(re.findall(r'^ *"(\w+)": ', sent["body"], flags=re.MULTILINE))
        assert fields <= set(rollout()), trigger
        assert {"event", "rollout", "namespace", "revision", "image", "at"} <= fields
        assert f'"event": "{trigger}"' in sent["body"]
        assert parse(rollout(trigger)).service == "api"
