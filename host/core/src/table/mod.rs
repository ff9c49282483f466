//! TOML files taken apart table by table and key by key: each reading gives the value, or notes a
//! finding with the line, what the key takes and what was found. Which keys there are is for whoever
//! reads to say, in [`Level`]s; it knows no file of its own.

#[cfg(test)]
pub(crate) mod schema;
pub(crate) mod size;

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::duration;
use crate::suggest::did_you_mean;
use crate::workflow::Finding;

/// What a count takes.
pub(crate) const COUNT: &str = "a whole number from 1 to 4294967295";

/// A value and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lined<T> {
    /// Counted from 1.
    pub line: u32,
    /// The value.
    pub value: T,
}

/// Whether text is a name that people give in a file: of a step, a workflow, a server of tools.
pub(crate) fn is_name(text: &str) -> bool {
    let belongs = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(belongs)
}

/// A table of a file whose keys are fixed.
pub(crate) struct Level {
    /// What it may hold.
    pub(crate) keys: &'static [&'static str],
    /// What a later release will read: refused until then, never silently accepted.
    pub(crate) later: &'static [&'static str],
}

/// Reads the text of a file whose outermost table is of `level`: what `read` makes of it, or
/// everything that is wrong with it.
pub(crate) fn parse<T>(
    text: &str,
    level: &Level,
    read: impl FnOnce(&mut Reader, &Table<'_>) -> Option<T>,
) -> Result<T, Vec<Finding>> {
    let mut reader = Reader::new(text);
    let root = DeTable::parse(text).map_err(|error| vec![broken(&reader, text, &error)])?;
    let table = reader.open(level, root.get_ref(), None, String::new());
    let file = read(&mut reader, &table);
    reader.findings.sort_by_key(|finding| finding.line);
    match file {
        Some(file) if reader.findings.is_empty() => Ok(file),
        _ => Err(reader.findings),
    }
}

/// A table and where it stands.
pub(crate) struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// Whose table it is.
    step: Option<&'t str>,
    /// What stands before its keys in messages: `retry.`
    path: String,
}

/// Reads tables of one text and keeps what was found wrong.
pub(crate) struct Reader {
    newlines: Vec<usize>,
    findings: Vec<Finding>,
}

impl Reader {
    fn new(text: &str) -> Reader {
        Reader { newlines: text.match_indices('\n').map(|(at, _)| at).collect(), findings: Vec::new() }
    }

    /// The line of a byte, counted from 1.
    fn line(&self, at: usize) -> u32 {
        u32::try_from(self.newlines.partition_point(|newline| *newline < at) + 1).unwrap_or(u32::MAX)
    }

