//! Fields of a document, by rules that stand in the descriptions of the fields.
//!
//! What stands in backticks in a description is what stands before the value, such as `Invoice no`; the labels are
//! tried one after the other. A description that says `amount` wants the last amount of that line, one that says
//! `date` the rest of the line up to a gap, one that says `currency` the first sign of a currency anywhere, one that
//! says `at the top` the beginning of the document; any other wants the next word. A list gets an entry for each line
//! that ends with an amount and does not begin with a label of any field. Values are given as they stand there.

use serde_json::{Map, Value, json};

use super::again;
use crate::model::prompt::Prompt;

/// Codes before signs, so that `CHF 5` is no sign within a word.
const CURRENCIES: [&str; 7] = ["EUR", "USD", "GBP", "CHF", "€", "$", "£"];

/// The fields as the document has them, or as a `<draft>` has them after its `<problems>` were looked at.
pub(super) fn fill(schema: &Value, prompt: &Prompt) -> Value {
    let draft = serde_json::from_str::<Map<String, Value>>(prompt.part("draft"));
    let mut fields = draft.unwrap_or_else(|_| read(schema, prompt.part("document")));
    prompt.part("problems").lines().for_each(|problem| again::mend(&mut fields, problem));
    Value::Object(fields)
}

fn read(schema: &Value, document: &str) -> Map<String, Value> {
    let fields: Vec<Field<'_>> =
        schema["properties"].as_object().into_iter().flatten().map(Field::of).collect();
    let labels: Vec<&str> = fields.iter().flat_map(|field| field.labels.iter().copied()).collect();
    let value = |field: &Field<'_>| match field.is_list {
        true => document.lines().filter_map(|line| entry(line, &labels)).collect(),
        false => field.value(document).map_or(Value::Null, Value::String),
    };
    fields.iter().map(|field| (field.name.to_owned(), value(field))).collect()
}

struct Field<'s> {
    name: &'s str,
    description: &'s str,
    /// What stands in backticks.
    labels: Vec<&'s str>,
    is_list: bool,
}

impl<'s> Field<'s> {
    fn of((name, schema): (&'s String, &'s Value)) -> Field<'s> {
        let description = schema["description"].as_str().unwrap_or_default();
        let labels = description.split('`').skip(1).step_by(2).collect();
        Field { name, description, labels, is_list: schema["type"] == "array" }
    }

    fn value(&self, document: &str) -> Option<String> {
        if self.description.contains("currency") {
            return first_currency(document);
        }
        let after = |label: &&str| document.lines().find_map(|line| self.after(line, label));
        let at_the_top =
            || columns(document.lines().next().unwrap_or_default()).first().map(|text| (*text).to_owned());
        let top = self.description.contains("at the top").then(at_the_top);
        self.labels.iter().find_map(after).or(top.flatten())
    }

    /// The value on a line that has the label.
    fn after(&self, line: &str, label: &str) -> Option<String> {
        let (_, rest) = line.split_once(label)?;
        let rest = rest.trim_start_matches([':', ' ']);
        let value = match () {
            () if self.description.contains("amount") => {
                columns(rest).into_iter().rfind(|text| is_amount(text))
            }
            () if self.description.contains("date") || self.description.contains("at the top") => {
                columns(rest).first().copied()
            }
            () => rest.split_whitespace().next(),
        };
        value.map(str::to_owned)
    }
}

/// The parts of a line between gaps.
fn columns(line: &str) -> Vec<&str> {
    let parts = line.split(['|', '·']).flat_map(|part| part.split("  "));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Digits with two decimals, and a currency at most.
fn is_amount(text: &str) -> bool {
    let bare = CURRENCIES.iter().fold(text.to_owned(), |text, sign| text.replace(sign, ""));
    let mut end = bare.trim().chars().rev();
    let decimals = end.by_ref().take(2).filter(char::is_ascii_digit).count();
    let has_decimals = decimals == 2 && end.next().is_some_and(|c| ".,".contains(c));
    has_decimals && bare.chars().all(|c| c.is_ascii_digit() || ".,'- ".contains(c))
}

fn first_currency(document: &str) -> Option<String> {
    let found = CURRENCIES.iter().filter_map(|sign| Some((document.find(sign)?, *sign)));
    found.min().map(|(_, sign)| sign.to_owned())
}

/// What was sold, from a line such as `2   Chair   45.00   90.00`: its description, and after it quantity, price and
/// amount, as many as there are; a number before it is the quantity where none is after it.
fn entry(line: &str, labels: &[&str]) -> Option<Value> {
    let columns = columns(line);
    let at = columns.iter().position(|text| text.contains(char::is_alphabetic) && !is_amount(text))?;
    let (before, after) = (&columns[..at], &columns[at + 1..]);
    let is_sum = labels.iter().any(|label| columns[at].starts_with(label));
    let amount = after.last().filter(|text| is_amount(text) && !is_sum)?;
    let price = after.len().checked_sub(2).map(|at| after[at]);
    let quantity =
        after.len().checked_sub(3).map(|at| after[at]).or(before.last().copied().filter(|_| price.is_some()));
    Some(json!({ "description": columns[at], "quantity": quantity, "unit_price": price, "amount": amount }))
}
