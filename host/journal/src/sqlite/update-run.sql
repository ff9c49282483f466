UPDATE run SET last = ?2, status = ?3, changed_at = ?4, wake_at = ?5, asking = ?6, parked = ?7 WHERE run = ?1
