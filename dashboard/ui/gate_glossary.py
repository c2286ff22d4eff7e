"""What the words of the page of the release gate mean."""

from dashboard.ui.words import GLOSSARY

GATE_GLOSSARY = {
    "Gate": "one of the six that a release passes in order: build, quality, security, SLO, policy, approval."
    " It passes when each of its checks does; missing evidence does not.",
    "Evidence": "what a pipeline told of a version: results of its build, its tests and its scans.",
    "Not now": "at least one gate does not pass. It says which, and when that may change.",
    "Deployment window": "when production may be deployed to, by weekday and hour.",
    "Freeze": "a time in which some or all services are not released.",
    "Exception": "an approved permission to pass a check that is not met; it expires, is bound to the release"
    " that used it, and its use is reviewed.",
    "Waived": "not met, and lifted by an exception.",
    "Not asked": "not asked of this release: of a rollback or an internal service less is asked.",
    "Emergency override": "a person of the policy's list lets a release pass for an incident, with a reason."
    " Build, critical CVEs and secrets are never overridden.",
    "Replay": "the recorded input, decided on again under the policy of today.",
    "Policy tier": GLOSSARY["Policy tier"],
    "Error budget": GLOSSARY["Error budget"],
    "Burn rate": GLOSSARY["Burn rate"],
    "Best effort": GLOSSARY["Best effort"],
}
