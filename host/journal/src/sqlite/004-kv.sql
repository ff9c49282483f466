-- Values that steps keep beside all runs. Store and key are bytes, so that they are ordered as such.
CREATE TABLE kv (
  store      BLOB NOT NULL,
  key        BLOB NOT NULL,
  value      BLOB NOT NULL,
  size       INTEGER NOT NULL,
  expires_at INTEGER
);
CREATE UNIQUE INDEX kv_by_key ON kv (store, key);
-- What a part of a store holds is summed from the index alone.
CREATE INDEX kv_by_size ON kv (store, key, size);
CREATE INDEX kv_by_end ON kv (expires_at) WHERE expires_at IS NOT NULL;
