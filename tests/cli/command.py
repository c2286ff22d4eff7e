"""The `reliability` command, run inside this process or as a process of its own."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended: its exit code and what it said on each stream."""

    code: int
    out: str
    err: str


def run(*arguments: object, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ended:
    """Run the command here; exceptions that it lets out are a test's failure, as they would be a person's."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        _environment(env or {}),
        _arguments(arguments, stdin),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())


def start(*arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start `python -m dashboard` as a process; both its streams are pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard", *map(str, arguments)],
        env={**_without_settings(os.environ), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(_without_settings(before) | dict(more))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the settings of whoever runs the tests."""
    return {name: value for name, value in environment.items() if not name.startswith("RELIABILITY_")}


@contextlib.contextmanager
def _arguments(arguments: tuple[object, ...], stdin: bytes) -> Iterator[None]:
    before = sys.argv, sys.stdin
    sys.argv = ["reliability", *map(str, arguments)]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    try:
        yield
    finally:
        sys.argv, sys.stdin = before
