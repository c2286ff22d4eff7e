"""Files that are hardly YAML: always a sentence with the file's name, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.config import load_catalog, load_policy
from dashboard.errors import ConfigurationError


def _message(path: Path, content: bytes | None = None) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_catalog(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "found nothing, expected a mapping at the top"),
        (b"# only a comment\n", "found nothing, expected a mapping at the top"),
        (b"- a\n- b\n", "found a list, expected a mapping at the top"),
        (b"just text\n", "found 'just text', expected a mapping at the top"),
        (b"42\n", "found 42, expected a mapping at the top"),
        (b"a: [1, 2\n", "not YAML"),
        (b"a: b: c\n", "not YAML"),
        (b"\ta: 1\n", "not YAML"),
        (b"a: 1\n---\nb: 2\n", "not YAML"),
        (b"a: *nowhere\n", "not YAML"),
        (b"a: &a [*a]\n", "too deep"),
        (b"a: " + b"[" * 100_000 + b"]" * 100_000, "too deep"),
        (b"a: " + b"[" * 40, "not YAML"),
        (bytes(range(256)), "cannot be read as UTF-8 text"),
        ("a: ü\n".encode("utf-16"), "cannot be read as UTF-8 text"),
        (b"a: \x00\n", "not YAML"),
        (b"a: !!python/object:os.system x\n", "not YAML"),
        (b"a: !!python/name:os.system ''\n", "not YAML"),
        (b"a: !unknown x\n", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    message = _message(tmp_path / "catalog.yaml", content)
    assert words in message
    assert message.startswith(f"{tmp_path / 'catalog.yaml'}:")
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    "value",
    [
        "2026-13-45",
        "0x_",
        "0b_",
        "1" * 5000,
        "!!int x",
        "!!float x",
        "!!timestamp x",
        "!!bool x",
        "!!binary x",
    ],
)
def test_a_value_that_yaml_itself_cannot_make_is_a_fault(tmp_path: Path, value: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"timezone: {value}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"policy\.yaml:") as caught:
        load_policy(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!python/object/new:os.system"])
def test_a_tag_that_would_call_code_calls_nothing(tmp_path: Path, tag: str) -> None:
    mark = tmp_path / "called"
    _message(tmp_path / "catalog.yaml", f"a: {tag} ['touch {mark}']\n".encode())
    assert not mark.exists()


def test_a_key_with_a_line_break_stays_in_its_line(tmp_path: Path) -> None:
    lines = _message(tmp_path / "catalog.yaml", b'"a\\nb": 1\n').splitlines()
    assert all(line.startswith(str(tmp_path)) for line in lines)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert "found no such file, expected a YAML file" in _message(tmp_path / "catalog.yaml")
    assert "cannot be read" in _message(tmp_path)


def test_a_number_of_absurd_size_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("error_budget: {cautious_at: 1e999999999, protected_below: 0.2}\n", encoding="utf-8")
    code = (
        "import pathlib, sys; from dashboard.config import load_policy; "
        "load_policy(pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=8,
    )
    assert "ConfigurationError" in done.stderr
