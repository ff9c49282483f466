//! Answers from what a model holds to be like the question, however it is written.

use gallery_config::config;
use gallery_model::Model;
use gallery_questions::{Answered, answer, by_meaning, documents};
use lockstep_sdk::{Failure, step};

/// So many passages an answer rests on at most.
const MOST: usize = 8;

#[step(world = "vectors", wit = "../../wit")]
fn on_question(event: Question) -> Result<Candidate, Failure> {
    let (model, least) = (Model::granted()?, config("least-likeness")?.parse()?);
    let found = by_meaning(&model, &documents("/corpus")?, &event.text, least, MOST)?;
    Ok(candidate(answer(&model, &event.text, &[], &found)?))
}

fn candidate(outcome: Answered) -> Candidate {
    let passage = |gallery_search::Passage { file, heading, text }| Passage { file, heading, text };
    let (answer, cited) = match outcome {
        Answered::Yes { answer, cited } => (Ok(answer), cited),
        Answered::No(why) => (Err(why), Vec::new()),
    };
    Candidate { by: Strategy::Vectors, answer, cited: cited.into_iter().map(passage).collect() }
}
