"""That a 2xx to a sender is on disk exactly once, and what is said where it cannot be."""

import json
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import requests

from tests.api.senders import (
    INCIDENT,
    ROW,
    SECRETS,
    count,
    events,
    post,
    send,
)
from tests.api.test_api import Served, served
from tests.sources.payloads import (
    alert,
    alerts,
    cdevent,
    github_deployment,
    github_status,
    pagerduty,
    rollout,
)


def test_a_feed_in_any_order_and_twice_fills_the_tables_alike(tmp_path: Path) -> None:
    feed: list[tuple[str, object, str]] = [
        ("/webhooks/github", github_deployment(), "deployment"),
        *(
            ("/webhooks/github", github_status(state), "deployment_status")
            for state in ("in_progress", "success")
        ),
        *(
            ("/webhooks/argo-rollouts", rollout(f"on-rollout-{what}"), "")
            for what in ("updated", "completed")
        ),
        *(("/webhooks/cdevents", cdevent("incident", what), "") for what in ("detected", "resolved")),
        ("/webhooks/alertmanager", alerts([alert("A", "2026-11-20T09:00:00Z")]), ""),
        ("/webhooks/alertmanager", alerts([alert("A", "2026-11-20T09:00:00Z", "2026-11-20T09:30:00Z")]), ""),
        *(("/webhooks/pagerduty", pagerduty(f"incident.{what}"), "") for what in ("triggered", "resolved")),
        ("/api/v1/deployments", [ROW, ROW | {"id": "d-2"}], ""),
    ]
    shuffled = [*feed, *feed]
    random.Random(7).shuffle(shuffled)  # noqa: S311 - an order, not a secret
    found = []
    for name, deliveries in (("ordered", feed), ("shuffled", shuffled)):
        store = tmp_path / f"{name}.db"
        with served("--store", store, env=SECRETS) as server:
            for path, document, event in deliveries:
                assert send(server, path, document, event=event).status_code == 200
        found.append(events(store))
    assert found[0] == found[1]
    assert sum(map(len, found[0].values())) == len(feed) + 2


def test_what_answered_2xx_survives_the_end_of_the_process(tmp_path: Path) -> None:
    """The server is killed while senders send: what it accepted is stored, and nothing by half."""
    store = tmp_path / "store.db"
    accepted: list[int] = []

    def sender(to: Served, first: int) -> None:
        for number in range(first, first + 500):
            rows = [ROW | {"id": f"{number}-{part}"} for part in range(3)]
            try:
                if send(to, "/api/v1/deployments", rows).ok:
                    accepted.append(number)
            except requests.RequestException:
                return

    with served("--store", store, env=SECRETS) as server:
        threads = [threading.Thread(target=sender, args=(server, 1000 * each)) for each in range(4)]
        for thread in threads:
            thread.start()
        while len(accepted) < 20:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    stored = [row[2].split("-")[0] for row in events(store)["deployment_events"]]
    assert {str(number) for number in accepted} <= set(stored)
    assert all(stored.count(number) == 3 for number in set(stored))


def test_a_cause_is_said_by_hand_with_who_and_why(tmp_path: Path) -> None:
    """What does not exist cannot be a cause, and nobody says so without a reason."""
    said = {"incident": "INC-1", "deployment": "api/production/d-1", "by": "Ann", "why": "the heap dump"}
    path = "/api/v1/attributions"
    with served("--store", tmp_path / "store.db", env=SECRETS) as server:
        for rows, row in (("/api/v1/deployments", ROW), ("/api/v1/incidents", INCIDENT)):
            assert send(server, rows, row).status_code == 200
        assert post(server, path, json.dumps(said).encode(), {}).status_code == 401
        for wrong, told in (
            ({"deployment": "api/production/d-9"}, "expected service/environment/id of one that"),
            ({"incident": "INC-9"}, "incident: found 'INC-9'"),
            ({"by": None}, "by: found nothing"),
            ({"deployment": ""}, "deployment: found"),
            ({"why": " "}, "why: found nothing"),
        ):
            refused = send(server, path, said | wrong)
            assert (refused.status_code, told in refused.json()["error"]) == (422, True), refused.text
        mistyped = {"deploymnet" if name == "deployment" else name: value for name, value in said.items()}
        assert send(server, path, mistyped).json()["field"] == "deployment", "which is not the same as none"
        assert send(server, path, said).json() == {"stored": 1, "known": 0}
        assert send(server, path, said | {"deployment": None}).json() == {"stored": 1, "known": 0}
    kept = events(tmp_path / "store.db")["attributions"]
    assert [(row[0], row[5], row[6], row[7]) for row in sorted(kept, key=lambda row: row[1])] == [
        ("INC-1", "d-1", "Ann", "the heap dump"),
        ("INC-1", None, "Ann", "the heap dump"),
    ]


def test_the_demo_takes_nothing_that_is_real(demo: Path, tmp_path: Path) -> None:
    store = Path(shutil.copy(demo, tmp_path / "demo.db"))
    before = count(store)
    with served("--store", store, env=SECRETS) as server:
        answer = send(server, "/webhooks/github", github_status())
        assert (answer.status_code, "found the demo" in answer.json()["error"]) == (409, True)
    assert count(store) == before


def test_a_store_that_cannot_be_used_is_a_503(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    store.write_bytes(b"not a database at all, though it is a file" * 100)
    with served("--store", store, env=SECRETS) as server:
        answer = send(server, "/webhooks/github", github_status())
        assert answer.status_code == 503
        server.process.send_signal(signal.SIGTERM)
        said = server.process.communicate(timeout=20)[1]
    assert str(store) in said
