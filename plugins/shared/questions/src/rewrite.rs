//! The words that matter in a question, and what the documents call them. The glossary lies beside the documents; a
//! model says which of its words are meant.

use gallery_model::{Model, part};
use lockstep_sdk::Failure;
use serde_json::{Value, json};

/// A word of a question, and what else the documents may call it.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub word: String,
    pub also: Vec<String>,
}

const SYSTEM: &str = "\
    You prepare a search in documents. Give the words of the question that matter, without those that every question \
    has. For each, give the words under which the glossary has it, and no others.";

/// The words to look for.
pub fn rewrite(model: &Model, glossary: &str, question: &str) -> Result<Vec<Word>, Failure> {
    let prompt = part("glossary", glossary) + &part("question", question);
    Ok(words(&model.fill(SYSTEM, &prompt, &fields())?))
}

/// The glossary of a folder of documents: lines `word: another, a third`.
pub fn glossary(folder: &str) -> Result<String, Failure> {
    Ok(gallery_search::read(folder, "glossary.txt")?.into_iter().map(|(_, text)| text).collect())
}

/// All of the words, one after the other.
pub fn looked_for(words: &[Word]) -> Vec<String> {
    words.iter().flat_map(|word| std::iter::once(&word.word).chain(&word.also)).cloned().collect()
}

fn fields() -> Value {
    let text = json!({ "type": "string" });
    let word = json!({ "word": text, "also": { "type": "array", "items": text } });
    let word = json!({ "type": "object", "properties": word, "required": ["word", "also"], "additionalProperties": false });
    json!({ "words": { "type": "array", "items": word } })
}

/// What the model said, as far as it is words.
fn words(said: &Value) -> Vec<Word> {
    let texts = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let word =
        |value: &Value| Some(Word { word: value["word"].as_str()?.to_owned(), also: texts(&value["also"]) });
    said["words"].as_array().into_iter().flatten().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_word_is_left_out() {
        let said = json!({ "words": [{ "word": "key", "also": ["secret", 7] }, { "also": ["x"] }, "key"] });
        let words = words(&said);
        assert_eq!(words, [Word { word: "key".into(), also: vec!["secret".into()] }]);
        assert_eq!(looked_for(&words), ["key", "secret"]);
        assert_eq!(super::words(&json!([])), []);
    }
}
