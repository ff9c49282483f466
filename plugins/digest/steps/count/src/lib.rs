//! Counts the words of one document. Whatever is done to each of many documents stands here: a summary by a model,
//! a thumbnail, a check.

use std::collections::BTreeMap;

use gallery_search::plain_words;
use lockstep_sdk::{Failure, step};

/// Shorter words say little.
const SHORTEST: usize = 3;

#[step(world = "count", wit = "../../wit")]
fn on_document(event: Document) -> Result<Counted, Failure> {
    let mut counts = BTreeMap::new();
    for word in plain_words(&event.text).filter(|word| word.chars().count() >= SHORTEST) {
        *counts.entry(word).or_insert(0) += 1;
    }
    match counts.is_empty() {
        true => Err(Failure::permanent("no-words", format!("{} has no words", event.name))),
        false => Ok(Counted {
            name: event.name,
            words: counts.values().sum(),
            counts: counts.into_iter().map(|(word, count)| Count { word, count }).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Result<Counted, Failure> {
        on_document(Document { name: "a.md".into(), text: text.into() })
    }

    #[test]
    fn words_are_counted_that_say_something() {
        let counted = count("Tea is made of leaves; TEA, an ox.").unwrap();
        let counts: Vec<_> = counted.counts.iter().map(|one| (one.word.as_str(), one.count)).collect();
        assert_eq!((counts, counted.words), (vec![("leaves", 1), ("made", 1), ("tea", 2)], 4));
    }

    #[test]
    fn a_document_without_words_cannot_be_counted() {
        assert_eq!(count("— is of —").unwrap_err().message, "a.md has no words");
    }
}
