//! The program from outside: what a user types, what comes out on which stream, and how it ends.

mod approvals;
mod ask;
mod attack;
mod bad_input;
mod bench;
mod calls;
mod commands;
mod compile;
mod deciding;
mod fetcher;
mod going_on;
mod grants;
mod hostile;
mod lab;
mod nested;
mod operator;
mod orders;
mod plugins;
mod project;
mod readme;
mod registry;
mod run;
mod runs;
mod sources;
mod store;
mod stores;
