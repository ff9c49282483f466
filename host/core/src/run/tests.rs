//! Joins, failures, timers and ends, one by one.
