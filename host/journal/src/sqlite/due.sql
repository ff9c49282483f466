SELECT wake_at, run_id FROM run
WHERE revision = ?1 AND wake_at IS NOT NULL AND (wake_at, run_id) > (?2, ?3)
ORDER BY wake_at, run_id LIMIT ?4
