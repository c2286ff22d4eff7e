"""What a replay says of a run that was stored is what `evaluate` says of its file, or that none can."""

import json
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.outcomes import RunOutcome, replay
from dashboard.errors import InputError
from dashboard.ingest.canaries import store_canaries
from dashboard.reports.canary_metrics import RunView, run_view, spec_of
from dashboard.sources.argo_analysis import RUN_KIND, analysis_spec, named_objects
from dashboard.sources.argo_measurements import recorded_run
from dashboard.sources.argo_observations import observation
from dashboard.store import canary_history
from dashboard.store.database import open_for_reading
from tests.rollout_objects import Object, stamp

_PUBLISHED = [
    item
    for file in (
        Path(__file__).parent / "published_runs.yaml",
        Path(__file__).parents[1] / "cli/canary_lint/published.yaml",
    )
    for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    if item
    and item["kind"] == RUN_KIND
    and item["metadata"].get("name")
    and item.get("status", {}).get("metricResults")
]
_NUMBERS = count()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replays") / "store.db"


def stored(store: Path, item: Object) -> AnalysisRunState:
    """`item` as the store has it, once it was imported."""
    seen = observation("file", item)
    assert isinstance(seen, AnalysisRunState)
    store_canaries(store, [seen])
    with open_for_reading(store) as connection:
        (found,) = canary_history.with_measurements(connection, [seen])
    return found


def evaluated(item: Object) -> RunOutcome | None:
    """What `reliability canary evaluate` makes of the file; None where it cannot be read."""
    (named,) = named_objects("file", [item], {RUN_KIND})
    run = recorded_run(named)
    try:
        spec = analysis_spec((named,), {})
    except InputError:
        return None
    return replay(spec, replace(run, accepted=run.has_measurements))


def require_the_same(expected: RunOutcome | None, run: AnalysisRunState) -> RunView:
    view = run_view(run)
    spec, _ = spec_of(run)
    if expected is None or spec is None:
        assert view.replayed is None
        return view
    found = replay(spec, run.recorded())
    assert found.phase in {expected.phase, Phase.CANNOT_REPLAY}
    for one, other in zip(found.metrics, expected.metrics, strict=True):
        assert one.phase in {other.phase, Phase.CANNOT_REPLAY}, other.spec.name
    return view


def require_recorded_phases(item: Object, run: AnalysisRunState) -> None:
    """Argo's own phases are as the file has them."""
    status = item["status"]
    assert run.phase == status.get("phase", status.get("status"))
    for result, metric in zip(status["metricResults"], run.metrics, strict=True):
        assert metric.phase == result.get("phase", result.get("status"))
        phases = [taken.get("phase", taken.get("status")) for taken in result["measurements"]]
        assert [taken.taken.phase for taken in metric.measurements] == phases


@pytest.mark.parametrize("item", _PUBLISHED, ids=range(len(_PUBLISHED)))
def test_a_published_run_says_the_same_once_it_is_stored(item: Object, store: Path) -> None:
    run = stored(store, item)
    require_the_same(evaluated(item), run)
    require_recorded_phases(item, run)


def test_only_what_was_masked_cannot_be_replayed(store: Path) -> None:
    replays = {
        metric.state.name: metric.replayed.phase.value
        for item in _PUBLISHED
        for metric in run_view(stored(store, item)).metrics
        if metric.replayed is not None
    }
    cannot = {name for name, phase in replays.items() if phase == "cannot replay"}
    assert cannot == {"login", "rate", "keys", "errors"}
    assert (replays["pass"], replays["pw"], replays["sr"]) == ("Successful", "Successful", "Successful")


