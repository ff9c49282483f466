//! Tables of a case file taken apart key by key: each reading gives the value, or notes a finding with the line,
//! what the key takes and what was found. It is to [`Data`] what [`crate::table`] is to TOML alone.

use crate::suggest::did_you_mean;
use crate::table::{Level, Lined, hint, size};
use crate::workflow::Finding;

use super::data::{self, Data, Value};
use super::{Event, Format};

/// Reads a file: what `read` makes of it, or everything that is wrong with it.
pub(super) fn parse<T>(
    text: &str,
    format: Format,
    read: impl FnOnce(&mut Reader, &Data) -> Option<T>,
) -> Result<T, Vec<Finding>> {
    let root = match format {
        Format::Toml => data::toml(text),
        Format::Json => data::json(text),
    };
    let root = root.map_err(|finding| vec![finding])?;
    let mut reader = Reader::default();
    let case = read(&mut reader, &root);
    reader.findings.sort_by_key(|finding| finding.line);
    match case {
        Some(case) if reader.findings.is_empty() => Ok(case),
        _ => Err(reader.findings),
    }
}

/// Keeps what was found wrong.
#[derive(Default)]
pub(super) struct Reader {
    findings: Vec<Finding>,
}

/// A table with fixed keys, and what stands before them in messages.
pub(super) struct Table<'d> {
    pub(super) line: u32,
    entries: &'d [(Lined<String>, Data)],
    path: String,
}

impl<'d> Table<'d> {
    /// What a key holds; `null` is nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'d Data> {
        let found = self.entries.iter().find(|(name, _)| name.value == key).map(|(_, data)| data);
        found.filter(|data| data.value != Value::Null)
    }

    /// Those of these keys that are there.
    pub(super) fn given<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.get(key).is_some()).collect()
    }
}

impl Reader {
    /// Notes a finding.
    pub(super) fn report(&mut self, line: u32, message: impl Into<String>) {
        self.findings.push(Finding::error(line, message));
    }

