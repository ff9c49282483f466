//! Tells a run while it goes on: lines on stderr, and below them, on a terminal, one that moves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lockstep_core::journal::{self, Commit};
use lockstep_core::outcome::Update;
use lockstep_core::run::Run;
use lockstep_runtime::{Attempt, Deployed, Observer};
use lockstep_sandbox::{Level, Report};

use super::allow::GrantFiles;
use super::stories::Stories;
use super::story::shown;
use super::to_stderr;
use crate::inert;

const REDRAW: Duration = Duration::from_millis(120);

/// An observer that tells people.
pub(crate) struct Reporter {
    inner: Mutex<Inner>,
    bar: ProgressBar,
    verbose: bool,
}

struct Inner {
    stories: Stories,
    running: usize,
    done: usize,
    /// The storage fails at the moment.
    troubled: bool,
}

impl Reporter {
    /// A reporter for runs of workflows and of those within them; `verbose` adds every event and every
    /// line of a step's log. What a grant does not allow is told with the file to allow it in.
    pub(crate) fn new(deployed: &[Deployed], grants: GrantFiles, verbose: bool) -> Reporter {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(REDRAW);
        let stories = Stories::of(deployed, grants, verbose);
        let inner = Inner { stories, running: 0, done: 0, troubled: false };
        Reporter { inner: Mutex::new(inner), bar, verbose }
    }

    /// The same for many runs at once: each line says whose it is.
    pub(crate) fn naming_runs(self) -> Reporter {
        self.inner().stories.name_runs();
        self
    }

    /// A run that began before is taken up.
    pub(crate) fn goes_on(&self, run: &Run) {
        self.inner().stories.goes_on(run);
    }

    /// Nothing more will be told.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Does something that writes to the terminal itself.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, line: &str) {
        self.bar.suspend(|| to_stderr(line));
    }

    fn show(&self, inner: &Inner) {
        let waiting = inner.stories.open().saturating_sub(inner.running);
        let (running, done) = (inner.running, inner.done);
        self.bar.set_message(format!("{running} running, {waiting} waiting, {done} done"));
    }
}

impl Observer for Reporter {
    fn began(&self, _: &Attempt) {
        let mut inner = self.inner();
        inner.running += 1;
        self.show(&inner);
    }

    fn reported(&self, attempt: &Attempt, report: &Report) {
        let mut inner = self.inner();
        inner.running = inner.running.saturating_sub(1);
        inner.done += 1;
        self.show(&inner);
        for line in report.log.iter().filter(|line| self.verbose || line.level >= Level::Warn) {
            for text in inert::lines(&line.message) {
                let told = format!("{}: {text}", word(line.level));
                self.line(&inner.stories.of_step(&attempt.run, &attempt.step, &told));
            }
        }
    }

    fn published(&self, attempt: &Attempt, update: &Update) {
        if self.verbose {
            let told = format!("~ {} {}", inert::inert(&update.name), shown(update.item.as_str()));
            self.line(&self.inner().stories.of_step(&attempt.run, &attempt.step, &told));
        }
    }

    fn withdrawn(&self, attempt: &Attempt) {
        if self.verbose {
            let told = format!("~ attempt {} withdraws what it told so far", attempt.attempt);
            self.line(&self.inner().stories.of_step(&attempt.run, &attempt.step, &told));
        }
    }

    fn troubled(&self, why: &journal::Error) {
        if !std::mem::replace(&mut self.inner().troubled, true) {
            self.line(&format!("warning: {why}; everything waits, and it is tried again until it works"));
        }
    }

    fn committed(&self, commit: &Commit) {
        let mut inner = self.inner();
        if std::mem::take(&mut inner.troubled) {
            self.line("the store can be written again");
        }
        let lines = inner.stories.tell(commit);
        lines.iter().for_each(|line| self.line(line));
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
