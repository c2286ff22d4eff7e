"""Release decisions in plain words, for pages and commands alike. Nothing here draws."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from dashboard.domain import gate_rules
from dashboard.domain.gate_rules import CHECKS, LIFTS, GateName
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Check, Decision, Gate
from dashboard.ui import format as show
from dashboard.ui.gate_advice import NEXT_STEPS
from dashboard.ui.words import CHANGES, joined

GATES = {
    GateName.BUILD: "Build",
    GateName.QUALITY: "Quality",
    GateName.SECURITY: "Security",
    GateName.SLO: "SLO",
    GateName.POLICY: "Policy",
    GateName.APPROVAL: "Approval",
}

#: What each check looks at, as short as it can be said.
CHECK_NAMES: Mapping[str, str] = {
    "build.typecheck": "Type check",
    "build.compile": "Compile",
    "build.lint": "Lint",
    "build.format": "Format",
    "quality.unit_tests": "Unit tests",
    "quality.integration_tests": "Integration tests",
    "quality.golden_path": "Golden path",
    "quality.coverage": "Test coverage",
    "security.critical_cves": "Critical CVEs",
    "security.high_cves": "High CVEs",
    "security.secrets": "Secrets found",
    "security.image_signed": "Image signed",
    "security.slsa_level": "SLSA level",
    "slo.change_type": "Kind of change",
    "slo.budget_remaining": "Error budget left",
    "slo.fast_burn": "Fast burn rate",
    "slo.slow_burn": "Slow burn rate",
    "slo.incidents_p1": "Open P1 incidents",
    "slo.incidents_p2": "Open P2 incidents",
    "slo.incidents_p3": "Open P3 incidents",
    "slo.rollbacks": "Recent rollbacks",
    "policy.service": "Service",
    "policy.environment": "Environment",
    "policy.version": "Version",
    "policy.registry": "Image registry",
    "policy.abac": "ABAC check",
    "approval.window": "Deployment window",
    "approval.freeze": "Deployment freezes",
    "approval.approvals": "Approvals",
}

#: What each warning means.
WARNINGS: Mapping[str, str] = {
    "warn.change_type": "No change type was given: the release is judged as the strictest kind that fits.",
    "warn.slow_burn": "The slow burn rate is below the gate, and high enough to look at.",
    "warn.rollbacks": "There was a rollback recently; one more closes the gate.",
    "warn.notify": "The policy tier asks that somebody is told of the release.",
    "warn.policy_tier": "A condition of the policy tier to keep to.",
    "warn.override_not_needed": "An override was asked for, and every gate is passed without it.",
    "warn.override_unproved": "The approver of the override is the input's word; the decision log keeps it.",
    "warn.rollback_unproved": "No earlier deployment of this version is known: check that it is a rollback.",
    "warn.input_differs": "The input says something else than the store; the message says which counts.",
    "warn.input_ignored": "The input claims something that only people with tokens, or the clock, can tell.",
    "warn.input_trusted": "The input was trusted with --trust-input: its own words count.",
    "warn.exception_too_early": "An exception for this release expires before it is of use: before the"
    " window opens, or before what it lifts is in the way.",
    "warn.unknown_key": "A key of the input means nothing here, perhaps by a slip of the pen.",
    "warn.incident_severity": "An open incident has a severity that sources.yaml does not map: P2.",
    "warn.incident_unmapped": "An open incident names no service of the catalogue, so it holds back nothing.",
    "warn.no_incidents": "No incident was ever reported: an unconnected pager looks like a quiet one.",
    "warn.no_deployments": "No deployment was ever reported: rollbacks would not be known.",
}
#: Every code that a decision may carry, whatever its policy's own text adds.
CODES = (*CHECKS, *(code for code in NEXT_STEPS if code not in CHECKS), *WARNINGS)


def verdict(decision: Decision) -> str:
    """ALLOWED or NOT NOW, in one or two words."""
    return "ALLOWED" if decision.allow else "NOT NOW"


def sentence(decision: Decision) -> str:
    """Why, in one sentence."""
    if decision.emergency.used:
        lifted = show.amount(len(decision.emergency.overridden), "check")
        who, incident = decision.emergency.approver, decision.emergency.incident_id
        return f"An emergency override by {who} for {incident} lifts {lifted}."
    closed = [gate for gate in decision.gates if not gate.passes]
    if decision.allow:
        waived = len({use.id for use in decision.exceptions_used})
        return (
            f"All six gates pass, with {show.amount(waived, 'exception')}."
            if waived
            else "All six gates pass."
        )
    names = joined([GATES[gate.name] for gate in closed])
    unknown = [check for gate in closed for check in gate.checks if not check.passes and check.seen is None]
    failed = len(_failed(closed)) - len(unknown)
    told = []
    if failed:
        told.append(f"{show.amount(failed, 'check')} not met")
    if unknown:
        told.append(f"{show.amount(len(unknown), 'check')} without evidence")
    gates = f"the {names} gate {'does' if len(closed) == 1 else 'do'} not pass"
    if len(closed) > 1:
        gates = f"the gates {names} do not pass"
    return f"{gates[0].upper()}{gates[1:]}: {joined(told)}." if told else f"{gates[0].upper()}{gates[1:]}."


def first_reason(decision: Decision) -> str | None:
    """The first reason of a no, in the order of the gates: `test coverage: 71.5, needed at least 80 %`."""
    if decision.allow or not decision.violations:
        return None
    first = decision.violations[0]
    for check in (check for gate in decision.gates for check in gate.checks):
        if check.code == first.code:
            return f"{check_phrase(check.code)}: {seen(check)}, needed {needed(check)}"
    return first.message


def check_phrase(code: str) -> str:
    """The name of a check inside a sentence; abbreviations keep their letters."""
    name = CHECK_NAMES.get(code, code)
    return name if name[:2].isupper() else f"{name[:1].lower()}{name[1:]}"


def gate_summary(gate: Gate) -> str:
    """One gate as a part of a strip: `SLO: 2 of 6 not met`."""
    open_checks = [check for check in gate.checks if not check.passes]
    if gate.passes:
        return f"{GATES[gate.name]}: passes"
    if not gate.checks:
        return f"{GATES[gate.name]}: not evaluated"
    return f"{GATES[gate.name]}: {len(open_checks)} of {len(gate.checks)} not met"


def waived_and_unasked(gate: Gate) -> tuple[int, int]:
    """How many checks that are not met an exception waives, and how many are not asked of the release."""
    unmet = [check for check in gate.checks if not check.met]
    return sum(check.waived_by is not None for check in unmet), sum(not check.asked for check in unmet)


def met_words(gate: Gate) -> str:
    """How many checks of a passing gate are met, and why the others do not count: `2 of 3, 1 not asked`."""
    waived, unasked = waived_and_unasked(gate)
    told = [f"{sum(check.met for check in gate.checks)} of {len(gate.checks)}"]
    told += [f"{waived} waived"] if waived else []
    return ", ".join([*told, *([f"{unasked} not asked"] if unasked else [])])


def state(check: Check) -> str:
    """What became of a check, in a word or two."""
    if check.met:
        return "met"
    if not check.asked:
        return "not asked"
    if check.waived_by is not None:
        return f"waived by {check.waived_by}"
    return "no evidence" if check.seen is None else "not met"


def seen(check: Check) -> str:
    """What was found, as people read it."""
    value = check.seen
    if value is None:
        return "nothing known"
    if check.code == "approval.window":
        return f"{value['weekday']} {value['time'][:8]}"
    if check.code == "slo.budget_remaining" and isinstance(value, int | float):
        return show.budget(Fraction(str(value)) / 100)
    if check.code in {"slo.fast_burn", "slo.slow_burn"} and isinstance(value, int | float):
        return show.burn(Fraction(str(value)))
    if check.code == "slo.change_type":
        return _change(str(value))
    return _plain(value)


def needed(check: Check) -> str:
    """What is needed, as people read it."""
    if "window" in check.needed:
        windows = "; ".join(_window(window) for window in check.needed["window"])
        return windows or "no window for this service tier"
    ((rule, limit),) = check.needed.items()
    if rule in {"at_least", "at_most", "below"}:
        return _limit(check.code, rule, limit)
    word = _change if check.code == "slo.change_type" else str
    listed = ", ".join(map(word, limit)) if isinstance(limit, list) else _plain(limit)
    said = {
        "one_of": f"one of {listed}" if limit else "nothing is allowed",
        "registry": f"one of {listed}",
        "roles": listed or "none",
        "none_of": f"no {listed}",
        "known": f"a known {listed}",
        "given": f"a {listed}",
    }
    return said.get(rule, listed)


def _change(kind: str) -> str:
    """A kind of change as the page calls it; one that is not ours as it was told."""
    return CHANGES[ChangeType(kind)].lower() if kind in set(ChangeType) else kind


def _limit(code: str, rule: str, limit: float) -> str:
    """A limit of a number; fewer than one of something countable is none."""
    if code in {"slo.fast_burn", "slo.slow_burn"}:
        return f"{rule} {_plain(limit)}×"
    if (rule, limit) in {("at_most", 0), ("below", 1)}:
        return "none"
    percent = " %" if code in {"slo.budget_remaining", "quality.coverage"} else ""
    return f"{rule.replace('_', ' ')} {_plain(limit)}{percent}"


def explain(code: str, policy: Policy) -> list[str]:
    """All about a check, one line each: what it asks, who it is asked of, what lifts it, what to do."""
    if code not in CHECKS:
        return [f"{code}: {WARNINGS.get(code) or NEXT_STEPS[code]}"]
    lines = [f"{code}: {CHECKS[code]}."]
    rules = policy.gate
    tiers = sorted(map(int, rules.relaxed_tiers))
    if code not in gate_rules.RELAXED_CHECKS and tiers:
        named = joined([f"{tier}" for tier in tiers])
        lines.append(f"Not asked of services of tier {named}: there it is only a warning.")
    if code in gate_rules.ROLLBACK_EXEMPT or code == "approval.approvals":
        lines.append("Not asked of a rollback, which is the way back to safety.")
    lifting = [kind.value for kind, codes in LIFTS.items() if code in codes]
    if code == "approval.freeze":
        lifting = ["freeze"]
    if lifting:
        rules_of = [gate_rules.ExceptionType(kind) for kind in lifting]
        told = [f"{kind.value} ({_granted(rules.exceptions[kind])})" for kind in rules_of]
        lines.append(f"An exception of one of these types lifts it: {joined(told)}.")
    if code in gate_rules.NEVER_OVERRIDDEN:
        lines.append("An emergency override never lifts it.")
    else:
        lines.append("A valid emergency override lifts it.")
    lines.append(f"What to do: {NEXT_STEPS[code]}")
    return lines


def _granted(rule: gate_rules.ExceptionRule) -> str:
    """Who approves an exception, and for how long at most."""
    limit = "" if rule.lasts_at_most is None else f", at most {show.length(rule.lasts_at_most)}"
    return f"{joined(list(rule.approvers))}{limit}"


def _failed(gates: Sequence[Gate]) -> list[Check]:
    return [check for gate in gates for check in gate.checks if not check.passes]


def _window(window: Mapping[str, Any]) -> str:
    days = window["days"]
    span = days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}" if _follow(days) else ", ".join(days)
    return f"{span} {window['from'][:5]}-{window['until'][:5]}"


def _follow(days: Sequence[str]) -> bool:
    week = [day.value for day in gate_rules.Weekday]
    first = week.index(days[0])
    return list(days) == week[first : first + len(days)]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)
