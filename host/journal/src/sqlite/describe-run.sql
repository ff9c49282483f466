UPDATE run SET
  workflow = ?2, revision = ?3, key = ?4, alias = ?5, session = ?6, continues = ?7, started_at = ?8,
  parent = ?9, parent_delivery = ?10, forked = ?11, forked_at = ?12
WHERE run = ?1
