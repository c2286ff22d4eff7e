"""`reliability report` writes a period as a document that is the same wherever it is read."""

from pathlib import Path

import pytest

from tests.cli.command import ROOT, run
from tests.pages.incident_stores import HOSTILE, MINUTE, eventful, incident
from tests.pages.stores import NOW, Fleet

GOLDEN = ROOT / "tests" / "golden" / "report-2026-Q4.md"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Half a year of incidents and deployments, one of them with hostile words."""
    hostile = incident(
        "INC-hostile", NOW - 1205 * MINUTE, (3, 8, 20, 45), title=HOSTILE, services=("api", HOSTILE)
    )
    return eventful(tmp_path_factory.mktemp("report"), hostile)


def arguments(fleet: Fleet) -> list[object]:
    return ["report", "--store", fleet.store, "--catalog", fleet.catalogue, "--now", NOW.isoformat()]


def test_the_report_of_a_quarter_is_the_golden_one(fleet: Fleet) -> None:
    """Its numbers are those of the figures' own tests; when words change, write it again and read it."""
    ended = run(*arguments(fleet), "--quarter", "2026-Q4")
    assert ended.code == 0, ended.err
    assert ended.out == GOLDEN.read_text(encoding="utf-8")


def test_the_report_says_the_verdict_before_any_number(fleet: Fleet) -> None:
    out = run(*arguments(fleet), "--month", "2026-10").out
    assert out.startswith("# Incidents and delivery: 2026-10\n")
    assert out.index("No detectable change in time to recover.**") < out.index("How often")
    assert "None" not in out
    assert "nan" not in out


def test_hostile_words_are_no_markup_in_either_form(fleet: Fleet) -> None:
    markdown = run(*arguments(fleet), "--month", "2026-11").out
    assert r"\<img src=x onerror=alert(1)\>" in markdown
    assert "[a](http" not in markdown
    assert r"\|pipe\|" in markdown
    html = run(*arguments(fleet), "--month", "2026-11", "--format", "html").out
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_the_html_needs_nothing_else(fleet: Fleet) -> None:
    html = run(*arguments(fleet), "--quarter", "2026-Q4", "--format", "html").out
    assert html.startswith("<!doctype html>")
    assert "@media print" in html
    assert "<script" not in html
    assert "src=" not in html.replace("src=x", "")
    assert "http" not in html.replace("http://example.com", "")
    assert html.count("<table>") == html.count("</table>") == html.count("<caption>")


def test_a_service_narrows_the_report(fleet: Fleet) -> None:
    out = run(*arguments(fleet), "--quarter", "2026-Q4", "--service", "worker").out
    assert "; worker." in out
    assert "INC-open" not in out


def test_the_report_can_be_written_to_a_file(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    ended = run(*arguments(fleet), "--quarter", "2026-Q4", "--output", file)
    assert (ended.code, ended.out) == (0, "")
    assert file.read_text(encoding="utf-8") == GOLDEN.read_text(encoding="utf-8")
    ended = run(*arguments(fleet), "--quarter", "2026-Q4", "--output", tmp_path / "no" / "such.md")
    assert ended.code == 2
    assert "cannot be written" in ended.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "found 0 of --month and --quarter, expected exactly one"),
        (["--month", "2026-10", "--quarter", "2026-Q4"], "found 2 of --month and --quarter"),
        (["--month", "2026-Q4"], "--month: found '2026-Q4', expected one such as 2026-10"),
        (["--quarter", "2026-10"], "--quarter: found '2026-10', expected one such as 2026-Q4"),
        (["--month", "2026-13"], "--month: found '2026-13', expected a month such as"),
        (["--month", "2027-01"], "2027-01, which has not begun"),
        (["--month", "2026-10", "--service", "nope"], "--service: found 'nope', expected one of api"),
    ],
)
def test_what_cannot_be_reported_is_explained(fleet: Fleet, given: list[str], said: str) -> None:
    ended = run(*arguments(fleet), *given)
    assert ended.code == 2
    assert said in ended.err


def test_a_missing_store_is_explained(fleet: Fleet, tmp_path: Path) -> None:
    ended = run("report", "--store", tmp_path / "no.db", "--catalog", fleet.catalogue, "--month", "2026-10")
    assert ended.code == 2
    assert "no.db" in ended.err
