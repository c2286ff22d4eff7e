"""The `reliability` command as people and pipelines use it: exit codes, streams, options, help."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ROOT, Ended, run, start
from tests.conftest import DEMO_NOW

README = ROOT / "README.md"


def document(ended: Ended) -> dict[str, object]:
    """Stdout as the one JSON document that it is; nothing may follow it."""
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


def test_status_of_the_demo_is_one_json_document_with_nothing_on_stderr(demo: Path) -> None:
    ended = run("status", "--store", demo, "--json")
    assert (ended.code, ended.err) == (0, "")
    found = document(ended)
    assert found["as_of"] == DEMO_NOW
    assert found["demo"] is True
    assert isinstance(found["services"], list)
    assert len(found["services"]) > 10
    assert json.dumps(found, allow_nan=False), "NaN is no JSON"


def test_status_as_text_names_every_service_worst_first(demo: Path) -> None:
    ended = run("status", "--store", demo)
    assert (ended.code, ended.err) == (0, "")
    found = document(run("status", "--store", demo, "--json"))
    services = found["services"]
    assert isinstance(services, list)
    places = [ended.out.index(f" {service['service']}: ") for service in services]
    assert places == sorted(places)
    assert "demo" in ended.out.splitlines()[0].lower()
    for service in services:
        assert service["reason"] in ended.out


def test_now_moves_the_whole_report(demo: Path) -> None:
    """Ten days earlier; with an offset; and from the environment."""
    earlier = document(run("status", "--store", demo, "--json", "--now", "2026-11-10T14:00:00+02:00"))
    assert earlier["as_of"] == "2026-11-10T12:00:00Z"
    data = earlier["data"]
    assert isinstance(data, dict)
    assert data["newest"] == "2026-11-10T12:00:00Z"
    told = run("status", "--store", demo, "--json", env={"RELIABILITY_NOW": "2026-11-10T12:00:00Z"})
    assert document(told) == earlier
    assert document(run("status", "--store", demo, "--json")) != earlier


def test_a_time_after_the_history_is_stale_and_unknown(demo: Path) -> None:
    late = document(run("status", "--store", demo, "--json", "--now", "2026-11-20T12:16:00Z"))
    data, fleet = late["data"], late["fleet"]
    assert isinstance(data, dict)
    assert isinstance(fleet, dict)
    assert data["stale"] is True
    assert fleet["policy_tiers"]["normal"] == 0
    text = run("status", "--store", demo, "--now", "2026-11-20T12:16:00Z").out
    assert "availability: budget left unknown; burn rate" in text
    assert "unknown of the budget" not in text


def test_service_narrows_the_report(demo: Path) -> None:
    found = document(run("status", "--store", demo, "--json", "--service", "api", "--service", "redis"))
    services = found["services"]
    assert isinstance(services, list)
    assert {service["service"] for service in services} == {"api", "redis"}
    unknown = run("status", "--store", demo, "--service", "nobody")
    assert (unknown.code, unknown.out) == (2, "")
    assert "--service: found 'nobody', expected one of api" in unknown.err


@pytest.mark.parametrize("tier", ["cautious", "protected", "unknown", "exhausted"])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_fail_on_ends_with_1_from_that_tier_on(tier: str, more: tuple[str, ...], demo: Path) -> None:
    """And still prints the whole report; what is unknown never passes."""
    found = document(run("status", "--store", demo, "--json"))
    services = found["services"]
    assert isinstance(services, list)
    order = ["normal", "cautious", "protected", "unknown", "exhausted"]
    for service in services:
        if service["policy_tier"] is None:
            continue
        found_tier = service["policy_tier"]
        reached = found_tier == "unknown" or order.index(found_tier) >= order.index(tier)
        ended = run("status", "--store", demo, "--service", service["service"], "--fail-on", tier, *more)
        assert ended.code == int(reached), service["service"]
        assert service["service"] in ended.out


def test_fail_on_does_not_fail_for_best_effort(demo: Path) -> None:
    found = document(run("status", "--store", demo, "--json"))
    services = found["services"]
    assert isinstance(services, list)
    free = [service["service"] for service in services if service["policy_tier"] is None]
    assert free
    assert run("status", "--store", demo, "--service", free[0], "--fail-on", "cautious").code == 0


_BAD_USE = {
    "an unknown option": (["status", "--nothing"], "No such option"),
    "an unknown command": (["frobnicate"], "No such command"),
    "a time without an offset": (["status", "--now", "2026-11-20T12:00:00"], "without an offset"),
    "a time that is none": (["status", "--now", "tomorrow"], "found 'tomorrow', expected an ISO-8601"),
    "a time before all": (["status", "--now", "0001-01-01T00:00:00+14:00"], "+14:00', expected"),
    "a time long ago": (["sync", "--now", "1969-01-01T00:00:00Z"], "between the years 2000 and 2200"),
    "a tier that is none": (["status", "--fail-on", "normal"], "fail-on"),
    "no such catalogue": (["status", "--catalog", "/nowhere.yaml"], "/nowhere.yaml"),
    "no such policy": (["status", "--policy", "/nowhere.yaml"], "/nowhere.yaml"),
    "no Prometheus": (["sync"], "RELIABILITY_PROMETHEUS_URL: found nothing, expected"),
    "no address": (["sync", "--prometheus", "prometheus:9090"], "found 'prometheus:9090', expected"),
    "a password in the address": (["sync", "--prometheus", "http://u:hunter2@p:9090"], "found a password"),
    "a length that is none": (["sync", "--every", "often"], "found 'often', expected a PromQL duration"),
    "no length": (["sync", "--every", "0s"], "above zero"),
    "both every and now": (["sync", "--every", "1m", "--now", DEMO_NOW], "--every and --now: found both"),
    "a sync in the future": (["sync", "--now", "2199-01-01T00:00:00Z"], "expected a time that has passed"),
    "nothing to import": (["import", "sli"], "Missing argument"),
    "a port that is none": (["serve", "--port", "70000"], "70000"),
}


@pytest.mark.parametrize(("arguments", "said"), _BAD_USE.values(), ids=_BAD_USE)
def test_bad_use_ends_with_2_and_one_message_on_stderr(arguments: list[str], said: str, store: Path) -> None:
    env = {"RELIABILITY_STORE": str(store)}
    ended = run(*arguments, env=env)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "hunter2" not in ended.err
    assert len(ended.err.splitlines()) < 8
    assert not store.exists()


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["status", "--json"], ["status", "--json", "--fail-on", "cautious"]],
    ids=["text", "json", "fail-on"],
)
def test_a_missing_store_says_how_to_fill_it(arguments: list[str], store: Path) -> None:
    ended = run(*arguments, "--store", store)
    assert (ended.code, ended.out) == (2, "")
    assert f"{store}: found no store, expected one; fill it with `reliability sync`" in ended.err
    assert not store.exists()


def test_a_store_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for content in (b"", b"no database" * 1000):
        path.write_bytes(content)
        ended = run("status", "--store", path)
        assert (ended.code, ended.out, path.read_bytes()) == (2, "", content)
        assert str(path) in ended.err
    assert run("status", "--store", tmp_path).code == 2


_IMPORTS = [("import", "canaries"), ("import", "sli"), ("import", "deployments"), ("import", "incidents")]
_COMMANDS = [
    (),
    *_IMPORTS,
    *((name,) for name in ("attribute", "demo", "dora", "import", "init", "ledger", "mttr", "report")),
    *((name,) for name in ("canary", "serve", "status", "sync")),
    *(
        (name,)
        for name in ("approval", "approve", "decisions", "exception", "freeze", "gate", "policy", "token")
    ),
]


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(command: tuple[str, ...], option: str) -> None:
    ended = run(*command, option)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage:")
    assert len(ended.out.splitlines()) > 5


def listed(*command: str) -> set[str]:
    """The commands that a group's help names."""
    lines = run(*command, "--help").out.partition("Commands:")[2].splitlines()
    return {line.split()[0] for line in lines if re.match(r"  \S", line)}


