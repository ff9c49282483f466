//! Makes a query of a question: the words that matter in it, and what the documents call them.

use gallery_model::Model;
use gallery_questions::{glossary, rewrite};
use lockstep_sdk::{Failure, step};

#[step(world = "rewrite", wit = "../../wit")]
fn on_question(event: Question) -> Result<Query, Failure> {
    let words = rewrite(&Model::granted()?, &glossary("/corpus")?, &event.text)?;
    let words = words.into_iter().map(|word| Word { word: word.word, also: word.also }).collect();
    Ok(Query { words, question: event.text })
}
