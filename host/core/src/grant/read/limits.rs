//! `[limits]`: each key in the range that a host can hold.

use std::time::Duration;

use super::narrow;
use crate::grant::{Limits, keys};
use crate::table::{Reader, Table};

const KIB: u64 = 1 << 10;

const MIB: u64 = 1 << 20;

const MEMORY: &str = "a size from 64KiB to 1GiB, such as \"64MiB\"";

const CPU: &str = "a duration from 10ms to 10m, such as \"2s\"";

const FUEL: &str = "a whole number, 0 for no limit";

const MANY: &str = "a whole number from 0 to 100000";

const EVENT: &str = "a size from 1B to 16MiB, such as \"1MiB\"";

const LOG: &str = "a size from 0B to 16MiB, such as \"64KiB\"";

pub(super) fn read(reader: &mut Reader, table: &Table<'_>) -> Option<Limits> {
    let table = reader.inner(&keys::LIMITS, table, "limits")?;
    let plain = Limits::default();
    let cpu = Duration::from_millis(10)..=Duration::from_mins(10);
    let memory = reader.size(&table, "memory", 64 * KIB..=1024 * MIB, MEMORY).map(narrow);
    let events = reader.integer(&table, "events", 0..=100_000, MANY).map(narrow);
    let event_bytes = reader.size(&table, "event-bytes", 1..=16 * MIB, EVENT).map(narrow);
    let host_calls = reader.integer(&table, "host-calls", 0..=100_000, MANY);
    let log_bytes = reader.size(&table, "log-bytes", 0..=16 * MIB, LOG).map(narrow);
    Some(Limits {
        memory: memory.unwrap_or(plain.memory),
        cpu: reader.duration_in(&table, "cpu", cpu, CPU).unwrap_or(plain.cpu),
        fuel: reader.integer(&table, "fuel", 0..=u64::MAX, FUEL).unwrap_or(plain.fuel),
        events: events.unwrap_or(plain.events),
        event_bytes: event_bytes.unwrap_or(plain.event_bytes),
        host_calls: host_calls.and_then(|calls| calls.try_into().ok()).unwrap_or(plain.host_calls),
        log_bytes: log_bytes.unwrap_or(plain.log_bytes),
    })
}
