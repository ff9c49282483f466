//! Which label a text has: the one whose description shares most words with it.

use serde_json::Value;

use crate::model::prompt::Prompt;
use crate::model::words::{alike, words};

/// The label and the words that it is for. Where the text has nothing of any description it is the last of the
/// labels, which is where schemas have their `unsure`; of equals it is the first.
pub(super) fn label(labels: &[Value], prompt: &Prompt) -> (String, String) {
    let text = words(prompt.part("text"));
    let labels: Vec<&str> = labels.iter().filter_map(Value::as_str).collect();
    let mut best: (&str, Vec<String>) = (labels.last().copied().unwrap_or_default(), Vec::new());
    for (label, described) in prompt.part("labels").lines().filter_map(|line| line.split_once(':')) {
        let label = labels.iter().find(|known| **known == label.trim());
        let shared = shared(&text, described);
        if let (Some(label), true) = (label, shared.len() > best.1.len()) {
            best = (label, shared);
        }
    }
    let (label, shared) = best;
    let reason = match shared.is_empty() {
        true => "no word of it belongs to a label".to_owned(),
        false => format!("it says: {}", shared.join(", ")),
    };
    (label.to_owned(), reason)
}

/// The words of a text that a description has too.
fn shared(text: &[String], described: &str) -> Vec<String> {
    let described = words(described);
    let has = |word: &&String| described.iter().any(|other| alike(word, other));
    text.iter().filter(has).cloned().collect()
}
