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
    "Holds until": "the first time at which a yes ends by itself. A forecast says so: it is what comes if the"
    " current pace goes on; all else is known for sure.",
    "No until at least": "the earliest time at which a no may end by itself: what ends at a known time has"
    " ended, the window is open and no freeze stands. If nothing more burns is the best case.",
    "Waived": "not met, and lifted by an exception.",
    "Not asked": "not asked of this release: of a rollback or an internal service less is asked.",
    "Emergency override": "a person of the policy's list lets a release pass for an incident, with a reason."
    " Build, critical CVEs and secrets are never overridden.",
    "Replay": "the recorded input, decided on again under the policy of today.",
    "Service tier": "how important a service is: 1 is the critical path, 2 supports it, 3 is internal. The"
    " lower the number, the more is asked of a release.",
    "Policy tier": GLOSSARY["Policy tier"],
    "Error budget": GLOSSARY["Error budget"],
    "Burn rate": GLOSSARY["Burn rate"],
    "Current pace": GLOSSARY["Current pace"],
    "Best effort": GLOSSARY["Best effort"],
    "Golden path": "the few steps that most users take, tested from end to end. Asked of services of tiers 1"
    " and 2.",
    "SLSA level": "how well it can be proved how an image was built (Supply-chain Levels for Software"
    " Artifacts): from 1, there is a record of the build, to 3, nobody could have forged it.",
    "CVE": "a known weakness of the software, by its public number (Common Vulnerabilities and Exposures).",
    "ABAC check": "whether the access policy lets this release happen (attribute-based access control): who"
    " deploys what, and where to. The pipeline tells its result.",
}
