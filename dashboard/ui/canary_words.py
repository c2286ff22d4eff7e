"""What people read of canaries: how they stand, their steps, phases and consequences. Nothing here draws."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.consequences import Hindsight
from dashboard.domain.canary.gaps import Gap
from dashboard.domain.canary.ladder import Ladder, Place, Rung
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.rollouts import CanaryStep, StepKind
from dashboard.domain.canary.room import Evidence, EvidenceGrade
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.canary.thresholds import Threshold
from dashboard.reports.canaries import CanariesReport
from dashboard.reports.canary_metrics import MetricView
from dashboard.reports.canary_reading import NamedCanary
from dashboard.reports.canary_standing import Standing
from dashboard.ui import format as show
from dashboard.ui.canary_judge_words import error_sentence, not_yet_sentence
from dashboard.ui.folding import folded
from dashboard.ui.release_words import brief
from dashboard.ui.words import GLOSSARY, Sign, literal

STANDINGS: Mapping[Standing, Sign] = {
    Standing.TROUBLE: Sign("✕", "in trouble", "red"),
    Standing.UNDECIDED: Sign("?", "undecided: somebody has to decide", "orange"),
    Standing.AT_RISK: Sign("△", "at risk: no room left", "orange"),
    Standing.UNSEEN: Sign("?", "not seen for too long", "violet"),
    Standing.NOT_YET: Sign("?", "cannot tell yet", "violet"),
    Standing.SAFE: Sign("✓", "safe so far", "green"),
    Standing.ABORTED: Sign("✕", "was aborted", "red"),
    Standing.PROMOTED: Sign("✓", "was promoted", "green"),
    Standing.SUPERSEDED: Sign("–", "was superseded by another version", "gray"),
    Standing.GONE: Sign("–", "is gone with its Rollout", "gray"),
    Standing.UNKNOWN: Sign("?", "ended, nobody saw how", "violet"),
}
OUTCOMES: Mapping[Outcome, Sign] = {
    Outcome.ABORTED: Sign("✕", "aborted", "red"),
    Outcome.INCONCLUSIVE: Sign("?", "inconclusive", "orange"),
    Outcome.WAITING: Sign("‖", "waits to be promoted", "orange"),
    Outcome.UNKNOWN: Sign("?", "end unknown", "violet"),
    Outcome.RUNNING: Sign("▷", "running", "blue"),
    Outcome.SUPERSEDED: Sign("–", "superseded", "gray"),
    Outcome.GONE: Sign("–", "gone", "gray"),
    Outcome.PROMOTED: Sign("✓", "promoted", "green"),
}
HINDSIGHTS: Mapping[Hindsight, Sign] = {
    Hindsight.MISSED: Sign("✕", "missed regression", "red"),
    Hindsight.FALSE_ABORT: Sign("△", "false abort", "orange"),
    Hindsight.RIGHT_ABORT: Sign("✓", "right to abort", "green"),
    Hindsight.RIGHT_PASS: Sign("✓", "right to pass", "green"),
    Hindsight.NOT_KNOWN: Sign("?", "not known yet", "violet"),
    Hindsight.NOT_ANALYSED: Sign("–", "no analysis decided", "gray"),
    Hindsight.OPEN: Sign("▷", "under way", "blue"),
}
PHASES: Mapping[Phase | None, Sign] = {
    Phase.FAILED: Sign("✕", "Failed", "red"),
    Phase.ERROR: Sign("!", "Error", "orange"),
    Phase.INCONCLUSIVE: Sign("?", "Inconclusive", "orange"),
    Phase.RUNNING: Sign("▷", "Running", "blue"),
    Phase.PENDING: Sign("○", "Pending", "gray"),
    Phase.SUCCESSFUL: Sign("✓", "Successful", "green"),
    Phase.CANNOT_REPLAY: Sign("?", "cannot be replayed", "violet"),
    None: Sign("?", "no phase told", "violet"),
}
_EVIDENCE = {
    Evidence.COMPLETE: Sign("✓", "evidence complete", "green"),
    Evidence.TRUNCATED: Sign("△", "evidence truncated", "orange"),
    Evidence.NONE: Sign("?", "no evidence", "violet"),
}
_VERDICTS = {
    Verdict.PASS: Sign("✓", "PASS", "green"),
    Verdict.FAIL: Sign("✕", "FAIL", "red"),
    Verdict.NONE: Sign("?", "NONE yet", "violet"),
}
_PLACES = {
    Place.DONE: "✓ done",
    Place.CURRENT: "▶ **here**",
    Place.TO_COME: "○ to come",
    Place.ENDED_HERE: "■ **ended here**",
    Place.NOT_REACHED: "– not reached",
}
_STEPS = {
    StepKind.EXPERIMENT: "experiment",
    StepKind.SET_CANARY_SCALE: "set the number of canary pods",
    StepKind.SET_HEADER_ROUTE: "route by header",
    StepKind.SET_MIRROR_ROUTE: "mirror traffic",
    StepKind.PLUGIN: "plugin",
    StepKind.OTHER: "a step of a kind that is not known here",
}
_OPERATORS = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "==": "equal to",
    "!=": "other than",
}

CANARY_GLOSSARY = {
    "Canary": "one try to bring one new version of an Argo Rollout to all users, a share of them at a time.",
    "Analysis": "an AnalysisRun of Argo: metrics that are measured a number of times, each against a"
    " condition. Its phase here is always the one that Argo recorded.",
    "Failure, Error": "a failure is an answer that breaks the condition; an Error is no answer: the provider"
    " could not be asked. They have limits of their own and are never added up.",
    "Room left": "how many more measurements may go wrong before Argo aborts the canary.",
    "Evidence": "what a success stands on. Complete: everything that was to be measured. Truncated: it was"
    " stopped before. None: nothing was measured, or no metric could fail it.",
    "Sequential verdict": "the error counts of canary and stable compared by a test that may be asked every"
    " minute: it is wrong in 5 of 100 canaries at most, however often it is asked. FAIL: worse than stable."
    " PASS: 1.5× stable's error rate is ruled out. NONE: too few requests yet.",
    "False abort": "an analysis stopped a version that stood when it was tried again.",
    "Missed regression": "an analysis passed a version that was rolled back or caused an incident.",
    "Dry run": "a metric that is measured and decides nothing.",
    "Error budget": GLOSSARY["Error budget"],
    "Policy tier": GLOSSARY["Policy tier"],
}


def badge_of(look: Sign) -> str:
    """The markdown of a sign: symbol and word on its colour."""
    return f":{look.colour}-badge[{look.symbol} {look.word}]"


def outcome_badge(outcome: Outcome) -> str:
    """What became of a canary; markdown."""
    return badge_of(OUTCOMES[outcome])


def phase_badge(phase: Phase | None, who: str = "Argo") -> str:
    """A phase, and who says so; markdown."""
    look = PHASES[phase]
    return f":{look.colour}-badge[{look.symbol} {who}: {look.word}]"


def verdict_badge(verdict: Verdict) -> str:
    """The verdict of the error counts; markdown."""
    return badge_of(_VERDICTS[verdict])


def counts_words(found: ErrorJudgement, zone: ZoneInfo) -> str:
    """What the error counts of both arms say, without the verdict where there is none; markdown."""
    if found.verdict is Verdict.NONE:
        return literal(not_yet_sentence(found))
    return literal(error_sentence(found, zone).removeprefix("errors "))


def room_words(metric: MetricView) -> str:
    """How much room a metric has left, or by what its room was passed; empty where that is not known."""
    room, state = metric.room, metric.state
    if room is None:
        return ""
    if state.phase is Phase.FAILED and room.failures_allowed is not None:
        return f"{show.amount(room.counts.failed, 'failure')}, {show.number(room.failures_allowed)} allowed"
    if state.phase is Phase.INCONCLUSIVE:
        allowed = show.number(room.inconclusive_allowed)
        return f"{show.number(room.counts.inconclusive)} inconclusive, {allowed} allowed"
    if state.phase is Phase.ERROR:
        row = show.amount(room.counts.consecutive_error, "error")
        return f"{row} in a row, {show.number(room.errors_in_a_row_allowed)} allowed"
    return room.sentence


def evidence_words(found: EvidenceGrade | None) -> str:
    """How good the evidence of a success is, and why; empty where there is no success. Markdown."""
    return "" if found is None else f"{badge_of(_EVIDENCE[found.grade])} {brief(found.reason, 200)}"


def version_words(canary: Canary) -> str:
    """What is brought, and in place of what; markdown."""
    version = brief(canary.version or canary.pod_hash or "an unknown version", 40)
    if canary.stable_version is None:
        return f"**{version}**"
    same = " (the same version)" if canary.stable_version == canary.version else ""
    return f"**{version}** in place of {brief(canary.stable_version, 40)}{same}"


def step_words(step: CanaryStep) -> str:
    """What a step does; markdown."""
    if step.kind is StepKind.SET_WEIGHT:
        return "set the weight" if step.weight is None else f"set the weight to {step.weight} %"
    if step.kind is StepKind.PAUSE:
        return "pause until promoted" if step.pause is None else f"pause {show.length(step.pause)}"
    if step.kind is StepKind.ANALYSIS:
        return f"analysis: {', '.join(folded(name, 40) for name in step.templates) or 'no template named'}"
    return _STEPS[step.kind]


def place_words(rung: Rung, now: datetime, zone: ZoneInfo) -> str:
    """Where a step is: done, here since when and for how long yet, or to come; markdown."""
    told = [_PLACES[rung.place]]
    if rung.place is Place.CURRENT:
        if rung.since is not None:
            told.append(f"for {show.age(rung.since, now)}, since {show.moment(rung.since, zone)}")
        if rung.left is not None:
            told.append(f"{show.length(rung.left)} left" if rung.left else "the pause is over")
    return ", ".join(told)


def seen_words(named: NamedCanary, now: datetime, zone: ZoneInfo) -> str:
    """When a canary that is under way was last seen; empty of one that has ended. Markdown."""
    if named.seen is None:
        return ""
    told = f"{show.age(named.seen.at, now)} ago"
    return f"{told}, at {show.moment(named.seen.at, zone)}" if named.stale else told


def when_words(ladder: Ladder | None, zone: ZoneInfo) -> str:
    """When the canary is through at the earliest, or what it waits for; markdown."""
    if ladder is None:
        return "When it is through is not known: its Rollout or its steps were not seen."
    if ladder.waits_for is not None:
        return f"It does not go on by itself: {brief(ladder.waits_for, 120)}."
    if ladder.eta is None or ladder.left is None:
        return "When it is through is not known."
    analyses = show.amount(ladder.analyses_ahead, "analysis", "analyses")
    also = f", and later by as long as {analyses} ahead take" if ladder.analyses_ahead else ""
    also = also.replace("analysis ahead take", "analysis ahead takes")
    if not ladder.left:
        return f"No pause remains{also}."
    return (
        f"Through in **{show.length(ladder.left)}** at the earliest ({show.moment(ladder.eta, zone)}){also}."
    )


def ladder_strip(ladder: Ladder) -> str:
    """The weights in a row, with where it stands; markdown."""
    weights: dict[int, list[Place]] = {}
    for rung in ladder.rungs:
        if rung.weight is not None:
            weights.setdefault(rung.weight, []).append(rung.place)
    return " → ".join(_weight(weight, places) for weight, places in weights.items())


def _weight(weight: int, places: "list[Place]") -> str:
    if Place.ENDED_HERE in places:
        return f":red-badge[■ **{weight} %** ended here]"
    if Place.CURRENT in places:
        return f":blue-badge[▶ **{weight} %** here]"
    if all(place is Place.DONE for place in places):
        return f":green-badge[✓ {weight} %]"
    # Some of its steps are done and the next is to come: it is between two looks.
    return f":blue-badge[▶ **{weight} %**]" if Place.DONE in places else f":gray-badge[○ {weight} %]"


def canaries_headline(report: CanariesReport) -> str:
    """What is under way, and how those of the time ended, in one sentence."""
    if not report.ever:
        return "No canary was ever seen."
    open_ones = [Outcome.UNKNOWN if row.named.stale else row.named.canary.outcome for row in report.under_way]
    ended = [row.named.canary.outcome for row in report.past]
    running = show.amount(len(open_ones), "canary", "canaries")
    told = f"{running} under way{_counted(open_ones)}" if open_ones else "No canary is under way"
    many = show.amount(len(ended), "canary", "canaries")
    return f"{told}; {many} ended in {brief(report.period.name)}{_counted(ended)}."


def _counted(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcomes)
    told = [f"{counts[found]} {OUTCOMES[found].word}" for found in OUTCOMES if counts[found]]
    return f" ({', '.join(told)})" if told else ""


def threshold_words(found: Threshold) -> str:
    """A comparison in words: `passes at least 0.95`, `fails above 0.02`."""
    verb = "passes" if found.passes else "fails"
    return f"{verb} {_OPERATORS.get(found.operator, found.operator)} {show.value(found.number)}"


def gap_words(gap: Gap, zone: ZoneInfo) -> str:
    """When there was no answer, how often, and why; markdown."""
    edge = gap.start or gap.end
    when = "at an unknown time" if edge is None else show.moment(edge, zone)
    if gap.start is not None and gap.end is not None and gap.end - gap.start >= timedelta(minutes=1):
        when = show.stretch(gap.start, gap.end, zone)
    many = f"{show.amount(gap.count, 'measurement')}, " if gap.count else ""
    return f"**{gap.reason.value}** {when}: {many}{brief(gap.detail or 'no reason was given', 200)}"
