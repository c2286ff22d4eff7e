"""`reliability dora` and `mttr`: how software is delivered, and how incidents end."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.cli import options
from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.config.span import parse_span
from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Severity
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError
from dashboard.reports.instants import reading_instant
from dashboard.ui import format as shown

if TYPE_CHECKING:
    from dashboard.domain.delivery import DeliveryMeasures, DurationMeasure
    from dashboard.domain.durations_summary import Summary
    from dashboard.domain.intervals import Interval, Proportion
    from dashboard.domain.recovery import PhaseStatistics
    from dashboard.reports.history import History
    from dashboard.reports.incident_measures import RecoveryMeasures, Selection

#: Less than this at the beginning of a span makes no rate too low.
_A_DAY = timedelta(days=1)

_from = click.option(
    "--from", "start", metavar="TIME", help="Start: ISO-8601, or a day; 90 days before --to."
)
_to = click.option("--to", "end", metavar="TIME", help="End, not included: ISO-8601, or a day; now.")
only_services = click.option(
    "--service", "services", multiple=True, help="Only this service; may be given more than once."
)


_severities = click.option(
    "--severity",
    "severities",
    multiple=True,
    type=click.Choice([severity.value for severity in Severity]),
    help="Only incidents of this severity; may be given more than once.",
)


def over_files(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with the options of the files that it reads, of its time and of its form."""
    for option in (
        options.now,
        options.sources,
        options.policy,
        options.catalog,
        options.store,
        options.as_json,
    ):
        command = option(command)
    return command


def _over_span(command: Callable[..., None]) -> Callable[..., None]:
    for option in (_severities, only_services, _to, _from):
        command = option(command)
    return command


@click.command()
@_over_span
@over_files
def dora(*, as_json: bool, **asked: Any) -> None:
    """Show how software is delivered: frequency, lead time, failures, recovery and rework.

    With --severity a deployment fails by an incident only of that severity.
    """
    # SciPy, which these need, takes half a second to load; the other commands do without.
    from dashboard.reports.delivery_document import delivery_document  # noqa: PLC0415 - see above
    from dashboard.reports.incident_measures import delivery_measures  # noqa: PLC0415 - ditto

    policy, history, period, chosen = _asked(**asked)
    measures = delivery_measures(history, policy, period, chosen)
    if as_json:
        document = delivery_document(measures, history, period, policy.delivery.environment, chosen)
        click.echo(json.dumps(document, indent=2))
        return
    _tell_delivery(measures, period, history, policy)


def _tell_delivery(measures: "DeliveryMeasures", period: Period, history: "History", policy: Policy) -> None:
    environment, targets = policy.delivery.environment, policy.delivery.targets
    click.echo(f"{_span(period, policy)}, deployments to {environment}:")
    _tell_beginning(period, history, policy)
    of_all = shown.amount(measures.deployments, "deployment")
    click.echo(f"  {of_all} finished, {measures.reached_users} reached users")
    guessed = f"{measures.failed_by_time_alone} of them only by the time of an incident"
    click.echo(f"  {measures.failed} of the judged ones failed, {guessed}")
    click.echo(f"  {measures.pending} not judged yet, {measures.pending_failed} of them failed already")
    if measures.unknown_result:
        told = shown.amount(measures.unknown_result, "deployment")
        click.echo(f"  {told} without an end or a result: in no figure")
    _line(
        "frequency a day",
        _rate(measures.frequency),
        f"{measures.days_without} of {measures.days} whole days without",
    )
    _line(
        "change failure rate",
        _share(measures.change_failure_rate),
        f"target below {shown.percent(targets.change_failure_rate)}",
    )
    _line("lead time", _durations(measures.lead_time), f"target {shown.length(targets.lead_time)}")
    _line(
        "recovery of a failed deployment",
        _durations(measures.recovery),
        f"target {shown.length(targets.recovery)}",
    )
    _line("to the next good deployment", _durations(measures.to_next_good), "")
    _line("rework rate", _share(measures.rework_rate), "rollbacks and emergency fixes")
    _tell_unmapped(history)


@click.command()
@_over_span
@over_files
def mttr(*, as_json: bool, **asked: Any) -> None:
    """Show how fast incidents are detected, taken up, mitigated and recovered from, against targets."""
    from dashboard.reports.incident_measures import recovery_measures  # noqa: PLC0415 - as in dora
    from dashboard.reports.recovery_document import recovery_document  # noqa: PLC0415 - ditto

    policy, history, period, chosen = _asked(**asked)
    measures = recovery_measures(history, policy, period, chosen)
    if as_json:
        click.echo(json.dumps(recovery_document(measures, history, chosen), indent=2))
        return
    _tell_recovery(measures, history, policy, chosen)


def _tell_recovery(
    measures: "RecoveryMeasures", history: "History", policy: Policy, chosen: "Selection"
) -> None:
    period, often = measures.period, _rate(measures.per_30_days)
    click.echo(
        f"{_span(period, policy)}: {shown.amount(measures.incidents, 'incident')}, {measures.open} open,"
        f" {often} per 30 days"
    )
    _tell_beginning(period, history, policy)
    for item in measures.severities:
        if chosen.severities and item.severity not in chosen.severities:
            continue
        name = "no known severity" if item.severity is None else item.severity.value
        click.echo(f"{name}: {shown.amount(item.incidents, 'incident')}, {item.open} open")
        for phase, found in item.phases.items():
            _line(phase.value, _phase(found), _left_out(found))
        _line("mean time to recover (MTTR)", _mean(item.phases[Phase.TOTAL].summary), "started to recovered")
    for severity, trend in measures.trend.items():
        if trend.ratio is not None:
            name = "all" if severity is None else severity.value
            n = f"n {trend.n_before} before, {trend.n_after} now"
            could = f"could be {shown.changes_between(trend.ratio)}, {n}"
            least = "" if trend.detectable is None else f"; {shown.change(trend.detectable)} would have shown"
            still = f"; {trend.open} open, counted as long as they have lasted" if trend.open else ""
            told = trend.verdict.replace("_", " ")
            click.echo(f"time to recover, {name}: {told} ({could}{least}{still})")
    _tell_unmapped(history)


