"""What people read of a judged canary: verdicts, evidence and what is still needed. Nothing here draws."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from dashboard.domain.canary.judge.classification import Classification, MetricJudgement
from dashboard.domain.canary.judge.mann_whitney import Shift
from dashboard.domain.canary.judge.score import ScoreJudgement
from dashboard.domain.canary.judgement import CanaryJudgement
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.sample_size import Needed
from dashboard.domain.canary.sequential import ErrorJudgement, Verdict
from dashboard.domain.canary.ticks import Arm
from dashboard.domain.canary.traffic_split import Split, TrafficSplit
from dashboard.ui import format as show
from dashboard.ui.canary_measure_words import MEASURE_WORDS, MeasureWords
from dashboard.ui.release_words import plain

#: What a canary is compared with, where it has a sibling.
STABLE = "stable"

_SIGNIFICANT = 3
_ABOUT = 2
_PERCENT = 100
_LARGEST_SHOWN, _SMALLEST_SHOWN = 1e6, 1e-3
_SMALLEST_PERCENT = 0.001
#: From so many requests on, and so many times those that there were, nobody waits for them.
_OUT_OF_REACH, _OUT_OF_REACH_TIMES = 10**9, 1_000
_LONGEST = 200

#: What is counted as failed in the score.
_FAILURES = {Classification.HIGH, Classification.LOW}


def judge_sentences(found: CanaryJudgement, zone: ZoneInfo, other: str = STABLE) -> list[str]:
    """Everything that was judged, a sentence each: errors, slow requests, score, metrics, traffic.

    `other` is what the canary is compared with; times are told in `zone`.
    """
    counts = ((Measure.ERRORS, found.errors), (Measure.SLOW, found.slow))
    told = [counts_sentence(one, zone, other, of) for of, one in counts if one is not None]
    if found.score is not None:
        told.append(score_sentence(found.score))
    told += [metric_sentence(metric) for metric in found.metrics]
    return told + [f"traffic: {traffic_sentence(step)}" for step in found.traffic]


def counts_sentence(
    found: ErrorJudgement, zone: ZoneInfo, other: str = STABLE, measure: Measure = Measure.ERRORS
) -> str:
    """The verdict on the counts with what it rests on, or what is still needed for one."""
    words = MEASURE_WORDS[measure]
    counts = f"{_counted(found.canary)} to the canary and {_counted(found.stable)} to {other} {words.were}"
    if found.verdict is Verdict.FAIL:
        return f"{words.bad} FAIL: {_failure(found, zone, other, words)}; {counts}"
    if found.verdict is Verdict.PASS:
        harmful = f"below the harmful {times(found.rule.harmful)}"
        return f"{words.bad} PASS: {_ratio(found, other, words)}, {harmful}; {counts}"
    return f"{words.bad} NONE: {not_yet_sentence(found, other, measure)}"


def not_yet_sentence(found: ErrorJudgement, other: str = STABLE, measure: Measure = Measure.ERRORS) -> str:
    """Why the counts allow no verdict yet: how many requests there were, and how many it takes.

    Without a bad request the ratio stays unknown however long it takes; what is known is told, a bound on the
    canary's own rate.
    """
    needed, to_pass, rule, words = found.needed, found.needed_to_pass, found.rule, MEASURE_WORDS[measure]
    if not needed.seen:
        return "cannot judge: in no tick had both arms requests"
    if needed.requests is None and found.rate_below is not None:
        bound = f"the canary's own {words.rate} is at most {_at_most(found.rate_below)}, with {_sure(found)}"
        return f"cannot judge yet: no {words.bad} in {show.amount(needed.seen, 'request')} to both; {bound}"
    ratio = _ratio(found, other, words)
    if found.held_back:
        return f"cannot judge yet: it looks worse, but too few ticks show it, as where a pod pauses; {ratio}"
    if needed.requests is None or needed.seen < needed.requests:
        what = f"{_of_about(needed)} to see a {times(needed.ratio)} rise"
        return f"cannot judge yet: {what}; {ratio}"
    unseen = f"a {times(needed.ratio)} rise would probably have been seen"
    if to_pass.requests is not None and needed.seen >= to_pass.requests:
        usual = f"more than the about {_about(to_pass.requests)} requests usually needed were seen"
        between = f"between {times(rule.tolerated)} and {times(rule.harmful)}"
        near = between if rule.tolerated < rule.harmful else f"near {times(rule.harmful)}"
        return f"cannot judge yet: {usual}, so the ratio probably lies {near}; {ratio}"
    rest = f"{_of_about(to_pass)} to rule out {times(rule.harmful)}"
    return f"cannot judge yet: {unseen}, {rest}; {ratio}"


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
    if not critical and not found.muted and found.classification in _FAILURES:
        critical = ", which counts as failed in its group"
    moved = "" if found.relative_shift is None else f"; {_moved(found.relative_shift)}"
    return f"{plain(found.name)}{muted} {found.classification.value}: {found.reason}{critical}{moved}"


def traffic_sentence(found: TrafficSplit) -> str:
    """Whether the canary got its weight in one step."""
    weight, share = f"{_percent(found.weight)} %", found.share
    if share is None:
        return f"no requests, so nothing shows whether the canary gets its {weight}"
    got = f"{_percent(share.value)} % ({_percents(share.low, share.high)})"
    told = f"the canary got {got} of {show.amount(share.n, 'request')}, {weight} expected"
    return f"{told}: {_SPLITS[found.split]}"


def capital(sentence: str) -> str:
    """`sentence` as it begins a line."""
    return sentence[:1].upper() + sentence[1:]


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


def _failure(found: ErrorJudgement, zone: ZoneInfo, other: str, words: MeasureWords) -> str:
    """How much worse it is; or, when it has become better since, that it was shown to be worse before."""
    at = "" if found.failed_at is None else f" on {show.moment(found.failed_at, zone)}"
    ratio = _ratio(found, other, words)
    if found.e_value * found.rule.alpha < 1:
        return f"it was shown to be worse{at}; over all, {ratio}"
    mild = found.ratio.high is not None and found.ratio.high < found.rule.harmful
    harm = f"; below the harmful {times(found.rule.harmful)}, yet worse" if mild else ""
    return f"{ratio}, shown{at}{harm}" if at else f"{ratio}{harm}"


def _ratio(found: ErrorJudgement, other: str, words: MeasureWords) -> str:
    ratio = found.ratio
    low = times(ratio.low, ROUND_FLOOR)
    if ratio.value is None:
        if not ratio.low:
            return f"the ratio of the {words.rates} is not known"
        return f"only the canary has {words.bad}: its rate is at least {low} {other}'s, with {_sure(found)}"
    if not ratio.value and (ratio.high is None or ratio.high >= _LARGEST_SHOWN):
        return f"no request of the canary {words.was}; too few to compare"
    return f"the canary's {words.rate} is {times(ratio.value)} {other}'s ({_limits(found)})"


def _limits(found: ErrorJudgement) -> str:
    """The limits of the ratio, each with its confidence; one that is beyond all use is none."""
    low = times(found.ratio.low, ROUND_FLOOR) if found.ratio.low >= _SMALLEST_SHOWN else None
    high = None
    if found.ratio.high is not None and found.ratio.high < _LARGEST_SHOWN:
        high = times(found.ratio.high, ROUND_CEILING)
    if low is None:
        return "no limits yet" if high is None else f"at most {high}, with {_sure(found)}"
    if high is None:
        return f"at least {low}, with {_sure(found)}"
    return f"{low} … {high}, each limit with {_sure(found)}"


def _sure(found: ErrorJudgement) -> str:
    return f"{_PERCENT * (1 - found.rule.alpha):.6g} %"


def _counted(arm: Arm) -> str:
    return f"{round(arm.bad):,} of {show.amount(round(arm.total), 'request')}"


def _of_about(needed: Needed) -> str:
    """How many requests there were, of how many that are needed, to be followed by what for."""
    seen = show.amount(needed.seen, "request")
    if needed.requests is None:
        return f"{seen} seen, an unknown number needed"
    if needed.requests >= max(_OUT_OF_REACH, _OUT_OF_REACH_TIMES * needed.seen):
        return f"{seen} seen, far more needed than it will get"
    return f"{needed.seen:,} of about {_about(needed.requests)} requests needed"


def _about(requests: int) -> str:
    exact = Decimal(requests)
    digits = Decimal(1).scaleb(max(0, exact.adjusted() - _ABOUT + 1))
    return f"{int((exact / digits).to_integral_value(ROUND_CEILING) * digits):,}"


def _percent(share: float) -> str:
    """A share in percent, without the sign: `9.59`, `below 0.001`."""
    percent = share * _PERCENT
    return (
        f"below {_SMALLEST_PERCENT:g}" if 0 < percent < _SMALLEST_PERCENT else f"{percent:.{_SIGNIFICANT}g}"
    )


def _percents(low: float, high: float) -> str:
    """An interval in percent, told once where both ends are too small to be told apart."""
    ends = _percent(low), _percent(high)
    return f"{ends[0]} %" if ends[0] == ends[1] and "below" in ends[0] else f"{ends[0]} … {ends[1]} %"


def _at_most(share: float) -> str:
    """An upper bound in percent, rounded up to two significant digits."""
    percent = Decimal(share * _PERCENT)
    rounded = percent.quantize(Decimal(1).scaleb(percent.adjusted() - _ABOUT + 1), ROUND_CEILING)
    return f"{rounded.normalize():f} %"


def _moved(shift: Shift) -> str:
    middle = _signed(shift.estimate)
    if shift.low is None or shift.high is None:
        return f"{middle} of the control's median"
    return f"{middle} of the control's median ({_signed(shift.low)} … {_signed(shift.high)})"


def _signed(share: float) -> str:
    percent = round(share * _PERCENT, 1)
    return f"{'−' if percent < 0 else '+' if percent else ''}{abs(percent):,.1f} %"
