"""Figures on incidents as text: never rounded to the better side, and text is never markup."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.domain.control_chart import duration_chart
from dashboard.domain.delivery import DurationMeasure
from dashboard.domain.durations_summary import summarise
from dashboard.domain.incident_phases import Exclusion, Phase, PhaseOutcome, PhaseResult
from dashboard.domain.intervals import Interval, poisson_rate, wilson
from dashboard.ui import format as show
from dashboard.ui import incident_words as words
from dashboard.ui.delivery_tables import against_half, against_least, against_most
from dashboard.ui.documents import Block, Heading, Items, Table, Text, markdown_text, to_html, to_markdown
from dashboard.ui.signals import limit_words
from tests.pages.incident_stores import HOSTILE

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "unknown"),
        (0.0, "0 s"),
        (0.2, "1 s"),
        (59.5, "1 min"),
        (312.0, "5 min 12 s"),
        (900.0, "15 min"),
        (901.0, "16 min"),
        (3601.0, "1 h 1 min"),
        (86_401.0, "1 d 1 h"),
    ],
)
def test_a_duration_over_its_target_never_reads_as_equal_to_it(seconds: float | None, text: str) -> None:
    assert show.lasted(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text", "down"),
    [
        (0.62, "−38 %", "−38 %"),
        (0.625, "−37 %", "−38 %"),
        (1.0, "0 %", "0 %"),
        (0.999, "0 %", "−1 %"),
        (1.001, "+1 %", "0 %"),
        (1.7, "+70 %", "+70 %"),
        (12.2, "×13", "×12"),
    ],
)
def test_a_change_is_rounded_to_the_longer_side(ratio: float, text: str, down: str) -> None:
    assert show.change(ratio) == text
    assert show.change(ratio, down=True) == down


def test_a_share_of_a_count_is_rounded_to_the_nearest_and_its_interval_outwards() -> None:
    found = wilson(2, 3)
    assert show.proportion(found) == "67 % (20 … 94 %)"
    assert show.proportion(wilson(1, 3)) == "33 % (6 … 80 %)"
    assert show.proportion(wilson(1, 999)) == "less than 1 % (0 … 1 %)", "some is not none"
    assert show.proportion(wilson(0, 5)) == "0 % (0 … 44 %)"
    assert show.proportion(wilson(5, 5)) == "100 % (56 … 100 %)"
    assert show.proportion(None) == "unknown"


def test_rates_and_intervals_have_no_more_digits_than_they_can_bear() -> None:
    assert show.rate(poisson_rate(23, 1.0)) == "23 (15 … 35)"
    assert show.rate(poisson_rate(1, 3.0)) == "0.33 (0.01 … 1.9)"
    assert show.rate(None) == "unknown"
    assert show.lasted_between(Interval(value=3000, low=2395.9, high=3661)) == "39 min … 1 h 2 min"


def test_a_target_is_called_only_when_the_whole_interval_agrees() -> None:
    rate, share = poisson_rate(30, 30.0), wilson(2, 40)
    assert against_least(rate, 0.5).startswith("✓")
    assert against_least(rate, 1.0).startswith("≈")
    assert against_least(rate, 2.0).startswith("✕")
    assert against_most(share, 0.5).startswith("✓")
    assert against_most(share, 0.05).startswith("≈")
    assert against_most(share, 0.001).startswith("✕")
    assert against_least(None, 1) == against_most(None, 1) == ""


@pytest.mark.parametrize(("k", "n", "sign"), [(5, 5, "?"), (20, 20, "✓"), (0, 20, "✕"), (10, 20, "≈")])
def test_a_duration_reaches_its_target_when_most_do(k: int, n: int, sign: str) -> None:
    found = DurationMeasure(
        summary=summarise([60.0] * n), attainment=wilson(k, n), open=0, undetermined=0, excluded=0
    )
    assert against_half(found).startswith(sign)
    assert against_half(replace(found, attainment=None)) == ""


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            PhaseOutcome(phase=Phase.TOTAL, result=PhaseResult.MET, duration=HOUR, target=HOUR),
            "1 h ✓ met, target 1 h",
        ),
        (
            PhaseOutcome(phase=Phase.TOTAL, result=PhaseResult.MISSED, open_for=2 * HOUR, target=HOUR),
            "open, at least 2 h ✕ missed, target 1 h",
        ),
        (
            PhaseOutcome(phase=Phase.RECOVER, result=PhaseResult.UNDETERMINED, target=HOUR),
            "not begun, target 1 h",
        ),
        (
            PhaseOutcome(
                phase=Phase.DETECT, result=PhaseResult.EXCLUDED, exclusion=Exclusion.START_NOT_MEASURED
            ),
            "– not judged: nobody measured when the trouble began",
        ),
        (
            PhaseOutcome(phase=Phase.TOTAL, result=PhaseResult.EXCLUDED, duration=HOUR),
            "1 h; – not judged: no known severity, so no target",
        ),
    ],
)
def test_every_outcome_of_a_phase_has_words(found: PhaseOutcome, text: str) -> None:
    assert words.outcome(found) == text


def test_limits_are_told_with_what_they_rest_on() -> None:
    limits = duration_chart([600.0, 1200.0] * 6).limits
    assert limits is not None
    assert "(from the first 12)" in limit_words(limits)


def test_text_is_never_markup_in_a_document() -> None:
    blocks: list[Block] = [
        Heading(level=2, text=HOSTILE),
        Text(lead=HOSTILE, text=f"# {HOSTILE}\n1. {HOSTILE}"),
        Items(items=(HOSTILE,)),
        Table(caption=HOSTILE, columns=(HOSTILE, "b"), rows=((HOSTILE, f"{HOSTILE}\nsecond"),)),
    ]
    markdown = to_markdown(blocks)
    assert "<img" not in markdown.replace("\\<img", "")
    assert "](" not in markdown.replace("\\](", "")
    assert "http://" not in markdown
    assert "\n\\# " in markdown.replace("** ", "\n")
    assert "\n1\\. " in markdown
    row = markdown.splitlines()[-1]
    assert row.count("|") - row.count("\\|") == 3, "a pipe in a cell ends no cell"
    assert "<br>second" in row
    html = to_html(HOSTILE, blocks)
    assert "<img" not in html
    assert "<br>second" in html
    assert markdown_text("2.2 and 3 - 4") == "2.2 and 3 - 4"
