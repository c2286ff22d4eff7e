"""A canary that somebody has to look at is told where people look first, and no other is."""

from dashboard.domain.canary.measure import Measure
from tests.pages.canaries import counted, healthy, inconclusive
from tests.pages.conftest import Shown
from tests.pages.stores import Fleet

OVERVIEW, SERVICE, GATE = "slo_overview", "service", "release_gate"
IN_TROUBLE = "Canary of api: :red-badge[✕ in trouble]"
UNDECIDED = "Canary of api: :orange-badge[? undecided: somebody has to decide]"


def test_one_in_trouble_is_on_the_overview_on_its_service_and_before_its_release(
    fleet: Fleet, on: Shown
) -> None:
    screen = on(counted(healthy(fleet), 40, 60, total=20_000))
    assert IN_TROUBLE in screen.open(OVERVIEW)
    assert IN_TROUBLE in screen.open(SERVICE, service="api")
    assert IN_TROUBLE in screen.open(GATE, service="api")
    for page in (SERVICE, GATE):
        assert "Canary of" not in screen.open(page, service="worker"), "of others it says nothing"


def test_one_that_is_only_slower_is_in_trouble_too(fleet: Fleet, on: Shown) -> None:
    healthy(fleet)
    counted(fleet, 80, 180, total=20_000, measure=Measure.SLOW)
    assert IN_TROUBLE in on(fleet).open(OVERVIEW)


def test_one_that_waits_for_somebody_says_so(fleet: Fleet, on: Shown) -> None:
    assert UNDECIDED in on(inconclusive(fleet)).open(OVERVIEW)


def test_a_healthy_one_takes_no_place(fleet: Fleet, on: Shown) -> None:
    assert "Canary of" not in on(healthy(fleet)).open(OVERVIEW)