    /// A table with fixed keys: strangers among them are findings.
    fn open<'t>(
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
    pub(crate) fn inner<'t>(&mut self, level: &Level, table: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let (entries, _) = self.entries(table, key)?;
        Some(self.open(level, entries, table.step, format!("{}{key}.", table.path)))
    }

    /// A list of tables with fixed keys, each with its own line.
    pub(crate) fn list<'t>(&mut self, level: &Level, table: &Table<'t>, key: &str) -> Vec<(u32, Table<'t>)> {
        let Some((value, span)) = table.get(key) else { return Vec::new() };
        let wanted = format!("a list of tables, such as `[[{}{key}]]`", table.path);
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong::<()>(table, key, span, &wanted, value.get_ref());
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(entries) => {
                    let inner = self.open(level, entries, table.step, format!("{}{key}.", table.path));
                    tables.push((self.line(item.span().start), inner));
                }
                None => _ = self.wrong::<()>(table, key, item.span(), &wanted, item.get_ref()),
            }
        }
        tables
    }

    /// A table whose keys are the user's, in the order of the file.
    pub(crate) fn named<'t>(&mut self, table: &Table<'t>, key: &str) -> Vec<Entry<'t>> {
        let Some((entries, _)) = self.entries(table, key) else { return Vec::new() };
        let path = format!("{}{key}.", table.path);
        self.inside(&Table { entries, step: table.step, path })
    }

    fn inside<'t>(&self, table: &Table<'t>) -> Vec<Entry<'t>> {
        let entry = |(key, value): (&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>)| Entry {
            name: self.lined(key.get_ref(), key.span()),
            key: key.get_ref(),
            value,
            step: table.step,
            path: format!("{}{}", table.path, key.get_ref()),
        };
        table.by_line().into_iter().map(entry).collect()
    }

    fn entries<'t>(&mut self, table: &Table<'t>, key: &str) -> Option<(&'t DeTable<'t>, Range<usize>)> {
        let (value, span) = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some((entries, span)),
            found => self.wrong(table, key, span, "a table", found),
        }
    }

    /// Text that is not empty.
    pub(crate) fn text(&mut self, table: &Table<'_>, key: &str) -> Option<Lined<String>> {
        self.text_or(table, key, "text that is not empty")
    }

    /// The same, where `wanted` says what the key takes.
    pub(crate) fn text_or(&mut self, table: &Table<'_>, key: &str, wanted: &str) -> Option<Lined<String>> {
        let (value, span) = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) if !text.is_empty() => Some(self.lined(text, span)),
            found => self.wrong(table, key, span, wanted, found),
        }
    }

    /// `true` or `false`.
    pub(crate) fn bool(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        let (value, span) = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(bool) => Some(*bool),
            found => self.wrong(table, key, span, "`true` or `false`", found),
        }
    }

    /// A list of texts, each with its own line.
    pub(crate) fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<Lined<String>>> {
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
    pub(crate) fn count(&mut self, table: &Table<'_>, key: &str) -> Option<u32> {
        self.count_or(table, key, COUNT)
    }

    /// The same, where `wanted` says what else the key takes.
    pub(crate) fn count_or(&mut self, table: &Table<'_>, key: &str, wanted: &str) -> Option<u32> {
        let (value, span) = table.get(key)?;
        match count(value.get_ref()).filter(|count| *count > 0) {
            Some(count) => Some(count),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// Text that `read` takes, or says why not.
    pub(crate) fn parsed<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(table, key)?;
        self.taken(table, key, &text, read)
    }

    /// A list of such texts.
    pub(crate) fn all_parsed<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let texts = self.texts(table, key)?;
        Some(texts.iter().filter_map(|text| self.taken(table, key, text, &read)).collect())
    }

    fn taken<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        text: &Lined<String>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let refused = |why| {
            let message = format!("`{}{key}` cannot be {:?}: {why}", table.path, text.value);
            self.report(table.step, text.line, message);
        };
        read(&text.value).map_err(refused).ok()
    }

    /// A whole number in a range; `wanted` says which.
    pub(crate) fn integer(
        &mut self,
        table: &Table<'_>,
        key: &str,
        range: RangeInclusive<u64>,
        wanted: &str,
    ) -> Option<u64> {
        let (value, span) = table.get(key)?;
        match whole(value.get_ref()).filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// The format that a file of `what` says it is written in. `false`: it is another one, and nothing
    /// else can be said of it.
    pub(crate) fn is_of_format(&mut self, table: &Table<'_>, key: &str, known: u32, what: &str) -> bool {
        let fix = format!("begin the file with the format that it is written in: `{key} = {known}`");
        self.missing(table, 1, key, &fix);
        let format = self.count_or(table, key, &format!("{COUNT}, the format of the file"));
        let Some(other) = format.filter(|format| *format != known) else { return true };
        let line = self.line_of(table, key).unwrap_or(1);
        let message = format!(
            "the file is written in format {other} of {what}, and this program reads format {known}; \
             write `{key} = {known}`, or use a program that reads the other one"
        );
        self.report_only(line, message);
        false
    }

    /// How much a list holds, if a key holds one.
    pub(crate) fn length(&self, table: &Table<'_>, key: &str) -> Option<usize> {
        table.get(key).and_then(|(value, _)| Some(value.get_ref().as_array()?.len()))
    }

    /// Whether a key holds a table.
    pub(crate) fn is_table(&self, table: &Table<'_>, key: &str) -> bool {
        table.get(key).is_some_and(|(value, _)| value.get_ref().is_table())
    }

    /// A number in a range; `wanted` says which.
    pub(crate) fn number(
        &mut self,
        table: &Table<'_>,
        key: &str,
        range: RangeInclusive<f64>,
        wanted: &str,
    ) -> Option<f64> {
        let (value, span) = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            integer => count(integer).map(f64::from),
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// A duration of at least `least`.
    pub(crate) fn duration(&mut self, table: &Table<'_>, key: &str, least: Duration) -> Option<Duration> {
        let (value, span) = table.get(key)?;
        match value.get_ref().as_str().and_then(duration::parse) {
            Some(duration) if duration >= least => Some(duration),
            Some(_) => self.wrong(table, key, span, "a duration of at least 1ms", value.get_ref()),
            None => self.wrong(table, key, span, duration::FORM, value.get_ref()),
        }
    }

    /// A duration in a range; `wanted` says which.
    pub(crate) fn duration_in(
        &mut self,
        table: &Table<'_>,
        key: &str,
        range: RangeInclusive<Duration>,
        wanted: &str,
    ) -> Option<Duration> {
        let (value, span) = table.get(key)?;
        let duration = value.get_ref().as_str().and_then(duration::parse);
        match duration.filter(|duration| range.contains(duration)) {
            Some(duration) => Some(duration),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// A number of bytes in a range; `wanted` says which.
    pub(crate) fn size(
        &mut self,
        table: &Table<'_>,
        key: &str,
        range: RangeInclusive<u64>,
        wanted: &str,
    ) -> Option<u64> {
        let (value, span) = table.get(key)?;
        let bytes = match value.get_ref() {
            DeValue::String(text) => size::parse(text),
            integer => whole(integer),
        };
        match bytes.filter(|bytes| range.contains(bytes)) {
            Some(bytes) => Some(bytes),
            None => self.wrong(table, key, span, wanted, value.get_ref()),
        }
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&mut self, table: &Table<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(table, key)?;
        self.meaning(table, key, &text, words)
    }

    /// A list of words out of a few.
    pub(crate) fn words<T: Copy>(
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
    pub(crate) fn missing(&mut self, table: &Table<'_>, line: u32, key: &str, fix: &str) {
        if table.get(key).is_none() {
            self.report(table.step, line, format!("`{}{key}` is missing; {fix}", table.path));
        }
    }

    /// The line of a key, if it is there.
    pub(crate) fn line_of(&self, table: &Table<'_>, key: &str) -> Option<u32> {
        table.get(key).map(|(_, span)| self.line(span.start))
    }

    /// Notes what a key should have held.
    pub(crate) fn wrong<T>(
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
    pub(crate) fn report(&mut self, step: Option<&str>, line: u32, message: String) {
        let finding = Finding::error(line, message);
        self.findings.push(match step {
            Some(step) => finding.of_step(step),
            None => finding,
        });
    }

    /// Notes a finding that makes all others void.
    pub(crate) fn report_only(&mut self, line: u32, message: String) {
        self.findings.clear();
        self.report(None, line, message);
    }

    fn lined(&self, text: &str, span: Range<usize>) -> Lined<String> {
        Lined { line: self.line(span.start), value: text.to_owned() }
    }
}

/// An entry of a table whose keys are the user's.
pub(crate) struct Entry<'t> {
    pub(crate) name: Lined<String>,
    key: &'t str,
    pub(crate) value: &'t Spanned<DeValue<'t>>,
    step: Option<&'t str>,
    path: String,
}

impl<'t> Entry<'t> {
    /// What it holds, as a table with fixed keys; `None` if it holds something else.
    pub(crate) fn table(&self, reader: &mut Reader, level: &Level) -> Option<Table<'t>> {
        let entries = self.value.get_ref().as_table()?;
        Some(reader.open(level, entries, self.step, format!("{}.", self.path)))
    }

    /// What it holds, as a table whose keys are the user's too.
    pub(crate) fn named(&self, reader: &mut Reader) -> Option<Vec<Entry<'t>>> {
        match self.value.get_ref().as_table() {
            Some(entries) => {
                let path = format!("{}.", self.path);
                Some(reader.inside(&Table { entries, step: self.step, path }))
            }
            None => self.refuse(reader, "a table"),
        }
    }

    /// Whose table it stands in.
    pub(crate) fn owner(&self) -> Option<&'t str> {
        self.step
    }

    /// What it holds, as the table of the step that it names.
    pub(crate) fn step(&self, reader: &mut Reader, level: &Level) -> Option<Table<'t>> {
        let entries = self.value.get_ref().as_table()?;
        Some(reader.open(level, entries, Some(self.key), String::new()))
    }

    /// What it holds, as text that is not empty; else a finding that names `wanted`.
    pub(crate) fn text(&self, reader: &mut Reader, wanted: &str) -> Option<Lined<String>> {
        match self.value.get_ref() {
            DeValue::String(text) if !text.is_empty() => Some(reader.lined(text, self.value.span())),
            _ => self.refuse(reader, wanted),
        }
    }

    /// What it holds, as text: any text, number or truth value.
    pub(crate) fn scalar(&self, reader: &mut Reader) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix()).map_or_else(
                |_| self.refuse(reader, "a whole number of 64 bits"),
                |number| Some(number.to_string()),
            ),
            DeValue::Float(float) => Some(float.to_string()),
            DeValue::Boolean(bool) => Some(bool.to_string()),
            _ => self.refuse(reader, "text, a number, `true` or `false`"),
        }
    }

    /// Notes what it should have held.
    pub(crate) fn refuse<T>(&self, reader: &mut Reader, wanted: &str) -> Option<T> {
        let message = format!("`{}` takes {wanted}, not {}", self.path, shown(self.value.get_ref()));
        reader.report(self.step, self.name.line, message);
        None
    }
}