_NAMES = st.sampled_from(
    [
        "token",
        "pass",
        "key",
        "auth",
        "failed_password",
        "rate",
        "secret",
        "webhook",
        "sig",
        "tokens",
        "api_key",
    ]
)
_WORDS = st.sampled_from(
    ["valid", "invalid", "ok", "", "region", "s3cr3t-value", "Bearer abcdefgh1", "a,b", "0.97"]
)
_LITERALS = st.one_of(
    st.sampled_from([0, 1, 0.95, 0.97, 90, True, False, None]), _WORDS, st.lists(_WORDS, max_size=2)
)
_VALUES = st.one_of(
    st.dictionaries(_NAMES, st.one_of(_LITERALS, st.dictionaries(_NAMES, _LITERALS, max_size=2)), max_size=3),
    _LITERALS,
)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    left = draw(
        st.sampled_from(
            ["result.{}", "result.{}.{}", "result[0]", "result", "result['{}']", "len(result.{})"]
        )
    )
    while "{}" in left:
        left = left.replace("{}", draw(_NAMES), 1)
    sign = draw(st.sampled_from(["==", "!=", ">=", "<"]))
    right = draw(
        st.sampled_from(["0", "0.95", "0.97", "'{}'", '"{}"', "{{{{args.{}}}}}", "'{{{{args.{}}}}}'"])
    )
    return f"{left} {sign} " + right.format(draw(_NAMES if "args" in right else _WORDS))


@st.composite
def runs(draw: st.DrawFn) -> Object:
    number = next(_NUMBERS)
    names = draw(st.lists(_NAMES, min_size=1, max_size=3, unique=True))
    told = draw(st.lists(_NAMES, max_size=4, unique=True))
    args: list[Object] = []
    for name in told:
        is_reference = draw(st.booleans())
        plain = ["0.95", "1", "errors", *([] if is_reference else names)]
        args.append({"name": name, "value": draw(st.one_of(_WORDS, st.sampled_from(plain)))})
        if is_reference:
            args[-1]["valueFrom"] = {"secretKeyRef": {"name": "a", "key": "b"}}
    specs, results = [], []
    phases = st.sampled_from(["Successful", "Failed", "Error", "Inconclusive", "Running"])
    for name in names:
        provider = draw(st.sampled_from(["web", "prometheus", "datadog", "newRelic", "job"]))
        spec: Object = {"name": name, "interval": "1m", "provider": {provider: {"query": draw(conditions())}}}
        for field in ("successCondition", "failureCondition"):
            if draw(st.booleans()):
                spec[field] = draw(conditions())
        limits = st.one_of(
            st.integers(0, 3), st.sampled_from([f"{{{{args.{arg}}}}}" for arg in told] or ["1"])
        )
        for field in ("failureLimit", "count", "consecutiveSuccessLimit"):
            if draw(st.booleans()):
                spec[field] = draw(limits)
        specs.append(spec)
        numbers = st.sampled_from(["[0.95]", "[0.97,0.95]", "0.97", "", "[]"])
        taken = []
        for minute in range(draw(st.integers(0, 3))):
            text = draw(numbers) if provider in {"prometheus", "datadog"} else json.dumps(draw(_VALUES))
            taken.append({"phase": draw(phases), "value": text, "startedAt": stamp(minute)})
        results.append({"name": name, "phase": draw(phases), "measurements": taken})
    dry = draw(st.lists(st.one_of(_NAMES, st.just(".*")), max_size=1))
    return {
        "kind": RUN_KIND,
        "metadata": {
            "name": f"r{number}",
            "namespace": "shop",
            "uid": f"r{number}",
            "creationTimestamp": stamp(0),
        },
        "spec": {
            "args": args,
            "metrics": specs,
            "dryRun": [{"metricName": name} for name in dry],
            "terminate": draw(st.booleans()),
        },
        "status": {"phase": draw(phases), "metricResults": results},
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(item=runs())
def test_any_run_says_the_same_once_it_is_stored_or_cannot_be_replayed(item: Object, store: Path) -> None:
    run = stored(store, item)
    require_the_same(evaluated(item), run)
    require_recorded_phases(item, run)
