"""`reliability import canaries`: files and pipes of kubectl, told in words, stored whole or not at all."""

import json
import sqlite3
from pathlib import Path

import pytest
import yaml

from tests.cli.command import Ended, run
from tests.rollout_objects import Object, analysis_run, listed, measurement, metric_result, rollout

RUN = analysis_run("api-new-2-2", metric_result("errors", [measurement(7), measurement(8)]))


def imported(store: Path, *files: object, stdin: bytes = b"") -> Ended:
    return run("import", "canaries", *files, "--store", store, stdin=stdin)


def written(folder: Path, *objects: Object, name: str = "export.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(listed(*objects)), encoding="utf-8")
    return file


def count(store: Path, table: str) -> int:
    with sqlite3.connect(store) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
    connection.close()
    return found


def test_a_list_is_stored_and_told(store: Path, tmp_path: Path) -> None:
    file = written(tmp_path, rollout(), RUN)
    ended = imported(store, file)
    assert (ended.code, ended.out) == (0, "")
    assert (
        f"{file}: 1 Rollout (1 in a new state), 1 AnalysisRun (1 new, 0 updated), 2 measurements added\n"
        in ended.err
    )


def test_importing_it_again_changes_nothing(store: Path, tmp_path: Path) -> None:
    file = written(tmp_path, rollout(), RUN)
    imported(store, file)
    with sqlite3.connect(store) as connection:
        before = list(connection.iterdump())
    ended = imported(store, file)
    assert (
        "0 in a new state), 1 AnalysisRun (0 new, 0 updated), 0 measurements added; all of it was known"
        in ended.err
    )
    with sqlite3.connect(store) as connection:
        assert list(connection.iterdump()) == before


def test_a_later_export_adds_what_is_new(store: Path, tmp_path: Path) -> None:
    imported(store, written(tmp_path, RUN))
    later = analysis_run(
        "api-new-2-2", metric_result("errors", [measurement(8), measurement(9)], dropped=1), version=101
    )
    assert "(0 new, 1 updated), 1 measurements added" in imported(store, written(tmp_path, later)).err
    assert count(store, "canary_measurements") == 3


@pytest.mark.parametrize("form", ["json", "yaml", "documents", "lines", "single"])
def test_every_form_that_kubectl_prints_says_the_same(form: str, store: Path, tmp_path: Path) -> None:
    objects = [rollout(), RUN]
    imported(store, written(tmp_path, *objects))
    text = {
        "json": json.dumps(listed(*objects), indent=4),
        "yaml": yaml.safe_dump(listed(*objects)),
        "documents": yaml.safe_dump_all(objects),
        "lines": "\n".join(map(json.dumps, objects)),
        "single": json.dumps(rollout()),
    }[form]
    ended = imported(store, "-", stdin=text.encode())
    assert ended.err.startswith("stdin: 1 Rollout (0 in a new state)")
    assert "all of it was known already" in ended.err


def test_other_kinds_and_manifests_are_passed_over_and_counted(store: Path, tmp_path: Path) -> None:
    manifest = rollout("manifest")
    del manifest["status"], manifest["metadata"]["creationTimestamp"]
    others = [
        {"kind": "Service", "apiVersion": "v1"},
        {"kind": "Service", "apiVersion": "v1"},
        {"kind": "Rollout", "apiVersion": "rollouts.kruise.io/v1beta1"},
        {"kind": "AnalysisTemplate", "apiVersion": "argoproj.io/v1alpha1"},
    ]
    file = written(tmp_path, *others, manifest, rollout())
    ended = imported(store, file)
    assert ended.code == 0
    assert "1 Rollout (1 in a new state)" in ended.err
    assert ended.err.splitlines()[1:] == [
        "! 1 Rollout or AnalysisRun without a status: no cluster has run them",
        f"! passed over: 1 of kind AnalysisTemplate: `reliability canary lint {file}` checks them",
        "! passed over: 1 of kind Rollout (rollouts.kruise.io/v1beta1)",
        "! passed over: 2 of kind Service",
    ]


@pytest.mark.parametrize("form", ["kind first", "kind last", "yaml"])
def test_the_items_of_a_list_need_not_name_their_kind(form: str, store: Path) -> None:
    items = [
        {key: value for key, value in one.items() if key not in {"kind", "apiVersion"}}
        for one in (rollout(), RUN)
    ]
    text = json.dumps({"items": items, "kind": "List"})
    if form == "kind first":
        text = json.dumps({"kind": "RolloutList", "items": items[:1]}) + json.dumps(items[1])
    ended = imported(
        store, "-", stdin=(yaml.safe_dump(json.loads(text)) if form == "yaml" else text).encode()
    )
    assert "1 Rollout (1 in a new state), 1 AnalysisRun (1 new" in ended.err


def test_an_object_that_tells_its_kind_in_no_way_is_refused(store: Path) -> None:
    ended = imported(store, "-", stdin=b'{"items": [{"metadata": {"name": "x"}}]}')
    assert ended.code == 2
    assert "stdin: object 1.kind: found nothing, expected Rollout, AnalysisRun or another kind" in ended.err


def test_nothing_is_an_error_and_an_empty_list_is_none(store: Path) -> None:
    for blank in (b"", b" \n"):
        ended = imported(store, "-", stdin=blank)
        assert ended.code == 2
        assert "stdin holds no object: found nothing, expected what `kubectl get -o json` prints" in ended.err
        assert "known" not in ended.err
    ended = imported(store, "-", stdin=b'{"items": [], "kind": "List"}')
    assert (ended.code, ended.err) == (0, "! stdin holds no object: the list in it is empty\n")


def test_one_object_that_cannot_be_read_keeps_the_whole_file_out(store: Path, tmp_path: Path) -> None:
    broken = json.loads(json.dumps(RUN))
    broken["status"]["phase"] = "Great"
    file = written(tmp_path, rollout(), broken)
    ended = imported(store, file)
    where, found = "AnalysisRun production/api-new-2-2.status.phase", "found 'Great', expected one of Pending"
    assert ended.code == 2
    assert ended.err.startswith(f"error: {file}: {where}: {found}, Running, ")
    assert not store.exists() or not count(store, "canary_rollouts")


def test_files_before_the_one_that_cannot_be_read_are_stored(store: Path, tmp_path: Path) -> None:
    good, bad = written(tmp_path, rollout()), tmp_path / "bad.json"
    bad.write_text('{"items": [', encoding="utf-8")
    ended = imported(store, good, bad)
    assert ended.code == 2
    assert f"{bad}: found its end, expected a value" in ended.err
    assert count(store, "canary_rollouts") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "stdin holds no object"),
        (b"[1]", "stdin: object 1: found 1, expected a mapping"),
        (b"just text", "stdin: object 1: found 'just text', expected a mapping"),
        (
            b"a: \xff\xff",
            "stdin: found bytes that are not UTF-8|stdin: found text that is neither YAML nor JSON",
        ),
        (b'{"kind": ["Rollout"]}', r"object 1.kind: found a list, expected text"),
    ],
)
def test_what_is_no_object_is_told(text: bytes, message: str, store: Path) -> None:
    ended = imported(store, "-", stdin=text)
    assert any(part in ended.err for part in message.split("|"))


