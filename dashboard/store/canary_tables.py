"""The tables of Rollouts and AnalysisRuns; see schema.py for what columns hold."""

#: What Rollouts and AnalysisRuns were seen to be. Nothing is ever taken back: a run keeps every measurement
#: that anybody saw, and of its phases the furthest that Argo recorded.
CANARY_TABLES = (
    """
    CREATE TABLE canary_rollouts (     -- one row a state that a Rollout was seen in
        rollout TEXT NOT NULL,         -- its uid, or namespace/name
        key TEXT NOT NULL,             -- digest of all that the state says
        at_us INTEGER NOT NULL,        -- the newest time that it names
        resource_version INTEGER NOT NULL, -- the newest that it was seen with; -1 is unknown
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        phase TEXT,
        step_index INTEGER,
        weight INTEGER,
        aborted INTEGER NOT NULL,
        pod_hash TEXT NOT NULL,
        stable_hash TEXT NOT NULL,
        revision INTEGER,
        body TEXT NOT NULL,            -- JSON: everything
        PRIMARY KEY (rollout, key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX canary_rollouts_by_time ON canary_rollouts (at_us)",
    "CREATE INDEX canary_rollouts_by_rollout ON canary_rollouts (rollout, at_us)",
    """
    CREATE TABLE canary_runs (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL UNIQUE,      -- its uid, or namespace/name
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        names TEXT NOT NULL,           -- JSON list: what it may call the service
        environment TEXT NOT NULL,
        rollout TEXT,                  -- of canary_rollouts; null: it belongs to none
        owner_kind TEXT NOT NULL,
        owner TEXT NOT NULL,
        pod_hash TEXT NOT NULL,
        revision INTEGER,
        site TEXT NOT NULL,            -- Step, Background, PrePromotion, PostPromotion
        step_index INTEGER,
        created_us INTEGER,
        started_us INTEGER,
        completed_us INTEGER,
        began_us INTEGER NOT NULL,     -- the first time that is known of it, to find it by
        newest_us INTEGER NOT NULL,
        phase TEXT,                    -- as Argo recorded it
        message TEXT NOT NULL,
        terminated INTEGER NOT NULL,
        spec TEXT NOT NULL,            -- JSON: what it measures; no value of a secret is in it
        progress INTEGER NOT NULL,     -- of what was seen of it, the furthest counts: its phase's rank,
        measured INTEGER NOT NULL,     -- how much Argo had measured,
        resource_version INTEGER NOT NULL,
        key TEXT NOT NULL              -- and, so that it never depends on the order, a digest
    )
    """,
    "CREATE INDEX canary_runs_by_time ON canary_runs (began_us)",
    "CREATE INDEX canary_runs_by_rollout ON canary_runs (rollout, pod_hash)",
    """
    CREATE TABLE canary_metrics (
        run_id INTEGER NOT NULL REFERENCES canary_runs (id),
        metric TEXT NOT NULL,
        place INTEGER NOT NULL,        -- in the order of the run
        phase TEXT,
        message TEXT NOT NULL,
        dry_run INTEGER NOT NULL,
        successful INTEGER NOT NULL,   -- Argo's counters
        failed INTEGER NOT NULL,
        inconclusive INTEGER NOT NULL,
        error INTEGER NOT NULL,
        consecutive_error INTEGER NOT NULL,
        consecutive_success INTEGER NOT NULL,
        progress INTEGER NOT NULL,     -- as of the run
        measured INTEGER NOT NULL,
        resource_version INTEGER NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (run_id, metric)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE canary_measurements (
        run_id INTEGER NOT NULL,       -- of canary_runs; not checked row by row
        metric TEXT NOT NULL,
        begun_us INTEGER NOT NULL,     -- when it was started, else finished; 0 where no time is told
        key TEXT NOT NULL,             -- digest of all that it says,
        copy INTEGER NOT NULL,         -- and which of several that say the same
        ordinal INTEGER NOT NULL,      -- which of the metric's it was, from 0
        started_us INTEGER,
        finished_us INTEGER,
        phase TEXT,
        value TEXT,
        message TEXT NOT NULL,
        PRIMARY KEY (run_id, metric, begun_us, key, copy)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE canary_ticks (        -- requests and errors of a canary and its stable sibling
        rollout TEXT NOT NULL,
        pod_hash TEXT NOT NULL,        -- the canary's
        at_us INTEGER NOT NULL,        -- end of the tick
        canary_bad REAL NOT NULL,
        canary_total REAL NOT NULL,
        stable_bad REAL NOT NULL,
        stable_total REAL NOT NULL,
        weight REAL,                   -- the share that the canary was to get, 0 to 1
        PRIMARY KEY (rollout, pod_hash, at_us)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE canary_presence (     -- which Rollouts each source has, or had
        source TEXT NOT NULL,
        rollout TEXT NOT NULL,
        gone_us INTEGER,               -- since when it has it no longer, at the latest; null: it has it
        PRIMARY KEY (source, rollout)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE canary_reads (        -- how far each source of Rollouts was read
        source TEXT PRIMARY KEY,
        read_us INTEGER,               -- when it was last read whole
        tried_us INTEGER NOT NULL,
        problem TEXT                   -- why it could not be, the last time; null: it could
    ) WITHOUT ROWID
    """,
    """
    -- For people and Datasette: the states of Rollouts in the order in which they were so.
    CREATE VIEW canary_rollout_log AS
    SELECT datetime(at_us / 1000000, 'unixepoch') AS at, namespace, name, revision, phase,
           step_index AS step, weight, aborted, pod_hash, stable_hash,
           json_extract(body, '$.message') AS message, rollout
    FROM canary_rollouts ORDER BY at_us
    """,
    """
    CREATE VIEW canary_run_log AS
    SELECT datetime(began_us / 1000000, 'unixepoch') AS began, namespace, name, owner, revision, site,
           step_index AS step, phase, message,
           datetime(completed_us / 1000000, 'unixepoch') AS completed, run
    FROM canary_runs ORDER BY began_us
    """,
    """
    CREATE VIEW canary_measurement_log AS
    SELECT datetime(m.begun_us / 1000000, 'unixepoch') AS at, r.namespace, r.name AS run, m.metric, m.value,
           m.phase, m.message
    FROM canary_measurements m JOIN canary_runs r ON r.id = m.run_id ORDER BY m.begun_us
    """,
)

#: How far both arms of canaries were counted from Prometheus; and what tells that a state came back, and that
#: several measurements which say the same are several.
CANARY_COUNTED_TABLES = (
    """
    CREATE TABLE canary_counted (
        rollout TEXT NOT NULL,
        pod_hash TEXT NOT NULL,        -- the canary's
        counted_by TEXT NOT NULL,      -- a digest of the counters that were asked for, or `file`
        through_us INTEGER NOT NULL,   -- counted up to here,
        whole INTEGER NOT NULL,        -- and whether that is to its end
        PRIMARY KEY (rollout, pod_hash)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX canary_rollouts_by_pods ON canary_rollouts (rollout, pod_hash, stable_hash, at_us)",
    # The oldest resource version that a state was seen with, beside the newest; -1 is unknown.
    "ALTER TABLE canary_rollouts ADD COLUMN first_version INTEGER NOT NULL DEFAULT -1",
    "UPDATE canary_rollouts SET first_version = resource_version",
    # By name, for looks that tell no uid.
    "CREATE INDEX canary_rollouts_by_name ON canary_rollouts (namespace, name, rollout)",
    "CREATE INDEX canary_runs_by_name ON canary_runs (namespace, name)",
    "CREATE INDEX canary_runs_by_owner ON canary_runs (namespace, owner, rollout)",
    # From here on `copy` is the place that Argo's counters give; below 0 it numbers those alike, from -1.
    "UPDATE canary_measurements SET copy = -1 - copy",
)

#: Ticks of more than one measure. SQLite cannot change a primary key, so that the table is made anew.
CANARY_MEASURE_TABLES = (
    "ALTER TABLE canary_ticks RENAME TO canary_ticks_of_errors",
    """
    CREATE TABLE canary_ticks (        -- requests of a canary and its stable sibling, the bad ones and all
        rollout TEXT NOT NULL,
        pod_hash TEXT NOT NULL,        -- the canary's
        measure TEXT NOT NULL,         -- in what sense requests are bad: errors, slow
        at_us INTEGER NOT NULL,        -- end of the tick
        canary_bad REAL NOT NULL,
        canary_total REAL NOT NULL,    -- of slow: whose time was taken
        stable_bad REAL NOT NULL,
        stable_total REAL NOT NULL,
        weight REAL,                   -- the share that the canary was to get, 0 to 1
        PRIMARY KEY (rollout, pod_hash, measure, at_us)
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO canary_ticks SELECT rollout, pod_hash, 'errors', at_us, canary_bad, canary_total, stable_bad,
           stable_total, weight FROM canary_ticks_of_errors
    """,
    "DROP TABLE canary_ticks_of_errors",
)