    /// A table; strangers among its keys are findings.
    pub(super) fn open<'d>(&mut self, level: &Level, data: &'d Data, path: &str) -> Option<Table<'d>> {
        let Value::Table(entries) = &data.value else {
            let what = if path.is_empty() { "a case".into() } else { format!("`{path}`") };
            self.report(data.line, format!("{what} takes a table, not {}", data.shown()));
            return None;
        };
        let path = if path.is_empty() { String::new() } else { format!("{path}.") };
        for (key, _) in entries.iter().filter(|(key, _)| !level.keys.contains(&key.value.as_str())) {
            self.report(
                key.line,
                format!("unknown key `{path}{}`{}", key.value, hint(&key.value, level.keys)),
            );
        }
        Some(Table { line: data.line, entries, path })
    }

    /// A table inside another one.
    pub(super) fn inner<'d>(&mut self, level: &Level, table: &Table<'d>, key: &str) -> Option<Table<'d>> {
        let path = format!("{}{key}", table.path);
        self.open(level, table.get(key)?, &path)
    }

    /// A list of tables.
    pub(super) fn tables<'d>(&mut self, level: &Level, table: &Table<'d>, key: &str) -> Vec<Table<'d>> {
        let path = format!("{}{key}", table.path);
        let items = self.items(table, key, "a list of tables").unwrap_or_default();
        items.iter().filter_map(|item| self.open(level, item, &path)).collect()
    }

    /// The elements of a list.
    pub(super) fn items<'d>(&mut self, table: &Table<'d>, key: &str, wanted: &str) -> Option<&'d [Data]> {
        let data = table.get(key)?;
        match &data.value {
            Value::List(items) => Some(items),
            _ => self.wrong(table, key, wanted, data),
        }
    }

    /// A table whose keys are the user's.
    pub(super) fn named(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<(Lined<String>, Data)>> {
        let data = table.get(key)?;
        match &data.value {
            Value::Table(entries) => Some(entries.clone()),
            _ => self.wrong(table, key, "a table", data),
        }
    }

    /// A list of tables with one key each.
    pub(super) fn events(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<Event>> {
        const WANTED: &str = "a list of `{ NAME = VALUE }`";
        let items = self.items(table, key, WANTED)?;
        let event = |item: &Data| match &item.value {
            Value::Table(entries) if entries.len() == 1 => {
                Some(Event { name: entries[0].0.clone(), value: entries[0].1.clone() })
            }
            _ => self.wrong(table, key, &format!("{WANTED}, each with one name"), item),
        };
        Some(items.iter().filter_map(event).collect())
    }

    /// Text.
    pub(super) fn text(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        let data = table.get(key)?;
        match &data.value {
            Value::Text(text) => Some(text.clone()),
            _ => self.wrong(table, key, "text", data),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<String>> {
        const WANTED: &str = "a list of texts";
        let items = self.items(table, key, WANTED)?;
        let text = |item: &Data| match &item.value {
            Value::Text(text) => Some(text.clone()),
            _ => self.wrong(table, key, WANTED, item),
        };
        Some(items.iter().filter_map(text).collect())
    }

    /// Texts by names of the user's.
    pub(super) fn texts_by_name(&mut self, table: &Table<'_>, key: &str) -> Vec<(String, String)> {
        let entries = self.named(table, key).unwrap_or_default();
        let text = |(name, data): &(Lined<String>, Data)| match &data.value {
            Value::Text(text) => Some((name.value.clone(), text.clone())),
            _ => self.wrong(table, &format!("{key}.{}", name.value), "text", data),
        };
        entries.iter().filter_map(text).collect()
    }

    /// A whole number of at least `least`; beyond what TOML can write it may be text.
    pub(super) fn whole(&mut self, table: &Table<'_>, key: &str, least: u64) -> Option<u64> {
        let data = table.get(key)?;
        let number = match &data.value {
            Value::Number(text) | Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        match number.filter(|number| *number >= least) {
            Some(number) => Some(number),
            None => self.wrong(table, key, &format!("a whole number of at least {least}"), data),
        }
    }

    /// The same of 32 bits.
    pub(super) fn count(&mut self, table: &Table<'_>, key: &str) -> Option<u32> {
        let number = self.whole(table, key, 1)?;
        let data = table.get(key)?;
        u32::try_from(number).ok().or_else(|| self.wrong(table, key, crate::table::COUNT, data))
    }

    /// A number of bytes.
    pub(super) fn size(&mut self, table: &Table<'_>, key: &str) -> Option<u64> {
        let data = table.get(key)?;
        let bytes = match &data.value {
            Value::Number(text) => text.parse().ok(),
            Value::Text(text) => size::parse(text),
            _ => None,
        };
        bytes.or_else(|| self.wrong(table, key, "a number of bytes, such as `\"4MiB\"`", data))
    }

    /// One of a few words.
    pub(super) fn word<T: Clone>(&mut self, table: &Table<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(table, key)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let list = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let line = table.get(key).map_or(table.line, |data| data.line);
            let meant = did_you_mean(&text, names);
            self.report(line, format!("`{}{key}` takes one of {list}, not {text:?}{meant}", table.path));
        }
        found.map(|(_, meaning)| meaning.clone())
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&mut self, table: &Table<'_>, key: &str, fix: &str) {
        if table.get(key).is_none() {
            self.report(table.line, format!("`{}{key}` is missing; {fix}", table.path));
        }
    }

    /// Notes that more than one of these keys stand in a table, or none where one must.
    pub(super) fn one_of(&mut self, table: &Table<'_>, keys: &[&str], must: Must) {
        let given = table.given(keys);
        let list = |keys: &[&str]| {
            keys.iter().map(|key| format!("`{}{key}`", table.path)).collect::<Vec<_>>().join(", ")
        };
        match (given.len(), must) {
            (0, Must::Be) => self.report(table.line, format!("give one of {}", list(keys))),
            (0 | 1, _) => {}
            _ => self.report(table.line, format!("{} stand together; give one of them", list(&given))),
        }
    }

    /// Notes what a key should have held.
    pub(super) fn wrong<T>(&mut self, table: &Table<'_>, key: &str, wanted: &str, found: &Data) -> Option<T> {
        self.report(found.line, format!("`{}{key}` takes {wanted}, not {}", table.path, found.shown()));
        None
    }
}

/// Whether one of several keys must be there.
#[derive(Clone, Copy)]
pub(super) enum Must {
    /// It must.
    Be,
    /// It may.
    NotBe,
}
