"""Where the error budget of an objective went: incidents, deployments, and the background between them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

import streamlit as st

from dashboard.domain.budget_ledger import BACKGROUND, Entry, Ledger, Owner, OwnerKind, large_spenders
from dashboard.domain.deployments import Deployment
from dashboard.domain.policy import Policy
from dashboard.reports.history import History
from dashboard.ui import format as show
from dashboard.ui.components import incident_link
from dashboard.ui.folding import unbroken
from dashboard.ui.incident_words import TOO_LITTLE
from dashboard.ui.release_words import brief, version_of
from dashboard.ui.words import joined

_MOST_ENTRIES = 8
_NAMED = 2
_NO_TIME = timedelta(0)
_HOW = (
    "Every five minutes have one owner: the gravest incident that touches them, else the newest deployment"
    " that was being rolled out or watched after it, else the background."
)


def draw(ledger: Ledger, history: History, policy: Policy) -> None:
    """The sentence first, then the account."""
    service = ledger.objective.service
    mine = {item.deployment.id: item.deployment for item in history.releases_by_service.get(service, ())}
    st.markdown("**Where the budget went**", help=_HOW)
    st.markdown(unbroken(spent_sentence(ledger, mine)))
    if not ledger.whole.bad:
        return
    for entry in large_spenders(ledger, policy.incidents.large_budget_share):
        st.warning(
            f"**{brief(entry.owner.name)} alone spent {show.percent(entry.share_of_budget)} of the budget**,"
            f" more than the {show.percent(policy.incidents.large_budget_share)} that the policy sets for a"
            " single incident."
        )
        incident_link(entry.owner.name, label=f"What happened in {brief(entry.owner.name, 40)} → Incidents")
    _table(ledger, mine)


def spent_sentence(ledger: Ledger, deployments: Mapping[str, Deployment]) -> str:
    """What the bad events of the window went to, the largest first; markdown."""
    if not ledger.whole.total:
        return "There was no traffic in this window, so nothing was spent."
    if not ledger.whole.bad:
        return "Nothing was spent: there was no bad event in this window."
    spenders = [entry for entry in ledger.entries if entry.owner != BACKGROUND and entry.counts.bad]
    told = [
        f"**{show.part(entry.share_of_spent)}** went to {_named(entry.owner, deployments)}"
        for entry in spenders[:_NAMED]
    ]
    rest = sum(entry.counts.bad for entry in spenders[_NAMED:])
    if rest:
        more = len(spenders) - _NAMED
        told.append(f"**{show.part(Fraction(rest, ledger.whole.bad))}** to {more} more")
    background = ledger.spent_by(BACKGROUND)
    share = None if background is None else background.share_of_spent
    told.append(f"**{show.part(share)}** is background")
    return f"Of what was spent {joined(told)}."


def _of_budget(entries: Sequence[Entry]) -> str:
    shares = [entry.share_of_budget for entry in entries]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return f"unknown: {TOO_LITTLE}"
    return show.percent(sum(known, Fraction(0)))


def _table(ledger: Ledger, deployments: Mapping[str, Deployment]) -> None:
    spenders = [entry for entry in ledger.entries if entry.owner != BACKGROUND and entry.counts.bad]
    rows = [(_named(entry.owner, deployments), [entry]) for entry in spenders[:_MOST_ENTRIES]]
    if others := spenders[_MOST_ENTRIES:]:
        rows.append((f"{show.number(len(others))} more, each smaller", others))
    rows.append(("Background: in no incident and no deployment", _background(ledger)))
    rows.append(("**All of it**", list(ledger.entries)))
    st.table(
        {
            "What": [name for name, _ in rows],
            "Bad events": [show.events(_bad(entries)) for _, entries in rows],
            "Of what was spent": [
                unbroken(show.part(Fraction(_bad(entries), ledger.whole.bad))) for _, entries in rows
            ],
            "Of the budget": [unbroken(_of_budget(entries)) for _, entries in rows],
            "Like a full outage of": [
                unbroken(show.outage(sum((entry.full_outage or _NO_TIME for entry in entries), _NO_TIME)))
                for _, entries in rows
            ],
        },
        border="horizontal",
        hide_index=True,
        alt=f"What spent the error budget of {ledger.objective.key}, the largest first",
    )


def _background(ledger: Ledger) -> list[Entry]:
    return [entry for entry in ledger.entries if entry.owner == BACKGROUND]


def _bad(entries: Iterable[Entry]) -> int:
    return sum(entry.counts.bad for entry in entries)


def _named(owner: Owner, deployments: Mapping[str, Deployment]) -> str:
    if owner.kind is OwnerKind.INCIDENT:
        return f"incident {brief(owner.name, 40)}"
    known = deployments.get(owner.name)
    return f"deployment {brief(owner.name if known is None else version_of(known), 40)}"
