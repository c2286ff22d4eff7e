"""Which calendar of freezes is read, and the one that is written by hand, in YAML."""

from pathlib import Path

import pytest

from dashboard.domain.freezes import FreezeOrigin
from dashboard.errors import ConfigurationError
from dashboard.sources.freeze_calendar import read_freezes
from tests.sources.calendars import HOUR, RULES, YEAR, at, calendar, event, read, refused, times


def rows(**changed: str) -> str:
    """A YAML file with one freeze, of which some values are others; an empty one is left out."""
    values = {"id": "a", "start": "2026-01-02", "end": "2026-01-03", "reason": "r"} | changed
    return f"freezes:\n- {{{', '.join(f'{key}: {value}' for key, value in values.items() if value)}}}\n"


def test_times_days_and_names_in_yaml(tmp_path: Path) -> None:
    text = """
freezes:
  - {id: black-friday, start: 2026-11-27T08:00:00Z, end: "2026-11-30T08:00", reason: Sale, services: [api]}
  - {id: xmas, start: 2026-12-24, end: 2026-12-27, reason: Holidays, environments: [production]}
"""
    friday, xmas = read(tmp_path, text, name="freezes.yaml")
    assert times((friday, xmas)) == [
        (at(2026, 11, 27, 8), at(2026, 11, 30, 7)),
        (at(2026, 12, 23, 23), at(2026, 12, 26, 23)),
    ]
    assert (friday.services, friday.environments, xmas.services) == (("api",), (), ())
    assert (xmas.environments, xmas.origin) == (("production",), FreezeOrigin.CALENDAR)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (rows(end="2026-01-02"), ":2: freezes[0].end: found 2026-01-02, expected a time after the start"),
        (rows(start="noon"), ":2: freezes[0].start: found 'noon'"),
        (rows(start="1999-12-31"), "freezes[0].start: found 1999-12-31, expected a time between the years"),
        (rows(end=""), "freezes[0].end: found nothing"),
        (rows(reason="' '"), "freezes[0].reason: found ' '"),
        (rows(id="a b"), "freezes[0].id: found 'a b'"),
        (rows(id="FRZ-1"), "freezes[0].id: found 'FRZ-1', expected another beginning"),
        (rows(service="api"), "freezes[0].service: found a key that is not known here"),
        (
            rows(services="[api, x, y]"),
            ": a: services: found 'x', 'y', expected services of ours: api, copilot",
        ),
        (rows(environments="[moon]"), ": a: environments: found 'moon', expected environments of ours"),
        (
            rows() + rows().removeprefix("freezes:\n"),
            "freezes[1].id: found 'a' again, expected every id once",
        ),
        ("freezes: {}", "freezes: found a mapping, expected a list"),
        ("- a", "found a list, expected a mapping at the top"),
    ],
)
def test_faults_in_yaml_are_told_with_file_and_field(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text, name="freezes.yaml")


def test_nobody_needs_a_calendar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_freezes(None, RULES, start=YEAR[0], end=YEAR[1]) == ()


def test_the_calendar_in_data_counts_and_two_are_one_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "freezes.ics").write_text(calendar(event(*HOUR)))
    assert len(read_freezes(None, RULES, start=YEAR[0], end=YEAR[1])) == 1
    (tmp_path / "data" / "freezes.yaml").write_text("freezes: []")
    with pytest.raises(ConfigurationError, match="expected one calendar of freezes"):
        read_freezes(None, RULES, start=YEAR[0], end=YEAR[1])


def test_a_calendar_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="found no such file, expected a calendar of freezes"):
        read_freezes(tmp_path / "no.ics", RULES, start=YEAR[0], end=YEAR[1])


def test_another_ending_is_refused(tmp_path: Path) -> None:
    assert "found the ending '.json', expected .ics or .yaml" in refused(tmp_path, "{}", name="f.json")