def test_the_readme_names_every_command_and_only_real_ones() -> None:
    """With options that their help knows."""
    rows = re.findall(r"^\| `reliability ([^`]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows
    named = set()
    for row in rows:
        words = re.findall(r"[a-z-]+", row.partition("[")[0])
        command = [word for word in words if not word.startswith("-")]
        ended = run(*command, "--help")
        assert ended.code == 0, row
        for option in re.findall(r"--[a-z-]+", row):
            assert option in ended.out, (row, option)
        named.add(command[0])
    assert named == listed()
    assert {path for path in _COMMANDS if path} == {(name,) for name in listed()} | set(_IMPORTS)
    assert {("import", name) for name in listed("import")} == set(_IMPORTS)


def test_the_readme_begins_with_a_command_that_a_new_shell_finds(demo: Path) -> None:
    start = README.read_text(encoding="utf-8").partition("## Start\n")[2].partition("\n## ")[0]
    lines = [line.partition("  #")[0].rstrip() for line in start.splitlines()]
    first = lines.index(". .venv/bin/activate")
    assert lines[first + 1] == "export RELIABILITY_STORE=$PWD/data/demo.db"
    assert lines[first + 2].startswith("reliability ")
    ended = run(*lines[first + 2].split()[1:], env={"RELIABILITY_STORE": str(demo)})
    assert (ended.code, ended.err) == (0, "")


def test_the_readme_names_real_settings_of_prometheus() -> None:
    """Each variable is one that a fault of it is told by, or a known one."""
    text = README.read_text(encoding="utf-8")
    table = text.partition("| variable `RELIABILITY_PROMETHEUS_…` |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([A-Z_]{3,})`", table))
    source = (ROOT / "dashboard" / "config" / "prometheus.py").read_text(encoding="utf-8")
    assert named == set(re.findall(r'read\("([A-Z_]+)"\)', source))


