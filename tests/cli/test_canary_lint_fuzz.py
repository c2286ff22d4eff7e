"""Hostile and broken files: the command neither crashes nor hangs."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.command import ROOT, run

_ABORTS = "tests/cli/canary_lint/aborts.yaml"
_OPTIONS = ("--scrape-interval", "60s", "--requests-per-second", "0.05")


def _metrics(condition: str, query: str = "sum(a)", count: int = 5) -> bytes:
    """A template of several metrics, each a little different so that nothing is remembered of the others."""
    lines = [
        f"  - {{name: m{number}, successCondition: '{condition} || result[0] == {number}',"
        f" provider: {{prometheus: {{query: '{query} + {number}'}}}}}}\n"
        for number in range(count)
    ]
    head = (
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: x}\nspec:\n  metrics:\n"
    )
    return (head + "".join(lines)).encode()


@pytest.mark.parametrize(
    "hostile",
    [
        _metrics(" || ".join(f"result[0] == {number}.5" for number in range(90))),
        _metrics("all(result, " + " && ".join(f"# != {number}.5" for number in range(90)) + ")"),
        _metrics("all(1..1000000, all(1..1000000, # > 0))"),
        _metrics("len(map(1..99, map(1..99, map(1..99, #)))) > 0"),
        _metrics("(" * 900 + "true" + ")" * 900),
        _metrics("!" * 1500 + "true"),
        _metrics('result[0] matches "(a+)+$"'),
        _metrics("result[0] > 1", " + ".join(["sum(a)"] * 95)),
        _metrics("result[0] > 1", "(" * 5_000 + "a" + ")" * 5_000),
        _metrics("{{args.a}}" * 200, "{{args.a}}" * 500),
    ],
)
def test_hostile_conditions_and_queries_end_in_bounded_time(hostile: bytes) -> None:
    began = time.process_time()
    ended = run("canary", "lint", "-", "--json", *_OPTIONS, stdin=hostile)
    assert ended.code in {0, 1}, ended.err
    assert time.process_time() - began < 30, "five metrics; most of it is for machines that are busy"


_TEMPLATE = (ROOT / _ABORTS).read_text(encoding="utf-8")
_LINES = _TEMPLATE.splitlines()
_VALUES = ("", "[]", "{}", "-1", "1e999", "null", "x", '"{{args.x}}"', "[[1]]", "|", "true")


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """The example with lines lost, doubled, indented otherwise, or with other values."""
    lines = list(_LINES)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        value = draw(
            st.sampled_from(
                ["", "[]", "{}", "-1", "1e999", "null", "x", '"{{args.x}}"', "[[1]]", "|", "true"]
            )
        )
        lines[at] = draw(
            st.sampled_from(
                [
                    "",
                    f"{line}\n{line}",
                    f"  {line}",
                    line[2:],
                    line.split(":")[0] + f": {value}",
                    line + value,
                ]
            )
        )
    return "\n".join(lines)


@settings(max_examples=120, deadline=5_000)
@given(_mutated())
def test_a_mutated_template_never_crashes_the_command(text: str) -> None:
    ended = run(
        "canary",
        "lint",
        "-",
        "--json",
        "--scrape-interval",
        "30s",
        "--requests-per-second",
        "2",
        stdin=text.encode(),
    )
    assert ended.code in {0, 1, 2}
    if ended.code == 2:
        assert ended.err.startswith("error: stdin")
        assert len(ended.err.splitlines()) == 1
    else:
        assert isinstance(json.loads(ended.out)["findings"], list)
