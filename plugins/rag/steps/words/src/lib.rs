//! Finds passages by the words of the query and the other words for them, by BM25.

use gallery_search::{by_words, passages, read};
use lockstep_sdk::{Failure, step};

/// So many passages are found at most.
const MOST: usize = 20;

#[step(world = "words", wit = "../../wit")]
fn on_query(event: Query) -> Result<Found, Failure> {
    let documents = read("/corpus", ".md")?;
    let all: Vec<_> = documents.iter().flat_map(|(name, text)| passages(name, text)).collect();
    let words: Vec<String> =
        event.words.into_iter().flat_map(|Word { word, also }| [vec![word], also].concat()).collect();
    let best = by_words(&words, &all).into_iter().take(MOST).map(|at| Passage::from(all[at].clone()));
    Ok(Found { by: Method::Words, passages: best.collect() })
}

impl From<gallery_search::Passage> for Passage {
    fn from(gallery_search::Passage { file, heading, text }: gallery_search::Passage) -> Passage {
        Passage { file, heading, text }
    }
}
