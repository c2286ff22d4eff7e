"""What the release gate is asked: in its address and its boxes, in vain, and by hostile people."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from tests.gates import MINUTE, grant, recorded, request
from tests.pages.conftest import Shown
from tests.pages.gate_fleets import HOSTILE, PROTECTED
from tests.pages.releases import HOUR, deployed, tell
from tests.pages.screen import MARKS
from tests.pages.stores import (
    NOW,
    Fleet,
    build,
)

_DAY = timedelta(days=1)


def test_the_newest_version_that_was_asked_for_is_the_first_choice(healthy: Fleet, on: Shown) -> None:
    recorded(healthy, request(version="v1"), now=NOW - HOUR)
    recorded(healthy, request(version="v2"), now=NOW - MINUTE)
    tell(healthy, deployed("v3", 30 * MINUTE))
    screen = on(healthy)
    assert "api v2 to production" in screen.open("release_gate", service="api")
    box = screen.app.selectbox(key="gate_version")
    assert box.options == ["v2", "v3", "v1"]
    box.select("v1").run()
    assert "api v1 to production" in screen.text()
    assert screen.app.query_params["version"] == "v1"


def test_kind_and_environment_are_in_the_address_and_come_back_from_it(healthy: Fleet, on: Shown) -> None:
    recorded(healthy, request(), now=NOW - MINUTE)
    text = on(healthy).open("release_gate", service="api", environment="staging", kind="bugfix")
    assert "api any version to staging, bug fix" in text
    screen = on(healthy)
    screen.open("release_gate", service="api")
    screen.app.selectbox(key="gate_kind").select("rollback").run()
    assert "api v2.4.0 to production, rollback" in screen.text()
    assert screen.app.query_params["kind"] == "rollback"


def test_another_service_has_other_versions(healthy: Fleet, on: Shown) -> None:
    screen = on(healthy)
    screen.open("release_gate", service="api", version="v9", kind="bugfix")
    screen.app.selectbox(key="picked_service").select("worker").run()
    assert "worker any version to production, feature" in screen.text()
    assert "version" not in screen.app.query_params


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("service", "no[pe]", "There is no service 'no[pe]' in the catalogue."),
        ("environment", "moon", "There is no environment 'moon' in the policy. This is production."),
        ("kind", "magic", "There is no kind of change 'magic'. It is left out."),
        ("version", "a b", "The address names no version:"),
        ("version", "x" * 300, "The address names no version:"),
        ("decision", "nope", "There is no decision 'nope' in the log."),
    ],
)
def test_what_the_address_asks_for_in_vain_is_said_before_theanswer(
    healthy: Fleet, on: Shown, name: str, value: str, told: str
) -> None:
    text = on(healthy).open("release_gate", **({"service": "api"} | {name: value}))
    assert told in text
    if "NOT NOW" in text:
        assert text.index(told) < text.index("NOT NOW")


def test_hostile_versions_people_and_reasons_are_text(tmp_path: Path, on: Shown, policy: Policy) -> None:
    fleet = build(tmp_path, PROTECTED)
    said = {"version": HOSTILE, "requested_by": HOSTILE, "image": HOSTILE, "change_type": "bugfix"}
    recorded(fleet, request(**said), now=NOW - MINUTE, actor=HOSTILE)
    grant(fleet, ExceptionType.SECURITY, policy, ends=NOW + _DAY, environment="production")
    screen = on(fleet)
    text = screen.open("release_gate", service="api")
    assert HOSTILE.translate(MARKS) in text.replace("\u2060", "")
    raw = [item.value for item in (*screen.app.markdown, *screen.app.error)]
    assert not any("[x](http" in value or "<script>" in value for value in raw)
    commands = "\n".join(item.value for item in screen.app.code)
    assert f"--version '{HOSTILE}'" in commands, "quoted, so that no shell runs it"
