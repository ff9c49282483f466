//! `lockstep test`: cases of a handler, each run for real in the sandbox, with stand-ins for all that it calls; and cases
//! of a whole workflow, in virtual time. Files go in, what happened and every difference from what was expected come
//! out. Nothing leaves the machine, and the operator's file has no say: there is nothing to reach.

mod bless;
mod driver;
mod files;
mod folders;
mod notebook;
mod open;
mod run;
mod scene;
mod stage;
mod subject;
mod understudy;

pub(crate) use bless::{Plan, bless, of_run, of_step};
pub(crate) use files::{CaseFile, Cases, collect};
pub(crate) use run::{PlayedRun, RunStage};
pub(crate) use scene::{Asked, Unanswered};
pub(crate) use stage::{Played, Stage};
pub(crate) use subject::{Meant, Subject, meant, of_step as subject_of};
