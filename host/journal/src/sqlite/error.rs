//! What can go wrong with a file, in words for people, and what SQLite's own words mean.

use std::io;
use std::path::{Path, PathBuf};

use lockstep_core::journal::Error;
use rusqlite::ErrorCode;

/// Why a file cannot be opened as a journal.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it.
    #[error("{path} is in use by another process{holder}; wait for it, or name another store")]
    InUse {
        /// The file.
        path: PathBuf,
        /// Who that is, as the tail of a sentence.
        holder: String,
    },
    /// It is to be visited, and there is none.
    #[error("there is no store {path}; start a run with `lockstep run` to make one, or name another store")]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{path} is not a store of Lockstep: {why}; name another file")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: &'static str,
    },
    /// A newer program has written it.
    #[error(
        "{path} was written by a newer version of Lockstep (format {found}, this one knows {known}); update Lockstep"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format of this program.
        known: i64,
    },
    /// It is to be visited, and only its owner could bring it to this program's format.
    #[error(
        "{path} was written by an older version of Lockstep (format {found}, this one needs {known}); open it once with `lockstep run`"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format of this program.
        known: i64,
    },
    /// It may not be written, or its folder may not.
    #[error("{path} cannot be written: {why}; make it and its folder writable, or name another store")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
    /// What is in it does not hold together.
    #[error("{path} is damaged: {why}; restore it from a copy, or name another store")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
    /// The file system or the database failed.
    #[error("{path} cannot be opened: {why}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

impl OpenError {
    pub(super) fn of_file(path: &Path, why: &io::Error) -> OpenError {
        let (path, told) = (path.to_owned(), why.to_string());
        match why.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenError::ReadOnly { path, why: told }
            }
            _ => OpenError::Failed { path, why: told },
        }
    }

    pub(super) fn of_database(path: &Path, why: &rusqlite::Error) -> OpenError {
        let (path, told) = (path.to_owned(), why.to_string());
        match why.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::Foreign { path, why: "it is no database" },
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, why: told },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                OpenError::ReadOnly { path, why: told }
            }
            _ => OpenError::Failed { path, why: told },
        }
    }
}

/// A value that is larger than SQLite takes will be so the next time; anything else may pass.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::TooBig) => Error::Refused(error.to_string()),
        _ => Error::Storage(error.to_string()),
    }
}

/// The thread that should have answered has ended.
pub(super) fn gone() -> Error {
    Error::Storage("the journal's thread has ended; its log has the reason".into())
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn only_what_is_too_large_can_never_be_written() {
        let told = |code| failed(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).to_string();
        assert_eq!(
            [ffi::SQLITE_TOOBIG, ffi::SQLITE_FULL, ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_CORRUPT].map(told),
            [
                "the journal cannot take the commit: Error code 18: string or blob too big",
                "the journal's storage failed: Error code 13: database or disk is full",
                "the journal's storage failed: Error code 778: disk I/O error",
                "the journal's storage failed: Error code 11: database disk image is malformed",
            ]
        );
    }
}
