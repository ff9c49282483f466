//! Small workflows as data: a line for each step, its handlers in the notation of contract reports.
//! What comes out is what `check` prints: homes and warnings, or every finding.

pub(in crate::workflow) mod bench;
mod drive;
mod flows;
mod homes;
mod human;
mod random;
mod revision;
mod rights;
mod tools;
mod wiring;
