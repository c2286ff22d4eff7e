"""The tables, as migrations. Times are unix seconds, counts are units of 1 ÷ 10,000 event.

Times of deployments and incidents are whole microseconds: their columns end in `_us`.
"""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from dashboard.store import canary_rollouts, canary_run_masks
from dashboard.store.canary_tables import CANARY_COUNTED_TABLES, CANARY_MEASURE_TABLES, CANARY_TABLES

migrations = Migrations("reliability")

#: One statement each: a script would end the transaction that keeps a migration whole.
_SERVICE_LEVEL_HISTORY = (
    """
    CREATE TABLE objectives (
        id INTEGER PRIMARY KEY,
        service TEXT NOT NULL,
        indicator TEXT NOT NULL,
        synced_from INTEGER,       -- the source was read, whole, from here
        synced_until INTEGER,      -- up to here
        partial TEXT,              -- the source's warning when its newest answer was partial,
        partial_since INTEGER,     -- and when that was
        UNIQUE (service, indicator)
    )
    """,
    """
    -- Running totals like a Prometheus counter's: two look-ups and a difference make any window.
    CREATE TABLE sli (
        objective_id INTEGER NOT NULL, -- of objectives; not checked row by row, which would double the time
        bucket INTEGER NOT NULL,   -- start of the 5-minute bucket
        good INTEGER NOT NULL,     -- all good events through the end of this bucket
        total INTEGER NOT NULL,
        measured INTEGER NOT NULL, -- how many buckets were measured, this one included
        PRIMARY KEY (objective_id, bucket)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE sli_flagged (
        objective_id INTEGER NOT NULL REFERENCES objectives (id),
        bucket INTEGER NOT NULL,
        fault TEXT NOT NULL,
        found TEXT NOT NULL,       -- the values as the source gave them
        total INTEGER,             -- only of a bucket without a good series: see store/sli.py
        PRIMARY KEY (objective_id, bucket)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE sli_sliding (     -- the five minutes before the last sync, as one sliding window
        objective_id INTEGER PRIMARY KEY REFERENCES objectives (id),
        at INTEGER NOT NULL,
        good INTEGER NOT NULL,
        total INTEGER NOT NULL
    )
    """,
    """
    -- For people and Datasette: the events of each bucket by itself.
    CREATE VIEW sli_buckets AS
    SELECT o.service || '/' || o.indicator AS objective,
           datetime(s.bucket, 'unixepoch') AS start,
           (s.good - lag(s.good, 1, 0) OVER running) / 10000.0 AS good,
           (s.total - lag(s.total, 1, 0) OVER running) / 10000.0 AS total
    FROM sli s JOIN objectives o ON o.id = s.objective_id
    WINDOW running AS (PARTITION BY s.objective_id ORDER BY s.bucket)
    """,
    """
    CREATE TABLE sync_runs (
        id INTEGER PRIMARY KEY,
        started_at INTEGER NOT NULL,
        finished_at INTEGER NOT NULL,
        outcome TEXT NOT NULL,     -- ok, partial, failed or stopped
        message TEXT NOT NULL,
        buckets INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE sync_problems (   -- what is wrong now; a row goes away when its problem does
        subject TEXT NOT NULL,
        kind TEXT NOT NULL,
        message TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL,
        PRIMARY KEY (subject, kind)
    )
    """,
    """
    CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)
    """,
)


@migrations()
def service_level_history(db: Database) -> None:
    """Running totals of every objective, what could not be counted, and how far the sources were read."""
    for statement in _SERVICE_LEVEL_HISTORY:
        db.execute(statement)


