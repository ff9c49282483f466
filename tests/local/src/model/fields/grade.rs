//! How good an answer is, by overlap: how many words of the question it says, itself or by another word of the
//! glossary. An answer with words that no passage has is worth half of that.

use crate::model::prompt::Prompt;
use crate::model::words::{Glossary, words};

/// From 0 to 100, and what for.
pub(super) fn grade(prompt: &Prompt) -> (u64, String) {
    let (asked, answer) = (words(prompt.part("question")), words(&without_numbers(prompt.part("answer"))));
    let glossary = Glossary::read(prompt.part("glossary"));
    let missing: Vec<&str> =
        asked.iter().filter(|word| !glossary.is_among(word, &answer)).map(String::as_str).collect();
    let said = asked.len() - missing.len();
    let known = prompt.passages().iter().flat_map(|passage| words(passage.text)).collect::<Vec<_>>();
    let strange: Vec<&str> = answer.iter().filter(|word| !known.contains(word)).map(String::as_str).collect();
    let grade = 100 * said as u64 / asked.len().max(1) as u64;
    let said = format!("it says {said} of the {} words of the question", asked.len());
    match (strange.is_empty(), missing.is_empty()) {
        (false, _) => (grade / 2, format!("{said}, but no passage says: {}", strange.join(", "))),
        (true, false) => (grade, format!("{said}, not: {}", missing.join(", "))),
        (true, true) => (grade, said),
    }
}

/// An answer without the `[1]` that cite passages.
fn without_numbers(answer: &str) -> String {
    let parts = answer.split('[').map(|part| match part.split_once(']') {
        Some((number, rest)) if number.parse::<u32>().is_ok() => rest,
        _ => part,
    });
    parts.collect::<Vec<_>>().join(" ")
}
