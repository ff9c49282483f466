//! TOML tables taken apart key by key: each reading gives the value, or notes a finding with the
//! line, what the key takes and what was found.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::Level;
use super::{Lined, duration};
use crate::suggest::did_you_mean;
use crate::workflow::Finding;

/// What a count takes.
pub(super) const COUNT: &str = "a whole number from 1 to 4294967295";

/// A table and where it stands.
pub(super) struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// Whose table it is.
    step: Option<&'t str>,
    /// What stands before its keys in messages: `retry.`
    path: String,
}

/// Reads tables of one text and keeps what was found wrong.
pub(super) struct Reader {
    newlines: Vec<usize>,
    pub(super) findings: Vec<Finding>,
}

impl Reader {
    pub(super) fn new(text: &str) -> Reader {
        Reader { newlines: text.match_indices('\n').map(|(at, _)| at).collect(), findings: Vec::new() }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        u32::try_from(self.newlines.partition_point(|newline| *newline < at) + 1).unwrap_or(u32::MAX)
    }

    /// A table with fixed keys: strangers among them are findings.
    pub(super) fn open<'t>(
        &mut self,
        level: &Level,
        entries: &'t DeTable<'t>,
        step: Option<&'t str>,
        path: String,
    ) -> Table<'t> {
        let table = Table { entries, step, path };
        for (key, _) in table.by_line() {
            let (name, known) = (key.get_ref().as_ref(), level.keys);
            if known.contains(&name) {
                continue;
            }
            let full = format!("{}{name}", table.path);
            let message = match level.later.contains(&name) {
                true => format!("`{full}` is not yet supported; remove it"),
                false => format!("unknown key `{full}`{}", hint(name, known)),
            };
            self.find(&table, key.span(), message);
        }
        table
    }

    /// A table with fixed keys inside another one.
    pub(super) fn inner<'t>(&mut self, level: &Level, table: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let (entries, _) = self.entries(table, key)?;
        Some(self.open(level, entries, table.step, format!("{}{key}.", table.path)))
    }

    /// A table whose keys are the user's, in the order of the file.
    pub(super) fn named<'t>(&mut self, table: &Table<'t>, key: &str) -> Vec<Entry<'t>> {
        let Some((entries, _)) = self.entries(table, key) else { return Vec::new() };
        let path = format!("{}{key}.", table.path);
        let inside = Table { entries, step: table.step, path };
        let entry = |(key, value): (&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>)| Entry {
            name: self.lined(key.get_ref(), key.span()),
            key: key.get_ref(),
            value,
            step: inside.step,
            path: format!("{}{}", inside.path, key.get_ref()),
        };
        inside.by_line().into_iter().map(entry).collect()
    }

    fn entries<'t>(&mut self, table: &Table<'t>, key: &str) -> Option<(&'t DeTable<'t>, Range<usize>)> {
        let (value, span) = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some((entries, span)),
            found => self.wrong(table, key, span, "a table", found),
        }
    }

    /// Text that is not empty.
    pub(super) fn text(&mut self, table: &Table<'_>, key: &str) -> Option<Lined<String>> {
        let (value, span) = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) if !text.is_empty() => Some(self.lined(text, span)),
            found => self.wrong(table, key, span, "text that is not empty", found),
        }
    }

    /// A list of texts, each with its own line.
    pub(super) fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<Lined<String>>> {
        let (value, span) = table.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(table, key, span, "a list of texts", value.get_ref());
        };
        let texts = items.iter().filter_map(|item| match item.get_ref() {
            DeValue::String(text) if !text.is_empty() => Some(self.lined(text, item.span())),
            found => self.wrong(table, key, item.span(), "a list of texts", found),
        });
        Some(texts.collect())
    }

    /// A whole number of at least 1.
    pub(super) fn count(&mut self, table: &Table<'_>, key: &str) -> Option<u32> {
        self.count_or(table, key, COUNT)
    }

    /// The same, where `wanted` says what else the key takes.
    pub(super) fn count_or(&mut self, table: &Table<'_>, key: &str, wanted: &str) -> Option<u32> {
        let (value, span) = table.get(key)?;
        match whole(value.get_ref()).filter(|count| *count > 0) {
            Some(count) => Some(count),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// Whether a key holds a table.
    pub(super) fn is_table(&self, table: &Table<'_>, key: &str) -> bool {
        table.get(key).is_some_and(|(value, _)| value.get_ref().is_table())
    }

    /// A number in a range; `wanted` says which.
    pub(super) fn number(
        &mut self,
        table: &Table<'_>,
        key: &str,
        range: RangeInclusive<f64>,
        wanted: &str,
    ) -> Option<f64> {
        let (value, span) = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            integer => whole(integer).map(f64::from),
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// A duration of at least `least`.
    pub(super) fn duration(&mut self, table: &Table<'_>, key: &str, least: Duration) -> Option<Duration> {
        let (value, span) = table.get(key)?;
        match value.get_ref().as_str().and_then(duration::parse) {
            Some(duration) if duration >= least => Some(duration),
            Some(_) => self.wrong(table, key, span, "a duration of at least 1ms", value.get_ref()),
            None => self.wrong(table, key, span, duration::FORM, value.get_ref()),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, table: &Table<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(table, key)?;
        self.meaning(table, key, &text, words)
    }

    /// A list of words out of a few.
    pub(super) fn words<T: Copy>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<Vec<T>> {
        let texts = self.texts(table, key)?;
        Some(texts.iter().filter_map(|text| self.meaning(table, key, text, words)).collect())
    }

    fn meaning<T: Copy>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        text: &Lined<String>,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let list = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let meant = did_you_mean(&text.value, names);
            let one_of = if words.len() == 1 { "" } else { "one of " };
            let message = format!("`{}{key}` takes {one_of}{list}, not {:?}{meant}", table.path, text.value);
            self.report(table.step, text.line, message);
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Notes that a required key is missing from a table whose own line is `line`.
    pub(super) fn missing(&mut self, table: &Table<'_>, line: u32, key: &str, fix: &str) {
        if table.get(key).is_none() {
            self.report(table.step, line, format!("`{}{key}` is missing; {fix}", table.path));
        }
    }

    /// The line of a key, if it is there.
    pub(super) fn line_of(&self, table: &Table<'_>, key: &str) -> Option<u32> {
        table.get(key).map(|(_, span)| self.line(span.start))
    }

    /// Notes what a key should have held.
    pub(super) fn wrong<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        span: Range<usize>,
        wanted: &str,
        found: &DeValue<'_>,
    ) -> Option<T> {
        let message = format!("`{}{key}` takes {wanted}, not {}", table.path, shown(found));
        self.find(table, span, message);
        None
    }

    fn find(&mut self, table: &Table<'_>, span: Range<usize>, message: String) {
        let line = self.line(span.start);
        self.report(table.step, line, message);
    }

    /// Notes a finding.
    pub(super) fn report(&mut self, step: Option<&str>, line: u32, message: String) {
        let finding = Finding::error(line, message);
        self.findings.push(match step {
            Some(step) => finding.of_step(step),
            None => finding,
        });
    }

    fn lined(&self, text: &str, span: Range<usize>) -> Lined<String> {
        Lined { line: self.line(span.start), value: text.to_owned() }
    }
}

/// An entry of a table whose keys are the user's.
pub(super) struct Entry<'t> {
    pub(super) name: Lined<String>,
    key: &'t str,
    pub(super) value: &'t Spanned<DeValue<'t>>,
    step: Option<&'t str>,
    path: String,
}

impl<'t> Entry<'t> {
    /// What it holds, as a table with fixed keys; `None` if it holds something else.
    pub(super) fn table(&self, reader: &mut Reader, level: &Level) -> Option<Table<'t>> {
        let entries = self.value.get_ref().as_table()?;
        Some(reader.open(level, entries, self.step, format!("{}.", self.path)))
    }

    /// What it holds, as the table of the step that it names.
    pub(super) fn step(&self, reader: &mut Reader, level: &Level) -> Option<Table<'t>> {
        let entries = self.value.get_ref().as_table()?;
        Some(reader.open(level, entries, Some(self.key), String::new()))
    }

    /// What it holds, as text that is not empty; else a finding that names `wanted`.
    pub(super) fn text(&self, reader: &mut Reader, wanted: &str) -> Option<Lined<String>> {
        match self.value.get_ref() {
            DeValue::String(text) if !text.is_empty() => Some(reader.lined(text, self.value.span())),
            _ => self.refuse(reader, wanted),
        }
    }

    /// Notes what it should have held.
    pub(super) fn refuse<T>(&self, reader: &mut Reader, wanted: &str) -> Option<T> {
        let message = format!("`{}` takes {wanted}, not {}", self.path, shown(self.value.get_ref()));
        reader.report(self.step, self.name.line, message);
        None
    }
}

impl<'t> Table<'t> {
    /// Whose table it is.
    pub(super) fn step(&self) -> Option<&'t str> {
        self.step
    }

    fn get(&self, key: &str) -> Option<(&'t Spanned<DeValue<'t>>, Range<usize>)> {
        let (key, value) = self.entries.get_key_value(key)?;
        Some((value, key.span()))
    }

    fn by_line(&self) -> Vec<(&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }
}

/// The near miss among the keys of a table: a slip of the pen, or a word that begins alike.
fn hint(word: &str, known: &[&str]) -> String {
    let near = did_you_mean(word, known.iter().copied());
    let alike = || known.iter().find(|key| word.get(..3).is_some_and(|stem| key.starts_with(stem)));
    match near.is_empty().then(alike).flatten() {
        Some(key) => format!("; did you mean `{key}`?"),
        None => near,
    }
}

fn whole(value: &DeValue<'_>) -> Option<u32> {
    let integer = value.as_integer()?;
    u32::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A value as a message shows it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        DeValue::Integer(integer) => integer.to_string(),
        DeValue::Float(float) => float.to_string(),
        DeValue::Boolean(bool) => bool.to_string(),
        DeValue::Datetime(_) => "a date".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}
