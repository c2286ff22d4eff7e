"""Times and texts of documents that others send."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.sources.event_document import MalformedEventError, Part, moment, part_of

_NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-23T09:00:00Z", _NINE),
        ("2026-11-23t09:00:00z", _NINE),
        ("2026-11-23T09:00Z", _NINE),
        ("2026-11-23 09:00:00 +0000", _NINE),
        ("2026-11-23T10:00:00+01:00", _NINE),
        ("2026-11-23T01:00:00-0800", _NINE),
        ("2026-11-23T09:00:00.5Z", _NINE.replace(microsecond=500_000)),
        ("2026-11-23T09:00:00.123456789Z", _NINE.replace(microsecond=123_456)),
        (1_795_424_400, _NINE),
        (1_795_424_400.25, _NINE.replace(microsecond=250_000)),
    ],
)
def test_a_time_in_any_of_its_forms(written: object, expected: datetime) -> None:
    found = moment("at", written, None)
    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-11-23T09:00:00", "at: found '2026-11-23T09:00:00', a time without an offset"),
        ("2026-11-23", "expected an ISO-8601 time"),
        ("yesterday", "expected an ISO-8601 time"),
        ("2026-02-30T09:00:00Z", "expected an ISO-8601 time"),
        ("0001-01-01T00:00:00Z", "between the years 2000 and 2200"),
        ("0001-01-01T00:00:00+10:00", "expected an ISO-8601 time"),
        ("1999-12-31T23:59:59Z", "between the years 2000 and 2200"),
        (17_954_244_000, "between the years 2000 and 2200"),
        (1_795_424_400_000, "found 1795424400000"),
        (10**400, "found a very large number"),
        (float("nan"), "found nan"),
        (True, "found True"),
        (None, "found nothing"),
        ({}, "found an object"),
    ],
)
def test_what_is_no_time_is_told_with_its_field(written: object, said: str) -> None:
    with pytest.raises(MalformedEventError) as caught:
        moment("at", written, None)
    assert said in str(caught.value)
    assert caught.value.field == "at"


def test_a_time_without_an_offset_is_of_the_zone_of_its_source() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert moment("at", "2026-11-23T10:00:00", berlin) == _NINE
    assert moment("at", "2026-07-23T11:00:00", berlin) == datetime(2026, 7, 23, 9, tzinfo=UTC)
    assert moment("at", "2026-11-23T09:00:00Z", berlin) == _NINE


def _part(**values: Any) -> Part:
    return part_of("", values)


def test_a_name_is_text_or_a_whole_number_and_not_long() -> None:
    assert _part(id=145988746).needed("id") == "145988746"
    assert _part(id="  x ").needed("id") == "x"
    assert _part(id="x" * 500).needed("id") == "x" * 500
    wrong_ones: tuple[Any, ...] = ("x" * 501, 1.5, True, [], {}, None, "", "  ", 10**5000)
    for wrong in wrong_ones:
        with pytest.raises(MalformedEventError, match=r"^id: found"):
            _part(id=wrong).needed("id")


def test_prose_is_cut_and_an_address_is_one_that_may_be_followed() -> None:
    assert len(_part(title="x" * 5000).text("title") or "") == 2000
    assert _part(url="https://x.example/1").url("url") == "https://x.example/1"
    for wrong in ("javascript:alert(1)", "file:///etc/passwd", "", None, 5, "https://" + "x" * 3000):
        assert _part(url=wrong).url("url") is None
