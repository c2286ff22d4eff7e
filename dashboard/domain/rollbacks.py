"""Which deployments were rollbacks, said or inferred, and what each of them took away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.policy_tier import ChangeType


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A deployment that brought back an earlier artefact.

    `by` is its key, `of` the key of the deployment that it took away (None when that is not known);
    `inferred` says that nobody called it a rollback: its artefact equals an earlier success.
    """

    by: tuple[str, str, str]
    of: tuple[str, str, str] | None
    inferred: bool


def find_rollbacks(deployments: Iterable[Deployment]) -> dict[tuple[str, str, str], Rollback]:
    """The rollbacks among `deployments`, by key.

    A deployment is one when it is called one (its change type, or what it says it takes away), or when its
    artefact equals an earlier success of the same service and environment that still stood, and something
    else was deployed or tried since. Deploying again what was rolled back is a new try, not a rollback. What
    it took away is what it names; else the newest success since its artefact stood, else the newest failure.
    """
    found: dict[tuple[str, str, str], Rollback] = {}
    lanes: dict[tuple[str, str], list[Deployment]] = {}
    for deployment in deployments:
        if deployment.state is not DeploymentState.SUPERSEDED:
            lanes.setdefault((deployment.service, deployment.environment), []).append(deployment)
    for lane in lanes.values():
        if len(lane) > 1 or _is_called_one(lane[0]):
            _walk(sorted(lane, key=lambda item: (item.finished_at or item.began_at, item.id)), found)
    return found


def rolled_back(
    deployments: Iterable[Deployment], rollbacks: "dict[tuple[str, str, str], Rollback]"
) -> dict[tuple[str, str, str], Deployment]:
    """The finished rollback that took each deployment away, by the key of what was taken away."""
    by_key = {deployment.key: deployment for deployment in deployments if deployment.key in rollbacks}
    return {
        rollback.of: by_key[rollback.by]
        for rollback in rollbacks.values()
        if rollback.of is not None and by_key[rollback.by].state is DeploymentState.SUCCEEDED
    }


def _is_called_one(deployment: Deployment) -> bool:
    return deployment.change_type is ChangeType.ROLLBACK or deployment.rollback_of is not None


def _walk(lane: Sequence[Deployment], found: dict[tuple[str, str, str], Rollback]) -> None:
    names = _artefacts(lane)
    tries: list[Deployment] = []  # what was deployed or tried and not taken away, oldest first
    standing: set[str] = set()  # the artefacts of the successes among them
    for item in lane:
        artefact = names[item.id]
        called, known = _is_called_one(item), artefact in standing
        if called or known:
            since = _since_it_stood(artefact, tries, names) if known else tries
            others = [other for other in since if artefact is None or names[other.id] != artefact]
            another = bool(others) and names[others[-1].id] is not None  # without a name it may be the same
            if called or (item.change_type is not ChangeType.EMERGENCY and another):
                taken = _named(item, tries) or _replaced(others, names, known=known)
                of = None if taken is None else taken.key
                found[item.key] = Rollback(by=item.key, of=of, inferred=not called)
                if taken is not None and item.state is DeploymentState.SUCCEEDED:
                    # Going back over several releases: none of those in between stands any more.
                    gone = {taken.id, *(other.id for other in since if known)}
                    tries = [other for other in tries if other.id not in gone]
                    standing = {name for other in tries if (name := names[other.id]) and _stands(other)}
        if item.is_finished:
            tries.append(item)
            if artefact is not None and _stands(item):
                standing.add(artefact)


def _artefacts(lane: Sequence[Deployment]) -> dict[str, str | None]:
    """What each deployment of `lane` brought, by its id: the commit, else the version.

    A version may be the name of a branch, which many commits have; one that always was the same commit
    stands for that where the commit is not told.
    """
    commits: dict[str, set[str]] = {}
    for item in lane:
        if item.version and item.commit_sha:
            commits.setdefault(item.version, set()).add(item.commit_sha)
    return {
        item.id: item.commit_sha or _only(commits.get(item.version or "", ())) or item.version
        for item in lane
    }


def _only(commits: Collection[str]) -> str | None:
    return next(iter(commits)) if len(commits) == 1 else None


def _stands(item: Deployment) -> bool:
    return item.state is DeploymentState.SUCCEEDED


def _since_it_stood(
    artefact: str | None, tries: Sequence[Deployment], names: Mapping[str, str | None]
) -> Sequence[Deployment]:
    """What came after the last success of `artefact`."""
    for index in range(len(tries) - 1, -1, -1):
        if names[tries[index].id] == artefact and _stands(tries[index]):
            return tries[index + 1 :]
    return tries


def _named(rollback: Deployment, tries: Sequence[Deployment]) -> Deployment | None:
    """The newest try that `rollback` says it takes away."""
    if rollback.rollback_of is None:
        return None
    named = [item for item in tries if rollback.rollback_of in {item.id, item.version, item.commit_sha}]
    return named[-1] if named else None


def _replaced(
    others: Sequence[Deployment], names: Mapping[str, str | None], *, known: bool
) -> Deployment | None:
    """The newest of them; when it is `known` what was gone back to, a success before what failed anyway."""
    stood = [item for item in others if known and names[item.id] and _stands(item)]
    newest = stood or others
    return newest[-1] if newest else None
