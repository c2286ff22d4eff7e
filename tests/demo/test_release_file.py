"""A fault of the file of the demo's release decisions is named with its line, all of them at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.config.catalog import load_catalog
from dashboard.config.policy import load_policy
from dashboard.demo.deployment_file import deployments_file
from dashboard.demo.release_file import RELEASES, releases_file
from dashboard.domain.access import role_key
from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY


def _document() -> dict[str, Any]:
    words = {"reasons": ["It is needed"], "mitigations": ["A canary"], "reviews": ["Fine"]}
    return {
        "people": {"Mei": [], "Leila": ["Release Captain"]},
        "reviewers": ["Leila"],
        "pipelines": ["train"],
        "evidence": {"registry": "ghcr.io/acme", "coverage": {"api": 88, "docs": 61.5}},
        "first_tries": {"share": 0.1, "during_incidents": 0.5, "flaws": [{"weight": 1, "early": True}]},
        "held_back": {"by_exception": 0.5, "in_vain": 0.5},
        "exceptions": dict.fromkeys(("window", "security", "slo", "budget", "freeze"), words),
        "approvals": ["Looked at"],
        "overrides": ["Users are hurt"],
        "releases": [{"service": "api", "version": "1.2.3"}],
        "freezes": [{"by": "Leila", "ahead": "3d", "for": "1d", "because": "Holidays"}],
        "cases": [
            {
                "service": "docs",
                "change": "feature",
                "by": "Mei",
                "start": {"before": "1h"},
                "steps": [{"ask": "production"}],
            }
        ],
    }


def _written(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "releases.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = releases_file(_written(tmp_path, _document()))
    assert file.people["Leila"] == ["Release Captain"]
    assert (file.cases[0].steps[0].ask, file.cases[0].deployed) == ("production", False)


def test_the_shipped_file_knows_everybody_and_every_service_of_the_demo() -> None:
    file, deployed = releases_file(), deployments_file()
    assert set(deployed.actors) == {
        *file.pipelines,
        *(name for name, roles in file.people.items() if not roles),
    }
    assert set(file.evidence.coverage) == set(load_catalog(DEFAULT_CATALOG).services)


def test_somebody_holds_each_role_that_the_shipped_policy_asks_for() -> None:
    policy = load_policy(DEFAULT_POLICY)
    held = {role_key(role) for roles in releases_file().people.values() for role in roles}
    asked = {role for rule in policy.gate.exceptions.values() for role in rule.approvers}
    asked |= {role for rule in policy.tiers.values() for role in rule.approvers}
    assert {role_key(role) for role in asked} <= held


def test_the_files_of_the_demo_have_no_key_in_common() -> None:
    """So a tool that merges a folder of data can read them."""
    keys = [
        key
        for path in RELEASES.parent.glob("*.yaml")
        for key in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("part", "entry", "message"),
    [
        ("releases", {"service": "web", "version": "1.0.0"}, "service: found 'web', expected a service of"),
        ("releases", {"service": "api"}, "found nothing, expected one of version, undoes, near"),
        (
            "releases",
            {"service": "api", "version": "1.0.0", "undoes": "1.1.0"},
            "found version and undoes, expected one of",
        ),
        (
            "releases",
            {"service": "api", "version": "1.0.0", "first_override_by": "Nobody"},
            "first_override_by: found 'Nobody', expected a person of this file",
        ),
        (
            "releases",
            {"service": "api", "version": "1.0.0", "evidence": {"tests": {"unit": "fail"}}},
            "evidence.tests: found 'tests', expected one of build, quality",
        ),
        (
            "releases",
            {"service": "api", "version": "1.0.0", "evidence": {"build": {"linter": "fail"}}},
            "evidence.build.linter: found 'linter', expected one of typescript",
        ),
        ("freezes", {"by": "Leila", "for": "1d", "because": "x"}, "start: found nothing, expected one of"),
        (
            "freezes",
            {"by": "Leila", "for": "1d", "because": "x", "ahead": "1d", "start": {"before": "1d"}},
            "start: found both a start and a time ahead",
        ),
        ("freezes", {"by": "Tom", "for": "1d", "because": "x", "ahead": "1d"}, "by: found 'Tom', expected"),
        (
            "freezes",
            {"by": "Leila", "for": "1d", "because": "x", "ahead": "1d", "services": ["web"]},
            "found 'web', expected a service of this file",
        ),
    ],
)
def test_a_fault_is_named(tmp_path: Path, part: str, entry: dict[str, Any], message: str) -> None:
    document = _document()
    document[part] = [entry]
    _assert_told(_written(tmp_path, document), message)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({}, "found nothing, expected one of ask, request, grant, revoke, approve, withdraw"),
        ({"ask": "production", "grant": "Leila"}, "found ask and grant, expected one of"),
        ({"grant": "Nobody"}, "grant: found 'Nobody', expected a person of this file"),
        ({"revoke": "Leila"}, "because: found nothing, expected why"),
        (
            {"request": "odd", "because": "x", "mitigation": "y"},
            "request: found 'odd', expected one of window",
        ),
        ({"request": "slo", "because": "x"}, "mitigation: found nothing, expected what makes it less risky"),
    ],
)
def test_a_fault_of_a_step_is_named(tmp_path: Path, step: dict[str, Any], message: str) -> None:
    document = _document()
    document["cases"][0]["steps"] = [step]
    _assert_told(_written(tmp_path, document), message)


def test_faults_are_told_together(tmp_path: Path) -> None:
    document = _document()
    document["first_tries"]["flaws"] = [{"weight": 0, "early": True}, {"weight": 1}]
    document["reviewers"] = ["Nobody"]
    document["cases"][0]["by"] = "Somebody"
    del document["exceptions"]["slo"]
    path = _written(tmp_path, document)
    with pytest.raises(ConfigurationError) as caught:
        releases_file(path)
    told = str(caught.value)
    assert len(told.splitlines()) == 5
    for message in (
        "weight: found 0",
        "found nothing, expected one of evidence, coverage_short_by, early",
        "found 'Nobody', expected a person of this file",
        "found 'Somebody', expected a person of this file",
        "exceptions.slo: found nothing",
    ):
        assert message in told, message


def _assert_told(path: Path, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        releases_file(path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
