"""Where a budget went: every bad event has one owner, and the parts add up to the whole exactly."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.budget_ledger import (
    BACKGROUND,
    Claim,
    Ledger,
    Owner,
    OwnerKind,
    assign,
    deployment_claim,
    deployment_claims,
    incident_claim,
    large_spenders,
    ledger,
)
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.event_counts import NO_EVENTS, EventCounts
from dashboard.domain.incidents import Incident, Severity
from tests.happenings import T0, at, deployment, incident
from tests.histories import STEP, objective

START = int(T0.timestamp())
BAKE = timedelta(hours=1)
IN_PROGRESS = DeploymentState.IN_PROGRESS
_TENTH = objective("0.9")

#: (good, total) of each bucket from `START` on; None was not measured.
_Counts = Sequence[tuple[int, int] | None]


def _incident(name: str) -> Owner:
    return Owner(kind=OwnerKind.INCIDENT, name=name)


def _deployment(name: str) -> Owner:
    return Owner(kind=OwnerKind.DEPLOYMENT, name=name)


def _claims(
    incidents: Sequence[Incident] = (), deployments: Sequence[Deployment] = (), *, now: float = 600
) -> list[Claim]:
    asked = (incident_claim(item, at(now)) for item in incidents)
    return [*filter(None, asked), *deployment_claims(deployments, BAKE, at(now))]


def _counts(bucket: tuple[int, int] | None) -> EventCounts:
    return NO_EVENTS if bucket is None else EventCounts(good=bucket[0], total=bucket[1], buckets=1)


def _book(claims: Sequence[Claim], counts: _Counts, minimum_coverage: Fraction = Fraction(0)) -> Ledger:
    running = list(accumulate(map(_counts, counts), initial=NO_EVENTS))
    end = START + STEP * len(counts)
    return ledger(
        _TENTH,
        assign(claims, START, end),
        end,
        lambda instants: [running[(instant - START) // STEP] for instant in instants],
        minimum_coverage,
    )


def _owners(claims: Sequence[Claim], buckets: int) -> list[Owner]:
    """Who owns each bucket from `START` on, told bucket by bucket."""
    parts = assign(claims, START, START + STEP * buckets)
    assert parts[0][0] == START
    return [
        next(owner for edge, owner in reversed(parts) if edge <= START + STEP * index)
        for index in range(buckets)
    ]


@pytest.mark.parametrize(
    ("began", "ended", "owned"),
    [
        (0, 5, {0}),
        (0, 5.00001, {0, 1}),
        (4.99999, 5, {0}),
        (4.99999, 10, {0, 1}),
        (7, 7, {1}),  # it lasted no time, in the middle of a bucket
        (5, 5, set()),  # ditto, on an edge: it touches no bucket
        (-60, 3, {0}),
        (28, 90, {5}),
        (-60, 90, {0, 1, 2, 3, 4, 5}),
        (-60, 0, set()),
        (30, 60, set()),
        (8, 7, {1}),  # out of order: as if it ended when it began
    ],
)
def test_an_incident_owns_every_bucket_that_it_touches(began: float, ended: float, owned: set[int]) -> None:
    owners = _owners(_claims([incident("i", began, ended)]), 6)
    assert {index for index, owner in enumerate(owners) if owner == _incident("i")} == owned
    assert set(owners) <= {_incident("i"), BACKGROUND}


def test_an_open_incident_owns_everything_up_to_now() -> None:
    owners = _owners(_claims([incident("i", 7)], now=12), 6)
    assert owners == [BACKGROUND, _incident("i"), _incident("i"), *[BACKGROUND] * 3]


def test_an_incident_of_which_no_time_is_known_owns_nothing() -> None:
    assert incident_claim(incident("i", None), at(0)) is None


def test_a_deployment_owns_its_canary_and_its_bake_time() -> None:
    claims = _claims(deployments=[deployment("d", 20, started=12)])
    owners = _owners(claims, 18)
    assert [index for index, owner in enumerate(owners) if owner == _deployment("d")] == list(range(2, 16))
    shorter = deployment_claim(deployment("d", 20, started=12), timedelta(minutes=10), at(600))
    assert shorter is not None
    assert (shorter.start, shorter.end) == (START + 2 * STEP, START + 6 * STEP)


def test_a_canary_owns_everything_up_to_now() -> None:
    canary = deployment("d", None, started=3, state=IN_PROGRESS)
    assert _owners(_claims(deployments=[canary], now=12), 4) == [*[_deployment("d")] * 3, BACKGROUND]


def test_a_deployment_whose_end_was_never_told_ends_when_the_next_begins() -> None:
    """A lost webhook must not put everything that fails ever after to one account."""
    lost = deployment("lost", None, started=3, state=IN_PROGRESS)
    following = deployment("next", 32, started=21)
    owners = _owners(_claims(deployments=[lost, following], now=600), 30)
    assert owners[:5] == [*[_deployment("lost")] * 4, _deployment("next")]
    assert _deployment("lost") not in owners[5:]
    assert owners[-1] == BACKGROUND


@pytest.mark.parametrize("state", [DeploymentState.QUEUED, DeploymentState.SUPERSEDED])
def test_what_never_served_anybody_owns_nothing(state: DeploymentState) -> None:
    assert deployment_claim(deployment("d", None, started=3, state=state), BAKE, at(60)) is None


def test_incidents_come_before_deployments_and_the_newest_deployment_before_older_ones() -> None:
    deployments = [deployment("d1", 5, started=0), deployment("d2", 15, started=10)]
    owners = _owners(_claims([incident("i", 20, 25)], deployments), 6)
    assert owners == [
        _deployment("d1"),
        _deployment("d1"),
        _deployment("d2"),
        _deployment("d2"),
        _incident("i"),
        _deployment("d2"),
    ]


def test_of_several_incidents_the_gravest_has_a_bucket_then_the_first() -> None:
    grave = [
        incident("p1", 10, 15, severity=Severity.P1),
        incident("p2-a", 5, 20, severity=Severity.P2),
        incident("p2-b", 0, 25, severity=Severity.P2),
        incident("none", 0, 30, severity=None),
    ]
    names = [owner.name for owner in _owners(_claims(grave), 6)]
    assert names == ["p2-b", "p2-b", "p1", "p2-b", "p2-b", "none"]


def test_a_ledger_tells_counts_shares_and_minutes_of_outage() -> None:
    counts = [(100, 100), (60, 100), (90, 100), (100, 100), None, (100, 100)]
    book = _book(_claims([incident("i", 5, 10)], [deployment("d", 10, started=10)]), counts)
    assert book.whole == EventCounts(good=450, total=500, buckets=5)
    assert [(entry.owner, entry.counts.bad) for entry in book.entries] == [
        (_incident("i"), 40),
        (_deployment("d"), 10),
        (BACKGROUND, 0),
    ]
    first, second, background = book.entries
    assert (first.share_of_budget, first.share_of_spent) == (Fraction(40, 50), Fraction(4, 5))
    assert (second.share_of_budget, second.share_of_spent) == (Fraction(1, 5), Fraction(1, 5))
    assert background.share_of_spent == 0
    assert first.full_outage == timedelta(minutes=25) * 40 / 500, "of the five buckets that were measured"
    assert (book.start, book.end) == (at(0), at(30))
    assert book.spent_by(_incident("i")) == first
    assert book.spent_by(_incident("other")) is None
    assert large_spenders(book, Fraction(4, 5)) == ()
    assert large_spenders(book, Fraction(79, 100)) == (first,)


def test_with_too_little_measured_the_share_of_the_budget_is_unknown() -> None:
    """What was spent is divided all the same: that needs no budget."""
    counts = [(60, 100), *[None] * 9]
    book = _book(_claims([incident("i", 0, 5)]), counts, Fraction(9, 10))
    (first, _) = book.entries
    assert first.share_of_budget is None
    assert first.share_of_spent == 1
    assert first.full_outage == timedelta(minutes=2)
    assert large_spenders(book, Fraction(1, 5)) == ()


def test_without_traffic_there_is_no_share_and_no_outage() -> None:
    book = _book(_claims([incident("i", 5, 10)]), [(0, 0), None, (0, 0)])
    assert [(entry.owner, entry.counts.bad) for entry in book.entries] == [
        (_incident("i"), 0),
        (BACKGROUND, 0),
    ]
    for entry in book.entries:
        assert (entry.share_of_budget, entry.share_of_spent, entry.full_outage) == (None, None, None)


def test_traffic_without_an_error_has_spent_nothing_of_the_budget() -> None:
    (entry,) = _book([], [(5, 5)]).entries
    assert (entry.share_of_budget, entry.full_outage) == (Fraction(0), timedelta(0))
    assert entry.share_of_spent is None


def test_a_deployment_is_no_large_spender() -> None:
    book = _book(_claims(deployments=[deployment("d", 5, started=0)]), [(0, 10)])
    assert large_spenders(book, Fraction(1, 5)) == ()


_MINUTES = st.integers(-200, 200).map(lambda half: half / 2)
_LENGTHS = st.none() | st.integers(0, 120).map(lambda half: half / 2)
_INCIDENTS = st.lists(st.tuples(_MINUTES, _LENGTHS, st.none() | st.sampled_from(Severity)), max_size=6).map(
    lambda rows: [
        incident(f"i{index}", began, None if length is None else began + length, severity=severity)
        for index, (began, length, severity) in enumerate(rows)
    ]
)
_DEPLOYMENTS = st.lists(st.tuples(_MINUTES, _LENGTHS, st.sampled_from(DeploymentState)), max_size=6).map(
    lambda rows: [
        deployment(f"d{index}", None if length is None else began + length, started=began, state=state)
        for index, (began, length, state) in enumerate(rows)
    ]
)
_BUCKETS = st.none() | st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(
    lambda pair: (min(pair), max(pair))
)


def _owner_by_rule(claims: Sequence[Claim], bucket: int) -> Owner:
    """The rule itself: of the claims that hold the bucket the one of the smallest rank."""
    holding = [claim for claim in claims if claim.start <= START + bucket * STEP < claim.end]
    return min(holding, key=lambda claim: claim.rank).owner if holding else BACKGROUND


@given(
    incidents=_INCIDENTS,
    deployments=_DEPLOYMENTS,
    counts=st.lists(_BUCKETS, min_size=1, max_size=30),
    now=st.integers(-20, 200),
)
def test_the_parts_add_up_to_the_whole_exactly_and_each_bucket_has_its_owner(
    incidents: list[Incident], deployments: list[Deployment], counts: _Counts, now: int
) -> None:
    claims = _claims(incidents, deployments, now=now)
    book = _book(claims, counts)
    whole = sum(map(_counts, counts), NO_EVENTS)
    assert book.whole == whole == sum((entry.counts for entry in book.entries), NO_EVENTS)
    if whole.total:
        shares = [entry.share_of_budget for entry in book.entries]
        assert sum(share for share in shares if share is not None) == Fraction(whole.bad * 10, whole.total)
    if whole.bad:
        assert sum(entry.share_of_spent or 0 for entry in book.entries) == 1
    owners = [_owner_by_rule(claims, index) for index in range(len(counts))]
    assert _owners(claims, len(counts)) == owners
    for entry in book.entries:
        mine = [counts[index] for index, owner in enumerate(owners) if owner == entry.owner]
        assert entry.counts == sum(map(_counts, mine), NO_EVENTS)
    assert len({entry.owner for entry in book.entries}) == len(book.entries)
    assert book.entries[-1].owner == BACKGROUND


@given(incidents=_INCIDENTS, deployments=_DEPLOYMENTS, data=st.data())
def test_the_order_of_the_claims_does_not_matter(
    incidents: list[Incident], deployments: list[Deployment], data: st.DataObject
) -> None:
    claims = _claims(incidents, deployments)
    end = START + 30 * STEP
    assert assign(data.draw(st.permutations(claims)), START, end) == assign(claims, START, end)
