"""A secret that an object declares survives in no form and in no place of what is kept of it."""

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.redaction.objects import FIELDS
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.errors import InputError
from dashboard.sources.argo_fields import fields
from dashboard.sources.argo_rollout_state import rollout_state
from dashboard.sources.argo_run_state import run_state
from tests.rollout_objects import Object, analysis_run, measurement, metric_result, metric_spec, rollout

State = AnalysisRunState | RolloutState
SECRETS = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=40)
    .map(str.strip)
    .filter(
        lambda text: (
            len(text) >= 3 and not re.fullmatch(r"\d{1,3}|(?i:true|false|none|null)|[* ]+|\{\{.*", text)
        )
    )
)
TEXT_FORMS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "address": lambda text: quote(text, safe=""),
    "path": lambda text: quote(text, safe="/$&+=:@"),
    "form": quote_plus,
    "lower": lambda text: re.sub(r"%..", lambda found: found[0].lower(), quote(text, safe="")),
    "address twice": lambda text: quote(quote(text, safe=""), safe=""),
    "json": lambda text: json.dumps(text)[1:-1],
    "json as it is": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json twice": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "json of go": lambda text: (
        json.dumps(text)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ),
    "html": html.escape,
}
BYTE_FORMS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 with a user": lambda data: base64.b64encode(b"user:" + data).decode(),
    "base64 within": lambda data: base64.b64encode(b"{" + data + b"}}").decode(),
    "base64 of addresses": lambda data: base64.urlsafe_b64encode(b"ab" + data).decode(),
    "base64 in an address": lambda data: quote(base64.b64encode(b"x:" + data).decode(), safe=""),
    "hex": lambda data: data.hex(),
}


