//! The file's format: numbered steps, each in a transaction of its own. A file that is newer than
//! the program, or somebody else's, is left as it is.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::OpenError;

/// Each step brings the format from its place in the list to the next.
const STEPS: [&str; 1] = [include_str!("001-journal.sql")];

/// `application_id` of a store: "Lkst".
const OURS: i64 = 0x4c6b_7374;

/// Makes the connection a writer's, and the file what this program writes.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(path, "it is no database"),
        _ => OpenError::failed(path, error),
    };
    check_owner(connection, path, failed)?;
    connection.execute_batch(include_str!("connection.sql")).map_err(failed)?;
    let known = STEPS.len() as i64;
    let found = pragma(connection, "user_version").map_err(failed)?;
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    (found..known).try_for_each(|step| bring_on(connection, step)).map_err(failed)
}

fn check_owner(
    connection: &Connection,
    path: &Path,
    failed: impl Fn(rusqlite::Error) -> OpenError,
) -> Result<(), OpenError> {
    let owner = pragma(connection, "application_id").map_err(&failed)?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    match (owner, tables.map_err(&failed)?) {
        (OURS, _) | (0, 0) => Ok(()),
        _ => Err(foreign(path, "it is the database of another program")),
    }
}

fn bring_on(connection: &mut Connection, step: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(STEPS[step as usize])?;
    transaction.pragma_update(None, "application_id", OURS)?;
    transaction.pragma_update(None, "user_version", step + 1)?;
    transaction.commit()
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn foreign(path: &Path, why: &'static str) -> OpenError {
    OpenError::Foreign { path: path.to_owned(), why }
}
