-- What is known of a run beside its rows, to list runs and to wake them. It follows from the rows.
ALTER TABLE run ADD COLUMN workflow   TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN revision   TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN key        TEXT;
ALTER TABLE run ADD COLUMN alias      TEXT;
ALTER TABLE run ADD COLUMN session    TEXT;
ALTER TABLE run ADD COLUMN continues  TEXT;
ALTER TABLE run ADD COLUMN parent     TEXT;
ALTER TABLE run ADD COLUMN parent_delivery INTEGER;
ALTER TABLE run ADD COLUMN forked     TEXT;
ALTER TABLE run ADD COLUMN forked_at  INTEGER;
ALTER TABLE run ADD COLUMN started_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN status     TEXT NOT NULL DEFAULT 'running';
ALTER TABLE run ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN wake_at    INTEGER;
ALTER TABLE run ADD COLUMN asking     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN parked     INTEGER NOT NULL DEFAULT 0;

-- The graph of a run of format 1 was not kept: it has the revision '' and wakes at no time, so nobody takes it up.
UPDATE run SET
  started_at = coalesce((SELECT at FROM event WHERE event.run = run.run AND seq = 1), 0),
  changed_at = coalesce((SELECT at FROM event WHERE event.run = run.run AND seq = last), 0),
  status = coalesce(
    (SELECT json_extract(CAST(head AS TEXT), '$.status') FROM event
     WHERE event.run = run.run AND kind = 'status' ORDER BY seq DESC LIMIT 1),
    'running');

-- Runs are listed by descending key. A status or a workflow is found on the way; only what is rare has an index.
CREATE INDEX run_by_wake ON run (revision, wake_at, run_id) WHERE wake_at IS NOT NULL;
CREATE INDEX run_by_session ON run (session) WHERE session IS NOT NULL;
CREATE INDEX run_by_continues ON run (continues) WHERE continues IS NOT NULL;
CREATE INDEX run_that_asks ON run (run) WHERE asking > 0;

-- Names by which others call a run; of two runs of one name the newer has it. p is the partition of the name.
CREATE TABLE alias (
  run  INTEGER PRIMARY KEY REFERENCES run (run),
  p    INTEGER NOT NULL,
  name TEXT NOT NULL
);
CREATE INDEX alias_by_name ON alias (p, name);

-- The graphs that runs move through.
CREATE TABLE graph (
  revision TEXT PRIMARY KEY,
  json     BLOB NOT NULL
);

-- What other processes ask of the owner: taken by a commit, or answered, or waiting.
CREATE TABLE inbox (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  body   BLOB NOT NULL,
  taken  INTEGER NOT NULL DEFAULT 0,
  reply  BLOB
);
CREATE INDEX inbox_that_waits ON inbox (id) WHERE taken = 0 AND reply IS NULL;
CREATE INDEX inbox_by_run ON inbox (run_id);
