"""What a later sync corrects and adds: late samples, new objectives, a source that was ill for long."""

from dataclasses import replace

from tests.faulty_server import FaultyServer, Healthy, SeriesDropped, Values
from tests.injected_fleet import InjectedFleet
from tests.sync.collected import BUCKET, DAY, HOUR, Collected, catalogue_text, is_range, side

KEY = "checkout/availability"
_WHERE = {"service": "checkout"}


def test_late_samples_correct_the_three_newest_buckets(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    """At first the newest buckets have too few requests, as when samples are still on their way."""
    faulty.choose = lambda request: (
        Values(value="1", where=_WHERE)
        if is_range(request) and side(request).startswith("availability")
        else Healthy()
    )
    synced.from_source(faulty.url).sync(later)
    newest = max(synced.buckets(KEY))
    assert synced.buckets(KEY)[newest] == (1, 1)
    report = synced.sync(later + BUCKET)
    assert report.recorded.corrected == 3
    assert synced.buckets(KEY)[newest][1] > 1000
    never_ill.sync(later + BUCKET)
    fixed, true = synced.buckets(KEY), never_ill.buckets(KEY)
    wrong = [start for start in true if fixed[start] != true[start]]
    assert wrong == [newest - 4 * BUCKET, newest - 3 * BUCKET], "only what was over before it came is late"


def test_samples_that_come_late_fill_their_gap(
    synced: Collected, never_ill: Collected, faulty: FaultyServer, later: int
) -> None:
    faulty.choose = lambda _: SeriesDropped(where=_WHERE)
    synced.from_source(faulty.url).sync(later)
    synced.sync(later + BUCKET)
    never_ill.sync(later + BUCKET)
    assert synced.tables() == never_ill.tables()


def test_a_new_objective_gets_its_own_history_and_changes_no_other(
    fleet: InjectedFleet, synced: Collected, began: int, later: int
) -> None:
    """A service that is added to the catalogue is not best effort for its first month."""
    names = list(fleet.truth)
    whole = synced.catalog.read_text(encoding="utf-8")
    synced.store.unlink()
    without = synced.store.with_name("catalog.yaml")
    without.write_text(catalogue_text(names[1:], window="1d"), encoding="utf-8")
    narrow = replace(synced, catalog=without)
    narrow.sync(began)
    others = {key: narrow.buckets(key) for key in ("search/availability", "catalog/latency")}
    assert narrow.buckets(KEY) == {}
    without.write_text(whole, encoding="utf-8")
    report = narrow.sync(later)
    assert (report.outcome, report.news) == ("ok", ())
    history = narrow.buckets(KEY)
    assert min(history) == later - later % BUCKET - DAY
    assert len(history) == DAY // BUCKET
    assert narrow.objective(KEY, later)["status"] == "measured"
    for key, before in others.items():
        assert before.items() <= narrow.buckets(key).items()


def test_an_objective_that_leaves_the_catalogue_keeps_its_history(
    fleet: InjectedFleet, synced: Collected, later: int
) -> None:
    """Who puts it back finds it again."""
    before = synced.buckets(KEY)
    without = synced.store.with_name("catalog.yaml")
    without.write_text(catalogue_text(list(fleet.truth)[1:], window="1d"), encoding="utf-8")
    replace(synced, catalog=without).sync(later)
    assert synced.buckets(KEY) == before


def test_a_sync_made_for_an_earlier_time_takes_nothing_back(synced: Collected, began: int) -> None:
    """`--now` may be any time of the past."""
    before = synced.tables()
    assert synced.sync(began - 3 * HOUR).outcome == "ok"
    assert synced.tables() == before


def test_a_query_that_is_put_right_gets_its_history(
    fleet: InjectedFleet, empty: Collected, began: int, later: int
) -> None:
    """A mistyped metric matches nothing; once it is corrected the month before it must not be lost."""
    right = empty.catalog.read_text(encoding="utf-8")
    typed = empty.store.parent.parent / "typed.yaml"
    typed.write_text(right.replace("http_requests_total", "http_request_total"), encoding="utf-8")
    mine = replace(empty, catalog=typed)
    mine.sync(began)
    assert mine.objective(KEY, began)["status"] == "no_data"
    typed.write_text(right, encoding="utf-8")
    mine.sync(later)
    assert fleet.end > later
    assert mine.objective(KEY, later)["status"] == "measured"
