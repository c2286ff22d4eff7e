"""A fault of the file of the demo's deployments is named with its line, all of them at once."""

from pathlib import Path

import pytest
import yaml

from dashboard.demo.deployment_file import deployments_file
from dashboard.errors import ConfigurationError


def _written(folder: Path, **entry: object) -> Path:
    right: dict[str, object] = {"service": "api", "start": {"before": "1d"}}
    path = folder / "deployments.yaml"
    document = {
        "services": {"api": {"per_week": 2, "takes": "5m", "version": "1.2.3"}},
        "actors": ["Mei"],
        "reasons": ["It failed."],
        "deployments": [right | entry],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_deployment_needs_a_service_and_a_start(tmp_path: Path) -> None:
    (entry,) = deployments_file(_written(tmp_path)).deployments
    assert (entry.service, entry.state, entry.effects) == ("api", "succeeded", [])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"service": "web"}, "service: found 'web', expected one of the services of this file"),
        ({"state": "odd"}, "state: found 'odd', expected one of queued, in_progress"),
        ({"state": "failed"}, "reason: found nothing, expected why it is failed"),
        ({"change": "odd"}, "change: found 'odd', expected one of feature"),
        ({"start": {"before": "1d", "workday": True, "weekend": True}}, "found both a workday and a weekend"),
        (
            {"effects": [{"services": ["api"], "effect": "failing", "share": 0.1}]},
            "for: found nothing, expected how long it lasts",
        ),
        (
            {
                "state": "queued",
                "effects": [{"services": ["api"], "effect": "slow", "share": 1, "for": "1m"}],
            },
            "found effects, expected none: what is queued serves nobody",
        ),
        (
            {"effects": [{"services": ["api"], "effect": "failing", "for": "5m"}]},
            "share: found nothing, expected the share of events",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, entry: dict[str, object], message: str) -> None:
    path = _written(tmp_path, **entry)
    with pytest.raises(ConfigurationError) as caught:
        deployments_file(path)
    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_faults_of_services_and_deployments_are_told_together(tmp_path: Path) -> None:
    path = _written(tmp_path, service="web", state="failed")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["services"]["api"] = {"per_week": -1, "takes": "0s", "version": "1"}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        deployments_file(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    for told in (
        "expected how often a week",
        "takes: found",
        "version: found '1'",
        "found 'web'",
        "is failed",
    ):
        assert any(told in line for line in lines), told
