"""The pipelines of `docs/gate` ask a running gate as their platforms would, and fail on a no."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.test_api import Served, served
from tests.gates import EVIDENCE
from tests.pages.stores import NOW, WELL, build

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "gate"
_TOKEN = "the-token-of-the-pipeline"  # noqa: S105 - of these tests only
_HOSTILE = '"; touch stolen; echo "$(touch stolen)'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    fleet = build(tmp_path_factory.mktemp("gate"), WELL)
    options = ("--store", fleet.store, "--catalog", fleet.catalogue, "--now", NOW.isoformat())
    with served(*options, env={"RELIABILITY_API_TOKEN": _TOKEN}) as running:
        yield running


def _action(folder: Path, server: Served, gates: Any, **said: str) -> "subprocess.CompletedProcess[str]":
    """The action's script in bash, with its inputs as the variables that GitHub makes of them."""
    (folder / "ci.json").write_text(json.dumps({"gates": gates}), encoding="utf-8")
    step = yaml.safe_load((_DOCS / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"][0]
    given = {
        "URL": server.url,
        "TOKEN": _TOKEN,
        "SERVICE": "api",
        "VERSION": "v2.4.0",
        "ENVIRONMENT": "production",
        "IMAGE": "ghcr.io/acme/api:v2.4.0",
        "CHANGE_TYPE": "feature",
        "EVIDENCE": "ci.json",
        "REQUESTED_BY": "dana",
    } | said
    assert set(step["env"]) == set(given)
    environment = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(folder / "output")} | given
    return subprocess.run(
        ["bash", "-c", step["run"]], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_action_passes_and_tells_its_outputs_when_the_answer_is_yes(
    server: Served, tmp_path: Path
) -> None:
    ended = _action(tmp_path, server, EVIDENCE)
    assert ended.returncode == 0, ended.stderr
    outputs = dict(line.split("=") for line in (tmp_path / "output").read_text().splitlines())
    assert (outputs["allow"], outputs["strategy"]) == ("true", "progressive-canary")
    assert len(outputs["decision-id"]) == 32


def test_the_action_fails_with_the_reasons_when_the_answer_is_no(server: Served, tmp_path: Path) -> None:
    ended = _action(tmp_path, server, EVIDENCE | {"build": {}})
    assert ended.returncode == 1
    assert "[build.lint]" in ended.stdout
    assert (tmp_path / "output").read_text().startswith("allow=false")


def test_the_action_fails_when_the_gate_refuses_to_answer(server: Served, tmp_path: Path) -> None:
    ended = _action(tmp_path, server, EVIDENCE, TOKEN="another-token-of-nobody")  # noqa: S106 - of no use
    assert ended.returncode != 0
    assert "found no token" in ended.stdout


def test_nothing_that_the_action_is_told_runs_as_a_command(server: Served, tmp_path: Path) -> None:
    _action(tmp_path, server, EVIDENCE, VERSION=_HOSTILE, REQUESTED_BY=_HOSTILE, SERVICE=_HOSTILE)
    assert json.loads((tmp_path / "gate-decision.json").read_text())["version"] == _HOSTILE
    assert not (tmp_path / "stolen").exists()


def _gitlab(folder: Path, server: Served, gates: Any) -> int:
    """The job's lines one after the other, as GitLab's runner runs them."""
    (folder / "evidence.json").write_text(json.dumps({"gates": gates}), encoding="utf-8")
    job = yaml.safe_load((_DOCS / "gitlab-ci.yml").read_text(encoding="utf-8"))["release-gate"]
    environment = {
        "PATH": os.environ["PATH"],
        "RELIABILITY_URL": server.url,
        "RELIABILITY_API_TOKEN": _TOKEN,
        "SERVICE": "api",
        "CI_COMMIT_TAG": "v2.4.0",
        "CI_REGISTRY_IMAGE": "ghcr.io/acme/api",
        "GITLAB_USER_LOGIN": "dana",
    }
    for line in job["script"]:
        ended = subprocess.run(["sh", "-ec", line], cwd=folder, env=environment, check=False)
        if ended.returncode:
            return ended.returncode
    return 0


def test_the_job_of_gitlab_passes_on_yes_and_fails_on_no(server: Served, tmp_path: Path) -> None:
    assert _gitlab(tmp_path, server, EVIDENCE) == 0
    assert _gitlab(tmp_path, server, EVIDENCE | {"security": {}}) != 0


def test_the_body_of_argo_s_web_metric_is_answered_with_its_json_path(server: Served, tmp_path: Path) -> None:
    template = yaml.safe_load((_DOCS / "argo-analysis-template.yaml").read_text(encoding="utf-8"))
    (metric,) = template["spec"]["metrics"]
    web = metric["provider"]["web"]
    assert (web["jsonPath"], metric["successCondition"]) == ("{$.allow}", "result == true")
    arguments = {
        "service": "api",
        "version": "v2.4.0",
        "image": "ghcr.io/acme/api:v2.4.0",
        "change-type": "feature",
        "requested-by": "dana",
        "evidence": json.dumps(EVIDENCE),
    }
    declared = {item["name"] for item in template["spec"]["args"]}
    assert declared == {*arguments, "token"}
    body = web["body"]
    for name, value in arguments.items():
        body = body.replace(f"{{{{args.{name}}}}}", value)
    (tmp_path / "body.json").write_text(body, encoding="utf-8")
    command = ["curl", "-s", "-X", web["method"], "-H", f"Authorization: Bearer {_TOKEN}"]
    command += ["--data-binary", "@body.json", f"{server.url}/api/v1/gate"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["allow"] is True