impl<'t> Table<'t> {
    /// Whose table it is.
    pub(crate) fn step(&self) -> Option<&'t str> {
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

/// The text is no TOML: one finding, with line and column.
fn broken(reader: &Reader, text: &str, error: &toml::de::Error) -> Finding {
    let span = error.span().unwrap_or(text.len()..text.len());
    let start = text.floor_char_boundary(span.start);
    let line = reader.line(start);
    let from = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let column = u32::try_from(text[from..start].chars().count() + 1).ok();
    let whole = text[from..].lines().next().unwrap_or_default().trim();
    let message = match error.message() {
        "duplicate key" => twice(text, text.get(span).unwrap_or_default(), whole, line),
        message => format!("this is not TOML: {}", message.replace('\n', " ")),
    };
    Finding { column, ..Finding::error(line, message) }
}

fn twice(text: &str, key: &str, whole: &str, line: u32) -> String {
    let first = (1..line).zip(text.lines()).find(|(_, other)| other.trim() == whole);
    let first = first.map_or(String::new(), |(line, _)| format!("; the first stands on line {line}"));
    match whole.strip_prefix("[steps.").and_then(|rest| rest.strip_suffix(']')) {
        Some(step) if !step.contains('.') => {
            format!("two steps are named `{step}`{first}; give one of them another name")
        }
        _ => format!("the key `{key}` stands twice in its table{first}; remove one of them"),
    }
}

/// The near miss among the keys of a table: a slip of the pen, or a word that begins alike.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    let near = did_you_mean(word, known.iter().copied());
    let alike = || known.iter().find(|key| word.get(..3).is_some_and(|stem| key.starts_with(stem)));
    match near.is_empty().then(alike).flatten() {
        Some(key) => format!("; did you mean `{key}`?"),
        None => near,
    }
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn count(value: &DeValue<'_>) -> Option<u32> {
    u32::try_from(whole(value)?).ok()
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
