"""Which templates of a file are taken: by name, by namespace, and through each other."""

from typing import Any

import pytest

from dashboard.errors import InputError
from dashboard.sources.argo_templates import full_name, templates_of


def _template(
    name: str, namespace: str = "", kind: str = "AnalysisTemplate", *, names: tuple[Any, ...] = ()
) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"kind": kind, "metadata": metadata, "spec": {"templates": list(names)}}


def _taken(documents: list[dict[str, Any]], *names: str) -> list[str]:
    return [full_name(template) for template in templates_of("file", documents, names)]


_RATES = _template("rates", "a", names=({"templateName": "success"},))
_SUCCESS_A, _SUCCESS_B = _template("success", "a"), _template("success", "b")


def test_without_a_name_all_are_taken_once() -> None:
    assert _taken([_RATES, _SUCCESS_A]) == ["a/rates", "a/success"]


def test_what_a_template_names_comes_with_it_from_its_own_namespace() -> None:
    assert _taken([_SUCCESS_B, _SUCCESS_A, _RATES], "rates") == ["a/rates", "a/success"]


def test_what_is_named_in_the_cluster_is_taken_from_there() -> None:
    cluster = _template("success", kind="ClusterAnalysisTemplate")
    outer = _template("outer", "a", names=({"templateName": "success", "clusterScope": True},))
    assert _taken([_SUCCESS_A, cluster, outer], "outer") == ["a/outer", "ClusterAnalysisTemplate/success"]


def test_templates_that_name_each_other_are_taken_once() -> None:
    one = _template("one", names=({"templateName": "other"},))
    other = _template("other", names=({"templateName": "one"},))
    assert _taken([one, other], "one") == ["one", "other"]


def test_a_name_of_two_namespaces_must_be_said_with_one() -> None:
    documents = [_SUCCESS_A, _SUCCESS_B]
    with pytest.raises(InputError, match="found 'success' for a/success and b/success, expected one of them"):
        _taken(documents, "success")
    assert _taken(documents, "b/success") == ["b/success"]


@pytest.mark.parametrize(
    ("documents", "names", "told"),
    [
        ([], (), "file: found no template, expected an AnalysisTemplate or ClusterAnalysisTemplate"),
        ([_SUCCESS_A], ("x",), "--name: found 'x', expected one of a/success"),
        ([_SUCCESS_A, _SUCCESS_A], ("success",), "--name: found 'success' 2 times in the file, expected it"),
        (
            [_RATES, _SUCCESS_B],
            ("rates",),
            "templates[0].templateName: found 'success', which the file does not have, expected one of a/",
        ),
    ],
)
def test_what_is_not_there_is_one_clear_sentence(
    documents: list[dict[str, Any]], names: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        _taken(documents, *names)
    assert told in str(caught.value)
