"""What has to hold between the fields of `policy.yaml`."""

from datetime import timedelta
from typing import Any

from dashboard.config.fields import duration, exact
from dashboard.config.release_gate import check_release_gate
from dashboard.config.yaml_document import Fault, parts
from dashboard.domain.durations import format_duration
from dashboard.domain.event_counts import BUCKET


def check_policy(document: dict[str, Any]) -> list[Fault]:
    """Every fault of the policy that crosses from one field to another."""
    return [
        *_check_bands(parts(document, "error_budget")),
        *_check_windows(parts(document, "burn_rate")),
        *_check_unknown(parts(document, "tiers")),
        *_check_error_ratio(parts(document, "key_metrics", "error_ratio")),
        *check_release_gate(document),
    ]


def _check_unknown(tiers: dict[str, Any]) -> list[Fault]:
    """What cannot be known must not open what a known low budget closes (FRAMEWORK, Error budget policy)."""
    protected, unknown = parts(tiers, "protected"), parts(tiers, "unknown")
    opened = [
        change
        for change in _listed(unknown.get("allowed"))
        if change not in _listed(protected.get("allowed"))
    ]
    faults = []
    if opened:
        message = f"found {', '.join(map(str, opened))}, expected nothing that protected does not allow"
        faults.append(Fault(where=("tiers", "unknown", "allowed"), message=message))
    if protected.get("approvers") and unknown.get("approvers") == []:
        message = "found no approver, expected one, as in protected"
        faults.append(Fault(where=("tiers", "unknown", "approvers"), message=message))
    return faults


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_bands(budget: dict[str, Any]) -> list[Fault]:
    names = ("exhausted_at", "protected_below", "cautious_at")
    try:
        exhausted, protected, cautious = (exact(budget[name]) for name in names)
    except (KeyError, ValueError):
        return []  # told by the field itself
    if exhausted < protected <= cautious < 1 or not all(0 <= edge <= 1 for edge in (protected, cautious)):
        return []  # the second: told by the field itself
    found = ", ".join(f"{name} {budget[name]}" for name in names)
    return [
        Fault(where=("error_budget",), message=f"found {found}; expected them to rise and to stay below 1")
    ]


def _check_error_ratio(limits: dict[str, Any]) -> list[Fault]:
    try:
        warning, critical = exact(limits["warning"]), exact(limits["critical"])
    except (KeyError, ValueError):
        return []  # told by the field itself
    if warning <= critical:
        return []
    message = f"found critical {limits['critical']}, expected at least what warning is, {limits['warning']}"
    return [Fault(where=("key_metrics", "error_ratio"), message=message)]


def _check_windows(burn: dict[str, Any]) -> list[Fault]:
    listed = burn.get("windows")
    windows = [_length(value) for value in listed] if isinstance(listed, list) else []
    faults = [
        Fault(
            where=("burn_rate", "windows", index),
            message=f"found {format_duration(window)}, expected a multiple of {format_duration(BUCKET)}",
        )
        for index, window in enumerate(windows)
        if window and window % BUCKET
    ]
    alerts = burn.get("alerts")
    named: list[tuple[tuple[str | int, ...], Any]] = [(("burn_rate", "pace_window"), burn.get("pace_window"))]
    for index, alert in enumerate(alerts if isinstance(alerts, list) else ()):
        at = ("burn_rate", "alerts", index)
        named += [((*at, side), parts(alert).get(side)) for side in ("long", "short")]
        short, long = (_length(parts(alert).get(side)) for side in ("short", "long"))
        if short and long and short >= long:
            message = f"found {format_duration(short)}, expected less than the long window"
            faults.append(Fault(where=(*at, "short"), message=message))
    gate = burn.get("gate")
    if isinstance(gate, list):
        fast, slow = (_length(parts(limit).get("window")) for limit in (*gate, None, None)[:2])
        if fast and slow and fast >= slow:
            message = "found the longer window first, expected the fast one, then the slow one"
            faults.append(Fault(where=("burn_rate", "gate"), message=message))
    for index, limit in enumerate(gate if isinstance(gate, list) else ()):
        named.append((("burn_rate", "gate", index, "window"), parts(limit).get("window")))
    faults += [
        Fault(where=where, message=f"found {value}, expected one of burn_rate.windows")
        for where, value in named
        if (length := _length(value)) and length not in windows
    ]
    return faults


def _length(value: Any) -> timedelta | None:
    """`value` as a duration; None when it is none, which its own field tells."""
    try:
        return duration(value)
    except ValueError:
        return None
