//! What runs do, line by line, for whoever wants to know of one: its own steps, and those of the runs within
//! it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockstep_core::journal::Commit;
use lockstep_core::outcome::Update;
use lockstep_core::run::{Run, RunId};
use lockstep_runtime::{Attempt, Deployed, Observer};
use tokio::sync::broadcast;

use super::stories::Stories;
use super::story::shown;
use crate::inert::inert;

/// So many lines are kept for one who does not keep up.
const KEPT: usize = 256;

/// A line of a run.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The run that was asked for, of those that lie in each other.
    pub(crate) run: RunId,
    pub(crate) text: Arc<str>,
}

/// An observer that tells whoever listens.
pub(crate) struct Lines {
    inner: Mutex<Inner>,
    lines: broadcast::Sender<Line>,
}

struct Inner {
    stories: Stories,
    /// Of runs within others, the outermost.
    roots: HashMap<RunId, RunId>,
}

impl Lines {
    pub(crate) fn new(deployed: &[Deployed]) -> Lines {
        let stories = Stories::of(deployed, Default::default(), false);
        let inner = Mutex::new(Inner { stories, roots: HashMap::new() });
        Lines { inner, lines: broadcast::Sender::new(KEPT) }
    }

    /// A run that began before is taken up.
    pub(crate) fn goes_on(&self, run: &Run) {
        self.inner().stories.goes_on(run);
    }

    /// The lines from now on, of all runs.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Line> {
        self.lines.subscribe()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, run: &RunId, line: &str) {
        // Nobody may listen.
        let _ = self.lines.send(Line { run: run.clone(), text: alone(line).into() });
    }
}

impl Inner {
    fn root(&self, run: &RunId) -> RunId {
        self.roots.get(run).unwrap_or(run).clone()
    }
}

/// A line that stands by itself: without what aligns it with others.
fn alone(line: &str) -> String {
    let line = line.trim();
    line.split_once("  ")
        .map_or_else(|| line.to_owned(), |(step, text)| format!("{step}: {}", text.trim_start()))
}

impl Observer for Lines {
    fn published(&self, attempt: &Attempt, update: &Update) {
        let inner = self.inner();
        let told = format!("{} {}", inert(&update.name), shown(update.item.as_str()));
        let line = inner.stories.of_step(&attempt.run, &attempt.step, &told);
        self.tell(&inner.root(&attempt.run), &line);
    }

    fn committed(&self, commit: &Commit) {
        let mut inner = self.inner();
        if let Some(parent) = &commit.summary.about.parent {
            let root = inner.root(&parent.run);
            inner.roots.insert(commit.run.clone(), root);
        }
        let root = inner.root(&commit.run);
        if commit.summary.status.is_end() {
            inner.roots.remove(&commit.run);
        }
        for line in inner.stories.tell(commit) {
            self.tell(&root, &line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_by_itself_is_not_aligned() {
        for (line, expected) in [
            ("  fraud    done → check-result", "fraud: done → check-result"),
            ("  decide  decided 1  of 2", "decide: decided 1  of 2"),
            ("plain", "plain"),
        ] {
            assert_eq!(alone(line), expected);
        }
    }
}
