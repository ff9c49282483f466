//! Grades what the strategies came to, the question beside it, and selects the best; of equals the cheapest. A model
//! gives the grades, by what the answer cites; what has no answer is worth nothing and asks nobody. Where all
//! strategies failed there is nothing to grade, and that is no answer to the question: the run fails.

use gallery_config::config;
use gallery_model::{Model, part};
use gallery_questions::glossary;
use lockstep_sdk::{Failure, info, step};
use serde_json::{Value, json};

const SYSTEM: &str = "\
    Grade the answer to the question from 0 to 100: whether it answers all of the question, and whether the passages \
    say what it says. Give the grade and, in one sentence, the reason. The glossary says which words mean the same.";

#[step(world = "judge", wit = "../../wit")]
fn on_candidates(question: Question, mut all: Vec<Candidate>) -> Result<Emits, Failure> {
    if all.is_empty() {
        return Err(Failure::permanent("no-candidates", "all strategies failed; their own failures say why"));
    }
    let least: u32 = config("least-grade")?.parse()?;
    let judge = Judge { model: Model::granted()?, glossary: glossary("/corpus")?, question: question.text };
    all.sort_by_key(|candidate| candidate.by);
    let scores = all.iter().map(|candidate| judge.score(candidate)).collect::<Result<Vec<_>, _>>()?;
    let best = best(&scores);
    info!("the best of {} is {best:?}", scores.len());
    let question = judge.question;
    match best.filter(|at| scores[*at].grade >= least).map(|at| all.swap_remove(at)) {
        Some(Candidate { by, answer: Ok(answer), cited }) => {
            let citations = (1..).zip(cited).map(|(number, passage)| passage.citation(number)).collect();
            Ok(Answered { question, answer, citations, by, scores }.into())
        }
        _ => Ok(NotAnswered { question, scores }.into()),
    }
}

struct Judge {
    model: Model,
    glossary: String,
    question: String,
}

impl Judge {
    fn score(&self, candidate: &Candidate) -> Result<Score, Failure> {
        let (grade, reason) = match &candidate.answer {
            Ok(answer) => self.grade(answer, &candidate.cited)?,
            Err(why) => (0, why.clone()),
        };
        Ok(Score { by: candidate.by, grade, reason })
    }

    fn grade(&self, answer: &str, cited: &[Passage]) -> Result<(u32, String), Failure> {
        let passages = (1..).zip(cited).map(|(number, passage)| {
            part(&format!("passage n=\"{number}\""), &format!("{}\n{}", passage.heading, passage.text))
        });
        let prompt = passages.collect::<String>()
            + &part("glossary", &self.glossary)
            + &part("question", &self.question)
            + &part("answer", answer);
        let fields = json!({ "grade": { "type": "integer" }, "reason": { "type": "string" } });
        graded(&self.model.fill(SYSTEM, &prompt, &fields)?)
    }
}

/// A grade that is none may be one in another attempt.
fn graded(said: &Value) -> Result<(u32, String), Failure> {
    let grade =
        said["grade"].as_u64().and_then(|grade| u32::try_from(grade).ok()).filter(|grade| *grade <= 100);
    let grade = grade
        .ok_or_else(|| Failure::transient("no-grade", format!("the model graded with {}", said["grade"])))?;
    Ok((grade, said["reason"].as_str().unwrap_or_default().to_owned()))
}

/// The place of the highest grade, the first of them.
fn best(scores: &[Score]) -> Option<usize> {
    (0..scores.len()).rev().max_by_key(|at| scores[*at].grade)
}

impl Passage {
    fn citation(self, number: u32) -> Citation {
        Citation { number, file: self.file, heading: self.heading }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_grade_wins_and_of_equals_the_first() {
        let scores = |grades: &[u32]| -> Vec<Score> {
            grades
                .iter()
                .map(|grade| Score { by: Strategy::Vectors, grade: *grade, reason: String::new() })
                .collect()
        };
        for (grades, expected) in [(&[60, 90, 90][..], Some(1)), (&[0, 0, 0], Some(0)), (&[], None)] {
            assert_eq!(best(&scores(grades)), expected, "{grades:?}");
        }
    }

    #[test]
    fn an_outage_of_all_strategies_is_no_answer() {
        let question = Question { text: "How?".into() };
        assert_eq!(on_candidates(question, Vec::new()).unwrap_err().code, "no-candidates");
    }

    #[test]
    fn what_is_no_grade_is_asked_for_again() {
        assert_eq!(graded(&json!({ "grade": 70, "reason": "good" })).unwrap(), (70, "good".to_owned()));
        for said in [json!({ "grade": 101 }), json!({ "grade": -1 }), json!({ "grade": "70" }), json!({})] {
            assert_eq!(graded(&said).unwrap_err().code, "no-grade", "{said}");
        }
    }
}
