//! Answers from what the question finds once it speaks as the documents do: a model gives it the words of their
//! glossary. It costs a call more.

use gallery_model::Model;
use gallery_questions::{Answered, answer, by_words, documents, glossary, looked_for, rewrite};
use lockstep_sdk::{Failure, step};

/// So many passages an answer rests on at most.
const MOST: usize = 8;

#[step(world = "rewriting", wit = "../../wit")]
fn on_question(event: Question) -> Result<Candidate, Failure> {
    let model = Model::granted()?;
    let words = rewrite(&model, &glossary("/corpus")?, &event.text)?;
    let found = by_words(&documents("/corpus")?, &looked_for(&words), MOST);
    Ok(candidate(answer(&model, &event.text, &words, &found)?))
}

fn candidate(outcome: Answered) -> Candidate {
    let passage = |gallery_search::Passage { file, heading, text }| Passage { file, heading, text };
    let (answer, cited) = match outcome {
        Answered::Yes { answer, cited } => (Ok(answer), cited),
        Answered::No(why) => (Err(why), Vec::new()),
    };
    Candidate { by: Strategy::Rewriting, answer, cited: cited.into_iter().map(passage).collect() }
}
