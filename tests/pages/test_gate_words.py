"""Words of the release gate: long names can break, days and hours are local, openings say how sure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as any_of

from dashboard.domain.gate_rules import CHECKS
from dashboard.reports.release_openings import Outlook
from dashboard.ui import format as show
from dashboard.ui.folding import folded
from dashboard.ui.gate_outlook import check_phrase, opens
from dashboard.ui.release_words import plain
from dashboard.ui.words import literal

_UTC, _BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
_NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@given(any_of.text(min_size=1, max_size=200))
def test_a_folded_name_is_the_name_and_no_word_of_it_is_long(text: str) -> None:
    shown = folded(text, 300).replace("\\", "")
    assert all(len(word) <= 18 for part in shown.split("\u200b") for word in part.split())
    assert shown.replace("\u200b", "").replace("\u2060", "") == plain(text, 300).replace("\\", "")


def test_names_break_at_their_joints_and_times_do_not() -> None:
    assert folded("ghcr.io/acme/api:v2") == literal("ghcr.\u200bio/\u200bacme/\u200bapi:\u200bv2")
    assert folded("Monday 09:02:00") == literal("Monday 09:02:00")
    assert folded("<b>") == literal("<b>")


@pytest.mark.parametrize(
    ("start", "end", "zone", "said"),
    [
        (_NOW, _NOW + _HOUR, _UTC, "09:02–10:02"),
        (_NOW, _NOW + _HOUR, _BERLIN, "10:02–11:02"),
        (_NOW.replace(hour=0, minute=0), _NOW.replace(day=24, hour=0, minute=0), _UTC, "00:00–24:00"),
        (_NOW, _NOW.replace(day=24, hour=0, minute=30), _UTC, "09:02–00:30"),
    ],
)
def test_hours_are_local_and_midnight_ends_a_day(
    start: datetime, end: datetime, zone: ZoneInfo, said: str
) -> None:
    assert show.hours(start, end, zone) == said


def test_a_day_has_its_weekday() -> None:
    assert show.day(date(2026, 11, 3)) == "Tue 3 Nov"


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        (
            Outlook(before=_NOW + 2 * _HOUR, code="approval.window", certain=True),
            "**Opens in 2 h** (23 Nov 11:02 UTC): the deployment window opens.",
        ),
        (
            Outlook(before=_NOW + _HOUR, code="approval.freeze", certain=False),
            "**Not before 1 h from now** (23 Nov 10:02 UTC): no freeze stands any more;"  # noqa: ISC004 - one text
            " what else is closed does not open by itself.",
        ),
        (Outlook(before=None, code=None, certain=False), "It does not open by itself at a known time."),
    ],
)
def test_an_opening_says_how_sure_it_is(outlook: Outlook, said: str) -> None:
    assert opens(outlook, _NOW, _UTC) == said


def test_abbreviations_keep_their_letters_inside_a_sentence() -> None:
    assert check_phrase("security.high_cves") == "high CVEs"
    assert check_phrase("security.slsa_level") == "SLSA level"
    assert all(check_phrase(code) for code in CHECKS)
