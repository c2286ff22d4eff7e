"""The checklist before a release: what evidence ticks, with its source, and what only people can tick."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.domain.gate_rules import CHECKS
from dashboard.domain.release_decision import Check
from dashboard.reports.release_page import ReleasePage
from dashboard.ui.gate_checks import origin
from dashboard.ui.words import joined


def _of(start: str) -> tuple[str, ...]:
    return tuple(code for code in CHECKS if code.startswith(start))


#: What evidence can tick, with the checks that have to be met for it.
_FROM_EVIDENCE = (
    ("The code compiles, type-checks, and is linted and formatted", _of("build.")),
    ("Unit and integration tests pass", ("quality.unit_tests", "quality.integration_tests")),
    ("The golden path works from end to end", ("quality.golden_path",)),
    ("Enough of the code is covered by tests", ("quality.coverage",)),
    ("No known critical vulnerability, few high ones", ("security.critical_cves", "security.high_cves")),
    ("No secret is in the code", ("security.secrets",)),
    ("The image is signed, and its origin can be proved", ("security.image_signed", "security.slsa_level")),
    ("The image comes from a trusted registry", ("policy.registry",)),
    ("Access rules (ABAC) were checked", ("policy.abac",)),
    ("The error budget leaves room for this change", ("slo.change_type", "slo.budget_remaining")),
    ("Nothing burns the error budget right now", ("slo.fast_burn", "slo.slow_burn")),
    ("No incident of the service is open", _of("slo.incidents")),
    ("The last releases did not have to be taken back", ("slo.rollbacks",)),
    ("The deployment window is open and no freeze stands", ("approval.window", "approval.freeze")),
    ("Everybody who is asked has approved", ("approval.approvals",)),
)

#: What nothing here can know.
_FOR_PEOPLE = (
    "Somebody wrote down how to roll back, tried it, and knows who decides",
    "The release captain and the on-call engineer are online until it has settled",
    "Those who are affected know: support, neighbouring teams, status page if users will notice",
    "Database migrations work with the old and the new version, and can be undone",
    "New behaviour is behind a feature flag that can be switched off without a deployment",
    "Dashboards and alerts of the service are open on a screen",
    "New dependencies and their licences were looked at; the bill of materials (SBOM) is stored",
    "Configuration and secrets of the new version are in the environment already",
    "Load and capacity were thought of, also while two versions run at once",
    "The change was reviewed by a second person, and its ticket says what it does",
)


def draw(page: ReleasePage, zone: ZoneInfo) -> None:
    """Two lists: the first is ticked by what is known, the second is for people."""
    left, right = st.columns(2)
    told_at = None if page.evidence is None else page.evidence.at
    ticked = "\n".join(f"- {line}" for line in _ticked(page, told_at, zone))
    left.markdown(f"**Known from evidence**\n\n{ticked}")
    people = "\n".join(f"- ☐ {item}" for item in _FOR_PEOPLE)
    right.markdown(f"**Only people can tick** (nothing is stored here)\n\n{people}")


def _ticked(page: ReleasePage, told_at: datetime | None, zone: ZoneInfo) -> Iterator[str]:
    checks = {check.code: check for gate in page.decision.gates for check in gate.checks}
    for words, codes in _FROM_EVIDENCE:
        found = [checks[code] for code in codes if code in checks]
        if not checks:
            yield f"{_mark(found)} {words}"
            continue
        if not found:
            yield f":gray-badge[–] {words} :small[(not asked of this service or environment)]"
            continue
        sources = joined(
            list(dict.fromkeys(origin(check, told_at, page.decision.as_of, zone) for check in found))
        )
        yield f"{_mark(found)} {words} :small[({sources})]"


def _mark(found: list[Check]) -> str:
    if found and all(check.met for check in found):
        return ":green-badge[✓ yes]"
    if any(not check.passes and check.seen is not None for check in found):
        return ":red-badge[✕ no]"
    if found and all(check.passes for check in found):
        waived = any(check.waived_by is not None for check in found)
        return ":blue-badge[◇ waived]" if waived else ":gray-badge[– not asked]"
    return ":orange-badge[? unknown]"
