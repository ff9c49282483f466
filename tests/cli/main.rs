//! The program from outside: what a user types, what comes out on which stream, and how it ends.

mod bad_input;
mod commands;
mod hostile;
mod lab;
mod nested;
mod plugins;
mod project;
mod readme;
mod run;
mod store;
