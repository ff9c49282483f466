//! Makes one index of all that was counted, the collection beside it: of each document the words that it has more of
//! than others (counts, weighed by how few documents have the word), and of all words the most frequent.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use lockstep_sdk::{Failure, step};

/// How many words and names are told.
const KEY_WORDS: usize = 3;
const TERMS: usize = 20;
const MOST_IN: usize = 3;

#[step(world = "index-all", wit = "../../wit")]
fn on_counted(collection: Collection, all: Vec<Counted>) -> Result<Index, Failure> {
    let counted: BTreeMap<&str, &Counted> = all.iter().map(|one| (one.name.as_str(), one)).collect();
    let words = Words::of(&counted);
    let (mut documents, mut left_out) = (Vec::new(), Vec::new());
    for Document { name, .. } in collection.documents {
        match counted.get(name.as_str()) {
            Some(one) => documents.push(Entry { key_words: words.key_words(one), words: one.words, name }),
            None => left_out.push(name),
        }
    }
    Ok(Index { name: collection.name, documents, terms: words.terms(), left_out })
}

/// For each word, the documents that have it and how often.
struct Words<'a> {
    documents: f64,
    by_word: BTreeMap<&'a str, Vec<(u32, &'a str)>>,
}

impl<'a> Words<'a> {
    fn of(counted: &BTreeMap<&'a str, &'a Counted>) -> Words<'a> {
        let mut by_word: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for one in counted.values() {
            for Count { word, count } in &one.counts {
                by_word.entry(word).or_default().push((*count, one.name.as_str()));
            }
        }
        Words { documents: counted.len() as f64, by_word }
    }

    /// What a document has more of than others; words that all have are not among them.
    fn key_words(&self, counted: &Counted) -> Vec<String> {
        let weight = |one: &Count| {
            f64::from(one.count) * (self.documents / self.by_word[&*one.word].len() as f64).ln()
        };
        let mut weighed: Vec<_> = counted.counts.iter().map(|one| (weight(one), &one.word)).collect();
        weighed.retain(|(weight, _)| *weight > 0.0);
        weighed.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        weighed.into_iter().take(KEY_WORDS).map(|(_, word)| word.clone()).collect()
    }

    /// The most frequent words, each with the documents that have most of it.
    fn terms(&self) -> Vec<Term> {
        let count = |places: &[(u32, &str)]| places.iter().map(|(count, _)| count).sum::<u32>();
        let mut words: Vec<_> =
            self.by_word.iter().map(|(word, places)| (count(places), word, places)).collect();
        words.sort_by_key(|(count, word, _)| (Reverse(*count), *word));
        words.into_iter().take(TERMS).map(|(count, word, places)| term(word, count, places)).collect()
    }
}

fn term(word: &str, count: u32, places: &[(u32, &str)]) -> Term {
    let mut most = places.to_vec();
    most.sort_by_key(|(count, name)| (Reverse(*count), *name));
    Term {
        word: word.to_owned(),
        count,
        documents: places.len() as u32,
        most_in: most.into_iter().take(MOST_IN).map(|(_, name)| name.to_owned()).collect(),
    }
}
