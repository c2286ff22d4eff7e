"""50 senders at once on one `reliability serve` for a minute: every 2xx is stored exactly once; p95 shown.

Run: python -m tests.benchmarks.webhook_senders [seconds] [senders]
"""

import hashlib
import hmac
import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

from tests.api.test_api import served
from tests.benchmarks.table import print_table

_SECRET = "a-secret-of-the-benchmark"  # noqa: S105 - of no other use
_WAIT_SECONDS = 60


def payload(sender: int, number: int) -> bytes:
    """A deployment status as GitHub sends it, another one each time."""
    identifier = sender * 1_000_000 + number
    at = "2026-11-23T09:00:00Z"
    return json.dumps(
        {
            "action": "created",
            "deployment_status": {
                "id": identifier,
                "state": "success",
                "environment": "production",
                "created_at": at,
                "updated_at": at,
            },
            "deployment": {
                "id": identifier,
                "sha": f"{identifier:040x}",
                "ref": f"v{number}",
                "task": "deploy",
                "environment": "production",
                "created_at": at,
                "updated_at": at,
                "creator": {"login": "somebody"},
                "payload": {},
            },
            "repository": {"full_name": "api"},
        }
    ).encode()


def send(url: str, sender: int, until: float, accepted: list[int], taken: list[float]) -> None:
    """One sender: as fast as it is answered."""
    session = requests.Session()
    number = 0
    while time.monotonic() < until:
        body = payload(sender, number)
        signature = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-GitHub-Event": "deployment_status", "X-Hub-Signature-256": f"sha256={signature}"}
        began = time.perf_counter()
        answer = session.post(f"{url}/webhooks/github", data=body, headers=headers, timeout=_WAIT_SECONDS)
        taken.append(time.perf_counter() - began)
        if answer.ok:
            accepted.append(sender * 1_000_000 + number)
        number += 1


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    senders = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    accepted: list[int] = []
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        with served("--store", store, env={"RELIABILITY_GITHUB_SECRET": _SECRET}) as server:
            until = time.monotonic() + seconds
            threads = [
                threading.Thread(target=send, args=(server.url, sender, until, accepted, taken))
                for sender in range(senders)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        with sqlite3.connect(store) as connection:
            stored = connection.execute("SELECT deployment FROM deployment_events").fetchall()
    ids = sorted(int(row[0]) for row in stored)
    exactly = "yes" if ids == sorted(accepted) else "NO"
    slow = statistics.quantiles(taken, n=20)[-1]
    print_table(
        f"{senders} senders for {seconds:g} s",
        ("what", "measured"),
        [
            ("requests", f"{len(taken):,}, {len(taken) / seconds:,.0f} a second"),
            ("answered 2xx", f"{len(accepted):,}"),
            ("stored exactly once each", f"{exactly} ({len(ids):,} in the store)"),
            (
                "median, p95, slowest",
                f"{statistics.median(taken) * 1000:.0f} ms, {slow * 1000:.0f} ms, {max(taken) * 1000:.0f} ms",
            ),
        ],
    )
    sys.exit(exactly != "yes")


if __name__ == "__main__":
    main()
