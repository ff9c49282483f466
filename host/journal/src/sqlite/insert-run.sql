INSERT INTO run (
  p, run_id, last, status, changed_at, wake_at, asking, parked,
  workflow, revision, key, alias, session, continues, started_at, parent, parent_delivery,
  forked, forked_at
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
