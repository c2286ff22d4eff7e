"""What `reliability ledger --json` and the API say of where budgets went: unrounded, unknown is null."""

from collections.abc import Mapping
from typing import Any

from dashboard.domain.budget_ledger import Entry, Ledger, large_spenders
from dashboard.domain.error_budget import coverage
from dashboard.domain.event_counts import to_events
from dashboard.domain.policy import IncidentRules
from dashboard.reports.history import History
from dashboard.reports.status_document import iso_time


def ledger_document(found: Mapping[str, Ledger], history: History, rules: IncidentRules) -> dict[str, Any]:
    """The ledger of each objective in `found`; the entries of one add up to its `bad` exactly."""
    return {
        "as_of": iso_time(history.as_of),
        "large_budget_share": float(rules.large_budget_share),
        "ledgers": [_ledger(ledger, rules) for ledger in found.values()],
    }


def _ledger(ledger: Ledger, rules: IncidentRules) -> dict[str, Any]:
    return {
        "objective": ledger.objective.key,
        "from": iso_time(ledger.start),
        "to": iso_time(ledger.end),
        "coverage": float(coverage(ledger.whole, ledger.end - ledger.start)),
        "bad": to_events(ledger.whole.bad),
        "total": to_events(ledger.whole.total),
        "entries": [_entry(entry) for entry in ledger.entries],
        "large_spenders": [entry.owner.name for entry in large_spenders(ledger, rules.large_budget_share)],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.owner.kind.value,
        "id": entry.owner.name or None,
        "bad": to_events(entry.counts.bad),
        "share_of_spent": None if entry.share_of_spent is None else float(entry.share_of_spent),
        "share_of_budget": None if entry.share_of_budget is None else float(entry.share_of_budget),
        "full_outage_seconds": None if entry.full_outage is None else entry.full_outage.total_seconds(),
    }
