SELECT seq, at, kind, head, NULL, NULL FROM event JOIN run USING (run)
WHERE kind = 'effect' AND at >= ?2 AND workflow = ?1
ORDER BY at, run, seq