def test_the_version_is_one_line() -> None:
    ended = run("--version")
    assert (ended.code, ended.err, len(ended.out.splitlines())) == (0, "", 1)


def test_the_module_is_the_command(demo: Path) -> None:
    """`python -m dashboard` from a checkout, as a process, into a pipe whose reader has gone."""
    process = start("status", "--store", demo, "--json")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out == run("status", "--store", demo, "--json").out
    piped = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m dashboard status --store {demo} | true"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in piped.stderr
    assert "BrokenPipe" not in piped.stderr


def test_the_demo_refuses_a_store_with_real_data_and_remakes_itself(
    demo: Path, store: Path, catalog: Path, tmp_path: Path
) -> None:
    counts = tmp_path / "counts.csv"
    counts.write_text(
        "objective,start,good,total\napi/availability,2026-11-19T00:00:00Z,1,2\n", encoding="utf-8"
    )
    assert run("import", "sli", counts, "--store", store, "--catalog", catalog).code == 0
    ended = run("demo", "--store", store)
    assert (ended.code, ended.out) == (2, "")
    assert "found real data in this store" in ended.err
    assert demo.exists()


def test_init_writes_the_shipped_files_and_never_over_ones_that_are_there(tmp_path: Path) -> None:
    ended = run("init", tmp_path / "mine")
    assert (ended.code, ended.out) == (0, "")
    for name in ("catalog.yaml", "policy.yaml", "sources.yaml"):
        assert (tmp_path / "mine" / name).read_bytes() == (ROOT / "data" / name).read_bytes()
    (tmp_path / "mine" / "policy.yaml").unlink()
    again = run("init", tmp_path / "mine")
    assert again.code == 2
    assert "catalog.yaml: found this file, expected none" in again.err
    assert not (tmp_path / "mine" / "policy.yaml").exists()


def test_one_sync_tells_its_reason_every_time(store: Path, catalog: Path) -> None:
    for _ in range(2):
        ended = run("sync", "--store", store, "--catalog", catalog, "--prometheus", "http://127.0.0.1:9")
        assert ended.code == 3
        assert "http://127.0.0.1:9 cannot be reached: " in ended.err
        assert "read " not in ended.err
