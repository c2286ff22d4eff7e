"""Incidents in plain words: phases, results, why something cannot be told, verdicts. Nothing here draws."""

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.domain.attribution import Attribution, Evidence, Key
from dashboard.domain.incident_phases import Exclusion, Phase, PhaseOutcome, PhaseResult
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.trend import MINIMUM_PER_SIDE, Trend, Verdict
from dashboard.reports.ledgers import Cost
from dashboard.ui import format as show

NO_SEVERITY = "no severity"
ALL_SEVERITIES = "All severities"

PHASES = {
    Phase.DETECT: "detect",
    Phase.TRIAGE: "triage",
    Phase.MITIGATE: "mitigate",
    Phase.RECOVER: "recover",
    Phase.TOTAL: "total",
}
PHASE_SPANS = {
    Phase.DETECT: "started → detected",
    Phase.TRIAGE: "detected → acknowledged",
    Phase.MITIGATE: "acknowledged → mitigated",
    Phase.RECOVER: "mitigated → recovered",
    Phase.TOTAL: "started → recovered",
}
SEVERITIES = {
    Severity.P1: "complete outage or risk of data loss",
    Severity.P2: "degraded, with significant impact on users",
    Severity.P3: "minor, with a workaround",
}
RESULTS = {
    PhaseResult.MET: "✓ met",
    PhaseResult.MISSED: "✕ missed",
    PhaseResult.UNDETERMINED: "… not over yet",
    PhaseResult.EXCLUDED: "– not judged",
}
EXCLUSIONS = {
    Exclusion.MISSING_TIME: "a time is missing",
    Exclusion.OUT_OF_ORDER: "its times are out of order",
    Exclusion.START_NOT_MEASURED: "nobody measured when the trouble began",
}
NO_TARGET = "no known severity, so no target"
TOO_LITTLE = "too little was measured"
UNATTRIBUTED = "unattributed: nothing tells which deployment caused it"

GLOSSARY = {
    "Time to recover": "from the start of an incident until its users were well again. The mean of it is"
    " what “MTTR” stands for; a few long incidents move it much, so the median and the geometric mean"
    " stand beside it.",
    "Phases": "; ".join(f"{PHASES[phase]} = {PHASE_SPANS[phase]}" for phase in Phase) + ".",
    "Severity": "; ".join(f"{severity} = {words}" for severity, words in SEVERITIES.items()) + ".",
    "The range in brackets": "a 95 % interval: where the true figure plausibly lies, given how few incidents"
    " there are. One comparison in twenty shows a change by chance alone.",
    "Met, missed": "a phase against the target of its severity in the policy file. An open phase that has"
    " lasted longer than its target is a miss already.",
    "Not judged": "a time is missing or out of order, or the severity is unknown: neither met nor missed.",
    "Chart of individuals": "each time to recover in order, between limits from the first twelve. A marked"
    " point is a reason to look, not a proof.",
    "Full outage": "how long a complete outage at average traffic would have cost as much error budget.",
}


class Sign(NamedTuple):
    """How a verdict looks: a symbol and words always, a colour only beside them."""

    symbol: str
    words: str
    colour: str


VERDICTS: Mapping[Verdict, Sign] = {
    Verdict.IMPROVED: Sign("▼", "improved", "green"),
    Verdict.WORSE: Sign("▲", "worse", "red"),
    Verdict.NO_DETECTABLE_CHANGE: Sign("≈", "no detectable change", "gray"),
    Verdict.TOO_FEW: Sign("?", "too few to say", "violet"),
}


NOTHING_BEFORE = "? There is no period before to compare with"
_HEADLINES = {
    Verdict.IMPROVED: "Time to recover improved: it is shorter",
    Verdict.WORSE: "Time to recover is worse: it is longer",
    Verdict.NO_DETECTABLE_CHANGE: "No detectable change in time to recover",
    Verdict.TOO_FEW: "Too few incidents to say whether time to recover changed",
}


def severity(found: Severity | None) -> str:
    """`P1`, or that there is none."""
    return NO_SEVERITY if found is None else found.value


