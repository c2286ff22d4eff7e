"""A small fleet with three days behind it, and what became of each of its deployments, worked out by hand.

The objectives look back one day. `api` counts 1,000 requests in five minutes, so a day's budget at 99.9 % is
288 bad ones. On Wednesday from 10:00 to 10:20 one in twenty is bad, 200 in all: from then on 88 of 288 are
left, which is 30.6 %, until they leave the window a day later.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.config import load_catalog, load_policy
from dashboard.config.sources import load_sources
from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.freezes import Freeze
from dashboard.domain.periods import Period
from dashboard.domain.policy_tier import ChangeType
from dashboard.paths import DEFAULT_POLICY, DEFAULT_SOURCES
from dashboard.policy.data import gate_policy
from dashboard.reports.class_answers import ClassAnswers
from dashboard.reports.deployments import deployments_report
from dashboard.reports.history import history_at
from dashboard.reports.past_releases import past_releases
from dashboard.reports.policy_backtest import Backtested, BacktestReport, Progress, Rules, policy_backtest
from tests.pages.releases import deployed, incident, tell
from tests.pages.stores import CATALOGUE, Fleet, build, burst, steady

NOW = datetime(2026, 11, 26, 15, 2, tzinfo=UTC)
NEWEST = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (datetime(2026, 11, day, tzinfo=UTC) for day in (24, 25, 26))
ROLLBACK = ChangeType.ROLLBACK

#: Asks for more budget, and never closes the window.
STRICTER = """
release_gate:
  budget_floor: {1: 0.40, 2: 0.20, 3: 0.10}
  windows:
    - {days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday], from: "00:00", until: "24:00"}
"""


def at(day: datetime, clock: str) -> datetime:
    """A time of day such as 10:25."""
    hours, minutes = map(int, clock.split(":"))
    return day + timedelta(hours=hours, minutes=minutes)


def began(name: str, when: datetime, **said: object) -> DeploymentEvent:
    """A deployment that began at `when` and took ten minutes."""
    return deployed(name, NOW - when, now=NOW, **said)  # type: ignore[arg-type] # as `deployed` takes them


def measured(folder: Path, *, newest: datetime = NEWEST) -> Fleet:
    """The fleet without any deployment."""
    since = NEWEST - at(WEDNESDAY, "10:00")
    shares = {
        "api/availability": burst(0.05, since, since - timedelta(minutes=20)),
        "api/latency": steady(0.0),
        "worker/availability": steady(0.0),
    }
    fleet = build(folder, shares, newest=newest, now=NOW)
    fleet.catalogue.write_text(CATALOGUE.replace("3d", "1d"), encoding="utf-8")
    return fleet


def past(folder: Path) -> Fleet:
    """The fleet with nine deployments.

    | deployment | began | how it went | today's policy | the stricter one |
    |---|---|---|---|---|
    | early   | Tue 10:00 | good        | budget not known: the history begins on Monday at 15:00 | ditto |
    | late    | Tue 17:00 | good        | blocked: the window is closed | let through |
    | broke   | Wed 09:55 | INC-1, rolled back | let through | let through |
    | hasty   | Wed 10:25 | good        | blocked: burn rate, INC-1 is open | blocked: the budget as well |
    | back    | Wed 10:28 | a rollback  | let through | let through |
    | docs-1  | Wed 11:00 | good        | let through; nobody told its kind | let through |
    | w-1     | Wed 12:00 | failed      | let through | let through |
    | good    | Wed 14:00 | good        | let through: 30.6 % is enough | blocked |
    | fresh   | Thu 12:00 | not judged  | let through: the errors are a day old | let through |
    """
    return tell(
        measured(folder),
        began("early", at(TUESDAY, "10:00"), version="1.0"),
        began("late", at(TUESDAY, "17:00"), version="1.1"),
        began("broke", at(WEDNESDAY, "09:55"), version="1.2"),
        began("hasty", at(WEDNESDAY, "10:25"), version="1.3", took=timedelta(minutes=1)),
        began("back", at(WEDNESDAY, "10:28"), version="1.1", change_type=ROLLBACK, rollback_of="broke"),
        began("docs-1", at(WEDNESDAY, "11:00"), service="docs", version=None, change_type=None),
        began("w-1", at(WEDNESDAY, "12:00"), service="worker", state=DeploymentState.FAILED),
        began("good", at(WEDNESDAY, "14:00"), version="1.4"),
        began("fresh", at(THURSDAY, "12:00"), version="1.5"),
        incident(
            "INC-1", NOW - at(WEDNESDAY, "10:00"), timedelta(minutes=35), now=NOW, severity="P2",
            caused_by="broke",
        ),
    )  # fmt: skip


def backtest(
    fleet: Fleet,
    answers: ClassAnswers,
    other: str = STRICTER,
    calendar: tuple[Freeze, ...] = (),
    progress: Progress = lambda _done, _of: None,
) -> BacktestReport:
    """All deployments of `fleet` under the shipped policy and one with the text `other`."""
    file = fleet.folder / "other.yaml"
    file.write_text(other, encoding="utf-8")
    known = load_catalog(fleet.catalogue)
    today, changed = load_policy(DEFAULT_POLICY), load_policy(file)
    history = history_at(fleet.store, load_sources(DEFAULT_SOURCES, known), today.delivery, NOW)
    period = Period(name="all", start=NOW - timedelta(days=30), end=NOW)
    report = deployments_report(fleet.store, known, today, history, period)
    found = past_releases(fleet.store, known, (today, changed), history, report, calendar)
    one, other_one = (Rules(policy=item, gate=gate_policy(item, known)) for item in (today, changed))
    return policy_backtest(found, one, other_one, answers, period=period, progress=progress)


def named(report: BacktestReport) -> dict[str, Backtested]:
    """The deployments of `report` by their ids."""
    return {row.row.release.deployment.id: row for row in report.rows}
