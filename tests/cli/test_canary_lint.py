"""`reliability canary lint` as pipelines and people run it: documents, exit codes, streams."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.canary.lint.rules import RULES
from dashboard.paths import CANARY_TEMPLATES
from tests.cli.command import ROOT, Ended, run
from tests.conftest import DEMO_NOW

_FOLDER = "tests/cli/canary_lint"
_ABORTS = f"{_FOLDER}/aborts.yaml"
_GOLDEN = ROOT / "tests" / "golden"
_OPTIONS = ("--scrape-interval", "60s", "--requests-per-second", "0.05", "--error-ratio", "0.005")


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are called as they are given, so that golden files hold in any checkout."""
    monkeypatch.chdir(ROOT)


def _golden(name: str, text: str) -> None:
    path = _GOLDEN / name
    if os.environ.get("RELIABILITY_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def _findings(ended: Ended) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ended.out)["findings"]
    return found


def test_the_text_is_for_people() -> None:
    ended = run("canary", "lint", _ABORTS, *_OPTIONS)
    assert (ended.code, ended.err) == (1, "")
    _golden("canary-lint.txt", ended.out)


def test_json_is_one_document() -> None:
    ended = run("canary", "lint", "--json", _ABORTS, *_OPTIONS)
    assert (ended.code, ended.err) == (1, "")
    _golden("canary-lint.json", ended.out)
    assert run("canary", "lint", "--format", "json", _ABORTS, *_OPTIONS).out == ended.out


def test_sarif_is_what_code_hosts_read() -> None:
    ended = run("canary", "lint", "--format", "sarif", _ABORTS, *_OPTIONS)
    assert (ended.code, ended.err) == (1, "")
    document = json.loads(ended.out)
    _require_sarif(document)
    (found,) = document["runs"]
    rules = found["tool"]["driver"]["rules"]
    names = [rule["id"] for rule in rules]
    assert len(set(names)) == len(names)
    assert set(names) <= {rule.value for rule in RULES}
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == _ABORTS
    found["tool"]["driver"]["semanticVersion"] = "0.0.0"
    _golden("canary-lint.sarif", json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _require_sarif(document: dict[str, Any]) -> None:
    """The main constraints of the schema of SARIF 2.1.0 on what we write."""
    assert set(document) == {"$schema", "version", "runs"}
    assert document["version"] == "2.1.0"
    assert document["$schema"].startswith("https://")
    for each in document["runs"]:
        assert each["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        driver = each["tool"]["driver"]
        assert driver["name"]
        assert re.match(r"\d+\.\d+\.\d+", driver["semanticVersion"])
        for rule in driver["rules"]:
            assert rule["id"]
            assert rule["shortDescription"]["text"]
            assert rule["help"]["text"]
            assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
        for result in each["results"]:
            assert result["message"]["text"]
            assert result["level"] in {"none", "note", "warning", "error"}
            assert 0 <= result["ruleIndex"] < len(driver["rules"])
            for location in result["locations"]:
                region = location["physicalLocation"]["region"]
                assert region["startLine"] >= 1
                assert region["startColumn"] >= 1
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert " " not in uri
                assert "\\" not in uri


def test_a_file_with_a_strange_name_is_a_uri_in_sarif(tmp_path: Path) -> None:
    path = tmp_path / "a b#ü.yaml"
    path.write_text((ROOT / _ABORTS).read_text(encoding="utf-8"), encoding="utf-8")
    document = json.loads(run("canary", "lint", "--format", "sarif", path).out)
    _require_sarif(document)
    place = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == f"file://{tmp_path}/a%20b%23%C3%BC.yaml"


def test_the_three_formats_tell_the_same() -> None:
    text = run("canary", "lint", _ABORTS).out
    findings = _findings(run("canary", "lint", "--json", _ABORTS))
    sarif = json.loads(run("canary", "lint", "--format", "sarif", _ABORTS).out)["runs"][0]["results"]
    lines = [line for line in text.splitlines() if line.startswith(_ABORTS)]
    assert len(lines) == len(findings) == len(sarif)
    for line, finding, result in zip(lines, findings, sarif, strict=True):
        assert line.startswith(f"{_ABORTS}:{finding['line']}:{finding['column']}: {finding['severity']}")
        assert f"[{finding['rule']}]" in line
        assert result["ruleId"] == finding["rule"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == finding["line"]


def test_what_others_publish_is_read_and_has_no_errors() -> None:
    """Every provider, blue-green, experiments and plugins, in the manner of the documentation."""
    ended = run("canary", "lint", f"{_FOLDER}/published.yaml", "--json")
    assert (ended.code, ended.err) == (0, "")
    found = {(finding["object"], finding["rule"]) for finding in _findings(ended)}
    assert found == {
        ("ClusterAnalysisTemplate/success-rate-istio", "empty-answer-errors"),
        ("AnalysisTemplate/many-providers", "empty-answer-passes"),
        ("AnalysisTemplate/many-providers", "web-body-not-json"),
        ("AnalysisRun/check-", "web-body-not-json"),
        ("ClusterAnalysisTemplate/success-rate-istio", "nan-answer-fails"),
        ("AnalysisTemplate/many-providers", "condition-not-checked"),
    }


def test_without_errors_the_exit_code_is_0_whatever_the_warnings() -> None:
    clean = run("canary", "lint", *sorted(CANARY_TEMPLATES.glob("*.yaml")))
    assert (clean.code, clean.err) == (0, "")
    assert clean.out.startswith("9 files: 0 errors, 0 warnings, 0 for information\n")
    warned = run("canary", "lint", CANARY_TEMPLATES / "standard-canary.yaml", "--json")
    assert warned.code == 0
    assert {finding["rule"] for finding in _findings(warned)} == {"template-unknown"}


def test_stdin_is_linted_as_well() -> None:
    text = (ROOT / _ABORTS).read_bytes()
    ended = run("canary", "lint", "-", "--json", stdin=text)
    assert ended.code == 1
    assert {finding["file"] for finding in _findings(ended)} == {"stdin"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("text", "expected an object of Kubernetes"),
        ("a: &a [*a]", "an alias of what it is part of"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2_and_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    ended = run("canary", "lint", path, _ABORTS)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {path}")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_missing_file_bytes_and_a_contradiction_are_exit_code_2(tmp_path: Path) -> None:
    assert run("canary", "lint", tmp_path / "none.yaml").code == 2
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert run("canary", "lint", tmp_path / "bytes.yaml").code == 2
    both = run("canary", "lint", _ABORTS, "--requests-per-second", "1", "--service", "api")
    assert both.code == 2
    assert "expected one of them" in both.err
    assert run("canary", "lint").code == 2


def test_templates_are_found_across_files(tmp_path: Path) -> None:
    rollout = tmp_path / "rollout.yaml"
    rollout.write_text((CANARY_TEMPLATES / "standard-canary.yaml").read_text("utf-8"), encoding="utf-8")
    alone = _findings(run("canary", "lint", rollout, "--json"))
    together = _findings(run("canary", "lint", rollout, *CANARY_TEMPLATES.glob("*-check.yaml"), "--json"))
    assert len(alone) == 2
    assert [finding for finding in together if finding["file"] == str(rollout)] == []


def test_the_traffic_of_a_service_comes_from_the_store(demo: Path) -> None:
    files = sorted(CANARY_TEMPLATES.glob("*.yaml"))
    ended = run("canary", "lint", *files, "--service", "api", "--store", demo, "--json")
    assert (ended.code, ended.err) == (0, "")
    traffic = json.loads(ended.out)["traffic"]
    assert 1 < traffic["requests_per_second"] < 10_000
    assert 0 < traffic["error_ratio"] < 0.01
    assert traffic["source"].startswith("the median of 2,01")
    assert "api/availability in 7 days" in traffic["source"]
    given = run(
        "canary", "lint", *files, "--service", "api", "--store", demo, "--error-ratio", "0.5", "--json"
    )
    assert json.loads(given.out)["traffic"]["error_ratio"] == 0.5
    earlier = run(
        "canary",
        "lint",
        *files,
        "--service",
        "api",
        "--store",
        demo,
        "--now",
        "2026-11-10T00:00:00Z",
        "--json",
    )
    assert json.loads(earlier.out)["traffic"] != traffic


def test_a_service_without_traffic_is_told(demo: Path) -> None:
    nobody = run("canary", "lint", _ABORTS, "--service", "nobody", "--store", demo)
    assert (nobody.code, nobody.out) == (2, "")
    assert "--service: found 'nobody', expected one of api, " in nobody.err
    before = run(
        "canary", "lint", _ABORTS, "--service", "api", "--store", demo, "--now", "2020-01-01T00:00:00Z"
    )
    assert before.code == 2
    assert "give --requests-per-second instead" in before.err
    effortless = run("canary", "lint", _ABORTS, "--service", "docs", "--store", demo, "--now", DEMO_NOW)
    assert effortless.code == 2


def test_the_false_abort_warning_has_the_figure() -> None:
    """Three requests a minute at 0.5 %: one error fails a measurement: 1 − 0.995⁹ over three of them."""
    ended = run("canary", "lint", _ABORTS, *_OPTIONS, "--json")
    (found,) = [finding for finding in _findings(ended) if finding["rule"] == "false-abort"]
    assert "with 3 requests a minute" in found["message"]
    assert "a true error ratio of 0.5 % aborts 4.4 % of good canaries" in found["message"]
    assert found["severity"] == "warning"


def test_stdin_is_read_once_and_a_directory_is_told(tmp_path: Path) -> None:
    twice = run("canary", "lint", "-", "-", stdin=(ROOT / _ABORTS).read_bytes())
    assert twice.code == 2
    assert "found - 2 times, expected it once" in twice.err
    folder = run("canary", "lint", tmp_path)
    assert folder.code == 2
    assert f"{tmp_path}: found a directory, expected files, such as {tmp_path}/*.yaml" in folder.err


_WINDOWS = "rate windows (--scrape-interval)"
_ABORTS_BY_CHANCE = "false aborts (--service or --requests-per-second)"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], f"not checked: {_WINDOWS}, {_ABORTS_BY_CHANCE}"),
        (["--scrape-interval", "30s"], f"not checked: {_ABORTS_BY_CHANCE}"),
        (["--requests-per-second", "5"], f"not checked: {_WINDOWS}"),
    ],
)
def test_what_was_not_checked_is_the_last_line(options: list[str], told: str) -> None:
    assert run("canary", "lint", _ABORTS, *options).out.splitlines()[-1] == told


def test_where_all_was_checked_the_sum_is_the_last_line() -> None:
    ended = run("canary", "lint", _ABORTS, "--scrape-interval", "30s", "--requests-per-second", "5")
    assert ended.out.splitlines()[-1].startswith("1 file: ")
