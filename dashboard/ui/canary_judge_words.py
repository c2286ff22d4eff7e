"""What people read of a judged canary: verdicts, evidence and what is still needed. Nothing here draws."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from dashboard.domain.canary.classification import Classification, MetricJudgement
from dashboard.domain.canary.judgement import CanaryJudgement
from dashboard.domain.canary.mann_whitney import Shift
from dashboard.domain.canary.sample_size import Needed
from dashboard.domain.canary.score import ScoreJudgement
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.canary.ticks import Arm
from dashboard.domain.canary.traffic_split import Split, TrafficSplit
from dashboard.ui import format as show
from dashboard.ui.release_words import plain

_SIGNIFICANT = 3
_ABOUT = 2
_PERCENT = 100
_LARGEST_SHOWN = 1e6
_LONGEST = 200


def judge_sentences(found: CanaryJudgement) -> list[str]:
    """Everything that was judged, a sentence each: errors, score, metrics, traffic."""
    told = [] if found.errors is None else [error_sentence(found.errors)]
    if found.score is not None:
        told.append(score_sentence(found.score))
    told += [metric_sentence(metric) for metric in found.metrics]
    return told + [traffic_sentence(step) for step in found.traffic]


def error_sentence(found: ErrorJudgement) -> str:
    """The verdict on the error counts with what it rests on, or what is still needed for one."""
    if found.verdict is Verdict.FAIL:
        return f"errors FAIL: {_failure(found)}; {_counts(found.canary, found.stable)}"
    if found.verdict is Verdict.PASS:
        below = f"below the harmful {times(found.rule.harmful)}"
        return f"errors PASS: {_ratio(found)}, {below}; {_counts(found.canary, found.stable)}"
    return f"errors NONE: {not_yet_sentence(found)}"


def not_yet_sentence(found: ErrorJudgement) -> str:
    """Why the error counts allow no verdict yet: how many requests there were, and how many it takes."""
    needed, to_pass = found.needed, found.needed_to_pass
    if not needed.seen:
        return "cannot judge: in no tick had both arms requests"
    if needed.requests is None:
        return f"cannot judge yet: no errors in {show.amount(needed.seen, 'request')} to both"
    if needed.seen < needed.requests:
        what = f"{_of_about(needed)} requests needed to see a {times(needed.ratio)} rise"
        return f"cannot judge yet: {what}; {_ratio(found)}"
    unseen = f"a {times(needed.ratio)} rise would probably have been seen"
    rest = f"{_of_about(to_pass)} requests needed to rule out {times(found.rule.harmful)}"
    return f"cannot judge yet: {unseen}, {rest}; {_ratio(found)}"


def score_sentence(found: ScoreJudgement) -> str:
    """The score, what it comes to, which rule made it 0, and which critical metric it still waits for."""
    if found.early and found.reason is not None:
        return f"score NONE: too few points yet ({plain(found.reason, _LONGEST)})"
    why = "" if found.reason is None else f": {plain(found.reason, _LONGEST)}"
    waits = "" if found.awaited is None else f"; the critical {plain(found.awaited)} has too few points yet"
    return f"score {found.score:g} of 100, {found.verdict.value}{why}{waits}"


def metric_sentence(found: MetricJudgement) -> str:
    """What became of a metric, by how much it moved and what that means for the canary."""
    muted = " (muted)" if found.muted else ""
    failed = found.critical and found.classification is not Classification.PASS
    critical = ", which fails the canary" if failed and not found.too_few else ""
    moved = "" if found.relative_shift is None else f"; {_moved(found.relative_shift)}"
    return f"{plain(found.name)}{muted} {found.classification.value}: {found.reason}{critical}{moved}"


def traffic_sentence(found: TrafficSplit) -> str:
    """Whether the canary got its weight in one step."""
    weight, share = f"{_percent(found.weight)} %", found.share
    if share is None:
        return f"traffic: no requests, so nothing shows whether the canary gets its {weight}"
    got = f"{_percent(share.value)} % ({_percent(share.low)} … {_percent(share.high)} %)"
    told = f"traffic: the canary got {got} of {show.amount(share.n, 'request')}, {weight} expected"
    return f"{told}: {_SPLITS[found.split]}"


def times(ratio: float, rounding: str = ROUND_HALF_UP) -> str:
    """A ratio of rates with three significant digits: `2×`, `0.85×`, `1,200×`."""
    if ratio >= _LARGEST_SHOWN:
        return f"over {_LARGEST_SHOWN:,.0f}×"
    if not ratio:
        return "0×"
    exact = Decimal(ratio)
    digits = Decimal(1).scaleb(min(0, exact.adjusted() - _SIGNIFICANT + 1))
    # A float that misses a whole number by its last bit must not become the next one.
    near = round(exact, _SIGNIFICANT + 6 - exact.adjusted())
    text = f"{near.quantize(digits, rounding):,f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}×"


_SPLITS = {
    Split.AS_WEIGHTED: "it gets its weight",
    Split.TOO_LITTLE: "it gets far less than its weight, so it is tested less than it seems",
    Split.TOO_MUCH: "it gets far more than its weight, so more users than meant are exposed",
    Split.TOO_FEW_REQUESTS: "too few to tell whether that is its weight",
}


def _failure(found: ErrorJudgement) -> str:
    """How much worse it is; or, when it has become better since, that it was shown to be worse before."""
    at = "" if found.failed_at is None else f" at {found.failed_at:%H:%M %Z}"
    if found.e_value * found.rule.alpha < 1:
        return f"it was shown to be worse{at}; over all, {_ratio(found)}"
    mild = found.ratio.high is not None and found.ratio.high < found.rule.harmful
    harm = f"; below the harmful {times(found.rule.harmful)}, yet worse" if mild else ""
    return f"{_ratio(found)}, shown{at}{harm}" if at else f"{_ratio(found)}{harm}"


def _ratio(found: ErrorJudgement) -> str:
    ratio = found.ratio
    low = times(ratio.low, ROUND_FLOOR)
    if ratio.value is None:
        if not ratio.low:
            return "the ratio of the error rates is not known"
        return f"only the canary has errors: its rate is at least {low} stable's"
    limits = f"at least {low}" if ratio.high is None else f"{low} … {times(ratio.high, ROUND_CEILING)}"
    limits = "no limits yet" if ratio.high is None and not ratio.low else limits
    return f"the canary's error rate is {times(ratio.value)} stable's ({limits})"


def _counts(canary: Arm, stable: Arm) -> str:
    return f"{_failed(canary)} to the canary and {_failed(stable)} to stable failed"


def _failed(arm: Arm) -> str:
    return f"{round(arm.bad):,} of {show.amount(round(arm.total), 'request')}"


def _of_about(needed: Needed) -> str:
    if needed.requests is None:
        return f"{needed.seen:,} of an unknown number of"
    about = Decimal(needed.requests)
    digits = Decimal(1).scaleb(max(0, about.adjusted() - _ABOUT + 1))
    return f"{needed.seen:,} of about {int((about / digits).to_integral_value(ROUND_CEILING) * digits):,}"


def _percent(share: float) -> str:
    return f"{share * _PERCENT:.{_SIGNIFICANT}g}"


def _moved(shift: Shift) -> str:
    middle = _signed(shift.estimate)
    if shift.low is None or shift.high is None:
        return f"{middle} of the control's median"
    return f"{middle} of the control's median ({_signed(shift.low)} … {_signed(shift.high)})"


def _signed(share: float) -> str:
    percent = round(share * _PERCENT, 1)
    return f"{'−' if percent < 0 else '+' if percent else ''}{abs(percent):,.1f} %"
