//! An answer from passages. A model writes it; what it cites must be there, and an answer that cites nothing is
//! none.

use gallery_model::{Model, part};
use gallery_search::Passage;
use lockstep_sdk::Failure;

use crate::Word;

const SYSTEM: &str = "\
    Answer the question from the passages and from nothing else, in as few of their sentences as will do. After each \
    sentence cite the number of its passage, such as [1]. The glossary says which words mean the same in them. If the \
    passages do not answer the question, say exactly: NO ANSWER";

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// The answer, and the passages that it cites as `[1]`, `[2]` and so on.
    Yes { answer: String, cited: Vec<Passage> },
    /// Why there is none.
    No(String),
}

/// The answer to a question, from these passages; the words say what else its words are called in them.
pub fn answer(
    model: &Model,
    question: &str,
    words: &[Word],
    passages: &[Passage],
) -> Result<Answered, Failure> {
    match passages.is_empty() {
        true => Ok(Answered::No("no document has anything like it".into())),
        false => Ok(cited(&model.say(SYSTEM, &prompt(question, words, passages))?, passages)),
    }
}

fn prompt(question: &str, words: &[Word], passages: &[Passage]) -> String {
    let words = words.iter().filter(|word| !word.also.is_empty());
    let glossary: Vec<String> =
        words.map(|word| format!("{}: {}", word.word, word.also.join(", "))).collect();
    let passages = (1..).zip(passages).map(|(number, passage)| {
        part(&format!("passage n=\"{number}\""), &format!("{}\n{}", passage.heading, passage.text))
    });
    passages.collect::<String>() + &part("glossary", &glossary.join("\n")) + &part("question", question)
}

/// The answer with its passages counted in the order in which it cites them, or why it is none.
fn cited(said: &str, passages: &[Passage]) -> Answered {
    if said.trim() == "NO ANSWER" {
        return Answered::No("the passages that were found do not answer it".into());
    }
    let mut answer = String::new();
    let mut cited: Vec<usize> = Vec::new();
    for piece in pieces(said.trim()) {
        match piece {
            Piece::Text(text) => answer += text,
            Piece::Number(number) if (1..=passages.len()).contains(&number) => {
                let at = cited.iter().position(|known| *known == number).unwrap_or(cited.len());
                cited.extend((at == cited.len()).then_some(number));
                answer += &format!("[{}]", at + 1);
            }
            Piece::Number(number) => {
                return Answered::No(format!("the model cites passage {number}, which it was not given"));
            }
        }
    }
    match cited.is_empty() {
        true => Answered::No("the model cites nothing for what it says".into()),
        false => {
            Answered::Yes { answer, cited: cited.iter().map(|number| passages[number - 1].clone()).collect() }
        }
    }
}

enum Piece<'s> {
    Text(&'s str),
    /// `[3]`
    Number(usize),
}

fn pieces(said: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    for (open, _) in said.match_indices('[') {
        let Some(length) = said[open..].find(']') else { continue };
        if let Ok(number) = said[open + 1..open + length].parse() {
            pieces.extend([Piece::Text(&said[begin..open]), Piece::Number(number)]);
            begin = open + length + 1;
        }
    }
    pieces.push(Piece::Text(&said[begin..]));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(text: &str) -> Passage {
        Passage { file: "a".into(), heading: "H".into(), text: text.into() }
    }

    fn check(said: &str, expected: Result<(&str, &[&str]), &str>) {
        let passages = ["a", "b", "c"].map(passage);
        let expected = match expected {
            Ok((answer, texts)) => Answered::Yes {
                answer: answer.into(),
                cited: texts.iter().map(|text| passage(text)).collect(),
            },
            Err(why) => Answered::No(why.into()),
        };
        assert_eq!(cited(said, &passages), expected, "{said}");
    }

    #[test]
    fn passages_are_counted_as_they_are_cited() {
        check("It is so [3], or so [1]; so [3].", Ok(("It is so [1], or so [2]; so [1].", &["c", "a"])));
        check("An array[i] is [x] fine [2]", Ok(("An array[i] is [x] fine [1]", &["b"])));
    }

    #[test]
    fn what_rests_on_nothing_is_no_answer() {
        check(" NO ANSWER\n", Err("the passages that were found do not answer it"));
        check("It is so.", Err("the model cites nothing for what it says"));
        check("It is so [4].", Err("the model cites passage 4, which it was not given"));
        check("It is so [0].", Err("the model cites passage 0, which it was not given"));
    }

    #[test]
    fn the_prompt_has_what_the_answer_may_rest_on() {
        let word = |word: &str, also: &[&str]| Word {
            word: word.into(),
            also: also.iter().map(|word| (*word).into()).collect(),
        };
        let words = [word("key", &["secret"]), word("q", &[])];
        let expected = "<passage n=\"1\">\nH\nt\n</passage>\n<glossary>\nkey: secret\n</glossary>\n<question>\nQ?\n</question>\n";
        assert_eq!(prompt("Q?", &words, &[passage("t")]), expected);
    }
}