#: Events only: what a deployment or an incident is follows from them, in whatever order they came. `key` is
#: a digest of all that an event says, so that the same event is the same row.
_RELEASES = (
    """
    CREATE TABLE deployment_events (
        service TEXT NOT NULL,     -- as the source calls it, like every name here
        environment TEXT NOT NULL,
        deployment TEXT NOT NULL,
        key TEXT NOT NULL,
        source TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        state TEXT,
        started_us INTEGER,
        finished_us INTEGER,
        version TEXT,
        commit_sha TEXT,
        commits_us TEXT,           -- JSON list of the times of its commits
        change_type TEXT,
        actor TEXT,
        url TEXT,
        reason TEXT,
        rollback_of TEXT,
        correction INTEGER NOT NULL,
        PRIMARY KEY (service, environment, deployment, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE incident_events (
        incident TEXT NOT NULL,
        key TEXT NOT NULL,
        source TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        title TEXT,
        severity TEXT,
        services TEXT,             -- JSON list
        started_us INTEGER,
        detected_us INTEGER,
        acknowledged_us INTEGER,
        mitigated_us INTEGER,
        resolved_us INTEGER,
        reopened_us INTEGER,
        start_unmeasured INTEGER NOT NULL,
        caused_by TEXT,
        url TEXT,
        correction INTEGER NOT NULL,
        PRIMARY KEY (incident, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE alert_events (
        source TEXT NOT NULL,
        alert_group TEXT NOT NULL,
        key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        started_us INTEGER NOT NULL,
        ended_us INTEGER,
        title TEXT,
        severity TEXT,
        service TEXT,
        url TEXT,
        PRIMARY KEY (source, alert_group, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE attributions (    -- by hand: which deployment caused an incident, or that none did
        incident TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        key TEXT NOT NULL,
        service TEXT,
        environment TEXT,
        deployment TEXT,           -- null: no deployment caused it
        by TEXT NOT NULL,
        why TEXT NOT NULL,
        PRIMARY KEY (incident, at_us, key)
    ) WITHOUT ROWID
    """,
    """
    -- For people and Datasette: the events in the order in which they happened, with readable times.
    CREATE VIEW deployment_log AS
    SELECT datetime(at_us / 1000000, 'unixepoch') AS at, service, environment, deployment, state, version,
           change_type, actor, datetime(started_us / 1000000, 'unixepoch') AS started,
           datetime(finished_us / 1000000, 'unixepoch') AS finished, reason, source
    FROM deployment_events ORDER BY at_us
    """,
    """
    CREATE VIEW incident_log AS
    SELECT datetime(at_us / 1000000, 'unixepoch') AS at, incident, title, severity, services,
           datetime(started_us / 1000000, 'unixepoch') AS started,
           datetime(detected_us / 1000000, 'unixepoch') AS detected,
           datetime(acknowledged_us / 1000000, 'unixepoch') AS acknowledged,
           datetime(mitigated_us / 1000000, 'unixepoch') AS mitigated,
           datetime(resolved_us / 1000000, 'unixepoch') AS resolved, source
    FROM incident_events ORDER BY at_us
    """,
)


@migrations()
def deployments_and_incidents(db: Database) -> None:
    """What pipelines, pagers and people said of deployments and incidents."""
    for statement in _RELEASES:
        db.execute(statement)


#: Append-only and chained: each record carries the digest of the one before it.
_DECISION_LOG = (
    """
    CREATE TABLE decision_log (
        seq INTEGER PRIMARY KEY,   -- 1, 2, 3 …
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,        -- decision, exception.requested, freeze.added, approval.given …
        at_us INTEGER NOT NULL,
        actor TEXT NOT NULL,       -- who it was told by
        service TEXT,              -- of decisions, exceptions and approvals, to find them by
        environment TEXT,
        version TEXT,
        body TEXT NOT NULL,        -- JSON: everything that the record says
        previous TEXT NOT NULL,    -- digest of the record before
        digest TEXT NOT NULL       -- SHA-256 over `previous` and all the columns before it
    )
    """,
    "CREATE INDEX decision_log_by_kind ON decision_log (kind, at_us)",
    "CREATE INDEX decision_log_by_release ON decision_log (service, environment, version)",
    """
    CREATE TRIGGER decision_log_is_not_edited BEFORE UPDATE ON decision_log
    BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END
    """,
    """
    CREATE TRIGGER decision_log_is_not_cut BEFORE DELETE ON decision_log
    WHEN NOT EXISTS (SELECT 1 FROM settings WHERE key = 'demo_as_of')
    BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END
    """,
    """
    CREATE TABLE decision_log_head (   -- one row: where the chain ends, so that a cut-off end is seen
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seq INTEGER NOT NULL,
        digest TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE policy_versions (     -- every policy that ever decided: its text and its data
        version TEXT PRIMARY KEY,
        first_used_us INTEGER NOT NULL,
        text TEXT NOT NULL,
        data TEXT NOT NULL
    )
    """,
    """
    -- For people and Datasette: what was decided, newest last.
    CREATE VIEW decisions AS
    SELECT seq, id, datetime(at_us / 1000000, 'unixepoch') AS at, actor, service, environment, version,
           json_extract(body, '$.decision.allow') AS allowed,
           json_extract(body, '$.decision.change_type') AS change_type,
           json_extract(body, '$.decision.policy_tier') AS policy_tier
    FROM decision_log WHERE kind = 'decision' ORDER BY seq
    """,
)


@migrations()
def decision_log(db: Database) -> None:
    """Release decisions, and every change to freezes, exceptions and approvals."""
    for statement in _DECISION_LOG:
        db.execute(statement)


@migrations()
def canaries(db: Database) -> None:
    """Rollouts, AnalysisRuns and all that they measured, as they were seen."""
    for statement in CANARY_TABLES:
        db.execute(statement)


@migrations()
def canaries_counted(db: Database) -> None:
    """How far the arms of canaries were counted."""
    for statement in CANARY_COUNTED_TABLES:
        db.execute(statement)
    _mask_canaries(db.conn)


@migrations()
def canaries_measured(db: Database) -> None:
    """What is counted of the arms of canaries besides errors."""
    for statement in CANARY_MEASURE_TABLES:
        db.execute(statement)


def _mask_canaries(connection: sqlite3.Connection) -> None:
    """Mask what the version before stored unmasked; the tables are those of today by now."""
    canary_rollouts.mask(connection)
    canary_run_masks.mask(connection)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that the store has not seen, inside the caller's transaction."""
    migrations.apply(Database(connection, execute_plugins=False))
