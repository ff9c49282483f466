//! Answers from what the words of the question find as they are: cheap, and right where the question speaks as the
//! documents do.

use gallery_model::Model;
use gallery_questions::{Answered, answer, by_words, documents};
use lockstep_sdk::{Failure, step};

/// So many passages an answer rests on at most.
const MOST: usize = 8;

#[step(world = "keywords", wit = "../../wit")]
fn on_question(event: Question) -> Result<Candidate, Failure> {
    let found = by_words(&documents("/corpus")?, std::slice::from_ref(&event.text), MOST);
    Ok(candidate(answer(&Model::granted()?, &event.text, &[], &found)?))
}

fn candidate(outcome: Answered) -> Candidate {
    let passage = |gallery_search::Passage { file, heading, text }| Passage { file, heading, text };
    let (answer, cited) = match outcome {
        Answered::Yes { answer, cited } => (Ok(answer), cited),
        Answered::No(why) => (Err(why), Vec::new()),
    };
    Candidate { by: Strategy::Keywords, answer, cited: cited.into_iter().map(passage).collect() }
}
