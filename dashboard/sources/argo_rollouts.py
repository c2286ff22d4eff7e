"""Argo Rollouts, through the notification template that we ship (docs/argo-rollouts-notification.yaml)."""

from zoneinfo import ZoneInfo

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.sources.event_document import IgnoredEventError, Part, part_of

_SOURCE = "argo-rollouts"
#: The state that each trigger of the template tells of. It is the trigger that says what happened: the
#: rollout that a notification carries may be older than that.
_STATES = {
    "on-rollout-updated": DeploymentState.IN_PROGRESS,
    "on-rollout-step-completed": DeploymentState.IN_PROGRESS,
    "on-rollout-completed": DeploymentState.SUCCEEDED,
    "on-rollout-aborted": DeploymentState.FAILED,
}
_ENVIRONMENT_LABELS = ("environment", "env")
_ABORTED = "the rollout was aborted"


def parse(document: object, *, zone: ZoneInfo | None = None) -> tuple[DeploymentEvent, ...]:
    """What a notification says.

    A deployment is one revision of one rollout. Its service is called as the rollout is, or as `service`
    says; its environment is `environment`, the label `environment` or `env`, or the namespace; its version
    is the tag of the first image.

    Raises:
        IgnoredEventError: it comes from a trigger that says nothing of a deployment's state.
        MalformedEventError: a field cannot be read.
    """
    whole = part_of("", document)
    event = whole.needed("event")
    state = _STATES.get(event)
    if state is None:
        raise IgnoredEventError(f"the trigger {event!r} tells nothing of deployments")
    rollout = whole.needed("rollout")
    started, finished = whole.moment("startedAt", zone), whole.moment("finishedAt", zone)
    at = whole.moment("at", zone) or finished or started
    if at is None:
        raise whole.wrong("at", "a time, here or at startedAt or finishedAt")
    ended = state is not DeploymentState.IN_PROGRESS
    return (
        DeploymentEvent(
            source=_SOURCE,
            service=whole.name("service") or rollout,
            environment=_environment(whole),
            deployment=f"{whole.name('uid') or rollout}-{whole.needed('revision')}",
            at=at,
            state=state,
            started_at=started,
            finished_at=(finished or at) if ended else None,
            version=_version(whole),
            reason=(whole.text("message") or _ABORTED) if state is DeploymentState.FAILED else None,
        ),
    )


def _environment(whole: Part) -> str:
    labels = whole.part_or_empty("labels")
    labelled = (labels.word(label) for label in _ENVIRONMENT_LABELS)
    return whole.name("environment") or next(filter(None, labelled), None) or whole.needed("namespace")


def _version(whole: Part) -> str | None:
    """The tag of an image; its digest when it has none; the whole name when it has neither."""
    image = whole.name("image")
    if image is None:
        return None
    name, _, digest = image.partition("@")
    _, _, tag = name.rpartition("/")[2].partition(":")
    return tag or digest or image
