"""What to do about a no: a step for each check that is not met, for pages and commands alike."""

from collections.abc import Mapping

from dashboard.domain import gate_rules
from dashboard.domain.gate_rules import CHECKS
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Decision

_PIPELINE = "Mend it, let the pipeline run again, and hand in its new evidence."
#: What lifts the rest in an emergency; who may is the policy's to say.
_OVERRIDE = (
    "Or override it, as this is an emergency: `--override-approver` (one of the policy's"
    " `override_approvers`), `--override-reason` and `--incident`."
)
_RERUN = "Hand in the evidence of the pipeline (`--input` or `--evidence`): what is not told is denied."
#: What to do about each check that is not met.
NEXT_STEPS: Mapping[str, str] = {
    **dict.fromkeys((code for code in CHECKS if code.startswith(("build.", "quality."))), _PIPELINE),
    "security.critical_cves": "Update what the CVE is in, or ask for an exception of the type security.",
    "security.high_cves": "Update what the CVEs are in, or ask for an exception of the type security.",
    "security.secrets": "Revoke the secret, take it out of the code, and build again.",
    "security.image_signed": "Sign the image in the pipeline.",
    "security.slsa_level": "Build where the provenance reaches the level that the environment asks for.",
    "slo.change_type": "Wait for a looser policy tier, ship a smaller kind of change, or ask for an exception"
    " of the type slo (exhausted: budget).",
    "slo.budget_remaining": "Wait until old errors leave the window, mend what burns, or ask for an exception"
    " of the type slo (exhausted: budget).",
    "slo.fast_burn": "Find out what burns; wait until the burn rate is below the gate, or ask for an"
    " exception of the type slo.",
    "slo.slow_burn": "Find out what burns; wait until the burn rate is below the gate, or ask for an"
    " exception of the type slo.",
    "slo.incidents_p1": "Resolve the incident first; a rollback may go ahead.",
    "slo.incidents_p2": "Resolve the incident first; a rollback may go ahead.",
    "slo.incidents_p3": "Resolve the incident first; a rollback may go ahead.",
    "slo.rollbacks": "Find out why releases were taken back before the next one.",
    "policy.service": "Add the service to the catalogue, or correct its name.",
    "policy.environment": "Correct the name of the environment, or add it to the policy file.",
    "policy.version": "Say which version is released.",
    "policy.registry": "Push the image to a trusted registry, and name it in full.",
    "policy.abac": "Ask who runs the access policy why the check failed.",
    "approval.window": "Wait until the window opens, or ask for an exception of the type window.",
    "approval.freeze": "Wait until the freeze ends, or ask for an exception of the type freeze.",
    "approval.approvals": "Ask for the missing approvals (`reliability approve`), and say who asks"
    " (`requested_by`): nobody approves their own request.",
    "policy.engine": "The policy could not be evaluated, so nothing is allowed. Look at the message.",
    "override.approver": "An override needs an approver of the policy's list.",
    "override.incident": "An override needs the id of the incident.",
    "override.reason": "An override needs a reason.",
    "override.essential": "Build, critical CVEs and secrets are never overridden.",
}


def next_steps(decision: Decision) -> list[str]:
    """What to do about a no, each step once, in the order of the gates."""
    missing = {check.code for gate in decision.gates for check in gate.checks if check.seen is None}
    steps: dict[str, None] = {}
    for item in decision.violations:
        by_pipeline = item.gate in {"build", "quality", "security", "policy"}
        told = NEXT_STEPS.get(item.code, item.message)
        steps[_RERUN if by_pipeline and item.code in missing else told] = None
    return [*steps, *([_OVERRIDE] if _override_would_do(decision) else [])]


def _override_would_do(decision: Decision) -> bool:
    """Whether an emergency is denied by nothing but checks that an override lifts."""
    codes = {item.code for item in decision.violations}
    if decision.allow or decision.change_type is not ChangeType.EMERGENCY or not codes:
        return False
    return codes <= CHECKS.keys() - set(gate_rules.NEVER_OVERRIDDEN)
