"""The options that several commands share, and what they mean."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from dashboard.config import Locations, parse_moment
from dashboard.domain.durations import parse_duration
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY, DEFAULT_SOURCES, DEFAULT_STORE

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class _Parsed(click.ParamType[Any]):
    """A click type from a function that raises ValueError with what was found and what is expected."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`value` parsed; one that is parsed already is left alone."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _length(text: str) -> timedelta:
    return parse_duration(text)


def _moment(text: str) -> datetime:
    moment = parse_moment(text)
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError(f"found {text!r}, expected a time between the years 2000 and 2200")
    return moment


MOMENT = _Parsed("ISO-8601", _moment)
DURATION = _Parsed("DURATION", _length)


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _file(
    name: str, help_text: str, default: Path | None, shown: str | None = None
) -> Callable[[_Command], _Command]:
    return click.option(
        f"--{name}",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=f"RELIABILITY_{name.upper()}",
        default=default,
        show_default=shown or True,
        help=help_text,
    )


_SHIPPED = "the shipped one"
store = _file("store", "The SQLite file that holds the history.", DEFAULT_STORE)
catalog = _file("catalog", "What is measured: services, indicators, objectives.", DEFAULT_CATALOG, _SHIPPED)
policy = _file("policy", "What is allowed: bands, alerts, tiers.", DEFAULT_POLICY, _SHIPPED)
sources = _file(
    "sources", "What pipelines and pagers call our services and severities.", DEFAULT_SOURCES, _SHIPPED
)
access = _file(
    "access",
    "Who is who: people, their roles, the digests of their tokens.",
    None,
    "data/access.yaml, if it is there",
)
freezes = _file(
    "freezes",
    "The calendar of deployment freezes: an .ics or .yaml file.",
    None,
    "data/freezes.ics or data/freezes.yaml, if it is there",
)
now = click.option(
    "--now",
    type=MOMENT,
    envvar="RELIABILITY_NOW",
    help="Compute as of this time, such as 2026-11-23T09:00:00Z.",
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on stdout and nothing else."
)
prometheus = click.option(
    "--prometheus",
    metavar="URL",
    help="Where Prometheus is [env: RELIABILITY_PROMETHEUS_URL].",
)
backfill = click.option(
    "--backfill",
    type=DURATION,
    default="30d",
    show_default=True,
    help="How much history a first sync reads; never less than the longest window of the catalogue.",
)


def located(  # noqa: PLR0913 - one argument per location
    store: Path,
    catalog: Path,
    policy: Path,
    sources: Path,
    now: datetime | None,
    *,
    access: Path | None = None,
    freezes: Path | None = None,
) -> Locations:
    """The options as locations, absolute, so that they hold in any folder."""
    return Locations(
        store=Path(os.path.abspath(store)),  # noqa: PTH100 - resolve() would follow a link that is yet to change
        catalog=catalog.absolute(),
        policy=policy.absolute(),
        sources=sources.absolute(),
        access=None if access is None else access.absolute(),
        freezes=None if freezes is None else freezes.absolute(),
        now=now,
    )