def _asked(
    *,
    start: str | None,
    end: str | None,
    services: tuple[str, ...],
    severities: tuple[str, ...],
    **files: Any,
) -> "tuple[Policy, History, Period, Selection]":
    """The span and the incidents and deployments that are asked for, and what is known of all."""
    from dashboard.reports.incident_measures import Selection  # noqa: PLC0415 - as in dora

    catalogue, policy, history = read_history(**files)
    chosen = Selection(
        services=known_services(services, catalogue), severities=tuple(map(Severity, severities))
    )
    return policy, history, parse_span(start, end, policy.timezone, history.as_of), chosen


def read_history(
    *, store: Path, catalog: Path, policy: Path, sources: Path, now: datetime | None
) -> "tuple[Catalogue, Policy, History]":
    """The catalogue, the policy, and everything that was deployed and that broke, at `now` or as of the demo.

    Raises:
        ReliabilityError: a file or the store cannot be read.
    """
    from dashboard.reports.history import history_at  # noqa: PLC0415 - as in dora

    catalogue, rules = load_catalog(catalog), load_policy(policy)
    moment = reading_instant(store, now)
    return catalogue, rules, history_at(store, load_sources(sources, catalogue), rules.delivery, moment)


def known_services(services: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
    """`services`, each of which is one of the catalogue.

    Raises:
        InputError: one of them is none.
    """
    for name in services:
        if name not in catalogue.services:
            known = ", ".join(catalogue.services)
            raise InputError(f"--service: found {name!r}, expected one of {known}")
    return services


def _span(period: Period, policy: Policy) -> str:
    zone = policy.timezone
    return f"{shown.full_moment(period.start, zone)} to {shown.full_moment(period.end, zone)}"


def _line(name: str, value: str, aside: str) -> None:
    click.echo(f"  {name}: {value}" + (f" ({aside})" if aside else ""))


def _rate(found: "Interval | None") -> str:
    return shown.UNKNOWN if found is None else f"{found.value:.2f} ({found.low:.2f} … {found.high:.2f})"


def _share(found: "Proportion | None") -> str:
    if found is None:
        return f"{shown.UNKNOWN}: nothing is judged yet"
    return f"{shown.k_of_n(found)}, {shown.proportion(found)}"


def _durations(found: "DurationMeasure") -> str:
    middle = found.summary.median
    if middle is None:
        return f"{shown.UNKNOWN}: none has ended; {found.open} open, {found.excluded} excluded"
    text = (
        f"median {shown.lasted(middle)}, n = {found.summary.n}, {found.open} open, {found.excluded} excluded"
    )
    return text if found.attainment is None else f"{text}; within target {_share(found.attainment)}"


def _mean(found: "Summary") -> str:
    if found.mean is None:
        return f"{shown.UNKNOWN}: none has ended"
    between = found.mean_interval
    interval = "" if between is None else f", 95 % interval {shown.lasted_between(between)}"
    return f"{shown.lasted(found.mean)}, n = {found.n}{interval}"


def _tell_beginning(period: Period, history: "History", policy: Policy) -> None:
    """Rates of a span that reaches back before anything was recorded come out too low."""
    from dashboard.reports.history import known_since  # noqa: PLC0415 - as in dora

    since = known_since(history)
    if since is None:
        click.echo("! nothing is known of any deployment or incident: rates of 0 mean nothing", err=True)
    elif since - period.start > _A_DAY:
        told = shown.full_moment(since, policy.timezone)
        click.echo(f"! nothing is known before {told}: rates over the whole span are too low", err=True)


def _phase(found: "PhaseStatistics") -> str:
    if not found.n:
        return f"{shown.UNKNOWN}: none is judged"
    middle = found.summary.median
    typical = "" if middle is None else f"; median {shown.lasted(middle)}"
    return f"within target {_share(found.attainment)}{typical}"


def _left_out(found: "PhaseStatistics") -> str:
    counts: Mapping[str, int] = {
        "still open past the target": found.missed_open,
        "undetermined": found.undetermined,
        "excluded": sum(found.excluded.values()),
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _tell_unmapped(history: "History") -> None:
    for kind, names in (
        ("deployment", history.unmapped.deployments),
        ("incident", history.unmapped.incidents),
    ):
        for name, count in names.items():
            told = shown.amount(count, kind)
            click.echo(f"! unmapped: {told} of {name!r}; name it in sources.yaml", err=True)
    for name, count in history.unmapped.environments.items():
        told = shown.amount(count, "deployment")
        click.echo(f"! not counted: {told} to {name!r}; if it is ours, name it in sources.yaml", err=True)
    for name, count in history.unmapped.severities.items():
        told = shown.amount(count, "incident")
        click.echo(f"! unmapped: {told} of severity {name!r}; name it in sources.yaml", err=True)
