"""`docs/canary-import.md` names real variables, gauges and views, and no others."""

import json
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest
import yaml

from dashboard.config import kubernetes
from dashboard.reports import canary_gauges
from dashboard.store.canary_tables import CANARY_TABLES
from tests.cli.command import ROOT, run
from tests.rollout_objects import rollout

_PAGE = (ROOT / "docs" / "canary-import.md").read_text(encoding="utf-8")


def source_of(module: object) -> str:
    return Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")


def test_every_variable_of_the_settings_is_in_the_page() -> None:
    known = {
        f"RELIABILITY_KUBERNETES{name}"
        for name in re.findall(r'read\("(_?[A-Z_]*)"\)', source_of(kubernetes))
    }
    assert set(re.findall(r"RELIABILITY_KUBERNETES[A-Z_]*", _PAGE)) == known


def test_every_gauge_is_in_the_page() -> None:
    known = set(re.findall(r'"(reliability_[a-z_]+)"', source_of(canary_gauges)))
    told = set(re.findall(r"`(reliability_[a-z_]+)`", _PAGE))
    told |= {f"reliability_canary{name}" for name in re.findall(r"`(_[a-z_]+)`", _PAGE)}
    assert told == known


def test_every_view_is_in_the_page() -> None:
    known = {found[1] for text in CANARY_TABLES if (found := re.search(r"CREATE VIEW (\w+)", text))}
    assert set(re.findall(r"`(canary_\w+_log)`", _PAGE)) == known


def test_what_it_shows_is_what_the_command_says(store: Path) -> None:
    shown = re.search(r"^stdin: .*$", _PAGE, re.MULTILINE)
    assert shown is not None
    form = re.sub(r"\d+", "N", shown[0]).replace("Rollouts", "Rollout").replace("AnalysisRuns", "AnalysisRun")
    ended = run("import", "canaries", "-", "--store", store, stdin=json.dumps(rollout()).encode())
    said = re.sub(r"\d+", "N", ended.err.splitlines()[0]).replace("AnalysisRuns", "AnalysisRun")
    assert said == form
    assert sqlite3.connect(store).execute("SELECT count(*) FROM canary_rollout_log").fetchone() == (1,)


@pytest.mark.parametrize(
    ("errors", "slow", "woken"), [(1, 1, True), (1, 0, True), (0, 1, True), (0, 0, False)]
)
def test_the_alert_of_the_page_fires_once_whichever_verdict_fails(
    tmp_path: Path, errors: int, slow: int, *, woken: bool
) -> None:
    """Prometheus' own tests of rules: two series that differ in their name alone would break the rule."""
    (rules,) = (block for block in re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL) if "alert:" in block)
    (tmp_path / "rules.yml").write_text(rules, encoding="utf-8")
    canary = {"service": "api", "environment": "production", "rollout": "production/api"}
    labels = ", ".join(f'{name}="{value}"' for name, value in (canary | {"verdict": "FAIL"}).items())
    alert = yaml.safe_load(rules)["groups"][0]["rules"][0]["alert"]
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f"reliability_canary_{measure}_verdict{{{labels}}}", "values": f"{value}x5"}
            for measure, value in (("errors", errors), ("slow", slow))
        ],
        "alert_rule_test": [
            {
                "eval_time": "1m",
                "alertname": alert,
                "exp_alerts": [{"exp_labels": canary}] if woken else [],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [test]}), encoding="utf-8"
    )
    tested = subprocess.run(
        ["promtool", "test", "rules", "test.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
