//! The words of a question, for a search: each with the other words that the glossary has for it.

use serde_json::{Value, json};

use crate::model::prompt::Prompt;
use crate::model::words::{self, Glossary};

/// `[{"word": "password", "also": ["secret"]}]`
pub(super) fn words(prompt: &Prompt) -> Value {
    let glossary = Glossary::read(prompt.part("glossary"));
    let asked = words::words(prompt.part("question"));
    asked.iter().map(|word| json!({ "word": word, "also": glossary.others(word) })).collect()
}
