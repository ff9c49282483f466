DELETE FROM blob
WHERE digest IN (SELECT payload_ref FROM event WHERE run = ?1 AND payload_ref IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM event WHERE payload_ref = blob.digest AND run <> ?1)
