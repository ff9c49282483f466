//! Answers from the evidence, and says which passages the answer cites.

use gallery_model::Model;
use gallery_questions as questions;
use lockstep_sdk::{Failure, step};

#[step(world = "answer", wit = "../../wit")]
fn on_evidence(event: Evidence) -> Result<Emits, Failure> {
    let Evidence { query: Query { question, words }, passages } = event;
    let words: Vec<_> = words.into_iter().map(|Word { word, also }| questions::Word { word, also }).collect();
    let passages: Vec<_> = passages
        .into_iter()
        .map(|Passage { file, heading, text }| gallery_search::Passage { file, heading, text })
        .collect();
    let looked_for = questions::looked_for(&words);
    Ok(match questions::answer(&Model::granted()?, &question, &words, &passages)? {
        questions::Answered::No(why) => NotAnswered { question, why, looked_for }.into(),
        questions::Answered::Yes { answer, cited } => {
            let citation = |(number, passage): (u32, gallery_search::Passage)| Citation {
                number,
                file: passage.file,
                heading: passage.heading,
            };
            let citations = (1..).zip(cited).map(citation).collect();
            Answered { question, answer, citations, looked_for }.into()
        }
    })
}
