//! Passages for a question, from the documents of a folder.

use gallery_model::{Model, kept_vectors};
use gallery_search::{Passage, by_vectors, passages, read};
use lockstep_sdk::Failure;

/// The passages of each document in a folder.
pub fn documents(folder: &str) -> Result<Vec<Vec<Passage>>, Failure> {
    Ok(read(folder, ".md")?.iter().map(|(name, text)| passages(name, text)).collect())
}

/// Those that have these words, by BM25, the best first: so many at most.
pub fn by_words(documents: &[Vec<Passage>], words: &[String], most: usize) -> Vec<Passage> {
    let all = documents.concat();
    gallery_search::by_words(words, &all).into_iter().take(most).map(|at| all[at].clone()).collect()
}

/// Those whose vectors are like that of a text, the best first: so many at most, and none that is less like it than
/// `least`. Documents are sent to the model once, texts each time.
pub fn by_meaning(
    model: &Model,
    documents: &[Vec<Passage>],
    text: &str,
    least: f64,
    most: usize,
) -> Result<Vec<Passage>, Failure> {
    let (all, mut vectors) = (documents.concat(), Vec::new());
    for document in documents {
        let texts: Vec<String> =
            document.iter().map(|passage| format!("{}\n{}", passage.heading, passage.text)).collect();
        vectors.extend(kept_vectors(model, &texts)?);
    }
    let text = model.vectors(&[text.to_owned()])?.remove(0);
    Ok(by_vectors(&text, &vectors, least).into_iter().take(most).map(|at| all[at].clone()).collect())
}
