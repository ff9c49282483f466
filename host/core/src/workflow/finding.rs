//! What is wrong, or odd, with a workflow or a grant: where it is, what happened, and the fix.

use std::fmt;

/// One thing to tell whoever wrote the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the file can be loaded in spite of it.
    pub severity: Severity,
    /// The line of the file, counted from 1.
    pub line: Option<u32>,
    /// The column in that line, counted from 1, where the text is no TOML.
    pub column: Option<u32>,
    /// The step it is about.
    pub step: Option<String>,
    /// What is wrong, and the fix.
    pub message: String,
}

/// Whether a file can be loaded in spite of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and somebody should look.
    Warning,
}

impl Finding {
    pub(crate) fn error(line: u32, message: impl Into<String>) -> Finding {
        let message = message.into();
        Finding { severity: Severity::Error, line: Some(line), column: None, step: None, message }
    }

    pub(crate) fn warning(line: u32, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(line, message) }
    }

    /// The same, about a step.
    pub(crate) fn of_step(self, step: &str) -> Finding {
        Finding { step: Some(step.to_owned()), ..self }
    }

    /// The finding as one line that begins with the file's name:
    /// ``workflow.toml:12: step `assess`: …``.
    pub fn in_file<'f>(&'f self, file: &'f str) -> impl fmt::Display + 'f {
        InFile { finding: self, file }
    }
}

struct InFile<'f> {
    finding: &'f Finding,
    file: &'f str,
}

impl fmt::Display for InFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        for number in [self.finding.line, self.finding.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}", self.finding)
    }
}

/// Without the place: ``step `assess`: …``.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "step `{step}`: ")?;
        }
        f.write_str(&self.message)
    }
}
