//! Whole runs on real components, on journals that can be disturbed.

mod ahead;
mod approvals;
mod asking;
mod clocks;
mod crowds;
pub(crate) mod disturbed;
mod effects;
mod files;
mod lab;
mod refusals;
mod remembering;
mod running;
mod starting;
mod sums;
mod surviving;
mod turns;
mod virtual_time;
mod watching;
