"""What people read of canaries: how they stand, their steps, phases and consequences. Nothing here draws."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.domain.canary.agreement import Agreement, ArgoWord
from dashboard.domain.canary.canary import Canary, Outcome
from dashboard.domain.canary.consequences import Hindsight
from dashboard.domain.canary.gaps import Gap
from dashboard.domain.canary.ladder import Ladder, Place, Rung
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.thresholds import Threshold
from dashboard.domain.canary.rollouts import CanaryStep, StepKind
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.reports.canaries import CanariesReport
from dashboard.reports.canary_detail import CanaryReport
from dashboard.reports.canary_metrics import MetricView
from dashboard.reports.canary_reading import NamedCanary
from dashboard.reports.canary_standing import Standing
from dashboard.ui import format as show
from dashboard.ui.canary_judge_words import counts_sentence, not_yet_sentence
from dashboard.ui.canary_measure_words import MEASURE_WORDS
from dashboard.ui.folding import folded
from dashboard.ui.release_words import brief
from dashboard.ui.words import GLOSSARY, Sign, literal

STANDINGS: Mapping[Standing, Sign] = {
    Standing.TROUBLE: Sign("✕", "in trouble", "red"),
    Standing.CRITICAL: Sign("✕", "in trouble: critical error rate", "red"),
    Standing.UNDECIDED: Sign("?", "undecided: somebody has to decide", "orange"),
    Standing.AT_RISK: Sign("△", "at risk: no room left", "orange"),
    Standing.UNSEEN: Sign("?", "not seen for too long", "violet"),
    Standing.HIGH_ERRORS: Sign("△", "high error rate", "orange"),
    Standing.UNTESTED: Sign("?", "hardly tested: it lacks traffic", "orange"),
    Standing.WITHIN_LIMITS: Sign("△", "within its limits, not clean", "orange"),
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
    Hindsight.GIVEN_UP: Sign("–", "replaced", "gray"),
    Hindsight.NOT_KNOWN: Sign("?", "not known yet", "violet"),
    Hindsight.NOT_ANALYSED: Sign("–", "no analysis decided on it", "gray"),
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
    "<": "below {}",
    "<=": "at {} or less",
    ">": "above {}",
    ">=": "at {} or more",
    "==": "at {}",
    "!=": "at all but {}",
}

CANARY_GLOSSARY = {
    "Canary": "one try to bring one new version of an Argo Rollout to all users, a share of them at a time.",
    "Analysis": "an AnalysisRun of Argo: metrics that are measured a number of times, each against a"
    " condition. Its phase here is always the one that Argo recorded.",
    "Failure, Error": "a failure is a measurement that breaks the condition; an Error is none: the provider"
    " could not be asked. They have limits of their own and are never added up.",
    "Room left": "how many more measurements may go wrong before Argo aborts the canary.",
    "Evidence": "what a success stands on. Complete: everything that was to be measured. Truncated: it was"
    " stopped before. None: nothing was measured, or no metric could fail it.",
    "Sequential verdict": "the error counts of canary and stable compared by a test that may be asked every"
    " minute: it is wrong in 5 of 100 canaries at most, however often it is asked. FAIL: worse than stable."
    " PASS: 1.5× stable's error rate is ruled out. NONE: too few requests yet. Slow requests have a verdict"
    " of their own, which is wrong as seldom.",
    "Slow request": "one that took longer than the bucket that `latency` of `canary_counts` in the catalogue"
    " names, whether it failed or not.",
    "False abort": "an analysis stopped a version that stood when it was tried again.",
    "Replaced": "an analysis stopped a version, and another one came in its place: whether it would have"
    " stood is never known, so it counts neither as right nor as false.",
    "Critical, high error rate": "the share of the canary's own requests that fail is above a limit of the"
    " policy file (`key_metrics`), however bad stable is.",
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


def verdict_badge(verdict: Verdict, *, is_open: bool = True) -> str:
    """The verdict of the error counts; markdown."""
    look = _VERDICTS[verdict]
    return badge_of(look if is_open else look._replace(word=look.word.removesuffix(" yet")))


def argo_badge(report: CanaryReport) -> str:
    """What Argo's analyses have said of a canary, those that are still to end included; markdown."""
    phases = [run.run.phase for run in report.runs]
    if report.argo is ArgoWord.NOTHING:
        ended = "has ended" if report.row.named.canary.outcome.is_open else "ended"
        return f":blue-badge[▷ Argo: no analysis {ended}]"
    if report.argo is not ArgoWord.PASSED_SO_FAR:
        return phase_badge(report.row.named.canary.verdict)
    passed = show.amount(phases.count(Phase.SUCCESSFUL), "analysis", "analyses")
    running = sum(phase is None or not phase.is_final for phase in phases)
    others = f"{show.number(running)} {'runs' if running == 1 else 'run'}" if running else "others are ahead"
    return f":blue-badge[▷ Argo: passed {passed} so far, {others}]"


