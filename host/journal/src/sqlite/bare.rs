//! What the journal is measured against: the same rows in the same tables and as durable, with plain
//! SQL and nothing around it. There is no fence, no savepoint, no check that rows follow on each
//! other, and nobody who waits; so this is no journal, and its files are for nothing but a figure.

use std::collections::HashMap;
use std::path::Path;

use lockstep_core::journal::{Commit, Error};
use lockstep_core::run::RunId;
use rusqlite::{Connection, params};

use super::error::failed;
use super::rows::INSERT;
use super::{OpenError, known, migrate};
use crate::{Encoded, encode};

/// A group of commits, ready to be written.
#[derive(Debug)]
pub struct Prepared(Vec<Encoded>);

impl Prepared {
    /// Encodes a group.
    pub fn of(group: Vec<Commit>) -> Prepared {
        Prepared(group.into_iter().map(encode).collect())
    }
}

/// A file with the tables of a store.
#[derive(Debug)]
pub struct Bare {
    connection: Connection,
    keys: HashMap<RunId, i64>,
}

impl Bare {
    /// Makes the file.
    pub fn create(path: &Path) -> Result<Bare, OpenError> {
        let connection = Connection::open(path);
        let mut connection = connection.map_err(|why| OpenError::of_database(path, &why))?;
        migrate::prepare(&mut connection, path)?;
        Ok(Bare { connection, keys: HashMap::new() })
    }

    /// Writes a group in one transaction with one sync. Rows of a run come in order.
    pub fn write(&mut self, group: &Prepared) -> Result<(), Error> {
        self.put(&group.0).map_err(failed)
    }

    fn put(&mut self, group: &[Encoded]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        let mut insert = transaction.prepare_cached(INSERT)?;
        for Encoded { run, rows, summary, .. } in group {
            let last = rows.last().map_or(0, |row| row.seq.0);
            let key = match self.keys.get(run).copied() {
                Some(key) => known::update(&transaction, key, last, summary).map(|()| key)?,
                None => known::insert(&transaction, run, last, summary)?,
            };
            self.keys.entry(run.clone()).or_insert(key);
            for row in rows {
                let (seq, at) = (row.seq.0.cast_signed(), row.at.0.cast_signed());
                let (kind, shared) = (row.kind.as_str(), None::<Vec<u8>>);
                insert.execute(params![key, seq, 1, at, kind, row.head, row.payload, shared])?;
            }
        }
        drop(insert);
        transaction.commit()
    }
}
