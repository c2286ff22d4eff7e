"""Freezes, exceptions and approvals as of an instant, those of the calendar included, in a useful order."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.domain import exception_timing
from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.outlook import Moment
from dashboard.domain.policy import Policy
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.domain.slo import Catalogue
from dashboard.store.database import open_for_reading
from dashboard.store.release_controls import read_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlsReport:
    """What was recorded by `as_of`, and the freezes of the calendar around it.

    Freezes are in the order in which they begin. Exceptions whose review is overdue come first, then the
    newest; so do approvals.
    """

    as_of: datetime
    freezes: tuple[Freeze, ...]
    exceptions: tuple[ReleaseException, ...]
    approvals: tuple[Approval, ...]

    def open_freezes(self) -> tuple[Freeze, ...]:
        """Those that hold or are to come."""
        return tuple(freeze for freeze in self.freezes if freeze.end > self.as_of)

    def open_exceptions(self) -> tuple[ReleaseException, ...]:
        """Those that somebody has to do something about: not over, or used and not reviewed."""
        return tuple(item for item in self.exceptions if _is_open(item, self.as_of))

    def too_early(self, policy: Policy, catalogue: Catalogue) -> dict[str, Moment]:
        """The exceptions that expire before they are of use, by id, with when they would be."""
        return exception_timing.too_early(
            self.exceptions,
            freezes=self.freezes,
            exceptions=self.exceptions,
            policy=policy,
            catalogue=catalogue,
            now=self.as_of,
        )

    def valid_approvals(self, rules: GateRules) -> tuple[Approval, ...]:
        """Those that count for a release."""
        return tuple(item for item in self.approvals if item.is_valid(self.as_of, rules))


def controls_report(store: Path, planned: tuple[Freeze, ...], now: datetime) -> ControlsReport:
    """What holds back releases at `now`, and what lets them pass; `planned` are the freezes of the calendar.

    Raises:
        StoreError: the store cannot be read. One that does not exist yet holds nothing.
    """
    if not store.exists():
        return ControlsReport(as_of=now, freezes=_in_order(planned), exceptions=(), approvals=())
    with open_for_reading(store) as connection:
        found = read_controls(connection, now)
    exceptions = sorted(found.exceptions, key=lambda item: item.created_at, reverse=True)
    return ControlsReport(
        as_of=now,
        freezes=_in_order((*found.freezes, *planned)),
        exceptions=tuple(sorted(exceptions, key=lambda item: not item.review_overdue(now))),
        approvals=tuple(sorted(found.approvals, key=lambda item: item.at, reverse=True)),
    )


def _in_order(freezes: tuple[Freeze, ...]) -> tuple[Freeze, ...]:
    return tuple(sorted(freezes, key=lambda freeze: (freeze.start, freeze.id)))


def _is_open(item: ReleaseException, now: datetime) -> bool:
    over = now >= item.expires_at or (item.revoked is not None and item.revoked.at <= now)
    return item.awaits_review(now) or not over
