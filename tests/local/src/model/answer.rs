//! An answer of sentences that stand in the passages, each with the number of its passage. A sentence is worth
//! what it says of the question: rare words count more than those that stand in every sentence.

use super::prompt::Prompt;
use super::words::{Glossary, words};

/// What is said where no passage answers.
pub const NO_ANSWER: &str = "NO ANSWER";

/// So much of the question the best sentence has to say, of 1.
const ENOUGH: f64 = 0.45;

/// So much more of it another sentence has to add.
const MORE: f64 = 0.25;

/// The most sentences that an answer has.
const MOST: usize = 3;

struct Sentence<'p> {
    text: &'p str,
    number: &'p str,
    /// Which words of the question it says.
    says: Vec<bool>,
}

/// From the passages, the sentences that say most of the question.
pub(super) fn answer(prompt: &Prompt) -> String {
    let asked = words(prompt.part("question"));
    let glossary = Glossary::read(prompt.part("glossary"));
    let passages = prompt.passages();
    let all = passages.iter().flat_map(|passage| {
        sentences(passage.text).map(|text| Sentence {
            text,
            number: passage.number,
            says: said(&asked, text, &glossary),
        })
    });
    let mut left: Vec<Sentence<'_>> = all.collect();
    let weights = weights(asked.len(), &left);
    let (mut open, mut answer) = (vec![true; asked.len()], Vec::new());
    while answer.len() < MOST {
        let Some((at, worth)) = best(&left, &weights, &open) else { break };
        let wanted = if answer.is_empty() { ENOUGH } else { MORE };
        if worth < wanted {
            break;
        }
        let sentence = left.remove(at);
        open.iter_mut().zip(&sentence.says).for_each(|(open, says)| *open &= !says);
        answer.push(format!("{} [{}]", sentence.text, sentence.number));
    }
    if answer.is_empty() { NO_ANSWER.to_owned() } else { answer.join(" ") }
}

/// Which words of a question a text says, itself or by another word for it.
fn said(asked: &[String], text: &str, glossary: &Glossary) -> Vec<bool> {
    let here = words(text);
    asked.iter().map(|word| glossary.is_among(word, &here)).collect()
}

/// What each word of the question is worth; all together 1.
fn weights(count: usize, sentences: &[Sentence<'_>]) -> Vec<f64> {
    let saying = |at: usize| sentences.iter().filter(|sentence| sentence.says[at]).count();
    let weight = |at| (1.0 + sentences.len() as f64 / saying(at).max(1) as f64).ln();
    let weights: Vec<f64> = (0..count).map(weight).collect();
    let all: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / all).collect()
}

/// The sentence that says most of what is still open; of equals the first.
fn best(sentences: &[Sentence<'_>], weights: &[f64], open: &[bool]) -> Option<(usize, f64)> {
    let worth = |sentence: &Sentence<'_>| -> f64 {
        let counts = sentence.says.iter().zip(open).map(|(says, open)| *says && *open);
        counts.zip(weights).filter_map(|(counts, weight)| counts.then_some(weight)).sum()
    };
    let all = sentences.iter().map(worth).enumerate();
    all.fold(None, |best: Option<(usize, f64)>, (at, worth)| match best {
        Some((_, most)) if most >= worth => best,
        _ => Some((at, worth)),
    })
}

/// The sentences of a text: up to a dot, a question mark or an exclamation mark before a space, and to the end of
/// each line.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut rest = line.trim();
        std::iter::from_fn(move || {
            let end = [". ", "? ", "! "].iter().filter_map(|end| rest.find(end)).min();
            let (sentence, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            rest = after.trim_start();
            (!sentence.is_empty()).then_some(sentence)
        })
    })
}