def headline(trend: Trend) -> str:
    """What may be said of a change of the time to recover, in a few words after its sign."""
    return f"{VERDICTS[trend.verdict].symbol} {_HEADLINES[trend.verdict]}"


def grounds(trend: Trend) -> str:
    """The range of the change, what it rests on, and what these many incidents could have shown."""
    counts = f"n = {trend.n_before} before, {trend.n_after} now"
    if trend.ratio is None or trend.detectable is None:
        return f"Ended incidents: {counts}; at least {MINIMUM_PER_SIDE} on each side are needed."
    between = show.changes_between(trend.ratio)
    if trend.verdict is Verdict.NO_DETECTABLE_CHANGE:
        return (
            f"It could be {between} ({counts}). With this many incidents only a change of"
            f" {show.change(trend.detectable, down=True)} or more would probably have shown."
        )
    return f"By {show.change(trend.ratio.value)}; it could be {between} ({counts})."


def verdict(trend: Trend, *, before_known: bool = True) -> str:
    """The headline and its grounds, for a cell."""
    return f"{headline(trend)}\n{grounds(trend)}" if before_known else NOTHING_BEFORE


def outcome(found: PhaseOutcome) -> str:
    """How a phase stands: how long it took or has taken, against what, with what result."""
    target = "" if found.target is None else f", target {show.length(found.target)}"
    if found.result is PhaseResult.EXCLUDED:
        why = NO_TARGET if found.exclusion is None else EXCLUSIONS[found.exclusion]
        took = "" if found.duration is None else f"{_took(found)}; "
        return f"{took}{RESULTS[found.result]}: {why}"
    if found.duration is not None:
        together = " (triage and mitigate together: nobody noted an acknowledgement)"
        aside = together if found.without_acknowledgement else ""
        return f"{_took(found)} {RESULTS[found.result]}{target}{aside}"
    if found.open_for is None:
        return f"not begun{target}"
    lasted = f"open, at least {show.length(found.open_for)}"
    return f"{lasted} {RESULTS[found.result]}{target}"


def state_badge(incident: Incident) -> str:
    """Whether it is open: markdown with a sign and a word on a colour."""
    return ":red-badge[● open]" if incident.is_open else ":green-badge[✓ resolved]"


def deployment(key: Key) -> str:
    """A deployment as people name it: service/environment/id."""
    return "/".join(key)


def evidence(found: Attribution | None) -> str:
    """Why an incident is attributed to a deployment, or why to none."""
    if found is None or found.evidence is None:
        return UNATTRIBUTED
    if found.evidence is Evidence.BY_HAND:
        who = f"{found.correction.by} says so" if found.correction else "a person says so"
        said = "by hand" if found.deployment else "by hand: no deployment caused it"
        return f"{said}; {who}: {found.detail}"
    if found.evidence is Evidence.EXPLICIT_LINK and found.deployment is None:
        return f"unattributed: it names {found.detail!r}, which is no deployment that is known here"
    return {
        Evidence.EXPLICIT_LINK: f"the incident names it ({found.detail})",
        Evidence.ROLLED_BACK: f"it was rolled back while the incident lasted (by {found.detail})",
        Evidence.HOTFIXED: f"an emergency fix followed it while the incident lasted ({found.detail})",
        Evidence.LATEST_BEFORE: "a guess from the times alone: the last deployment of an affected service"
        " before the incident began",
    }[found.evidence]


def cost(found: Cost) -> str:
    """What an incident cost one objective."""
    objective = found.objective
    if found.share_of_budget is None:
        return f"{objective.key}: share of its error budget {budget_share(found)}"
    outage = show.outage(found.full_outage)
    return f"{objective.key}: {budget_share(found)} of its error budget, like {outage} of full outage"


def budget_share(found: Cost) -> str:
    """The share of its error budget that something cost, or why that is not known."""
    if found.share_of_budget is None:
        return f"unknown: {TOO_LITTLE}"
    return show.percent(found.share_of_budget)


def _took(found: PhaseOutcome) -> str:
    return show.lasted(None if found.duration is None else found.duration.total_seconds())
