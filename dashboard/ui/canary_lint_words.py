"""The findings of a lint, for people."""

from collections.abc import Iterator, Sequence

from dashboard.domain.canary.lint.finding import Finding
from dashboard.domain.canary.lint.rules import Severity
from dashboard.reports.canary_lint import LintReport
from dashboard.ui.format import amount


def lint_lines(report: LintReport, not_checked: Sequence[str] = ()) -> Iterator[str]:
    """The lines that a terminal shows: each finding with its place, its fault and its mend, then a sum.

    `not_checked` is what was left aside, each with the option that it takes.
    """
    for finding in report.findings:
        yield from _finding(finding)
    counts = report.counts
    said = [
        amount(counts[Severity.ERROR], "error"),
        amount(counts[Severity.WARNING], "warning"),
        f"{counts[Severity.INFO]} for information",
    ]
    yield f"{amount(len(report.files), 'file')}: {', '.join(said)}"
    if not_checked:
        yield f"not checked: {', '.join(not_checked)}"


def _finding(finding: Finding) -> Iterator[str]:
    place = finding.place
    inside = f" {place.called}" if place.called else ""
    yield f"{place.file}:{place.line}:{place.column}: {finding.severity.value} [{finding.rule.value}]{inside}"
    yield f"    {finding.message}"
    yield f"    mend: {finding.mend}"
