"""What people read of deployments: results, why, evidence and costs in plain words. Nothing here draws."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from dashboard.domain.attribution import Attribution
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.event_counts import UNITS_PER_EVENT
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.releases import Failure, Release
from dashboard.reports.deployments import ReleaseRow
from dashboard.reports.ledgers import Cost, dearest
from dashboard.ui import format as show
from dashboard.ui import incident_words
from dashboard.ui.words import CHANGES, GLOSSARY, Sign, joined, literal

_SHORT_COMMIT = 12
_COMMIT_LENGTH = 40
_BRIEF = 80


class Outcome(StrEnum):
    """What a deployment came to, as people call it; what needs a look comes first."""

    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    CAUSED_INCIDENT = "linked to an incident"
    UNKNOWN = "result unknown"
    IN_PROGRESS = "in progress"
    PENDING = "not judged yet"
    QUEUED = "queued"
    SUPERSEDED = "superseded"
    GOOD = "good"


#: A symbol and a word always, a colour only beside them.
OUTCOME_SIGNS: Mapping[Outcome, Sign] = {
    Outcome.FAILED: Sign("✕", Outcome.FAILED.value, "red"),
    Outcome.ROLLED_BACK: Sign("◀", Outcome.ROLLED_BACK.value, "orange"),
    Outcome.CAUSED_INCIDENT: Sign("◆", Outcome.CAUSED_INCIDENT.value, "red"),
    Outcome.UNKNOWN: Sign("?", Outcome.UNKNOWN.value, "violet"),
    Outcome.IN_PROGRESS: Sign("▷", Outcome.IN_PROGRESS.value, "blue"),
    Outcome.PENDING: Sign("○", Outcome.PENDING.value, "blue"),
    Outcome.QUEUED: Sign("□", Outcome.QUEUED.value, "gray"),
    Outcome.SUPERSEDED: Sign("–", Outcome.SUPERSEDED.value, "gray"),
    Outcome.GOOD: Sign("✓", Outcome.GOOD.value, "green"),
}
RELEASE_GLOSSARY = {
    "Good": "it finished, and in the day after it neither an incident nor a rollback was attributed to it.",
    "Not judged yet": "it succeeded, but an incident may still be attributed to it. The policy file says for"
    " how long: a day as shipped.",
    "Rolled back": "a later deployment brought back what was there before. Nobody has to say so: the same"
    " version or commit as an earlier success is taken for a rollback, and called inferred.",
    "Attributed to it": "the incident names it, or it was rolled back or hot-fixed while the incident lasted,"
    " or only the times point to it. A person can correct that: reliability attribute.",
    "Cost": "what was lost while it was rolled out and in the hour after it (the bake time of the policy"
    " file), except during an incident. The cost of its incidents is shown beside it. The share is of the"
    " budget of the window that ended with it.",
    "Full outage": "how long a complete outage at average traffic would have cost as much error budget.",
    "Policy tier then": "what the error budget allowed when it began, from the counts as they are known now.",
    "Error budget": GLOSSARY["Error budget"],
    "Burn rate": GLOSSARY["Burn rate"],
}

_UNFINISHED = {
    None: Outcome.UNKNOWN,
    DeploymentState.IN_PROGRESS: Outcome.IN_PROGRESS,
    DeploymentState.QUEUED: Outcome.QUEUED,
    DeploymentState.SUPERSEDED: Outcome.SUPERSEDED,
}


def outcome(release: Release) -> Outcome:
    """What `release` came to; the gravest of several."""
    state = release.state
    if state is DeploymentState.FAILED:
        return Outcome.FAILED
    if state is DeploymentState.ROLLED_BACK:
        return Outcome.ROLLED_BACK
    if Failure.INCIDENT in release.failures:
        return Outcome.CAUSED_INCIDENT
    if state in _UNFINISHED:
        return _UNFINISHED[state]
    if not release.deployment.is_finished:
        return Outcome.UNKNOWN
    return Outcome.GOOD if release.judged else Outcome.PENDING


def outcome_badge(found: Outcome) -> str:
    """The markdown of a result: symbol and word on its colour."""
    look = OUTCOME_SIGNS[found]
    return f":{look.colour}-badge[{look.symbol} {look.word}]"


def releases_headline(rows: Sequence[ReleaseRow], span: str, environment: str) -> str:
    """How the deployments went, in one sentence; what went wrong comes first, what went well last."""
    counts = Counter(outcome(row.release) for row in rows)
    told = [f"{counts[found]} {found.value}" for found in Outcome if counts[found]]
    many = f"{show.amount(len(rows), 'deployment')} to {brief(environment)} in {span}"
    return f"{many}: {', '.join(told)}." if told else f"No deployment to {brief(environment)} in {span}."


def plain(text: str, most: int = _BRIEF) -> str:
    """Untrusted `text` on one line, without characters that cannot be seen, cut after `most` characters."""
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(seen.split()) or "(empty)"
    return line if len(line) <= most else f"{line[: most - 1]}…"


def brief(text: str, most: int = _BRIEF) -> str:
    """As `plain`, so that markdown shows it as it is."""
    return literal(plain(text, most))


def version_of(deployment: Deployment) -> str:
    """What was deployed, as people name it: its version, else its commit, else its id."""
    commit = deployment.commit_sha
    short = commit[:_SHORT_COMMIT] if commit and len(commit) == _COMMIT_LENGTH else commit
    return deployment.version or short or deployment.id


def change(release: Release) -> str:
    """What kind of change it was; one that only its artefact tells to be a rollback says so."""
    kind = release.deployment.change_type
    told = "Kind of change unknown" if kind is None else CHANGES[kind]
    inferred = release.rollback is not None and kind is not ChangeType.ROLLBACK
    return f"{told} (acts as a rollback)" if inferred else told


def explained(row: ReleaseRow, zone: ZoneInfo) -> list[str]:
    """Why the result is what it is, the most telling first; markdown, one sentence each."""
    release, deployment = row.release, row.release.deployment
    found = outcome(release)
    told = []
    if release.taken_away_by is not None:
        by = brief(version_of(release.taken_away_by))
        inferred = row.undone_by is not None and row.undone_by.inferred
        told.append(f"by **{by}** ({_INFERRED if inferred else 'said by its source'})")
    if release.rollback is not None:
        what = "something unknown" if row.took_away is None else f"**{brief(version_of(row.took_away))}**"
        told.append(f"took away {what} ({_INFERRED if release.rollback.inferred else 'said by its source'})")
    if deployment.reason:
        told.append(f"reason: {brief(deployment.reason, 200)}")
    elif found in (Outcome.FAILED, Outcome.ROLLED_BACK) and not told:
        told.append("its source gave no reason")
    if row.judged_on is not None and found is Outcome.PENDING:
        told.append(
            f"succeeded; judged on {show.moment(row.judged_on, zone)}: until then an incident may still be"
            " attributed to it"
        )
    if found is Outcome.UNKNOWN:
        told.append(
            "its source said neither how nor when it ended"
            if release.state is None
            else "its source did not say when it ended"
        )
    return told


_INFERRED = "inferred: same artefact as an earlier success"


def evidence(attribution: Attribution, release: Release) -> str:
    """Why an incident is attributed to `release`, which names what took it away by its version; markdown."""
    by = release.taken_away_by
    if by is not None and by.id == attribution.detail:
        attribution = replace(attribution, detail=version_of(by))
    return brief(incident_words.evidence(attribution), 200)


def cost(found: Cost, how: str = "") -> str:
    """What something cost one objective, and `how` it came to that; markdown."""
    indicator = brief(found.objective.indicator)
    if found.share_of_budget is None:
        many = f"{show.events(found.bad)} bad {'event' if found.bad == UNITS_PER_EVENT else 'events'}"
        return f"{many} of {indicator}{how}; share of its budget unknown: {incident_words.TOO_LITTLE}"
    return (
        f"**{show.percent(found.share_of_budget)}** of the {indicator} budget{how}, like"
        f" {show.outage(found.full_outage)} of full outage"
    )


def costs_told(row: ReleaseRow) -> list[str]:
    """What a deployment cost by itself and through each of its incidents, the dearest first; markdown.

    Of each the objective that it cost most. What is not known, or nothing, says so.
    """
    found = [(spent[0], f" through {brief(name, 40)}") for name, spent in row.incident_costs.items() if spent]
    if row.costs:
        found.append((row.costs[0], " by itself" if row.release.incidents else ""))
    found.sort(key=lambda item: dearest(item[0]), reverse=True)
    if found:
        return [cost(spent, how) for spent, how in found]
    if not row.has_objectives:
        return ["No error budget: best effort"]
    if row.release.state in (DeploymentState.QUEUED, DeploymentState.SUPERSEDED):
        return ["No cost: it served nobody"]
    if not row.measured:
        return ["Cost unknown: nothing was measured then"]
    return ["No cost so far" if row.release.state is DeploymentState.IN_PROGRESS else "No cost"]


def commit_lead_time(deployment: Deployment) -> str:
    """How long its commits waited for it, or why that is not known."""
    if not deployment.commit_times:
        return "unknown: its source gave no times of commits"
    if deployment.finished_at is None:
        return "unknown: it has not finished"
    ended = deployment.finished_at
    waited = sorted(ended - committed for committed in deployment.commit_times if committed <= ended)
    odd = len(deployment.commit_times) - len(waited)
    if not waited:
        return "unknown: every commit is dated after the deployment"
    many = show.amount(len(waited), "commit")
    told = f"{show.length(waited[-1])} from the oldest of {many}" if len(waited) > 1 else ""
    if len(waited) > 1:
        told += f", {show.length(waited[0])} from the newest"
    else:
        told = f"{show.length(waited[0])} ({many})"
    return f"{told}; {show.amount(odd, 'commit')} dated after it left out" if odd else told


def web_link(label: str, url: str | None) -> str:
    """A link to a page of a source, or its address as text when it is no web address; empty without one."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or not url.isprintable():
        return f"{label}: {brief(url)} (not a web address)"
    return f"[{label} ↗]({quote(url, safe=_IN_ADDRESSES)})"


#: What may stand in an address in markdown; brackets, quotes, blanks and backslashes would end it.
_IN_ADDRESSES = ":/?#@!&+,;=%~-._"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first of `names` in a list; the rest is counted."""
    listed = list(names)
    more = len(listed) - most
    shown = [brief(name) for name in listed[:most]]
    return joined([*shown, f"{more} more"] if more > 0 else shown)