def agreement_words(found: Agreement, of: Measure = Measure.ERRORS, *, is_open: bool) -> str:
    """How the two verdicts stand, or stood, to each other."""
    return found.sentence(of) if is_open else found.past_sentence(of)


def counts_words(
    found: ErrorJudgement, zone: ZoneInfo, measure: Measure = Measure.ERRORS, *, is_open: bool = True
) -> str:
    """What the counts of both arms say, without the verdict where there is none; markdown."""
    if found.verdict is not Verdict.NONE:
        told = counts_sentence(found, zone, measure=measure)
        return literal(told.removeprefix(f"{MEASURE_WORDS[measure].bad} "))
    told = not_yet_sentence(found, measure=measure)
    # Of one that has ended nothing is yet to come.
    return literal(told if is_open else told.replace("cannot judge yet", "could not judge"))


def room_words(metric: MetricView, *, goes_on: bool = True) -> str:
    """How much room a metric has left, or by what its room was passed; empty where that is not known.

    Where its run does not go on, nothing is told of what is still to be measured.
    """
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
    return room.sentence if goes_on else room.used


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
    if Place.NOT_REACHED in places:
        return f":gray-badge[– {weight} % not reached]"
    if all(place is Place.DONE for place in places):
        return f":green-badge[✓ {weight} %]"
    # Some of its steps are done and the next is to come: it is between two looks.
    return f":blue-badge[▶ **{weight} %**]" if Place.DONE in places else f":gray-badge[○ {weight} %]"


def canaries_headline(report: CanariesReport, standings: Sequence[Standing]) -> str:
    """How those under way stand, the gravest first, and how those of the time ended, in one sentence."""
    if not report.ever:
        return "No canary was ever seen."
    ends = [row.named.canary.outcome for row in report.past]
    ended = [OUTCOMES[found] for found in sorted(ends, key=list(OUTCOMES).index)]
    running = show.amount(len(standings), "canary", "canaries")
    signs = [STANDINGS[found] for found in sorted(standings, key=list(STANDINGS).index)]
    told = f"{running} under way{_counted(signs)}" if standings else "No canary is under way"
    many = show.amount(len(ended), "canary", "canaries")
    return f"{told}; {many} ended in {brief(report.period.name)}{_counted(ended)}."


def _counted(signs: Sequence[Sign]) -> str:
    """How many have each word, in the order in which they come; what explains a word is left out."""
    counts = Counter(sign.word.partition(":")[0] for sign in signs)
    told = [f"{count} {word}" for word, count in counts.items()]
    return f" ({', '.join(told)})" if told else ""


def threshold_words(found: Threshold) -> str:
    """A comparison in words: `passes at 0.95 or more`, `fails above 0.02`."""
    verb = "passes" if found.passes else "fails"
    return f"{verb} {_OPERATORS[found.operator].format(show.value(found.number))}"


def gap_words(gap: Gap, zone: ZoneInfo) -> str:
    """When there was no answer, how often, and why; markdown."""
    edge = gap.start or gap.end
    when = "at an unknown time" if edge is None else show.moment(edge, zone)
    if gap.start is not None and gap.end is not None and gap.end - gap.start >= timedelta(minutes=1):
        when = show.stretch(gap.start, gap.end, zone)
    many = f"{show.amount(gap.count, 'measurement')}, " if gap.count else ""
    return f"**{gap.reason.value}** {when}: {many}{brief(gap.detail or 'no reason was given', 200)}"
