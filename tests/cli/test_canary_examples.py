"""The commands for canaries in README.md and docs/canary-judge.md can be pasted in a checkout."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.command import ROOT, Ended, run

_README = (ROOT / "README.md").read_text(encoding="utf-8")
_JUDGE = (ROOT / "docs" / "canary-judge.md").read_text(encoding="utf-8")
_SHOWN = re.findall(r"^```console\n\$ reliability (.*)\n((?:.*\n)*?)```", _JUDGE, re.MULTILINE)


def pasted(command: str) -> Ended:
    """What a shell in the checkout makes of `command`."""
    words = [found for word in shlex.split(command) for found in _expanded(word)]
    return run(*words)


def _expanded(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


@pytest.mark.parametrize(
    ("start", "code", "told"),
    [
        ("lint", 0, "9 files: 0 errors"),
        ("evaluate", 1, "✖ Failed  success-rate: failed (2) > failureLimit (1)"),
        ("judge", 1, "errors FAIL"),
    ],
)
def test_each_command_of_the_readme_has_its_files_in_the_checkout(
    start: str, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (command,) = re.findall(rf"^reliability (canary {start} .*)$", _README, re.MULTILINE)
    ended = pasted(command)
    assert (ended.code, ended.err) == (code, "")
    assert told in ended.out


@pytest.mark.parametrize(("command", "shown"), _SHOWN)
def test_the_page_on_judging_shows_what_its_commands_say(
    command: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    ended = pasted(command)
    assert ended.out + ended.err == shown


def test_the_page_on_judging_has_the_files_to_paste() -> None:
    assert len(_SHOWN) == 4
    blocks = re.findall(r"^```(?:csv|json)\n((?:.*\n)*?)```", _JUDGE, re.MULTILINE)
    files = [
        (ROOT / "docs" / "examples" / name).read_text(encoding="utf-8")
        for name in ("counts.csv", "slow.csv", "metrics.json", "canary.csv", "before.csv")
    ]
    assert blocks == files


def test_the_run_of_the_examples_can_be_imported(store: Path) -> None:
    ended = run("import", "canaries", ROOT / "docs" / "examples" / "analysis-run.json", "--store", store)
    assert (ended.code, "1 AnalysisRun (1 new, 0 updated)" in ended.err) == (0, True)
