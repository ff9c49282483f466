//! Finds passages by what a model holds to be like the question: it turns texts into vectors, those of the
//! documents once and that of the question each time.

use gallery_model::{Model, config, kept_vectors};
use gallery_search::{by_vectors, passages, read};
use lockstep_sdk::{Failure, step};

/// So many passages are found at most.
const MOST: usize = 20;

#[step(world = "meaning", wit = "../../wit")]
fn on_query(event: Query) -> Result<Found, Failure> {
    let (model, least) = (Model::granted()?, config("least-likeness")?.parse()?);
    let (mut all, mut vectors) = (Vec::new(), Vec::new());
    for (name, text) in read("/corpus", ".md")? {
        let passages = passages(&name, &text);
        let texts: Vec<String> =
            passages.iter().map(|passage| format!("{}\n{}", passage.heading, passage.text)).collect();
        vectors.extend(kept_vectors(&model, &texts)?);
        all.extend(passages);
    }
    let question = model.vectors(&[searched(&event)])?.remove(0);
    let best = by_vectors(&question, &vectors, least)
        .into_iter()
        .take(MOST)
        .map(|at| Passage::from(all[at].clone()));
    Ok(Found { by: Method::Meaning, passages: best.collect() })
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
