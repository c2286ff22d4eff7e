BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'reliability','service_level_history','2026-11-26 12:38:12.173624+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'reliability','deployments_and_incidents','2026-11-26 12:38:12.179448+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'reliability','decision_log','2026-11-26 12:38:12.180851+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'reliability','canaries','2026-11-26 12:38:12.194204+00:00');
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
    ;
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
    ;
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
    ;
INSERT INTO "canary_measurements" VALUES(1,'errors',0,'c9cfdfec77289ea1f4d216f4',0,8,NULL,NULL,'Successful','auth=hunter2-untimed','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610060000000,'8592cfd3829509e78a696078',0,0,1793610060000000,1793610061000000,'Successful','[0.1]','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610120000000,'f13d5bebf1cfd91678d562cd',0,1,1793610120000000,1793610121000000,'Error',NULL,'Post "http://prometheus:9090/api/v1/query?sig=hunter2-sig": EOF');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610180000000,'e221bcb303c89ab7a0fd8e42',0,2,1793610180000000,1793610181000000,'Successful','{"pwd":"hunter2-pwd","rate":0.97}','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610240000000,'ed01ec6c0b461739cf6c44e7',0,3,1793610240000000,1793610241000000,'Successful','[0.5]','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610240000000,'ed01ec6c0b461739cf6c44e7',1,4,1793610240000000,1793610241000000,'Successful','[0.5]','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610300000000,'5cc2cc449ca83a644d1eaf1f',0,5,1793610300000000,1793610301000000,'Successful','pwd=hunter2-one','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610300000000,'5cc2cc449ca83a644d1eaf1f',1,7,1793610300000000,1793610301000000,'Successful','pwd=hunter2-one','');
INSERT INTO "canary_measurements" VALUES(1,'errors',1793610300000000,'fd8c09f53bb2b304a8b634e0',0,6,1793610300000000,1793610301000000,'Successful','pwd=hunter2-two','');
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
    ;
INSERT INTO "canary_metrics" VALUES(1,'errors',0,'Running','',0,8,0,0,1,0,0,2,9,5,'60753cde42726274b72f03e3');
CREATE TABLE canary_presence (     -- which Rollouts each source has, or had
        source TEXT NOT NULL,
        rollout TEXT NOT NULL,
        gone_us INTEGER,               -- since when it has it no longer, at the latest; null: it has it
        PRIMARY KEY (source, rollout)
    ) WITHOUT ROWID
    ;
CREATE TABLE canary_reads (        -- how far each source of Rollouts was read
        source TEXT PRIMARY KEY,
        read_us INTEGER,               -- when it was last read whole
        tried_us INTEGER NOT NULL,
        problem TEXT                   -- why it could not be, the last time; null: it could
    ) WITHOUT ROWID
    ;
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
    ;
INSERT INTO "canary_rollouts" VALUES('uid-api','bc3b540e6c55dacd74dc6209',1793610000000000,4,'production','api','Progressing',1,10,0,'new','old',2,'{"created":1787610000000000,"environment":"production","images":["ghcr.io/acme/api:v2"],"message":"RolloutAborted: see http://a/b/hunter2-b","names":["api"],"phase":"Progressing","pod_hash":"new","revision":2,"stable_hash":"old","step_index":1,"steps":[["setWeight",10,null,[]],["pause",null,300000000,[]],["analysis",null,null,["slo-burn-check"]],["setWeight",50,null,[]],["pause",null,600000000,[]],["setWeight",100,null,[]]],"strategy":"canary","whole_weight":100}');
INSERT INTO "canary_rollouts" VALUES('uid-api','e943b84a2c156e91587af5e9',1793610000000000,3,'production','api','Progressing',1,10,0,'new','old',2,'{"created":1787610000000000,"environment":"production","images":["ghcr.io/acme/api:v2"],"message":"RolloutAborted: see http://a/b/hunter2-a","names":["api"],"phase":"Progressing","pod_hash":"new","revision":2,"stable_hash":"old","step_index":1,"steps":[["setWeight",10,null,[]],["pause",null,300000000,[]],["analysis",null,null,["slo-burn-check"]],["setWeight",50,null,[]],["pause",null,600000000,[]],["setWeight",100,null,[]]],"strategy":"canary","whole_weight":100}');
INSERT INTO "canary_rollouts" VALUES('uid-api','f5be79110f46d2978b03c94b',1793610120000000,5,'production','api','Progressing',1,10,0,'new','old',2,'{"created":1787610000000000,"environment":"production","images":["ghcr.io/acme/api:v2"],"message":"RolloutAborted: see http://a/b/hunter2-a","names":["api"],"phase":"Progressing","pod_hash":"new","revision":2,"stable_hash":"old","step_index":1,"steps":[["setWeight",10,null,[]],["pause",null,300000000,[]],["analysis",null,null,["slo-burn-check"]],["setWeight",50,null,[]],["pause",null,600000000,[]],["setWeight",100,null,[]]],"strategy":"canary","whole_weight":100}');
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
    );
