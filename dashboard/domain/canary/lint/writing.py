"""Faults of writing that a YAML parser swallows, and objects that are not what they seem."""

from collections.abc import Iterator
from difflib import get_close_matches

from dashboard.domain.canary.lint.finding import Finding, at_key, at_line, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.fields import OTHER_KINDS, RESOURCES
from dashboard.domain.canary.manifest.node import Manifest, Miswritten, WritingFault, written_path

GROUP = "argoproj.io/"
VERSION = "argoproj.io/v1alpha1"


def is_linted(manifest: Manifest) -> bool:
    """Whether its kind is one that has rules."""
    return manifest.kind in RESOURCES


def lint_writing(manifest: Manifest) -> Iterator[Finding]:
    """Repeated keys, unquoted placeholders, and a kind or version that Argo does not have."""
    if not is_linted(manifest) and not manifest.api_version.startswith(GROUP):
        return
    for fault in manifest.miswritten:
        yield _miswritten(manifest, fault)
    yield from _kind(manifest)


def _miswritten(manifest: Manifest, fault: Miswritten) -> Finding:
    place = at_line(manifest, fault.line, fault.column, fault.path)
    where = written_path(fault.path)
    if fault.fault is WritingFault.REPEATED_KEY:
        message = f"found {where} again, it is on line {fault.text} as well: only the later one counts"
        return finding(RuleId.REPEATED_KEY, place, message)
    if fault.fault is WritingFault.UNQUOTED_PLACEHOLDER:
        message = f"found {fault.text} without quotes at {where}: YAML reads a mapping"
        return finding(RuleId.UNQUOTED_PLACEHOLDER, place, message, mend=f'Write "{fault.text}".')
    message = f"found a key that is no text in {where or 'the object'}, expected a name"
    return finding(RuleId.WRONG_TYPE, place, message, mend="Write the name of a field.")


def _kind(manifest: Manifest) -> Iterator[Finding]:
    root = manifest.root
    version, kind = root.get("apiVersion"), root.get("kind")
    if is_linted(manifest):
        if version is not None and manifest.api_version != VERSION:
            message = f"found apiVersion {manifest.api_version!r}, expected {VERSION}"
            yield finding(
                RuleId.UNKNOWN_KIND, at_key(manifest, version), message, mend=f"Write apiVersion: {VERSION}"
            )
        return
    if kind is None or manifest.kind in OTHER_KINDS:
        return
    close = get_close_matches(manifest.kind, RESOURCES, n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    message = f"found kind {manifest.kind[:80]!r}, which Argo Rollouts does not have{meant}"
    mend = f"Write kind: {close[0]}" if close else None
    yield finding(RuleId.UNKNOWN_KIND, at_key(manifest, kind), message, mend=mend)
