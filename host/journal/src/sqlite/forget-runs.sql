DELETE FROM alias;
UPDATE run SET
  workflow = '', revision = '', key = NULL, alias = NULL, session = NULL, continues = NULL, started_at = 0,
  parent = NULL, parent_delivery = NULL, forked = NULL, forked_at = NULL,
  status = 'running', changed_at = 0, wake_at = NULL, asking = 0, parked = 0;
