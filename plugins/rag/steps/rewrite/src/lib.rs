//! Makes a query of a question: the words that matter in it, and what the documents call them. The glossary lies
//! beside the documents; a model says which of its words are meant.

use gallery_model::{Model, part};
use lockstep_sdk::{Failure, step};
use serde_json::{Value, json};

const SYSTEM: &str = "\
    You prepare a search in documents. Give the words of the question that matter, without those that every question \
    has. For each, give the words under which the glossary has it, and no others.";

#[step(world = "rewrite", wit = "../../wit")]
fn on_question(event: Question) -> Result<Query, Failure> {
    let glossary: String =
        gallery_search::read("/corpus", "glossary.txt")?.into_iter().map(|(_, text)| text).collect();
    let prompt = part("glossary", &glossary) + &part("question", &event.text);
    let said = Model::granted()?.fill(SYSTEM, &prompt, &fields())?;
    Ok(Query { words: words(&said), question: event.text })
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
        assert_eq!(words(&said), [Word { word: "key".into(), also: vec!["secret".into()] }]);
        assert_eq!(words(&json!([])), []);
    }
}
