"""Approvals, exceptions and freezes of a release: who has approved, what lifts what, what is in the way."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.domain.freezes import Freeze
from dashboard.domain.outlook import Moment
from dashboard.domain.policy import Policy
from dashboard.domain.release_exceptions import ExceptionState, ReleaseException
from dashboard.reports.release_approvals import GivenApproval, RoleAsked
from dashboard.reports.release_page import ReleasePage
from dashboard.ui import format as show
from dashboard.ui.folding import folded
from dashboard.ui.words import literal

_STATES = {
    ExceptionState.REQUESTED: ":orange-badge[○ waits for approval]",
    ExceptionState.APPROVED: ":blue-badge[◇ may be used]",
    ExceptionState.USED: ":blue-badge[◆ used]",
    ExceptionState.EXPIRED: ":gray-badge[– expired]",
    ExceptionState.REVOKED: ":gray-badge[– revoked]",
}


def draw_approvals(page: ReleasePage, policy: Policy) -> None:
    """Which roles have to approve and who has, and the approvals that do not count."""
    now = page.decision.as_of
    if not page.roles:
        st.markdown("No approval is needed for this release.")
    else:
        st.table(
            {
                "Who has to approve": [literal(item.required.role) for item in page.roles],
                "State": [
                    ":green-badge[✓ given]" if item.required.satisfied else ":red-badge[✕ missing]"
                    for item in page.roles
                ],
                "By": [_signed(item, now) for item in page.roles],
                "Why": [literal(item.required.why.replace("_", " ")) for item in page.roles],
            },
            border="horizontal",
            hide_index=True,
            alt="The approvals that this release needs, and who has given them",
        )
    lines = [_given(item, now, policy) for item in page.approvals]
    if lines:
        st.markdown("Given for this release:\n" + "".join(f"\n- {line}" for line in lines))


def draw_exceptions(page: ReleasePage, policy: Policy) -> None:
    """Exceptions with what they lift, until when, if that is too early, and if their use was reviewed."""
    exceptions, now = page.exceptions, page.decision.as_of
    overdue_reviews(exceptions, now)
    if not exceptions:
        st.markdown("No approved exception exists for this release.")
        return
    st.table(
        {
            "Exception": [
                f"{folded(item.id, 40)} ({item.type.value})  \n{_state(item, now)}" for item in exceptions
            ],
            "For, until": [
                f"{_scope(item)}  \n:small[until {show.moment(item.expires_at, policy.timezone, now)}]"
                f"{_too_early(page.too_early.get(item.id), now, policy)}"
                for item in exceptions
            ],
            "Why": [
                f"{folded(item.reason, 200)}  \n:small[instead: {folded(item.mitigation, 200)}]"
                for item in exceptions
            ],
        },
        border="horizontal",
        hide_index=True,
        alt="Exceptions for this service: their state, what they are for, why, and until when",
    )


def overdue_reviews(exceptions: Sequence[ReleaseException], now: datetime) -> None:
    """Uses of exceptions that should have been reviewed by now, plainly."""
    late = [item for item in exceptions if item.review_overdue(now)]
    if not late:
        return
    lines = [
        f"{folded(item.id, 40)} ({item.type.value}) was used for"
        f" {folded(str(item.used_for))} by {folded(item.used_by or 'somebody', 60)}; its review was due"
        f" {show.age(item.review_due, now)} ago"
        for item in late
    ]
    many = show.amount(len(late), "review of an exception is", "reviews of exceptions are")
    st.warning(f"**⚠ {many} overdue**\n" + "".join(f"\n- {line}" for line in lines))


def draw_freezes(freezes: Sequence[Freeze], now: datetime, policy: Policy) -> None:
    """Freezes that stand now or come, the first to begin first."""
    if not freezes:
        st.markdown("No freeze stands or is planned for this release.")
        return
    zone = policy.timezone
    st.table(
        {
            "Freeze": [
                f"{folded(item.id, 40)}  \n"
                + (":red-badge[✕ stands now]" if item.is_active(now) else ":blue-badge[○ planned]")
                for item in freezes
            ],
            "When": [show.stretch(item.start, item.end, zone, now) for item in freezes],
            "Why": [
                f"{folded(item.reason, 200)}  \n:small[by {folded(item.added_by, 60)}]" for item in freezes
            ],
        },
        border="horizontal",
        hide_index=True,
        alt="Freezes that cover this release, when and why",
    )


def _signed(item: RoleAsked, now: datetime) -> str:
    if not item.signatures:
        return "nobody yet"
    told = []
    for signature in item.signatures:
        when = "" if signature.at is None else f", {show.age(signature.at, now)} ago"
        through = f", through exception {folded(signature.exception, 40)}" if signature.exception else ""
        told.append(f"{folded(signature.by, 60)}{when}{through}")
    return "; ".join(told)


def _given(item: GivenApproval, now: datetime, policy: Policy) -> str:
    approval, zone = item.approval, policy.timezone
    who = f"{folded(approval.by, 60)} as {folded(', '.join(approval.roles))}"
    when = show.moment(approval.at, zone, now)
    if item.not_counted is None:
        until = show.moment(item.until, zone, now)
        return f"✓ {who}, {when}, counts until {until}: {folded(approval.reason, 200)}"
    return f"– {who}, {when}: **does not count**, {item.not_counted.value}"


def _state(item: ReleaseException, now: datetime) -> str:
    told = _STATES[item.state(now)]
    if missing := item.missing_roles(now):
        told += f"  \n:small[missing: {literal(', '.join(missing))}]"
    if item.review_overdue(now):
        told += "  \n:red-badge[⚠ review overdue]"
    elif item.awaits_review(now):
        told += "  \n:orange-badge[○ review to come]"
    return told


def _too_early(first_use: Moment | None, now: datetime, policy: Policy) -> str:
    """That an exception expires before it is of use; markdown."""
    if first_use is None:
        return ""
    at = show.moment(first_use.at, policy.timezone, now)
    return f"  \n:orange-badge[! expires too early]  \n:small[before {literal(first_use.what)} on {at}]"


def _scope(item: ReleaseException) -> str:
    version = "any version" if item.version is None else folded(item.version, 60)
    where = "any environment" if item.environment is None else folded(item.environment, 60)
    freeze = f", freeze {folded(item.freeze, 40)}" if item.freeze else ""
    used = f"  \n:small[used for {folded(str(item.used_for))}]" if item.used_for else ""
    return f"{version}, {where}{freeze}{used}"
