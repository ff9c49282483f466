-- The fence, one row for the whole file: the epoch grows with every opening, commit_seq with every group.
CREATE TABLE part (
  part       INTEGER PRIMARY KEY CHECK (part = 0),
  epoch      INTEGER NOT NULL,
  commit_seq INTEGER NOT NULL
);
INSERT INTO part (part, epoch, commit_seq) VALUES (0, 0, 0);

-- What is known of a run without reading its rows. p is its partition: the first two hex digits of its id.
CREATE TABLE run (
  run     INTEGER PRIMARY KEY,
  p       INTEGER NOT NULL,
  run_id  TEXT NOT NULL,
  last    INTEGER NOT NULL
);
CREATE UNIQUE INDEX run_by_id ON run (run_id);

-- The journal. Guest data is bytes, never text or JSON of the database's own.
CREATE TABLE event (
  run        INTEGER NOT NULL REFERENCES run (run),
  seq        INTEGER NOT NULL,
  commit_seq INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  head       BLOB NOT NULL,
  payload    BLOB
);
CREATE UNIQUE INDEX event_by_run ON event (run, seq);
CREATE INDEX event_by_commit ON event (commit_seq);
