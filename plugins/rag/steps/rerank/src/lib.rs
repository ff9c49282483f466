//! Makes one list of what the searches found, the query beside it: first what stands high in both. A search that
//! failed is made up for by what the other one found; that nothing is there can be said only when both have looked.

use gallery_search::fused;
use lockstep_sdk::{Failure, info, step};

/// So many passages an answer rests on at most.
const MOST: usize = 12;

/// So many searches there are: by words and by meaning.
const SEARCHES: usize = 2;

#[step(world = "rerank", wit = "../../wit")]
fn on_found(query: Query, all: Vec<Found>) -> Result<Emits, Failure> {
    let failed = SEARCHES.saturating_sub(all.len());
    let lists: Vec<Vec<Key>> =
        all.into_iter().map(|found| found.passages.into_iter().map(key).collect()).collect();
    info!("{} lists of {:?} passages", lists.len(), lists.iter().map(Vec::len).collect::<Vec<_>>());
    let best = fused(&lists).into_iter().take(MOST);
    let passages: Vec<Passage> = best.map(|(file, heading, text)| Passage { file, heading, text }).collect();
    match (passages.is_empty(), failed) {
        (false, _) => Ok(Evidence { query, passages }.into()),
        (true, 1..) => Err(Failure::permanent(
            "search-failed",
            format!("{failed} of {SEARCHES} searches failed, and nothing was found without them"),
        )),
        (true, 0) => Ok(NotAnswered {
            looked_for: query
                .words
                .into_iter()
                .flat_map(|Word { word, also }| [vec![word], also].concat())
                .collect(),
            why: "no document has anything like it".into(),
            question: query.question,
        }
        .into()),
    }
}

/// What makes two passages of two lists the same.
type Key = (String, String, String);

fn key(passage: Passage) -> Key {
    (passage.file, passage.heading, passage.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(text: &str) -> Passage {
        Passage { file: "a.md".into(), heading: "A".into(), text: text.into() }
    }

    fn found(by: Method, texts: &[&str]) -> Found {
        Found { by, passages: texts.iter().map(|text| passage(text)).collect() }
    }

    fn query() -> Query {
        Query { question: "How?".into(), words: vec![Word { word: "how".into(), also: Vec::new() }] }
    }

    #[test]
    fn what_both_searches_found_comes_first() {
        let all = vec![found(Method::Words, &["x", "y", "z"]), found(Method::Meaning, &["v", "z", "w", "u"])];
        let Emits::Evidence(evidence) = on_found(query(), all).unwrap() else { panic!("nothing was found") };
        let texts: Vec<_> = evidence.passages.iter().map(|passage| passage.text.as_str()).collect();
        assert_eq!(texts, ["z", "v", "x", "y", "w", "u"]);
    }

    #[test]
    fn what_one_search_found_is_enough() {
        let all = vec![found(Method::Words, &["x"])];
        let Emits::Evidence(evidence) = on_found(query(), all).unwrap() else { panic!("nothing was found") };
        assert_eq!(evidence.passages.len(), 1);
    }

    #[test]
    fn nothing_found_is_told_if_both_searches_have_looked() {
        let (words, meaning) = (found(Method::Words, &[]), found(Method::Meaning, &[]));
        for heard in [vec![], vec![words.clone()], vec![meaning.clone()]] {
            assert_eq!(on_found(query(), heard).unwrap_err().code, "search-failed");
        }
        let Emits::NotAnswered(told) = on_found(query(), vec![words, meaning]).unwrap() else {
            panic!("something was found")
        };
        assert_eq!((told.question.as_str(), told.looked_for.as_slice()), ("How?", &["how".to_owned()][..]));
    }
}
