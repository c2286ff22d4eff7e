"""A watch that gives nothing: the API server is not asked again and again, and people are told."""

import json
import time
from functools import partial
from pathlib import Path

import pytest

from dashboard.ingest import cluster_watch
from tests.ingest.clusters import PROBLEMS, connect, followed, rows, wait_for
from tests.kubernetes_double import CutOff, Fault, Garbage, GoneAsEvent, KubernetesDouble, Refused, Says
from tests.rollout_objects import rollout

_ERROR = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "etcd changed its leader"}}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth of the waits between tries."""
    monkeypatch.setattr(cluster_watch, "_FIRST_WAIT", 0.05)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Garbage(), "found 'text/plain', expected events in JSON"),
        (Says(b"<!DOCTYPE html>"), "found '<!DOCTYPE html>', expected an event in JSON"),
        (Says(b'{"type": "MODIFIED", "object": "x"}\n'), "expected an event in JSON"),
        (Says(json.dumps(_ERROR).encode() + b"\n"), "found 500 (etcd changed its leader), expected 200"),
        (Says(b""), "found a watch that ended as soon as it began, again and again"),
        (Refused(410), "found a list that had expired as soon as it was read, again and again"),
        (GoneAsEvent(), "found a list that had expired as soon as it was read, again and again"),
        (Refused(401), "found 401 Unauthorized"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value[:30],
)
def test_a_watch_that_gives_nothing_is_asked_for_ever_less_often_and_told_once(
    fault: Fault, message: str, server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(rollout())
    server.fault = lambda request: fault if request.is_watch else None
    with followed(store, server, connect(server, tmp_path), watched=False) as told:
        time.sleep(1)
        # 0.05 + 0.1 + 0.2 + 0.4 seconds between them, of two lists; a 401 is asked twice each time.
        assert len(server.watches()) <= 2 * 5 * 2
        assert len(server.requests) <= 2 * 5 * 2 + 2
        wait_for(lambda: len(rows(store, PROBLEMS)) == 2, "both sources have a problem")
        assert len(told) == 2
        assert all(message in sentence for sentence in told)
        server.fault = lambda _: None
        wait_for(lambda: rows(store, PROBLEMS) == [], "it is healed", meanwhile=server.bookmark)
    assert len(told) == 2


def test_after_a_bad_event_what_came_meanwhile_is_listed(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    server.put(rollout())
    bad: list[Fault] = [Says(b'{"type": "MODIFIED", "object": 7}\n')]
    server.fault = lambda request: (
        bad.pop() if bad and request.is_watch and "rollouts" in request.path else None
    )
    with followed(store, server, connect(server, tmp_path)) as told:
        server.put(rollout("web"))
        wait_for(lambda: len(rows(store, "SELECT 1 FROM canary_rollouts")) == 2, "it is stored")
    assert len(told) == 1


def test_a_watch_that_is_cut_off_after_each_event_is_no_problem(
    server: KubernetesDouble, store: Path, tmp_path: Path
) -> None:
    def is_stored(step: int) -> bool:
        return (step,) in rows(store, "SELECT step_index FROM canary_rollouts")

    with followed(store, server, connect(server, tmp_path)) as told:
        server.fault = lambda request: CutOff() if request.is_watch else None
        for step in range(1, 6):
            server.put(rollout(step=step))
            wait_for(partial(is_stored, step), "the step is stored")
    assert (told, rows(store, PROBLEMS)) == ([], [])
