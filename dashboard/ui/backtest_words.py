"""A backtest in plain words, for the page and the command alike. Nothing here draws."""

from collections.abc import Callable, Mapping

from dashboard.domain.intervals import wilson
from dashboard.domain.policy import Policy
from dashboard.domain.policy_backtest import PIPELINE_CHECKS, Ending, Share, Verdict
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.reports.past_judgement import Judgement
from dashboard.reports.policy_backtest import Backtested, BacktestReport, Changed
from dashboard.ui import format as show
from dashboard.ui.gate_words import CHECK_NAMES
from dashboard.ui.words import CHANGES, joined, sign

ENDINGS: Mapping[Ending, str] = {
    Ending.BAD: "went bad",
    Ending.GOOD: "went well",
    Ending.UNJUDGED: "not judged yet",
}
_OPEN = {f"slo.incidents_{name.lower()}": f"a {name} incident was open" for name in ("P1", "P2", "P3")}
_PIPELINE = "what the pipeline found"


def blocked(share: Share) -> str:
    """`23 of 133, 17 % (12 … 25 %)`."""
    found = wilson(share.blocked, share.of)
    return "none of 0" if found is None else f"{show.k_of_n(found)}, {show.proportion(found)}"


def reasons(row: Backtested, found: Judgement, policy: Policy) -> list[str]:
    """Why `policy` would have blocked `row`: what was seen, and what it asks for."""
    return [_reason(code, row, found, policy) for code in found.verdict.blocked_by]


def not_known(found: Verdict) -> str:
    """What of a verdict is not known, the pipeline's part in one; empty when everything is."""
    others = [CHECK_NAMES[code].lower() for code in found.not_known if code not in PIPELINE_CHECKS]
    from_pipeline = len(found.not_known) - len(others)
    told = [f"{_PIPELINE} ({show.amount(from_pipeline, 'check')})"] if from_pipeline else []
    return joined([*told, *others])


def lifted(found: Verdict) -> str:
    """Which checks an exception lifted."""
    return f"lifted by an exception: {joined([CHECK_NAMES[code].lower() for code in found.lifted])}"


def spent(row: Backtested) -> str:
    """What a deployment and its incidents cost of the budget that they cost most."""
    if not row.service.objectives:
        return "no error budget: best effort"
    if row.spent is None:
        return "cost unknown"
    return f"cost {show.percent(row.spent)} of an error budget" if row.spent else "cost nothing"


def became(found: Changed) -> str:
    """What became of the deployments on which two policies differ, and what they cost, in one sentence."""
    unjudged = len(found.rows) - found.bad - found.good
    counts = ((found.bad, Ending.BAD), (found.good, Ending.GOOD), (unjudged, Ending.UNJUDGED))
    told = joined([f"{count} {ENDINGS[how]}" for count, how in counts if count])
    if found.unpriced == len(found.rows):
        cost = "what they cost is not known"
    else:
        unknown = f", without {found.unpriced} of unknown cost" if found.unpriced else ""
        cost = f"together they cost {show.percent(found.spent)} of an error budget{unknown}"
    incidents = f", {show.amount(len(found.incidents), 'incident')}" if found.incidents else ""
    return f"{told}; {cost}{incidents}"


def doubts(report: BacktestReport) -> list[str]:
    """What is not known of the deployments; that what only pipelines know is known is said as well."""
    of = f"of {show.amount(len(report.rows), 'deployment')}"
    told = []
    if not report.without_evidence:
        told.append(
            f"Of all {show.amount(len(report.rows), 'deployment')} a recorded decision tells {_PIPELINE}."
        )
    else:
        told.append(
            f"{report.without_evidence} {of}: {_PIPELINE} (build, tests, CVEs, image, ABAC) is"
            " not known. It neither blocks nor passes here; a recorded decision would tell it."
        )
    if report.unknown_levels:
        told.append(
            f"{report.unknown_levels} {of}: the error budget is not known, because the counts do not reach"
            " back far enough. It neither blocks nor passes here."
        )
    if report.unknown_changes:
        told.append(
            f"{report.unknown_changes} {of}: nobody told the kind of change. The policy judges it as the"
            " strictest that fits."
        )
    if report.inferred_rollbacks:
        told.append(
            f"{report.inferred_rollbacks} {of}: nobody told the kind of change, but the artefact shows a"
            " rollback, and as such it is judged."
        )
    return told


def _reason(code: str, row: Backtested, found: Judgement, policy: Policy) -> str:
    if code in _OPEN:
        return _OPEN[code]
    told = _SAID.get(code)
    return f"{CHECK_NAMES.get(code, code).lower()}: not met" if told is None else told(row, found, policy)


def _budget(row: Backtested, found: Judgement, policy: Policy) -> str:
    floor = policy.gate.budget_floor[row.service.tier]
    left = show.budget(found.level.remaining, (floor,))
    return f"error budget left: {left}, needs {show.target(floor)}"


def _fast(_row: Backtested, found: Judgement, policy: Policy) -> str:
    return f"fast burn rate: {show.burn(found.level.fast_burn)}, has to be below {_times(policy, 0)}"


def _slow(_row: Backtested, found: Judgement, policy: Policy) -> str:
    return f"slow burn rate: {show.burn(found.level.slow_burn)}, has to be below {_times(policy, 1)}"


def _times(policy: Policy, which: int) -> str:
    return show.factor(policy.burn_gate[which].below)


def _change(row: Backtested, found: Judgement, _policy: Policy) -> str:
    kind = next((kind for kind in ChangeType if kind.value == row.change), None)
    what = "a change of unknown kind" if kind is None else CHANGES[kind].lower()
    return f"{what} in the policy tier {_tier(found.level.policy_tier)}"


def _rollbacks(_row: Backtested, found: Judgement, policy: Policy) -> str:
    within = show.length(policy.gate.rollbacks_within)
    most = show.number(policy.gate.rollbacks_deny_from)
    return f"{show.amount(found.rollbacks, 'rollback')} in {within}, has to be fewer than {most}"


def _window(row: Backtested, _found: Judgement, policy: Policy) -> str:
    return f"window closed: {show.full_moment(row.row.release.deployment.began_at, policy.timezone)}"


def _freeze(_row: Backtested, _found: Judgement, _policy: Policy) -> str:
    return "a deployment freeze held"


def _approvals(_row: Backtested, found: Judgement, policy: Policy) -> str:
    tier = found.level.policy_tier
    roles = policy.tiers[tier].approvers if tier is not None else ()
    return f"no approval by {joined(list(roles))}, as the policy tier {_tier(tier)} asks for"


def _tier(tier: PolicyTier | None) -> str:
    return sign(tier).word


_SAID: Mapping[str, Callable[[Backtested, Judgement, Policy], str]] = {
    "slo.budget_remaining": _budget,
    "slo.fast_burn": _fast,
    "slo.slow_burn": _slow,
    "slo.change_type": _change,
    "slo.rollbacks": _rollbacks,
    "approval.window": _window,
    "approval.freeze": _freeze,
    "approval.approvals": _approvals,
}
