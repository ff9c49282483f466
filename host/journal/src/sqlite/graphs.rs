//! The graphs that runs move through, by revision.

use lockstep_core::event::Json;
use lockstep_core::journal::Error;
use lockstep_core::workflow::{Graph, Revision};
use rusqlite::{Connection, OptionalExtension, params};

use super::error::failed;

/// One that is kept already stays as it is.
pub(super) fn keep(connection: &Connection, graph: &Graph) -> rusqlite::Result<()> {
    let new = "INSERT INTO graph (revision, json) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    let (revision, json) = (graph.revision.as_str(), graph.json.as_str().as_bytes());
    connection.prepare_cached(new)?.execute(params![revision, json]).map(drop)
}

/// The graph of a revision.
pub(super) fn find(connection: &Connection, revision: &Revision) -> Result<Option<Graph>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT json FROM graph WHERE revision = ?1").map_err(failed)?;
    let kept: rusqlite::Result<Vec<u8>> = statement.query_row([revision.as_str()], |row| row.get(0));
    let Some(bytes) = kept.optional().map_err(failed)? else { return Ok(None) };
    let json = String::from_utf8(bytes)
        .map_err(|error| Error::Storage(format!("the graph of revision {revision} is damaged: {error}")))?;
    Ok(Some(Graph { revision: revision.clone(), json: Json::trusted(json) }))
}
