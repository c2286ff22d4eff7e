"""Providers: requests that are not sent, addresses that are none, answers that are not what they seem."""

import re
from collections.abc import Iterator, Mapping

from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import Severity
from dashboard.domain.canary.manifest.analysis import Analysis, Metric
from dashboard.domain.canary.manifest.node import Node
from dashboard.domain.canary.manifest.placeholders import resolved

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]+")
_METHODS = frozenset({"GET", "POST", "PUT"})
_CODE = r"(?P<quote>['\"]?)[1-5]\d\d(?P=quote)(?![\w.])"
_TURNED_CODE = r"(?<![\w.])(?P<turned>['\"]?)[1-5]\d\d(?P=turned)"
#: The whole result compared with a status. A number below or above one may be a time or an amount.
_STATUS = re.compile(
    rf"\bresult\s*[=!]=\s*{_CODE}|{_TURNED_CODE}\s*[=!]=\s*result\b(?!\s*\??[.\[])"
    r"|\bresult\s+in\s+\[[\s\d,'\"]*\b[1-5]\d\d\b[\s\d,'\"]*\]|\bresponse\.(?:code|status)\w*"
)
_STATUS_FIELD = re.compile(
    rf"\bresult\??\.(?:statusCode|status_code|code|status)\s*[=!]=\s*{_CODE}", re.IGNORECASE
)
_GOOD_STATUS = re.compile(r"\b2\d\d\b|^response")
#: Providers that decide by themselves: the job by its pod, Kayenta by its score.
DECIDE_THEMSELVES: Mapping[str, str] = {
    "job": "its pod's exit code decides",
    "kayenta": "its score against the threshold decides",
}


def lint_provider(analysis: Analysis) -> Iterator[Finding]:
    """What is wrong with what the metrics of `analysis` ask."""
    for metric in analysis.metrics:
        asked = metric.asked
        if asked is None:
            continue
        if (why := DECIDE_THEMSELVES.get(metric.provider or "")) is not None:
            yield from _ignored(metric, why)
        if metric.provider == "job":
            yield from _job(metric, asked)
        elif metric.provider == "web":
            yield from _web(metric, asked, analysis.values)
        elif metric.provider == "prometheus":
            yield from _address(metric, asked.get("address"), analysis.values)


def _ignored(metric: Metric, why: str) -> Iterator[Finding]:
    for name in ("successCondition", "failureCondition"):
        node = metric.node.get(name)
        if node is not None:
            message = f"found {name} on the {metric.provider} provider: it is never evaluated, {why}"
            mend = (
                "Remove it; let the job end with another exit code than 0 to fail."
                if metric.provider == "job"
                else None
            )
            yield finding(RuleId.CONDITION_IGNORED, at_key(metric.manifest, node), message, mend=mend)


def _job(metric: Metric, asked: Node) -> Iterator[Finding]:
    pod = asked.get("spec", "template", "spec")
    if pod is None:
        spec = asked.get("spec")
        if spec is not None:
            message = f"found no spec.template.spec in the job of {metric.name}, expected a pod"
            yield finding(RuleId.MISSING_FIELD, at_key(metric.manifest, spec), message)
        return
    policy = pod.string("restartPolicy")
    if policy not in {"Never", "OnFailure"}:
        place = at_key(metric.manifest, pod.get("restartPolicy") or pod)
        found = f"restartPolicy {policy}" if policy else "no restartPolicy (so Always)"
        message = f"found {found} in the job of {metric.name}, expected Never or OnFailure"
        yield finding(RuleId.JOB_RESTART_POLICY, place, message)


def _web(metric: Metric, asked: Node, values: Mapping[str, str]) -> Iterator[Finding]:
    yield from _address(metric, asked.get("url"), values)
    yield from _request(metric, asked)
    yield from _status(metric)
    path = asked.get("jsonPath")
    if path is not None and isinstance(path.scalar, str) and "{" not in path.scalar:
        message = f"found jsonPath {path.scalar[:60]!r} without braces: the result is that very text"
        at = path.scalar if path.scalar.startswith("$") else f"$.{path.scalar.lstrip('.')}"
        yield finding(
            RuleId.JSONPATH_WITHOUT_BRACES,
            at_value(metric.manifest, path),
            message,
            mend=f'Write "{{{at}}}".',
        )
    if metric.success or metric.failure:
        place = at_key(metric.manifest, asked)
        message = f"{metric.name}: up to Argo Rollouts 1.9, an answer that is empty or no JSON is a success"
        yield finding(RuleId.WEB_BODY_NOT_JSON, place, message)


def _request(metric: Metric, asked: Node) -> Iterator[Finding]:
    method, body, json_body = asked.get("method"), asked.get("body"), asked.get("jsonBody")
    if method is not None and isinstance(method.scalar, str) and method.scalar not in _METHODS:
        message = f"found method {method.scalar[:20]!r}, expected GET, POST or PUT"
        yield finding(RuleId.WEB_REQUEST_REFUSED, at_value(metric.manifest, method), message)
    if body is not None and json_body is not None:
        message = "found body and jsonBody, expected one of them"
        yield finding(RuleId.WEB_REQUEST_REFUSED, at_key(metric.manifest, json_body), message)
    sent = body or json_body
    if sent is not None and (method is None or method.scalar == "GET"):
        message = f"found {sent.path[-1]} with GET, expected method: POST or PUT"
        yield finding(RuleId.WEB_REQUEST_REFUSED, at_key(metric.manifest, sent), message)


def _status(metric: Metric) -> Iterator[Finding]:
    for name in ("successCondition", "failureCondition"):
        node = metric.node.get(name)
        text = (node.string() or "") if node is not None else ""
        whole = _STATUS.search(text)
        match = whole or _STATUS_FIELD.search(text)
        if node is not None and match is not None:
            taken = metric.asked is not None and metric.asked.get("jsonPath") is not None
            certain = whole is not None and _GOOD_STATUS.search(match[0]) is not None and not taken
            message = (
                f"found `{match[0]}` on the web provider: result is the body (or what jsonPath takes of it),"
                " not the status; a status other than 2xx is an Error before any condition is read"
            )
            mend = (
                'Ask the body, such as jsonPath: "{$.ok}" with result == true; for the status alone use'
                " a job that runs curl --fail."
            )
            severity = Severity.ERROR if certain else Severity.WARNING
            place = at_value(metric.manifest, node)
            yield finding(RuleId.WEB_STATUS_COMPARED, place, message, mend=mend, severity=severity)


def _address(metric: Metric, node: Node | None, values: Mapping[str, str]) -> Iterator[Finding]:
    if node is None or not isinstance(node.scalar, str):
        return
    text, left = resolved(node.scalar, values)
    if text.startswith("{{") and left:
        return
    if not _URL.match(text):
        message = f"found {text[:80]!r} at {node.where}, expected an address with http:// or https://"
        mend = f"Write http://{text[:60]}." if re.match(r"[\w.{}-]+(:\d+)?(/|$)", text) else None
        yield finding(RuleId.ADDRESS_UNREADABLE, at_value(metric.manifest, node), message, mend=mend)
