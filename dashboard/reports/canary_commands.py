"""What a person may run on a canary (FRAMEWORK, Commands that it names); this product never runs any."""

import shlex

from dashboard.domain.canary.canary import Canary, Outcome

#: Goes to a revision by its number; the others act on whatever the Rollout has now.
BACK_TO_IT = "undo to it"


def commands(canary: Canary, *, is_newest: bool) -> dict[str, str]:
    """The commands that fit `canary`, by what each does.

    They act on the Rollout as it is now. Of one that is not its newest canary any more only going back to it
    is offered, by the number of its revision, and only if it was promoted. One that is gone has none.
    """
    rollout, namespace = shlex.quote(canary.name), shlex.quote(canary.namespace)

    def line(verb: str, more: str = "") -> str:
        return f"kubectl argo rollouts {verb} {rollout} -n {namespace}{more}"

    if canary.outcome is Outcome.GONE:
        return {}
    # Without --watch=false it would not come back before the Rollout is through.
    found = {"status": line("status", " --watch=false"), "get": line("get rollout")}
    if not is_newest:
        if canary.outcome is Outcome.PROMOTED and canary.revision is not None:
            found[BACK_TO_IT] = line("undo", f" --to-revision={canary.revision}")
        return found
    if canary.outcome.is_open:
        found |= {verb: line(verb) for verb in ("promote", "abort", "undo")}
    elif canary.outcome is Outcome.ABORTED:
        found |= {"undo": line("undo"), "retry": line("retry rollout")}
    elif canary.outcome is Outcome.PROMOTED:
        found |= {"undo": line("undo")}
    return found