INSERT INTO "canary_runs" VALUES(1,'uid-r','production','r','["api"]','production','uid-api','Rollout','api','new',2,'Step',2,1793610000000000,1793610000000000,NULL,1793610000000000,1793610301000000,'Running','see http://a/b?pass=hunter2-message with hunter2-arg',0,'{"args":[{"name":"service","value":"api"},{"name":"db-pw","value":"hunter2-arg"}],"metrics":[{"count":10,"failureLimit":2,"interval":"60s","name":"errors","provider":{"prometheus":{"query":"up{x=\"hunter2-arg\"}"}},"successCondition":"result[0] >= 0.95"}]}',2,9,5,'c2a52a6fb652be61bf89d368');
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
    ;
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
    );
CREATE TABLE decision_log_head (   -- one row: where the chain ends, so that a cut-off end is seen
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seq INTEGER NOT NULL,
        digest TEXT NOT NULL
    );
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
    ;
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
    ;
CREATE TABLE objectives (
        id INTEGER PRIMARY KEY,
        service TEXT NOT NULL,
        indicator TEXT NOT NULL,
        synced_from INTEGER,       -- the source was read, whole, from here
        synced_until INTEGER,      -- up to here
        partial TEXT,              -- the source's warning when its newest answer was partial,
        partial_since INTEGER,     -- and when that was
        UNIQUE (service, indicator)
    );
CREATE TABLE policy_versions (     -- every policy that ever decided: its text and its data
        version TEXT PRIMARY KEY,
        first_used_us INTEGER NOT NULL,
        text TEXT NOT NULL,
        data TEXT NOT NULL
    );
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sli (
        objective_id INTEGER NOT NULL, -- of objectives; not checked row by row, which would double the time
        bucket INTEGER NOT NULL,   -- start of the 5-minute bucket
        good INTEGER NOT NULL,     -- all good events through the end of this bucket
        total INTEGER NOT NULL,
        measured INTEGER NOT NULL, -- how many buckets were measured, this one included
        PRIMARY KEY (objective_id, bucket)
    ) WITHOUT ROWID
    ;
CREATE TABLE sli_flagged (
        objective_id INTEGER NOT NULL REFERENCES objectives (id),
        bucket INTEGER NOT NULL,
        fault TEXT NOT NULL,
        found TEXT NOT NULL,       -- the values as the source gave them
        total INTEGER,             -- only of a bucket without a good series: see store/sli.py
        PRIMARY KEY (objective_id, bucket)
    ) WITHOUT ROWID
    ;
CREATE TABLE sli_sliding (     -- the five minutes before the last sync, as one sliding window
        objective_id INTEGER PRIMARY KEY REFERENCES objectives (id),
        at INTEGER NOT NULL,
        good INTEGER NOT NULL,
        total INTEGER NOT NULL
    );
CREATE TABLE sync_problems (   -- what is wrong now; a row goes away when its problem does
        subject TEXT NOT NULL,
        kind TEXT NOT NULL,
        message TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL,
        PRIMARY KEY (subject, kind)
    );
