//! The file's format: numbered steps, as many as it takes in one transaction. A file that is newer than
//! the program, or somebody else's, is left as it is.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;

/// Each step brings the format from its place in the list to the next.
const STEPS: [&str; 5] = [
    include_str!("001-journal.sql"),
    include_str!("002-runs.sql"),
    include_str!("003-blobs.sql"),
    include_str!("004-kv.sql"),
    include_str!("005-effects.sql"),
];

/// The format of this program.
const KNOWN: i64 = STEPS.len() as i64;

/// `application_id` of a store: "Lkst".
const OURS: i64 = 0x4c6b_7374;

/// Makes the connection a writer's, and the file what this program writes.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::of_database(path, &error);
    let found = format(connection, path)?.unwrap_or(0);
    connection.execute_batch(include_str!("connection.sql")).map_err(failed)?;
    bring_on(connection, found).map_err(failed)
}

/// Makes the connection a writer's, if the file already is what this program writes.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    match format(connection, path)? {
        None => return Err(foreign(path, "it is empty")),
        Some(found) if found < KNOWN => {
            return Err(OpenError::Older { path: path.to_owned(), found, known: KNOWN });
        }
        Some(_) => {}
    }
    let set_up = connection.execute_batch(include_str!("connection.sql"));
    set_up.map_err(|error| OpenError::of_database(path, &error))
}

/// The format of a store that this program knows; none of a file with nothing in it.
fn format(connection: &Connection, path: &Path) -> Result<Option<i64>, OpenError> {
    let failed = |error: rusqlite::Error| OpenError::of_database(path, &error);
    let owner = pragma(connection, "application_id").map_err(failed)?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let found = pragma(connection, "user_version").map_err(failed)?;
    match (owner, tables.map_err(failed)?) {
        (OURS, _) if found > KNOWN => Err(OpenError::Newer { path: path.to_owned(), found, known: KNOWN }),
        (OURS, _) => Ok(Some(found)),
        (0, 0) => Ok(None),
        _ => Err(foreign(path, "it is the database of another program")),
    }
}

/// All steps or none: nobody ever finds a file half way.
fn bring_on(connection: &mut Connection, found: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for step in found..KNOWN {
        transaction.execute_batch(STEPS[step as usize])?;
        transaction.pragma_update(None, "user_version", step + 1)?;
    }
    transaction.pragma_update(None, "application_id", OURS)?;
    transaction.commit()
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

fn foreign(path: &Path, why: &'static str) -> OpenError {
    OpenError::Foreign { path: path.to_owned(), why }
}
