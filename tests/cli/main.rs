//! The program from outside: what a user types, what comes out on which stream, and how it ends.

mod approvals;
mod ask;
mod bad_input;
mod bench;
mod commands;
mod going_on;
mod hostile;
mod lab;
mod nested;
mod orders;
mod plugins;
mod project;
mod readme;
mod run;
mod runs;
mod store;
