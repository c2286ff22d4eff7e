"""What the figures on incidents leave out, and what a person can do about it: plain sentences."""

import json
from collections import Counter
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from dashboard.domain.incident_phases import Exclusion
from dashboard.reports.history import Unmapped
from dashboard.reports.incidents import RecoveryReport
from dashboard.ui import format as show
from dashboard.ui import incident_words as words

_MOST_NAMES = 10


def known_words(report: RecoveryReport, zone: ZoneInfo) -> str:
    """From when on the period is counted, when the store does not know its beginning; else empty."""
    since = report.known_since
    if since is None or report.measures.period.start == report.asked.start:
        return ""
    return (
        f"The store knows no incident and no deployment before {show.full_moment(since, zone)}, so everything"
        " here is counted from then on, and there is no period before to compare with."
    )


def quality_items(report: RecoveryReport) -> list[str]:
    """What is left out and why, most harmful first; empty when nothing is."""
    rows = [row.timed for row in report.rows]
    reasons = Counter[Exclusion]()
    for item in rows:
        reasons.update({phase.exclusion for phase in item.phases.values() if phase.exclusion is not None})
    found = [
        f"{show.amount(count, 'incident')} with a phase that cannot be judged: {words.EXCLUSIONS[reason]}."
        for reason, count in reasons.most_common()
    ]
    unknown = sum(item.incident.severity is None for item in rows)
    if unknown:
        found.append(
            f"{show.amount(unknown, 'incident')} without a known severity: no target, so in no attainment and"
            " in no trend."
        )
    homeless = sum(not item.incident.services for item in rows)
    if homeless:
        found.append(
            f"{show.amount(homeless, 'incident')} of no service of the catalogue: without an error budget,"
            " and attributed to a deployment only by name or by hand."
        )
    if report.unattributed:
        found.append(
            f"{show.amount(report.unattributed, 'incident')} attributed to no deployment. A person can say:"
            " reliability attribute INCIDENT --to SERVICE/ENVIRONMENT/ID --by NAME --why TEXT"
        )
    return found + _unmapped(report.unmapped)


def _unmapped(found: Unmapped) -> list[str]:
    names = {name: found.deployments.get(name, 0) for name in found.deployments}
    items = [
        f"Unknown service name {name!r} ({_counted(count, found.incidents.get(name, 0))}):"
        f" in sources.yaml write it under services, SERVICE: [{_quoted(name)}]"
        for name, count in _most(names | {name: names.get(name, 0) for name in found.incidents})
    ]
    items += [
        f"Unknown severity {name!r} ({show.amount(count, 'incident')}):"
        f" in sources.yaml write it under severities, P1, P2 or P3: [{_quoted(name)}]"
        for name, count in _most(found.severities)
        if name != "(none given)"
    ]
    items += environment_items(found)
    left = len({*found.deployments, *found.incidents}) - _MOST_NAMES
    if left > 0:
        items.append(f"{show.amount(left, 'more unknown service name')}.")
    if found.undated:
        items.append(
            f"{show.amount(found.undated, 'deployment or incident')} without any time: nowhere shown."
        )
    return items


def environment_items(found: Unmapped) -> list[str]:
    """The environments that nobody named, each with what to do about it."""
    return [
        f"{show.amount(count, 'deployment')} to environment {name!r}, which nobody has named: not counted. If"
        f" it is production, write it in sources.yaml under environments, production: [{_quoted(name)}]"
        for name, count in _most(found.environments)
    ]


def _quoted(name: str) -> str:
    """`name` as YAML reads it back, whatever it holds."""
    return json.dumps(name, ensure_ascii=False)


def _most(names: Mapping[str, int]) -> list[tuple[str, int]]:
    return Counter(dict(names)).most_common(_MOST_NAMES)


def _counted(deployments: int, incidents: int) -> str:
    parts = [
        show.amount(count, noun)
        for count, noun in ((deployments, "deployment"), (incidents, "incident"))
        if count
    ]
    return " and ".join(parts)