def test_a_missing_file_and_a_folder_are_told(store: Path, tmp_path: Path) -> None:
    assert (
        "found no such file, expected JSON or YAML of kubectl" in imported(store, tmp_path / "none.json").err
    )
    assert "cannot be read: Is a directory" in imported(store, tmp_path).err


def test_no_secret_reaches_the_store(store: Path, tmp_path: Path) -> None:
    arguments: list[Object] = [
        {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}, "value": "hunter2-one"},
        {"name": "api-key", "value": "hunter2-two"},
    ]
    told = measurement(7, "hunter2-one", "Error", message="asked with hunter2-two")
    item = analysis_run("r", metric_result("errors", [told]), args=arguments)
    item["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = (
        '{"x": "hunter2-one"}'
    )
    assert imported(store, written(tmp_path, item)).code == 0
    for file in store.parent.iterdir():
        assert b"hunter2" not in file.read_bytes()


def test_how_far_a_large_file_was_read_is_told(store: Path, tmp_path: Path) -> None:
    runs = [analysis_run(f"r{number}") for number in range(1_000)]
    ended = imported(store, written(tmp_path, *runs))
    assert "read 1,000 objects; storing them" in ended.err


def test_a_rollout_that_is_none_of_the_catalogue_s_services_is_told(
    store: Path, tmp_path: Path, catalog: Path
) -> None:
    strangers = [rollout(f"stranger-{number}", canary=f"new{number}") for number in range(6)]
    of_web = analysis_run("mapped-new-2", owner="mapped", args=[{"name": "service", "value": "web"}])
    file = written(tmp_path, rollout(), rollout("mapped"), of_web, *strangers)
    ended = imported(store, file, "--catalog", catalog)
    assert ended.err.splitlines()[1:] == [
        *(
            f"! stranger-{number} is none of the catalogue's services: name it in sources.yaml"
            for number in range(5)
        ),
        "! 1 more Rollout is none of the catalogue's services",
    ]


def test_a_file_without_a_rollout_or_run_has_nothing_to_import(store: Path, tmp_path: Path) -> None:
    file = written(tmp_path, {"kind": "AnalysisTemplate", "apiVersion": "argoproj.io/v1alpha1"})
    ended = imported(store, file)
    assert ended.code == 0
    assert ended.err.splitlines() == [
        f"{file}: nothing to import, no Rollout or AnalysisRun that a cluster has run",
        f"! passed over: 1 of kind AnalysisTemplate: `reliability canary lint {file}` checks them",
    ]


def test_a_file_of_counts_is_told_how_it_is_imported(store: Path) -> None:
    text = b"at,canary_bad,canary_total,stable_bad,stable_total\n2026-11-02T09:01:00Z,1,100,1,900\n"
    ended = imported(store, "-", stdin=text)
    assert ended.code == 2
    assert "found counts of both arms, expected Rollouts or AnalysisRuns" in ended.err
    assert "--counts-of ID" in ended.err


@pytest.mark.parametrize("end", [1, 12, 40, 200, 400])
def test_json_that_was_cut_off_anywhere_is_said_to_end_too_early(end: int, store: Path) -> None:
    text = json.dumps(listed(rollout()))[:-end].encode()
    ended = imported(store, "-", stdin=text)
    assert ended.code == 2
    assert "was it cut off?" in ended.err or "found its end, expected" in ended.err
    assert "not JSON" not in ended.err
