//! Questions that are answered from documents.

use std::fs;

use lockstep_local::{KEY, Serving, model};
use serde_json::{Value, json};

use super::{MODEL, Place, plugins};

fn place() -> (Place, Serving) {
    let serving = model::begin(0, KEY).unwrap();
    (Place::new("rag", &[(MODEL, serving.port())]), serving)
}

/// With documents of its own, changed in this way.
fn with_documents(change: impl Fn(&str, String) -> String) -> Place {
    let (mut place, _) = place();
    let corpus = plugins().join("rag/corpus");
    fs::create_dir(place.project.path("corpus")).unwrap();
    for document in fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()) {
        let name = document.file_name().unwrap().to_string_lossy();
        let text = change(&name, fs::read_to_string(&document).unwrap());
        fs::write(place.project.path("corpus").join(&*name), text).unwrap();
    }
    for grant in ["rewrite", "words", "meaning"] {
        place = place.changed(&format!("grants/{grant}.toml"), &corpus.display().to_string(), "../corpus");
    }
    place
}

#[test]
fn questions_are_answered_with_sentences_of_the_documents_and_where_they_stand() {
    place().0.golden();
}

#[test]
fn other_documents_make_another_answer_with_another_citation() {
    let place = with_documents(|name, text| match name {
        "readme.md" => text.replace("64 MiB of memory and 2 s of computing", "little"),
        "refunds.md" => format!("{text}\n## How much it may use\nEach attempt has 48 MiB of memory.\n"),
        _ => text,
    });
    let result = place.result("memory");
    assert_eq!(result["answer"], "Each attempt has 48 MiB of memory. [1]");
    let cited = json!([{ "number": 1, "file": "refunds.md", "heading": "How much it may use" }]);
    assert_eq!(result["citations"], cited);
}

#[test]
fn what_no_document_says_is_not_answered() {
    let place = with_documents(|_, _| "# Tea\nTea from an open box is no good.\n".to_owned());
    let result = place.result("open-question");
    assert_eq!(result["why"], "the passages that were found do not answer it", "{result:#}");
}

#[test]
fn another_glossary_makes_another_search() {
    let place = with_documents(|name, text| match name {
        "glossary.txt" => "secret: shibboleth\n".to_owned(),
        _ => text,
    });
    let result = place.result("password");
    assert_eq!(result["looked_for"], json!(["host", "hand", "password", "plugin"]));
    assert_eq!(result["answer"], Value::Null, "no sentence has enough of these words");
}

/// How many texts were turned into vectors, call by call.
fn sent(serving: &Serving) -> Vec<usize> {
    let calls = serving.heard().into_iter().filter(|asked| asked.what == "POST /v1/embeddings");
    calls.map(|asked| asked.body["input"].as_array().unwrap().len()).collect()
}

#[test]
fn documents_are_sent_to_the_model_once_and_questions_each_time() {
    let (place, serving) = place();
    place.result("memory");
    let first = sent(&serving);
    assert!(first.len() > 6 && first.last() == Some(&1) && first.iter().sum::<usize>() > 50, "{first:?}");
    place.result("password");
    assert_eq!(sent(&serving)[first.len()..], [1]);
}

#[test]
fn vectors_that_cannot_be_kept_are_asked_for_each_time_and_used_all_the_same() {
    let (place, serving) = place();
    let place = place.changed("grants/meaning.toml", "bytes = \"64MiB\"", "bytes = \"1KiB\"");
    let ended = place.run("memory");
    assert!(ended.stderr.contains("the store is full"), "{}", ended.stderr);
    assert!(ended.stderr.contains("meaning  done → found"), "{}", ended.stderr);
    let first = sent(&serving);
    assert_eq!(place.result("memory"), place.expected("memory"));
    assert_eq!(sent(&serving)[first.len()..], first);
}

#[test]
fn a_model_that_gives_no_vectors_leaves_the_words() {
    let (place, serving) = place();
    let place = place.changed("grants/meaning.toml", "local-ngram-512", "no-such-model");
    assert_eq!(place.result("memory"), place.expected("memory"));
    assert_eq!(sent(&serving).len(), 1, "a model that is not there is asked once");
}

#[test]
fn the_key_reaches_the_model_and_nothing_else() {
    let (place, serving) = place();
    place.result("memory");
    assert!(!serving.heard().is_empty(), "nobody is answered without it");
    let run = place.last_run();
    let told =
        place.lockstep(&["runs", "export", &run]).stdout + &place.lockstep(&["runs", "show", &run]).stdout;
    assert!(told.contains("/v1/chat/completions") && !told.contains(KEY), "{told}");
}

#[test]
fn without_the_right_key_the_run_fails_and_says_why() {
    let serving = model::begin(0, "another-key-than-ours").unwrap();
    let ended = Place::new("rag", &[(MODEL, serving.port())]).run("memory");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("permanent `http-status`: the server answered with 401"),
        "{}",
        ended.stderr
    );
}