CREATE TABLE sync_runs (
        id INTEGER PRIMARY KEY,
        started_at INTEGER NOT NULL,
        finished_at INTEGER NOT NULL,
        outcome TEXT NOT NULL,     -- ok, partial, failed or stopped
        message TEXT NOT NULL,
        buckets INTEGER NOT NULL
    );
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE VIEW sli_buckets AS
    SELECT o.service || '/' || o.indicator AS objective,
           datetime(s.bucket, 'unixepoch') AS start,
           (s.good - lag(s.good, 1, 0) OVER running) / 10000.0 AS good,
           (s.total - lag(s.total, 1, 0) OVER running) / 10000.0 AS total
    FROM sli s JOIN objectives o ON o.id = s.objective_id
    WINDOW running AS (PARTITION BY s.objective_id ORDER BY s.bucket);
CREATE VIEW deployment_log AS
    SELECT datetime(at_us / 1000000, 'unixepoch') AS at, service, environment, deployment, state, version,
           change_type, actor, datetime(started_us / 1000000, 'unixepoch') AS started,
           datetime(finished_us / 1000000, 'unixepoch') AS finished, reason, source
    FROM deployment_events ORDER BY at_us;
CREATE VIEW incident_log AS
    SELECT datetime(at_us / 1000000, 'unixepoch') AS at, incident, title, severity, services,
           datetime(started_us / 1000000, 'unixepoch') AS started,
           datetime(detected_us / 1000000, 'unixepoch') AS detected,
           datetime(acknowledged_us / 1000000, 'unixepoch') AS acknowledged,
           datetime(mitigated_us / 1000000, 'unixepoch') AS mitigated,
           datetime(resolved_us / 1000000, 'unixepoch') AS resolved, source
    FROM incident_events ORDER BY at_us;
CREATE INDEX decision_log_by_kind ON decision_log (kind, at_us);
CREATE INDEX decision_log_by_release ON decision_log (service, environment, version);
CREATE TRIGGER decision_log_is_not_edited BEFORE UPDATE ON decision_log
    BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_log_is_not_cut BEFORE DELETE ON decision_log
    WHEN NOT EXISTS (SELECT 1 FROM settings WHERE key = 'demo_as_of')
    BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
CREATE VIEW decisions AS
    SELECT seq, id, datetime(at_us / 1000000, 'unixepoch') AS at, actor, service, environment, version,
           json_extract(body, '$.decision.allow') AS allowed,
           json_extract(body, '$.decision.change_type') AS change_type,
           json_extract(body, '$.decision.policy_tier') AS policy_tier
    FROM decision_log WHERE kind = 'decision' ORDER BY seq;
CREATE INDEX canary_rollouts_by_time ON canary_rollouts (at_us);
CREATE INDEX canary_rollouts_by_rollout ON canary_rollouts (rollout, at_us);
CREATE INDEX canary_runs_by_time ON canary_runs (began_us);
CREATE INDEX canary_runs_by_rollout ON canary_runs (rollout, pod_hash);
CREATE VIEW canary_rollout_log AS
    SELECT datetime(at_us / 1000000, 'unixepoch') AS at, namespace, name, revision, phase,
           step_index AS step, weight, aborted, pod_hash, stable_hash,
           json_extract(body, '$.message') AS message, rollout
    FROM canary_rollouts ORDER BY at_us;
CREATE VIEW canary_run_log AS
    SELECT datetime(began_us / 1000000, 'unixepoch') AS began, namespace, name, owner, revision, site,
           step_index AS step, phase, message,
           datetime(completed_us / 1000000, 'unixepoch') AS completed, run
    FROM canary_runs ORDER BY began_us;
CREATE VIEW canary_measurement_log AS
    SELECT datetime(m.begun_us / 1000000, 'unixepoch') AS at, r.namespace, r.name AS run, m.metric, m.value,
           m.phase, m.message
    FROM canary_measurements m JOIN canary_runs r ON r.id = m.run_id ORDER BY m.begun_us;
COMMIT;
