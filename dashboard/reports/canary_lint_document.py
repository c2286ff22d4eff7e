"""A lint report for machines: our JSON, and SARIF 2.1.0, which code hosts show beside the lines."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.lint.rules import RULES, Severity
from dashboard.reports.canary_lint import LintReport

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}


def lint_document(report: LintReport) -> dict[str, Any]:
    """The report as JSON."""
    traffic = report.traffic
    return {
        "files": list(report.files),
        "counts": {severity.value: count for severity, count in report.counts.items()},
        "ok": not report.has_errors,
        "traffic": None
        if traffic is None
        else {
            "requests_per_second": traffic.requests_per_second,
            "error_ratio": traffic.error_ratio,
            "source": traffic.source,
        },
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule.value,
        "severity": finding.severity.value,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "object": place.called,
        "path": place.path,
        "message": finding.message,
        "mend": finding.mend,
    }


def sarif_document(report: LintReport, version: str) -> dict[str, Any]:
    """The report as SARIF 2.1.0; `version` is that of this tool."""
    used = [rule for rule in RULES if any(finding.rule is rule for finding in report.findings)]
    driver = {
        "name": "reliability canary lint",
        "semanticVersion": version if version[:1].isdigit() else "0.0.0",
        "rules": [_rule(rule) for rule in used],
    }
    results = [_result(finding, used.index(finding.rule)) for finding in report.findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: RuleId) -> dict[str, Any]:
    known = RULES[rule]
    return {
        "id": rule.value,
        "shortDescription": {"text": known.what},
        "help": {"text": known.mend},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
        "properties": {"group": known.group},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    place = finding.place
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(place.file)},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }
    if place.called:
        named = {"fullyQualifiedName": f"{place.called}:{place.path}".rstrip(":"), "kind": "member"}
        location["logicalLocations"] = [named]
    return {
        "ruleId": finding.rule.value,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. {finding.mend}"},
        "locations": [location],
    }


def _uri(file: str) -> str:
    """A file as SARIF names it: relative with slashes, or with the scheme file."""
    path = PurePath(file)
    quoted = quote(path.as_posix())
    return f"file://{quoted}" if path.is_absolute() else quoted
