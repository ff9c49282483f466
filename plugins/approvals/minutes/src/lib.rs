//! Who decided what, as the state of a run keeps it: a list, one entry for each item.

/// The key of the list.
pub const KEY: &str = "minutes";

/// The JSON text of an entry.
pub fn entry(item: u32, said: &str) -> String {
    serde_json::json!([item, said]).to_string()
}

/// What the entries say, in the order of their items, whenever each was written.
pub fn in_order(entries: impl Iterator<Item = String>) -> Result<Vec<String>, serde_json::Error> {
    let entries = entries.map(|entry| serde_json::from_str::<(u32, String)>(&entry));
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries.into_iter().map(|(item, said)| format!("item {item}: {said}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_in_the_order_of_the_items() {
        let written = [(10, "no"), (2, "\"yes\"\u{7}"), (1, "")].map(|(item, said)| entry(item, said));
        let told = in_order(written.into_iter()).unwrap();
        assert_eq!(told, ["item 1: ", "item 2: \"yes\"\u{7}", "item 10: no"]);
    }

    #[test]
    fn what_is_no_entry_is_an_error() {
        assert!(in_order(["[1]".to_owned()].into_iter()).is_err());
    }
}
