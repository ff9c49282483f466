//! Whole runs on real components, on journals that can be disturbed.

mod ahead;
mod asking;
mod clocks;
mod disturbed;
mod files;
mod lab;
mod refusals;
mod remembering;
mod running;
mod starting;
mod sums;
mod surviving;
mod turns;
mod watching;
