//! What is expected, written into a TOML file: values that differ are replaced where they stand, in whatever form the
//! table around them has; nothing else is touched.

mod array;

use lockstep_core::case::{Data, Value};
use toml_edit::{
    Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value as Toml,
};

/// A list that is longer has an element on each line.
const ONE_LINE: usize = 90;

/// The text with these keys of `expect` set and those taken out.
pub(super) fn written(before: &str, set: &[(&str, Data)], remove: &[&str]) -> Result<String, String> {
    let mut document: DocumentMut = before.parse().map_err(|error| format!("{error}"))?;
    let expect = document.entry("expect").or_insert_with(|| Item::Table(Table::new()));
    let expect = expect.as_table_like_mut().ok_or("`expect` is no table")?;
    // What was said beside an end that did not come is said beside the one that did.
    let beside = remove.iter().filter_map(|key| remarks(expect, key)).next();
    for key in remove {
        expect.remove(key);
    }
    for (key, data) in set {
        put(expect, key, data)?;
    }
    if let (Some((above, behind)), Some((key, _))) = (beside, set.first()) {
        if let Some(value) = expect.get_mut(key).and_then(Item::as_value_mut) {
            *value.decor_mut() = behind;
        }
        if let Some(mut key) = expect.key_mut(key) {
            *key.leaf_decor_mut() = above;
        }
    }
    if let Some(table) = document.get_mut("expect").and_then(Item::as_table_mut) {
        // What only its inner tables have named so far needs a head of its own for what stands in it now.
        table.set_implicit(!table.iter().any(|(_, item)| item.is_value()) && table.is_implicit());
    }
    Ok(document.to_string())
}

/// The comments above a key and behind its value.
fn remarks(table: &dyn TableLike, key: &str) -> Option<(Decor, Decor)> {
    let value = table.get(key)?.as_value()?;
    Some((table.key(key)?.leaf_decor().clone(), value.decor().clone()))
}

fn put(table: &mut dyn TableLike, key: &str, data: &Data) -> Result<(), String> {
    if data.value == Value::Null {
        table.remove(key);
        return Ok(());
    }
    match table.get_mut(key) {
        Some(item) => merge(item, data),
        None => {
            table.insert(key, Item::Value(value(data)?));
            Ok(())
        }
    }
}

/// Makes an item say the same as `data`, and leaves what says so already.
fn merge(item: &mut Item, data: &Data) -> Result<(), String> {
    match (&mut *item, &data.value) {
        (Item::Value(there), _) => merge_value(there, data),
        (Item::Table(table), Value::Table(entries)) => merge_table(table, entries),
        (Item::ArrayOfTables(tables), Value::List(items)) if items.iter().all(is_table) => {
            merge_tables(tables, items)
        }
        _ => {
            *item = Item::Value(value(data)?);
            Ok(())
        }
    }
}

type Entries = [(lockstep_core::workflow::file::Lined<String>, Data)];

fn merge_table(table: &mut dyn TableLike, entries: &Entries) -> Result<(), String> {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for gone in keys.iter().filter(|key| !entries.iter().any(|(known, _)| known.value == **key)) {
        table.remove(gone);
    }
    entries.iter().try_for_each(|(key, data)| put(table, &key.value, data))
}

fn merge_tables(tables: &mut ArrayOfTables, items: &[Data]) -> Result<(), String> {
    while tables.len() > items.len() {
        tables.remove(tables.len() - 1);
    }
    for (at, item) in items.iter().enumerate() {
        let Value::Table(entries) = &item.value else { continue };
        match tables.get_mut(at) {
            Some(table) => merge_table(table, entries)?,
            None => {
                let mut table = Table::new();
                merge_table(&mut table, entries)?;
                tables.push(table);
            }
        }
    }
    Ok(())
}

fn merge_value(there: &mut Toml, data: &Data) -> Result<(), String> {
    match (&mut *there, &data.value) {
        (Toml::InlineTable(table), Value::Table(entries)) => merge_table(table, entries),
        (Toml::Array(array), Value::List(items)) if !array.is_empty() && !items.is_empty() => {
            array::merge(array, items)
        }
        _ => {
            let mut now = value(data)?;
            if !is_same(there, &now) {
                *now.decor_mut() = there.decor().clone();
                *there = now;
            }
            Ok(())
        }
    }
}

fn is_table(data: &Data) -> bool {
    matches!(data.value, Value::Table(_))
}

/// Whether two values are one, however they are spelled.
fn is_same(one: &Toml, other: &Toml) -> bool {
    let plain = |value: &Toml| value.clone().decorated("", "").to_string();
    match (one, other) {
        (Toml::Float(one), Toml::Float(other)) => one.value() == other.value(),
        (Toml::Integer(one), Toml::Integer(other)) => one.value() == other.value(),
        (Toml::String(one), Toml::String(other)) => one.value() == other.value(),
        _ => plain(one) == plain(other),
    }
}

fn value(data: &Data) -> Result<Toml, String> {
    Ok(match &data.value {
        Value::Null => return Err("TOML has no word for a `null` in a list; write the case as .json".into()),
        Value::Bool(bool) => (*bool).into(),
        // What TOML cannot hold as a number is text, as everywhere in cases.
        Value::Number(number) if number.parse::<i64>().is_ok() || number.contains(['.', 'e', 'E']) => {
            number.parse().unwrap_or_else(|_| number.as_str().into())
        }
        Value::Number(text) | Value::Text(text) => text.as_str().into(),
        Value::List(items) => {
            let mut array: Array = items.iter().map(value).collect::<Result<_, _>>()?;
            if array.len() > 1 && array.to_string().len() > ONE_LINE {
                array.iter_mut().for_each(|item| item.decor_mut().set_prefix("\n  "));
                array.set_trailing("\n");
                array.set_trailing_comma(true);
            }
            array.into()
        }
        Value::Table(entries) => {
            let mut table = InlineTable::new();
            for (key, data) in entries.iter().filter(|(_, data)| data.value != Value::Null) {
                table.insert(&key.value, value(data)?);
            }
            table.into()
        }
    })
}
