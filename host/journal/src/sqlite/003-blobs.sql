-- Payloads that rows share: each once, by the sha256 of its bytes, as long as a row refers to it.
CREATE TABLE blob (
  digest BLOB PRIMARY KEY,
  data   BLOB NOT NULL
);

-- A row whose payload is shared has the name of it instead. Payloads that earlier formats kept in their rows stay there.
ALTER TABLE event ADD COLUMN payload_ref BLOB;
CREATE INDEX event_by_payload_ref ON event (payload_ref, run) WHERE payload_ref IS NOT NULL;
