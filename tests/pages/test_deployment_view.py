"""One deployment has a view of its own, which its link finds and in which all that was said is text."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from dashboard.domain.deployments import DeploymentState
from tests.pages.conftest import Shown
from tests.pages.deployment_fleets import HEALTHY, HOSTILE, links, rolled_back
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.screen import Screen
from tests.pages.stores import NOW, build


def test_a_deployment_has_a_view_of_its_own(tmp_path: Path, on: Shown) -> None:
    fleet = tell(
        rolled_back(tmp_path),
        deployed("a-2", 3 * HOUR + timedelta(minutes=12), version="4.2", actor="lee",
                 commit_times=(NOW - 5 * HOUR, NOW - 4 * HOUR), commit_sha="c0ffee" * 6 + "abcd",
                 url="https://ci.example/runs/7?a=b"),
    )  # fmt: skip
    screen = on(fleet)
    text = screen.open("deployments", deployment="api/production/a-2")
    assert "api 4.2 :orange-badge[◀ rolled back]" in text
    assert "1 incident attributed to it" in text
    assert "INC-1 happened" in text
    assert "Why: it was rolled back while the incident lasted (by 4.1)" in text
    assert "Started Mon 23 Nov 2026, 05:50 UTC" in text
    assert "Took 10 min" in text
    assert "1 h 58 min from the oldest of 2 commits, 58 min from the newest" in text
    assert "Service well again 23 Nov 08:02 UTC, 2 h 2 min after it finished" in text
    assert "Next good deployment 23 Nov 07:12 UTC, 1 h 12 min after it finished" in text
    assert "(https://ci.example/runs/7?a=b)" in text
    assert "0 %  \n:small[0 of 12,000]  \n:small[burn rate 0×]" in text, "an hour before, with its events"
    assert "kubectl argo rollouts undo api -n production" in text
    assert "helm rollback api REVISION -n production --cleanup-on-fail" in text
    charts = [item.proto for item in screen.app.get("plotly_chart")]
    assert len(charts) == 2
    assert "around the deployment of 4.2" in charts[0].alt
    assert "INC-1" in charts[0].spec
    assert links(screen, "All deployments") == [{}]


def test_the_view_of_one_that_has_not_ended_claims_no_after(tmp_path: Path, on: Shown) -> None:
    fleet = tell(
        build(tmp_path, HEALTHY),
        deployed("now", HOUR, state=DeploymentState.IN_PROGRESS),
        deployed("next", HOUR, service="worker", state=DeploymentState.QUEUED),
        deployed("fresh", timedelta(minutes=30), service="docs"),
        deployed("baking", timedelta(minutes=30), service="worker"),
    )
    text = on(fleet).open("deployments", deployment="api/production/now")
    assert "Objective 1 h before Since it began" in text
    assert "Took 1 h so far" in text
    assert "Finished unknown" in text
    text = on(fleet).open("deployments", deployment="worker/production/next")
    assert "It served nobody, so there is nothing to compare." in text
    text = on(fleet).open("deployments", deployment="worker/production/baking")
    assert "After, for 20 min so far" in text
    text = on(fleet).open("deployments", deployment="docs/production/fresh")
    assert "No objective is set for this service" in text


def test_an_unknown_deployment_in_the_address_is_explained_above_the_list(tmp_path: Path, on: Shown) -> None:
    for asked in ("api/production/nope", "nonsense", "a/b/c/d", "<b>", "api/staging/a-9"):
        text = on(rolled_back(tmp_path / str(abs(hash(asked))))).open("deployments", deployment=asked)
        assert f"There is no deployment '{asked}'." in text
        assert "4 deployments to production" in text


def test_an_id_may_be_anything_and_its_link_still_finds_it(tmp_path: Path, on: Shown) -> None:
    for number, name in enumerate(("refs/heads/x y", "50%2F?&=#ü", "a+b", "../..", "'\"")):
        fleet = tell(build(tmp_path / str(number), HEALTHY), deployed(name, HOUR, version="9.9"))
        screen = on(fleet)
        screen.open("deployments")
        (link,) = links(screen, "api")
        text = on(fleet).open("deployments", deployment=link["deployment"][0])
        assert "api 9.9 :blue-badge[○ not judged yet]" in text


def test_what_a_source_says_is_text_wherever_it_is_shown(tmp_path: Path, on: Shown) -> None:
    said: dict[str, Any] = {
        "version": HOSTILE,
        "actor": HOSTILE,
        "reason": HOSTILE,
        "commit_sha": HOSTILE,
        "url": "javascript:alert(1)",
    }
    fleet = tell(
        build(tmp_path, HEALTHY),
        deployed(f"id {HOSTILE}", 3 * HOUR, state=DeploymentState.FAILED, **said),
        deployed("other", 2 * HOUR, service=HOSTILE),
        incident(f"INC {HOSTILE}", HOUR, title=HOSTILE, url="javascript:alert(1)"),
    )
    screen = on(fleet)
    screen.open("deployments")
    _hold_no_markup(screen)
    (link,) = [item for item in links(screen, "api") if "deployment" in item]
    screen = on(fleet)
    screen.open("deployments", deployment=link["deployment"][0])
    _hold_no_markup(screen)
    assert not any("](javascript" in item for item in _drawn(screen))


def _drawn(screen: Screen) -> list[str]:
    """The markdown and chart specifications on the page, as they are sent to the browser."""
    tables = [str(value) for table in screen.app.table for value in table.value.to_numpy().flat]
    texts = [
        str(getattr(item, "value", ""))
        for kind in ("markdown", "subheader", "error")
        for item in screen.app.get(kind)
    ]
    labels = [item.proto.label for item in screen.app.get("page_link")]
    return tables + texts + labels


def _hold_no_markup(screen: Screen) -> None:
    for text in _drawn(screen):
        assert "<script" not in text.replace(r"\<", "")
        assert "](http://evil" not in text
        assert ":red[z]" not in text
    for chart in screen.app.get("plotly_chart"):
        assert "<script" not in chart.proto.spec
