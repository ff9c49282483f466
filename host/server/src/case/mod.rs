//! `lockstep test`: cases of a handler, each run for real in the sandbox, with stand-ins for all that it calls.
//! Files go in, what happened and every difference from what was expected come out. Nothing leaves the machine, and
//! the operator's file has no say: there is nothing to reach.

mod bless;
mod files;
mod open;
mod scene;
mod stage;
mod subject;

pub(crate) use bless::bless;
pub(crate) use files::{CaseFile, Cases, collect};
pub(crate) use scene::Unanswered;
pub(crate) use stage::{Played, Stage};
pub(crate) use subject::{Meant, Subject, meant};