def from_a_secret(value: str) -> Object:
    """An argument whose value comes from a Secret."""
    return {"name": "api-token", "value": value, "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}


def run_with(secret: str, text: str) -> Object:
    """An AnalysisRun that declares `secret`, and has `text` in all that is kept of it."""
    result = metric_result(
        f"m {text}", [measurement(7, f"x {text} x", "Error", message=f"x {text} x")], message=text
    )
    spec = metric_spec(
        f"m {text}",
        successCondition=f"result == '{text}'",
        interval=text,
        count=text,
        provider={"prometheus": {"query": f"up # {text} "}, f"p {text}": {}},
    )
    args = [from_a_secret(secret), {"name": "service", "value": f"s {text}"}]
    item = analysis_run("r", result, specs=[spec], args=args, message=f"x {text} x")
    item["spec"]["dryRun"] = [{"metricName": f"m {text}"}]
    item["metadata"]["labels"] |= {"service": f"x {text} x", "environment": f"x {text} x"}
    return item


def rollout_with(secret: str, text: str) -> Object:
    """A Rollout that declares `secret` in an analysis, likewise."""
    step = {
        "analysis": {
            "templates": [{"templateName": f"t {text}"}],
            "args": [from_a_secret(secret)],
        }
    }
    item = rollout(
        steps=[step], message=f"x {text} x", image=f"api:{text}", labels={"service": f"x {text} x"}
    )
    item["spec"]["workloadRef"] = {"name": f"w {text}"}
    item["status"]["pauseConditions"] = [{"reason": f"x {text} x"}]
    item["status"]["canary"] = {"currentStepAnalysisRunStatus": {"name": "r", "message": f"x {text} x"}}
    return item


def state_of(item: Object) -> State:
    read = run_state if item["kind"] == "AnalysisRun" else rollout_state
    found = read(fields("file", item))
    assert found is not None
    return found


def texts(value: Any) -> Iterator[str]:
    """All the text in `value`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        yield from texts([getattr(value, field.name) for field in fields_of(value)])


@settings(max_examples=400, deadline=None)
@given(
    secret=SECRETS, form=st.sampled_from(sorted(TEXT_FORMS)), made=st.sampled_from([run_with, rollout_with])
)
def test_a_declared_secret_survives_nowhere_in_any_form(
    secret: str, form: str, made: Callable[[str, str], Object]
) -> None:
    written = TEXT_FORMS[form](secret)
    without = "\0".join(texts(state_of(made("", ""))))
    assume(written not in without + "*****" and len(written) < 400)
    assert written not in "\0".join(texts(state_of(made(secret, written))))


@settings(max_examples=200, deadline=None)
@given(
    secret=SECRETS, form=st.sampled_from(sorted(BYTE_FORMS)), made=st.sampled_from([run_with, rollout_with])
)
def test_nor_can_it_be_decoded_from_what_is_kept(
    secret: str, form: str, made: Callable[[str, str], Object]
) -> None:
    data = secret.encode()
    assume(len(data) >= 6)
    kept = "\0".join(texts(state_of(made(secret, BYTE_FORMS[form](data)))))
    assert data.hex() not in kept
    kept = kept.replace("%2B", "+").replace("%2F", "/").replace("-", "+").replace("_", "/")
    for token in re.findall(r"[A-Za-z0-9+/]{4,}", kept):
        for first in range(4):
            part = token[first : first + (len(token) - first) // 4 * 4]
            assert data not in base64.b64decode(part)


def test_a_secret_by_its_name_alone_is_masked_but_in_what_is_replayed() -> None:
    item = run_with("none of these", "region")
    item["spec"]["args"] = [{"name": "auth-realm", "value": "region"}, {"name": "by", "value": "a region"}]
    found = state_of(item)
    assert isinstance(found, AnalysisRunState)
    (metric,) = found.spec["metrics"]
    assert metric["successCondition"] == "result == 'region'"
    assert metric["provider"]["prometheus"]["query"] == "up # region "
    assert found.spec["args"] == [
        {"name": "auth-realm", "value": "*****"},
        {"name": "by", "value": "a region"},
    ]
    assert metric["name"] == found.metrics[0].name == "m region"
    assert found.message == found.metrics[0].measurements[0].taken.value == "x ***** x"


def test_a_secret_that_is_a_word_of_argo_leaves_what_is_measured_readable() -> None:
    item = run_with("metrics", "")
    item["spec"]["args"] = [from_a_secret(word) for word in ("metrics", "successCondition", "prometheus")]
    found = state_of(item)
    assert isinstance(found, AnalysisRunState)
    assert "prometheus" in found.spec["metrics"][0]["provider"]


def test_a_metric_whose_name_is_masked_is_still_that_of_its_spec() -> None:
    found = state_of(run_with("hunter2-hunter2", "hunter2-hunter2"))
    assert isinstance(found, AnalysisRunState)
    assert found.metrics[0].name == found.spec["metrics"][0]["name"] == "m *****"


def test_a_message_of_the_rollout_is_masked_with_the_arguments_of_its_analyses() -> None:
    item = rollout_with("hunter2-hunter2", "")
    item["status"]["message"] = 'Metric "m" assessed Error: asked with hunter2-hunter2'
    found = state_of(item)
    assert isinstance(found, RolloutState)
    assert found.message == 'Metric "m" assessed Error: asked with *****'


def test_an_address_that_comes_from_a_secret_is_kept_as_its_host_alone() -> None:
    error = 'Get "https://hooks.example.com/services/T0/B0/s3cr3tpath": i/o timeout'
    args = [{"name": "secret-url", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
    result = metric_result("m", [measurement(1, None, "Error", message=error)], message=error)
    found = state_of(analysis_run("r", result, args=args, message=error))
    assert "s3cr3tpath" not in repr(found)
    assert 'Get "https://hooks.example.com/*****": i/o timeout' in repr(found)


def test_a_header_that_the_spec_says_is_masked_in_what_the_provider_answers() -> None:
    web = metric_spec("m", provider={"web": {"headers": [{"key": "X-Api-Key", "value": "hunter2-x"}]}})
    answer = metric_result("m", [measurement(1, '{"you sent": "hunter2-x"}')])
    assert "hunter2" not in repr(state_of(analysis_run("r", answer, specs=[web])))


def test_every_field_of_text_is_masked_or_is_known_to_be_none_of_people() -> None:
    names = {
        "RolloutState": {"rollout", "namespace", "name", "strategy", "pod_hash", "stable_hash"},
        "CurrentRun": {"site", "name"},
        "AnalysisRunState": {
            "run",
            "namespace",
            "name",
            "owner_kind",
            "owner",
            "rollout",
            "pod_hash",
            "site",
        },
    }
    for cls, masked in FIELDS.items():
        for field in fields_of(cls):
            if "str" in str(field.type) and field.name not in masked:
                assert field.name in names.get(cls.__name__, set()), f"{cls.__name__}.{field.name}"


def test_more_secrets_than_an_object_can_have_are_refused() -> None:
    args = [{"name": f"token-{number}", "value": f"{number}" * 50_000} for number in range(10, 13)]
    with pytest.raises(
        InputError, match=r"file\.spec: found 300,000 characters of secrets, expected at most"
    ):
        state_of(analysis_run("r", args=args))


def test_more_secrets_than_anybody_has_are_refused() -> None:
    args = [from_a_secret(f"hunter{number}") for number in range(501)]
    with pytest.raises(InputError, match=r"file\.spec: found 501 secrets, expected at most 500"):
        state_of(analysis_run("r", args=args))
