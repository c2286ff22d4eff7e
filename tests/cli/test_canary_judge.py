"""`reliability canary judge`: files in, a verdict, sentences and an exit code out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.canary.judge.metric import Sensitivity
from dashboard.domain.canary.judge.score import ScoreThresholds
from tests.cli.command import ROOT, Ended, run

_HEADER = "at,canary_bad,canary_total,stable_bad,stable_total,weight\n"


def _counts(bad: int, minutes: int, *, canary: int = 100, weight: str = "10") -> str:
    rows = [f"2026-11-23T10:{minute:02}:00Z,{bad},{canary},9,900,{weight}" for minute in range(minutes)]
    return _HEADER + "\n".join(rows) + "\n"


def _with_slow(counts: str, *, canary: int, stable: int) -> str:
    """`counts`, with so many slow requests of both arms in each row."""
    header, *rows = counts.splitlines()
    told = [f"{header},canary_slow,stable_slow", *(f"{row},{canary},{stable}" for row in rows)]
    return "\n".join(told) + "\n"


def _series(*shifts: float, **more: Any) -> str:
    control = [100.0, 103, 98, 101, 99, 102, 97, 104]
    metrics = [
        {"name": f"m{place}", "experiment": [value + shift for value in control], "control": control, **more}
        for place, shift in enumerate(shifts)
    ]
    return json.dumps({"metrics": metrics})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Counts and series of good and bad canaries."""
    good = _counts(1, 60).replace(",9,900,", ",90,9000,").replace(",1,100,", ",10,1000,")
    files = {
        "bad.csv": _counts(6, 12),
        "good.csv": good,
        "early.csv": _counts(1, 9),
        "slower.csv": _with_slow(good, canary=20, stable=90),
        "quick.csv": _with_slow(good, canary=10, stable=90),
        "untold.csv": _with_slow(_counts(1, 2), canary=2, stable=9).replace(",2,9\n", ",,\n", 1),
        "unsaid.csv": _with_slow(good, canary=20, stable=90).replace(",20,90\n", ",NaN,\n"),
        "quiet.csv": _counts(0, 5).replace(",9,900,", ",0,900,"),
        "good.json": _series(0.1, 0),
        "bad.json": _series(50, 0),
        "critical.json": _series(50, 0, critical=True),
        "marginal.json": _series(*[0] * 9, 50),
        "huge.json": json.dumps([{"name": "p\a95", "experiment": [1e300] * 5, "control": [1] * 5}]),
        "few.json": json.dumps([{"name": "p95", "experiment": [1, 2], "control": [1, 3]}]),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _judge(folder: Path, *arguments: str) -> Ended:
    return run(
        "canary",
        "judge",
        *[str(folder / word) if word.endswith((".csv", ".json")) else word for word in arguments],
    )


def _document(ended: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ended.out)
    return found


@pytest.mark.parametrize(
    ("arguments", "verdict", "code"),
    [
        (["--counts", "good.csv"], "PASS", 0),
        (["--counts", "bad.csv"], "FAIL", 1),
        (["--counts", "early.csv"], "NONE", 0),
        (["--counts", "early.csv", "--fail-on", "none"], "NONE", 1),
        (["--counts", "good.csv", "--fail-on", "none"], "PASS", 0),
        (["--series", "good.json"], "PASS", 0),
        (["--series", "bad.json"], "FAIL", 1),
        (["--series", "marginal.json"], "NONE", 0),
        (["--series", "few.json"], "NONE", 0),
        (["--counts", "good.csv", "--series", "good.json"], "PASS", 0),
        (["--counts", "good.csv", "--series", "bad.json"], "FAIL", 1),
        (["--counts", "early.csv", "--series", "good.json"], "NONE", 0),
        (["--counts", "slower.csv"], "FAIL", 1),
        (["--counts", "quick.csv"], "PASS", 0),
        (["--counts", "untold.csv"], "NONE", 0),
        (["--counts", "unsaid.csv"], "NONE", 0),
        (["--counts", "unsaid.csv", "--fail-on", "none"], "NONE", 1),
    ],
)
def test_the_verdict_and_the_exit_code(folder: Path, arguments: list[str], verdict: str, code: int) -> None:
    told, as_json = _judge(folder, *arguments), _judge(folder, *arguments, "--json")
    assert told.code == as_json.code == code
    assert told.out.splitlines()[0] == _document(as_json)["verdict"] == verdict
    assert as_json.err == ""


def test_one_document_tells_everything(folder: Path) -> None:
    found = _document(_judge(folder, "--counts", "bad.csv", "--series", "bad.json", "--json"))
    errors = found["errors"]
    assert errors["verdict"] == "FAIL"
    assert errors["e_value"] > errors["e_value_needed"] == 20
    assert errors["ratio"]["low"] < errors["ratio"]["value"] < errors["ratio"]["high"]
    assert errors["ratio"]["value"] == pytest.approx(6)
    assert errors["failed_at"] == "2026-11-23T10:00:00Z"
    assert errors["canary"] == {"bad": 72, "total": 1200, "rate": pytest.approx(0.06)}
    assert errors["needed"]["ratio"] == 2
    assert errors["needed"]["seen"] == 12_000
    assert (found["score"], found["score_verdict"]) == (50, "Fail")
    assert [metric["classification"] for metric in found["metrics"]] == ["High", "Pass"]
    assert found["metrics"][0]["shift"]["value"] == 50
    assert found["metrics"][0]["relative_shift"]["value"] == pytest.approx(50 / 100.5)
    assert found["traffic"]["split"] == "as weighted"
    assert found["traffic"]["steps"][0]["share"]["k"] == 1_200
    assert found["against"] == "stable"
    assert len(found["sentences"]) == 5


def test_slow_requests_have_a_verdict_of_their_own(folder: Path) -> None:
    found = _document(_judge(folder, "--counts", "slower.csv", "--json"))
    assert (found["errors"]["verdict"], found["slow"]["verdict"]) == ("PASS", "FAIL")
    assert found["slow"]["canary"] == {"bad": 1_200, "total": 60_000, "rate": pytest.approx(0.02)}
    assert found["slow"].keys() == found["errors"].keys()
    assert found["sentences"][1].startswith(
        "slow requests FAIL: the canary's share of slow requests is 2× stable's ("
    )
    assert found["sentences"][1].endswith("5,400 of 540,000 requests to stable were slow")


def test_rows_that_say_nothing_of_slow_requests_are_remarked(folder: Path) -> None:
    told = _judge(folder, "--counts", "untold.csv")
    assert "1 rows say nothing of slow requests, and are left out of their verdict" in told.err
    assert "slow requests NONE: cannot judge yet" in told.out


def test_slow_requests_that_no_row_tells_of_are_asked_for_and_not_judged(folder: Path) -> None:
    told = _judge(folder, "--counts", "unsaid.csv")
    assert "60 rows say nothing of slow requests, and are left out of their verdict" in told.err
    found = _document(_judge(folder, "--counts", "unsaid.csv", "--json"))
    assert (found["errors"]["verdict"], found["slow"]["verdict"]) == ("PASS", "NONE")
    assert found["slow"]["canary"] == {"bad": 0, "total": 0, "rate": None}
    assert "slow requests NONE: cannot judge" in told.out


def test_what_was_not_asked_for_is_null(folder: Path) -> None:
    found = _document(_judge(folder, "--series", "good.json", "--json"))
    assert (found["errors"], found["traffic"], found["score"]) == (None, None, 100)
    found = _document(_judge(folder, "--counts", "quiet.csv", "--json"))
    assert (found["score"], found["metrics"], found["slow"]) == (None, [], None)
    assert found["errors"]["ratio"] == {"value": None, "low": 0, "high": None}
    assert found["errors"]["needed"] == {"ratio": 2, "requests": None, "seen": 5_000}


def test_people_read_what_is_still_needed(folder: Path) -> None:
    told = _judge(folder, "--counts", "early.csv").out
    assert "cannot judge yet: 9,000 of about 22,000 requests needed to see a 2× rise" in told
    assert "it gets its weight" in told
    assert "cannot judge yet: no errors in 5,000 requests" in _judge(folder, "--counts", "quiet.csv").out
    assert "too few points yet" in _judge(folder, "--series", "few.json").out


def test_a_critical_metric_says_what_it_does(folder: Path) -> None:
    told = _judge(folder, "--series", "critical.json").out
    assert "score 0 of 100, Fail: the critical metric m0: higher than the control" in told
    assert "which fails the canary" in told


def test_a_canary_that_gets_too_little_traffic_is_told(folder: Path) -> None:
    counts = folder / "starved.csv"
    counts.write_text(_counts(0, 9, weight=""), encoding="utf-8")
    assert "traffic" not in run("canary", "judge", "--counts", counts).out
    told = run("canary", "judge", "--counts", counts, "--weight", "50")
    assert "far less than its weight" in told.out
    found = _document(run("canary", "judge", "--counts", counts, "--weight", "50", "--json"))
    assert found["traffic"]["split"] == "too little"


def test_counts_come_from_stdin_as_well(folder: Path) -> None:
    ended = run("canary", "judge", "--counts", "-", stdin=(folder / "bad.csv").read_bytes())
    assert (ended.code, ended.out.splitlines()[0]) == (1, "FAIL")


def test_the_ratios_and_alpha_are_options(folder: Path) -> None:
    assert _judge(folder, "--counts", "bad.csv", "--tolerated-ratio", "8", "--harmful-ratio", "12",
                  "--rise", "16").code == 0  # fmt: skip
    strict = _document(_judge(folder, "--counts", "early.csv", "--alpha", "0.001", "--json"))
    assert strict["errors"]["e_value_needed"] == pytest.approx(1_000)


def test_the_command_line_goes_before_the_file_for_scores(folder: Path) -> None:
    file = folder / "lenient.json"
    document = json.loads((folder / "bad.json").read_text(encoding="utf-8"))
    file.write_text(
        json.dumps({**document, "score_thresholds": {"pass": 50, "marginal": 20}}), encoding="utf-8"
    )
    assert run("canary", "judge", "--series", file).code == 0
    assert run("canary", "judge", "--series", file, "--pass-score", "60").out.startswith("NONE")
    assert run("canary", "judge", "--series", file, "--pass-score", "90", "--marginal-score", "60").code == 1


def test_without_a_sibling_the_deployment_before_is_compared_at_the_same_elapsed_time(tmp_path: Path) -> None:
    canary, before = tmp_path / "canary.csv", tmp_path / "before.csv"
    rows = [f"2026-11-23T10:{minute:02}:00Z,12,1000" for minute in range(30)]
    canary.write_text("at,bad,total\n" + "\n".join(rows), encoding="utf-8")
    rows = [f"2026-11-16T09:{minute:02}:10Z,3,1000" for minute in range(20)]
    before.write_text("at,bad,total\n" + "\n".join(rows) + "\n2026-11-16T09:50:00Z,,\n", encoding="utf-8")
    ended = run("canary", "judge", "--counts", canary, "--previous", before)
    assert ended.out.startswith("FAIL")
    assert "20 ticks, 10 without a counterpart" in ended.err
    assert "1 rows with an unknown count were left out" in ended.err
    found = _document(run("canary", "judge", "--counts", canary, "--previous", before, "--json"))
    assert found["against"] == "previous"
    assert "4× the previous deployment's" in ended.out
    assert "stable" not in ended.out
    assert found["errors"]["ratio"]["value"] == pytest.approx(4)
    assert len(found["remarks"]) == 2


def test_counts_since_the_beginning_are_remarked(folder: Path) -> None:
    file = folder / "cumulated.csv"
    rows = [f"{2 * row},{100 * row},{9 * row},{900 * row}" for row in range(1, 7)]
    file.write_text("canary_bad,canary_total,stable_bad,stable_total\n" + "\n".join(rows), encoding="utf-8")
    assert "as if it were counted since the beginning" in run("canary", "judge", "--counts", file).err
    assert _judge(folder, "--counts", "bad.csv").err == ""


@pytest.mark.parametrize("unknown", ["canary", "before"])
def test_a_first_row_that_is_not_known_moves_no_clock(tmp_path: Path, unknown: str) -> None:
    """Both began with errors, and the same ones: what is left out of one is left out of the other."""
    for name, day in (("canary", "2026-11-23"), ("before", "2026-11-16")):
        counts = ["40,1000"] * 5 + ["1,1000"] * 25
        if name == unknown:
            counts[0] = ","
        rows = [f"{day}T10:{minute:02}:00Z,{found}" for minute, found in enumerate(counts)]
        (tmp_path / name).write_text("\n".join(["at,bad,total", *rows]), encoding="utf-8")
    files = ["--counts", tmp_path / "canary", "--previous", tmp_path / "before"]
    errors = _document(run("canary", "judge", *files, "--json"))["errors"]
    assert errors["canary"] == errors["stable"]
    assert errors["canary"]["bad"] == 4 * 40 + 25


def test_the_documentation_tells_a_file_that_is_read_and_every_option_and_key(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "canary-judge.md").read_text(encoding="utf-8")
    file = tmp_path / "metrics.json"
    file.write_text(page.split("```json")[1].split("```")[0], encoding="utf-8")
    assert run("canary", "judge", "--series", file).out.startswith("FAIL")
    help_text = run("canary", "judge", "--help").out
    for option in (
        "--tolerated-ratio",
        "--harmful-ratio",
        "--rise",
        "--alpha",
        "--apart",
        "--fail-on",
        "--weight",
    ):
        assert option in help_text
        assert f"`{option}" in page
    for key in _document(run("canary", "judge", "--series", file, "--json")):
        assert f"`{key}`" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "found neither --counts nor --series"),
        (["--previous", "bad.csv", "--series", "bad.json"], "found --previous without --counts"),
        (["--counts", "-", "--series", "-"], "found stdin for two files"),
        (["--counts", "missing.csv"], "missing.csv: found no such file"),
        (["--counts", "bad.json"], "found the fields metrics; expected canary_bad"),
        (["--series", "bad.csv"], "found text that is not JSON"),
        (["--counts", "bad.csv", "--previous", "good.csv"], "found the columns"),
        (["--counts", "bad.csv", "--alpha", "5"], "alpha: found 5.0"),
        (["--series", "bad.json", "--confidence", "95"], "confidence: found 95.0"),
        (["--series", "bad.json", "--pass-score", "50"], "score thresholds: found pass 50 and marginal 75"),
        (["--counts", "bad.csv", "--fail-on", "pass"], "'pass' is not 'none'"),
        (
            ["--counts", "bad.csv", "--previous", "good.csv", "--weight", "10"],
            "found --weight with --previous",
        ),
        (["--series", "huge.json"], "huge.json: p 95: experiment: found 1e+300, expected NaN or a number of"),
    ],
)
def test_bad_input_is_one_error_and_2(folder: Path, arguments: list[str], message: str) -> None:
    ended = _judge(folder, *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


def test_every_default_of_the_help_is_told_in_one_form_and_is_the_one_that_holds() -> None:
    told = " ".join(run("canary", "judge", "--help").out.split())
    assert "[default: (" not in told
    usual, scores = Sensitivity(), ScoreThresholds()
    for option, default in (
        ("tolerance", usual.tolerance),
        ("confidence", usual.confidence),
        ("pass-score", scores.passing),
        ("marginal-score", scores.marginal),
    ):
        (shown,) = re.findall(rf"--{option} FLOAT [^\[]*\[default: ([\d.]+)\]", told)
        assert float(shown) == default
