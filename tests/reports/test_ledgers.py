"""Ledgers of services from a real store: what incidents and deployments cost, and of whom."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.budget_ledger import BACKGROUND, Ledger, Owner, OwnerKind
from dashboard.domain.deployments import Deployment
from dashboard.domain.incidents import Incident
from dashboard.domain.policy import Policy
from dashboard.domain.releases import Release, releases
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.reports.history import History, Unmapped
from dashboard.reports.ledgers import Cost, costs, ledgers, service_ledgers
from dashboard.store.database import open_for_reading
from tests.happenings import at, deployment, incident
from tests.histories import DAY_BUCKETS, END, NOW, STEP, UNITS, Buckets, evenly, objective, summed

_MakeStore = Callable[[Mapping[Objective, Buckets]], tuple[Path, Catalogue]]
_DAY = objective(days=1)
_WEB = objective(days=1, service="web")


def _ago(minutes: float) -> float:
    """Minutes before `NOW`, as `happenings` counts them."""
    return (NOW - at(0)) / timedelta(minutes=1) - minutes


def _history(deployments: list[Deployment], incidents: list[Incident]) -> History:
    found: list[Release] = releases(deployments, {}, incidents, {}, timedelta(hours=24), NOW)
    return History(
        as_of=NOW,
        releases=tuple(found),
        others=(),
        incidents=tuple(incidents),
        attributions={},
        unmapped=Unmapped(deployments={}, incidents={}, severities={}, environments={}, undated=0),
    )


def _ledgers(store: Path, known: Catalogue, policy: Policy, history: History) -> dict[str, Ledger]:
    with open_for_reading(store) as connection:
        return ledgers(connection, known.services.values(), history, policy)


def _costs(  # noqa: PLR0913, PLR0917 - what `costs` is asked
    store: Path, known: Catalogue, policy: Policy, history: History, start: datetime, end: datetime = NOW
) -> dict[tuple[str, Owner], tuple[Cost, ...]]:
    with open_for_reading(store) as connection:
        return costs(connection, known.services.values(), history, policy, start, end)


def _incident(name: str) -> Owner:
    return Owner(kind=OwnerKind.INCIDENT, name=name)


def _deployment(name: str) -> Owner:
    return Owner(kind=OwnerKind.DEPLOYMENT, name=name)


def test_a_ledger_ends_with_the_newest_bucket_and_adds_up(make_store: _MakeStore, policy: Policy) -> None:
    buckets = evenly(288_000, 2880, DAY_BUCKETS)
    store, known = make_store({_DAY: buckets})
    history = _history([deployment("d", _ago(200))], [incident("i", _ago(100), _ago(90))])
    book = _ledgers(store, known, policy, history)[_DAY.key]
    assert (book.start, book.end) == (NOW - timedelta(days=1), NOW)
    # Ten errors a bucket. The deployment has its canary and an hour: 14 buckets; the incident has two.
    assert [(entry.owner, entry.counts.bad // UNITS) for entry in book.entries] == [
        (_deployment("d"), 140),
        (_incident("i"), 20),
        (BACKGROUND, 2720),
    ]
    assert book.whole.bad == 2880 * UNITS
    assert book.entries[1].share_of_budget == Fraction(20, 288)


def test_an_incident_of_another_service_changes_nothing(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store(
        {_DAY: evenly(288_000, 2880, DAY_BUCKETS), _WEB: evenly(288_000, 0, DAY_BUCKETS)}
    )
    alone = _ledgers(store, known, policy, _history([], []))
    other = [incident("i", _ago(100), _ago(10), services=("web",)), incident("j", _ago(50), services=())]
    elsewhere = [deployment("d", _ago(100), service="web")]
    with_others = _ledgers(store, known, policy, _history(elsewhere, other))
    assert with_others[_DAY.key] == alone[_DAY.key]
    assert with_others[_WEB.key] != alone[_WEB.key]


def test_an_incident_of_several_services_is_in_the_ledger_of_each(
    make_store: _MakeStore, policy: Policy
) -> None:
    store, known = make_store(
        {_DAY: evenly(288_000, 2880, DAY_BUCKETS), _WEB: evenly(288_000, 288, DAY_BUCKETS)}
    )
    history = _history([], [incident("i", _ago(100), _ago(50), services=("api", "web"))])
    found = _ledgers(store, known, policy, history)
    spent = {key: book.spent_by(_incident("i")) for key, book in found.items()}
    assert {key: entry.counts.bad // UNITS for key, entry in spent.items() if entry} == {
        _DAY.key: 100,
        _WEB.key: 10,
    }


def test_an_objective_that_was_never_measured_has_no_ledger(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store({_DAY: evenly(288, 0, DAY_BUCKETS), _WEB: {}})
    history = _history([], [incident("i", _ago(100), services=("web",))])
    assert list(_ledgers(store, known, policy, history)) == [_DAY.key]
    assert _costs(store, known, policy, history, NOW - timedelta(days=1)) == {}


def test_a_ledger_of_one_service_is_read_by_its_name(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store({_DAY: evenly(288, 0, DAY_BUCKETS), _WEB: evenly(288, 0, DAY_BUCKETS)})
    history = _history([], [])
    assert list(service_ledgers(store, known, policy, history, "web")) == [_WEB.key]
    with pytest.raises(InputError, match="found 'lost', expected a service of the catalogue"):
        service_ledgers(store, known, policy, history, "lost")


def test_a_cost_is_of_the_budget_of_the_window_that_ended_with_it(
    make_store: _MakeStore, policy: Policy
) -> None:
    buckets = evenly(2 * 288_000, 0, 2 * DAY_BUCKETS)
    first = END - 300 * STEP
    for start in (first, first + STEP):
        buckets[start] = (buckets[start][0] - 100, buckets[start][1])
    store, known = make_store({_DAY: buckets})
    broken = incident("i", _ago(300 * 5), _ago(298 * 5))
    found = _costs(store, known, policy, _history([], [broken]), NOW - timedelta(days=2))
    (cost,) = found["api", _incident("i")]
    end = first + 2 * STEP
    whole = summed(buckets, end - 86_400, end)
    assert cost.bad == 200 * UNITS
    assert cost.share_of_budget == Fraction(200 * 1000, whole.total)
    assert cost.full_outage == whole.buckets * timedelta(minutes=5) * 200 / whole.total


def test_a_cost_is_what_lies_inside_the_period(make_store: _MakeStore, policy: Policy) -> None:
    store, known = make_store({_DAY: evenly(288_000, 2880, DAY_BUCKETS)})
    history = _history([], [incident("i", _ago(100), _ago(50))])
    whole = _costs(store, known, policy, history, NOW - timedelta(days=1))
    late = _costs(store, known, policy, history, NOW - timedelta(minutes=75))
    early = _costs(store, known, policy, history, NOW - timedelta(days=1), NOW - timedelta(minutes=75))
    bad = [found["api", _incident("i")][0].bad // UNITS for found in (whole, early, late)]
    assert bad == [100, 50, 50]
    assert _costs(store, known, policy, history, NOW - timedelta(minutes=50)) == {}


def test_what_cost_nothing_is_not_listed_and_the_dearest_objective_is_first(
    make_store: _MakeStore, policy: Policy
) -> None:
    latency = objective(days=1, indicator="latency")
    store, known = make_store(
        {_DAY: evenly(288_000, 288, DAY_BUCKETS), latency: evenly(288_000, 2880, DAY_BUCKETS)}
    )
    history = _history([deployment("d", _ago(300))], [incident("i", _ago(20), _ago(20))])
    found = _costs(store, known, policy, history, NOW - timedelta(days=1))
    assert [cost.objective for cost in found["api", _deployment("d")]] == [latency, _DAY]
    assert list(found) == [("api", _deployment("d"))], "an incident of no length on an edge touches no bucket"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    incidents=st.lists(st.tuples(st.integers(-200, 1600), st.none() | st.integers(0, 300)), max_size=5),
    deployments=st.lists(st.tuples(st.integers(-200, 1600), st.integers(0, 60)), max_size=5),
)
def test_the_ledger_of_a_store_adds_up_and_agrees_with_the_costs(
    tmp_path: Path,
    make_store: _MakeStore,
    policy: Policy,
    incidents: list[tuple[int, int | None]],
    deployments: list[tuple[int, int]],
) -> None:
    (tmp_path / "store.db").unlink(missing_ok=True)
    buckets = {
        start: (total - bad, total)
        for index, start in enumerate(sorted(evenly(1, 0, DAY_BUCKETS)))
        for total, bad in [(index * 37 % 101, min(index * 37 % 101, index * 17 % 13))]
        if index % 7
    }
    store, known = make_store({_DAY: buckets})
    history = _history(
        [
            deployment(f"d{index}", _ago(began - length), started=_ago(began))
            for index, (began, length) in enumerate(deployments)
        ],
        [
            incident(f"i{index}", _ago(began), None if length is None else _ago(began - length))
            for index, (began, length) in enumerate(incidents)
            if began >= 0
        ],
    )
    book = _ledgers(store, known, policy, history)[_DAY.key]
    assert book.whole.bad == summed(buckets, 0, END).bad * UNITS
    assert sum(entry.counts.bad for entry in book.entries) == book.whole.bad
    assert sum(entry.counts.total for entry in book.entries) == book.whole.total
    assert sum(entry.counts.buckets for entry in book.entries) == book.whole.buckets
    found = _costs(store, known, policy, history, book.start)
    spent = {entry.owner: entry.counts.bad for entry in book.entries if entry.counts.bad}
    assert {owner: cost.bad for (_, owner), (cost,) in found.items()} == {
        owner: bad for owner, bad in spent.items() if owner != BACKGROUND
    }
