//! Finds passages by the words of the query and the other words for them, by BM25.

use gallery_questions::{by_words, documents};
use lockstep_sdk::{Failure, step};

/// So many passages are found at most.
const MOST: usize = 20;

#[step(world = "words", wit = "../../wit")]
fn on_query(event: Query) -> Result<Found, Failure> {
    let words: Vec<String> =
        event.words.into_iter().flat_map(|Word { word, also }| [vec![word], also].concat()).collect();
    let found = by_words(&documents("/corpus")?, &words, MOST);
    Ok(Found { by: Method::Words, passages: found.into_iter().map(Passage::from).collect() })
}

impl From<gallery_search::Passage> for Passage {
    fn from(gallery_search::Passage { file, heading, text }: gallery_search::Passage) -> Passage {
        Passage { file, heading, text }
    }
}
