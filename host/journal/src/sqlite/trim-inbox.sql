DELETE FROM inbox WHERE (taken OR reply IS NOT NULL) AND id <= (
  SELECT id FROM inbox WHERE taken OR reply IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?1
)
