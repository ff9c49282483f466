//! A second look at fields that were objected to, one problem a line: `lines[0].amount: unreadable "1.580,00 EUR"`.
//! What is unreadable is written in the usual notation, an amount of a line that does not add up is computed, and
//! everything else stays as the document has it.

use serde_json::{Map, Value};

/// Changes the field that a problem names, if a rule knows how.
pub(super) fn mend(fields: &mut Map<String, Value>, problem: &str) {
    let Some((path, what)) = problem.split_once(": ") else { return };
    let computed =
        what.split_once(", computed ").map(|(_, computed)| computed).filter(|_| path.ends_with(".amount"));
    let Some(value) = at(fields, path) else { return };
    let mended = match value.as_str() {
        Some(text) if what.starts_with("unreadable") => usual(path, text),
        Some(_) => computed.map(str::to_owned),
        None => None,
    };
    if let Some(mended) = mended {
        *value = mended.into();
    }
}

/// The value at `total` or `lines[0].unit-price`.
fn at<'f>(fields: &'f mut Map<String, Value>, path: &str) -> Option<&'f mut Value> {
    let Some((list, rest)) = path.split_once('[') else { return fields.get_mut(path) };
    let (number, name) = rest.split_once("].")?;
    fields.get_mut(list)?.get_mut(number.parse::<usize>().ok()?)?.get_mut(name.replace('-', "_"))
}

/// In the notation that validators want: `1234.50`, `2026-03-14`, `EUR`, `2.5`.
fn usual(path: &str, text: &str) -> Option<String> {
    match path.rsplit('.').next().unwrap_or_default() {
        "date" => date(text),
        "currency" => Some(currency(text)?.to_owned()),
        "quantity" => Some(text.replace(',', ".")),
        _ => amount(text),
    }
}

fn currency(sign: &str) -> Option<&'static str> {
    Some(match sign {
        "€" => "EUR",
        "$" => "USD",
        "£" => "GBP",
        _ => return None,
    })
}

/// The last two digits are decimals; all other separators group.
fn amount(text: &str) -> Option<String> {
    let sign = if text.contains('-') { "-" } else { "" };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let at = digits.len().checked_sub(2).filter(|at| *at > 0)?;
    Some(format!("{sign}{}.{}", &digits[..at], &digits[at..]))
}

/// From `14.03.2026`, `March 9, 2026` and `3 Feb 2026`.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([' ', '.', ',']).filter(|part| !part.is_empty()).collect();
    let [one, two, year] = parts[..] else { return None };
    let (day, month) = match (month(one), month(two)) {
        (Some(month), _) => (two.parse().ok()?, month),
        (_, Some(month)) => (one.parse().ok()?, month),
        _ => (one.parse().ok()?, two.parse().ok()?),
    };
    let (day, month): (u32, u32) = (day, month);
    Some(format!("{year}-{month:02}-{day:02}"))
}

fn month(name: &str) -> Option<u32> {
    let start: String = name.to_lowercase().chars().take(3).collect();
    let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    (1..).zip(names).find(|(_, known)| *known == start).map(|(number, _)| number)
}
