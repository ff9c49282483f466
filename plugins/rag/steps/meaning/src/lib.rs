//! Finds passages by what a model holds to be like the question: it turns texts into vectors, those of the
//! documents once and that of the question each time.

use gallery_config::config;
use gallery_model::Model;
use gallery_questions::{by_meaning, documents};
use lockstep_sdk::{Failure, step};

/// So many passages are found at most.
const MOST: usize = 20;

#[step(world = "meaning", wit = "../../wit")]
fn on_query(event: Query) -> Result<Found, Failure> {
    let least = config("least-likeness")?.parse()?;
    let found = by_meaning(&Model::granted()?, &documents("/corpus")?, &searched(&event), least, MOST)?;
    Ok(Found { by: Method::Meaning, passages: found.into_iter().map(Passage::from).collect() })
}

/// The question, and the other words for what it says.
fn searched(query: &Query) -> String {
    let also = query.words.iter().flat_map(|word| &word.also).map(String::as_str);
    std::iter::once(query.question.as_str()).chain(also).collect::<Vec<_>>().join(" ")
}

impl From<gallery_search::Passage> for Passage {
    fn from(gallery_search::Passage { file, heading, text }: gallery_search::Passage) -> Passage {
        Passage { file, heading, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_are_looked_for_too() {
        let word = Word { word: "password".into(), also: vec!["secret".into(), "token".into()] };
        let query = Query { question: "Whose password?".into(), words: vec![word] };
        assert_eq!(searched(&query), "Whose password? secret token");
    }
}
