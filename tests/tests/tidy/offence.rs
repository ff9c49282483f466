//! An offence against a rule, where it stands.

use std::fmt;

/// What is wrong and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Offence {
    /// The file, from the root of the repository.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong there and what to do.
    pub(crate) what: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Fails with all of them, one on a line.
#[track_caller]
pub(crate) fn none(offences: impl IntoIterator<Item = Offence>) {
    let mut lines: Vec<String> = offences.into_iter().map(|offence| offence.to_string()).collect();
    lines.sort();
    assert!(lines.is_empty(), "{} offences:\n{}", lines.len(), lines.join("\n"));
}

/// Fails unless these and no others were found: line and a part of the message each.
#[track_caller]
pub(crate) fn found(offences: impl IntoIterator<Item = Offence>, expected: &[(usize, &str)]) {
    let mut offences: Vec<Offence> = offences.into_iter().collect();
    offences.sort();
    let same = offences.len() == expected.len()
        && offences
            .iter()
            .zip(expected)
            .all(|(found, (line, part))| found.line == *line && found.what.contains(part));
    assert!(same, "expected {expected:?}, found {offences:#?}");
}
