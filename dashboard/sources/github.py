"""GitHub's `deployment` and `deployment_status` webhooks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.policy_tier import ChangeType
from dashboard.sources.event_document import IgnoredEventError, MalformedEventError, Part, moment, part_of

_SOURCE = "github"
#: What GitHub assumes of a deployment that was made without an environment.
_DEFAULT_ENVIRONMENT = "production"
_ROLLBACK_TASK = "deploy:rollback"
_STATES = {
    "queued": DeploymentState.QUEUED,
    "pending": DeploymentState.QUEUED,
    "waiting": DeploymentState.QUEUED,
    "in_progress": DeploymentState.IN_PROGRESS,
    "success": DeploymentState.SUCCEEDED,
    "failure": DeploymentState.FAILED,
    "error": DeploymentState.FAILED,
    "inactive": DeploymentState.SUPERSEDED,
}
_ENDED = frozenset({DeploymentState.SUCCEEDED, DeploymentState.FAILED})
_CHANGES = {change.value: change for change in ChangeType}


def parse(
    event: str | None, document: object, *, zone: ZoneInfo | None = None
) -> tuple[DeploymentEvent, ...]:
    """What a delivery says; `event` is its `X-GitHub-Event`.

    The service is the repository's full name (`owner/name`), unless the deployment's own payload names one
    as `service`. That payload may also have `version`, `change_type`, `commit_times`, `rollback` (true, or
    what it takes away) and `rollback_of`. A deployment's id is GitHub's; statuses may share an id, so theirs
    is of no use.

    Raises:
        IgnoredEventError: it is of another kind, such as a ping.
        MalformedEventError: a field cannot be read.
    """
    if event is None:
        raise MalformedEventError("X-GitHub-Event", "nothing", "deployment or deployment_status")
    if event not in {"deployment", "deployment_status"}:
        raise IgnoredEventError(f"events of the kind {event[:100]!r} tell nothing of deployments")
    whole = part_of("", document)
    action = whole.name("action")
    if action not in {None, "created"}:
        raise IgnoredEventError(f"the action {action!r} tells nothing of deployments")
    deployment = whole.part("deployment")
    extra = _payload(deployment)
    if event == "deployment":
        state, status = DeploymentState.QUEUED, Part(where="deployment_status", values={})
        at = deployment.needed_moment("created_at", zone)
    else:
        status = whole.part("deployment_status")
        state = _state(status)
        at = status.needed_moment("created_at", zone)
    return (
        DeploymentEvent(
            source=_SOURCE,
            service=extra.word("service") or whole.part("repository").needed("full_name"),
            environment=_environment(whole, deployment, status),
            deployment=deployment.needed("id"),
            at=at,
            state=state,
            started_at=at if state is DeploymentState.IN_PROGRESS else None,
            finished_at=at if state in _ENDED else None,
            version=extra.word("version") or deployment.name("ref"),
            commit_sha=deployment.name("sha"),
            commit_times=_commit_times(extra, zone),
            change_type=_change_type(deployment, extra),
            actor=deployment.part_or_empty("creator").name("login"),
            url=status.url("target_url")
            or status.url("log_url")
            or whole.part_or_empty("workflow_run").url("html_url"),
            reason=status.text("description") if state is DeploymentState.FAILED else None,
            rollback_of=extra.word("rollback_of") or _named_rollback(extra),
        ),
    )


def _state(status: Part) -> DeploymentState:
    state = _STATES.get(status.needed("state"))
    if state is None:
        raise status.wrong("state", f"one of {', '.join(_STATES)}")
    return state


def _environment(whole: Part, deployment: Part, status: Part) -> str:
    """Where to. Deliveries of old had no action, and left out the environment when it was the usual one."""
    named = status.name("environment") or deployment.name("environment")
    if named is None and whole.has("action"):
        raise deployment.wrong("environment", "text")
    return named or _DEFAULT_ENVIRONMENT


def _payload(deployment: Part) -> Part:
    """What whoever deployed wrote into the deployment: an object, JSON as text, or anything else."""
    where, value = deployment.path("payload"), deployment.values.get("payload")
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            value = None
    return Part(where=where, values=value if isinstance(value, dict) else {})


def _change_type(deployment: Part, extra: Part) -> ChangeType | None:
    if deployment.word("task") == _ROLLBACK_TASK or extra.values.get("rollback"):
        return ChangeType.ROLLBACK
    return _CHANGES.get((extra.word("change_type") or "").lower())


def _named_rollback(extra: Part) -> str | None:
    return None if isinstance(extra.values.get("rollback"), bool) else extra.word("rollback")


def _commit_times(extra: Part, zone: ZoneInfo | None) -> tuple[datetime, ...]:
    return tuple(moment(where, value, zone) for where, value in extra.items("commit_times"))
