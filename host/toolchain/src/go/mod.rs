//! Go: the compiler makes a module for `wasip1` of the author's package, its events as types of Go, an SDK, and a
//! program around the handlers, all of one module. So an author's editor, his tests and his other packages work as
//! they do in any module, and what is generated needs nothing from anywhere.

mod border;
mod build;
mod declare;
mod find;
mod generate;
mod module;
mod names;
mod plainest;
mod scope;
mod sdk;
mod signature;
mod starter;
mod told;
mod types;

#[cfg(test)]
mod tests;

pub(crate) use build::{build, generate};
pub(crate) use starter::starter;
