//! A model that is none: it speaks OpenAI's protocol and answers by rules from the prompt that it is sent, always
//! the same. What it says stands in that prompt: sentences of the passages with the numbers of those passages,
//! fields of the document, labels of the list. It draws no conclusion, and it says what it is: in the names of its
//! models, in the `system_fingerprint` and a header of every answer.
//!
//! A prompt has its parts between tags, as prompts for language models have, too:
//!
//! | tag | what it holds |
//! |---|---|
//! | `<question>` | what is asked |
//! | `<passage n="1">` | text to answer from, as many as there are |
//! | `<glossary>` | lines `word: another, a third`: words that mean the same here |
//! | `<answer>` | an answer that is to be graded |
//! | `<labels>` | lines `label: what belongs there` |
//! | `<text>` | what is to be labelled |
//! | `<document>` | what fields are read from |
//! | `<draft>`, `<problems>` | fields that were read before, and what is wrong with them |
//!
//! Without a `response_format` it answers the question, and says [`NO_ANSWER`] where no passage does. With a JSON
//! schema it fills in the schema's fields, each by a rule that `fields` tells.

mod answer;
mod embed;
mod fields;
mod prompt;
mod words;

#[cfg(test)]
mod tests;

use std::io;

use serde_json::{Value, json};

use crate::http::{Answer, Asked, Service, Serving, serve};
use prompt::Prompt;

pub use answer::NO_ANSWER;

/// What answers prompts.
pub const CHAT: &str = "local-extractive-1";

/// What turns texts into vectors: by the groups of three letters in them, so that words are alike which are
/// written alike.
pub const EMBEDDING: &str = "local-ngram-512";

const NOTICE: &str = "rule-based and extractive; not a language model";

/// Serves on a port of this machine, 0 for any, whoever shows the key.
pub fn begin(port: u16, key: &str) -> io::Result<Serving> {
    serve(Model, port, key)
}

struct Model;

impl Service for Model {
    fn notice(&self) -> &'static str {
        NOTICE
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let answered = match asked.what.as_str() {
            "GET /v1/models" => Ok(models()),
            "POST /v1/embeddings" => embeddings(&asked.body),
            "POST /v1/chat/completions" => completion(&asked.body),
            other => Err(Answer::error(404, "unknown_url", format!("there is no `{other}` here"))),
        };
        answered.map_or_else(|refusal| refusal, Answer::ok)
    }
}

fn models() -> Value {
    let model = |id: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": NOTICE });
    json!({ "object": "list", "data": [model(CHAT), model(EMBEDDING)] })
}

fn embeddings(body: &Value) -> Result<Value, Answer> {
    is_model(body, EMBEDDING)?;
    for (option, only) in [("encoding_format", json!("float")), ("dimensions", json!(embed::DIMENSIONS))] {
        if body.get(option).is_some_and(|wanted| *wanted != only) {
            return Err(unsupported(&format!("`{option}` can only be {only}")));
        }
    }
    let texts = match &body["input"] {
        Value::String(text) => vec![text.as_str()],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if texts.is_empty() {
        return Err(unsupported("`input` is a text or a list of texts"));
    }
    let vector = |(index, text): (usize, &&str)| json!({ "object": "embedding", "index": index, "embedding": embed::vector(text) });
    let data: Vec<Value> = texts.iter().enumerate().map(vector).collect();
    let tokens: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Ok(json!({ "object": "list", "model": EMBEDDING, "data": data, "usage": usage }))
}

fn completion(body: &Value) -> Result<Value, Answer> {
    is_model(body, CHAT)?;
    if body["stream"] == true || body["tools"].is_array() || body["n"].as_u64().is_some_and(|n| n != 1) {
        return Err(unsupported("one answer comes, whole and without calls of tools"));
    }
    let prompt =
        Prompt::read(&body["messages"]).ok_or_else(|| unsupported("`messages` is a list of texts"))?;
    let content = match body["response_format"]["type"].as_str() {
        None | Some("text") => answer::answer(&prompt),
        Some("json_schema") => {
            fields::fill(&body["response_format"]["json_schema"]["schema"], &prompt).to_string()
        }
        Some(_) => return Err(unsupported("name the fields: `response_format` with a `json_schema`")),
    };
    let (asked, said) = (prompt.length(), content.split_whitespace().count());
    Ok(json!({
        "id": "chatcmpl-local",
        "object": "chat.completion",
        "created": 0,
        "model": CHAT,
        "system_fingerprint": NOTICE,
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": content },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said },
    }))
}

fn is_model(body: &Value, only: &str) -> Result<(), Answer> {
    match body["model"] == only {
        true => Ok(()),
        false => Err(Answer::error(404, "model_not_found", format!("the model for this is `{only}`"))),
    }
}

fn unsupported(message: &str) -> Answer {
    Answer::error(400, "unsupported", message)
}
