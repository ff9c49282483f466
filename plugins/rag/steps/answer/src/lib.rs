//! Answers from the evidence. A model writes the answer; what it cites must be there, and an answer that cites
//! nothing is none.

use gallery_model::{Model, part};
use lockstep_sdk::{Failure, step};

const SYSTEM: &str = "\
    Answer the question from the passages and from nothing else, in as few of their sentences as will do. After each \
    sentence cite the number of its passage, such as [1]. The glossary says which words mean the same in them. If the \
    passages do not answer the question, say exactly: NO ANSWER";

#[step(world = "answer", wit = "../../wit")]
fn on_evidence(event: Evidence) -> Result<Emits, Failure> {
    let said = Model::granted()?.say(SYSTEM, &prompt(&event))?;
    let Evidence { query, passages } = event;
    let looked_for =
        query.words.into_iter().flat_map(|Word { word, also }| [vec![word], also].concat()).collect();
    let question = query.question;
    match cited(&said, &passages) {
        Ok((answer, citations)) => Ok(Answered { question, answer, citations, looked_for }.into()),
        Err(why) => Ok(NotAnswered { question, why, looked_for }.into()),
    }
}

fn prompt(evidence: &Evidence) -> String {
    let line = |word: &Word| format!("{}: {}", word.word, word.also.join(", "));
    let words = evidence.query.words.iter().filter(|word| !word.also.is_empty());
    let glossary: Vec<String> = words.map(line).collect();
    let passages = (1..).zip(&evidence.passages).map(|(number, passage)| {
        part(&format!("passage n=\"{number}\""), &format!("{}\n{}", passage.heading, passage.text))
    });
    passages.collect::<String>()
        + &part("glossary", &glossary.join("\n"))
        + &part("question", &evidence.query.question)
}

/// The answer with its passages counted in the order in which it cites them, or why it is none.
fn cited(said: &str, passages: &[Passage]) -> Result<(String, Vec<Citation>), String> {
    if said.trim() == "NO ANSWER" {
        return Err("the passages that were found do not answer it".into());
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
                return Err(format!("the model cites passage {number}, which it was not given"));
            }
        }
    }
    let citations: Vec<Citation> =
        (1..).zip(&cited).map(|(number, at)| passages[at - 1].as_citation(number)).collect();
    match citations.is_empty() {
        true => Err("the model cites nothing for what it says".into()),
        false => Ok((answer, citations)),
    }
}

impl Passage {
    fn as_citation(&self, number: u32) -> Citation {
        Citation { number, file: self.file.clone(), heading: self.heading.clone() }
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

    fn passages() -> Vec<Passage> {
        let passage = |file: &str| Passage { file: file.into(), heading: "H".into(), text: "t".into() };
        vec![passage("a"), passage("b"), passage("c")]
    }

    fn check(said: &str, expected: Result<(&str, &[&str]), &str>) {
        let cited = cited(said, &passages());
        let cited =
            cited.map(|(answer, all)| (answer, all.into_iter().map(|one| one.file).collect::<Vec<_>>()));
        let expected = expected.map(|(answer, files)| {
            (answer.to_owned(), files.iter().map(|file| (*file).to_owned()).collect())
        });
        assert_eq!(cited, expected.map_err(str::to_owned), "{said}");
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
        let query = Query { question: "Q?".into(), words: vec![word("key", &["secret"]), word("q", &[])] };
        let passages = vec![Passage { file: "a".into(), heading: "H".into(), text: "t".into() }];
        let expected = "<passage n=\"1\">\nH\nt\n</passage>\n<glossary>\nkey: secret\n</glossary>\n<question>\nQ?\n</question>\n";
        assert_eq!(prompt(&Evidence { query, passages }), expected);
    }
}
