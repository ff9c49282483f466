//! A client of models that speak OpenAI's protocol, as most do: the step's grant says where one is, which key it
//! gets and what it is called.
//!
//! ```toml
//! [[http]]
//! host = "api.openai.com"
//! methods = ["POST"]
//! paths = ["/v1/chat/completions", "/v1/embeddings"]
//! secret = { name = "model-key", header = "authorization", format = "Bearer {}" }
//! timeout = "60s"
//! [config]
//! model-url = "https://api.openai.com/v1"
//! chat-model = "gpt-5-mini"
//! embedding-model = "text-embedding-3-small"
//! [[kv]]                              # only for `kept_vectors`
//! store = "vectors"
//! access = "rw"
//! ttl = "30d"                         # what is not asked for any more goes
//! ```

mod kept;
mod prompt;

#[allow(warnings, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit/wasi-keyvalue",
        inline: "package gallery:model; world reaches { import wasi:keyvalue/store@0.2.0-draft; }",
        generate_all,
    });
}

use gallery_config::config;
use lockstep_sdk::{Failure, http};
use serde_json::{Value, json};

pub use kept::kept_vectors;
pub use prompt::part;

/// Where a model is and what it is called; it has no state.
pub struct Model {
    url: String,
    chat: String,
    embedding: String,
}

impl Model {
    /// The model that the grant's `[config]` names.
    pub fn granted() -> Result<Model, Failure> {
        Ok(Model {
            url: config("model-url")?,
            chat: config("chat-model").unwrap_or_default(),
            embedding: config("embedding-model").unwrap_or_default(),
        })
    }

    /// What it says to a prompt.
    pub fn say(&self, system: &str, prompt: &str) -> Result<String, Failure> {
        self.complete(json!({ "model": self.chat, "messages": messages(system, prompt) }))
    }

    /// What it says to a prompt, as an object with these fields, each a JSON Schema.
    ///
    /// Whether the values are what the schemas say is the model's affair: check what matters.
    pub fn fill(&self, system: &str, prompt: &str, fields: &Value) -> Result<Value, Failure> {
        let names: Vec<&String> = fields.as_object().into_iter().flat_map(|fields| fields.keys()).collect();
        let schema = json!({ "type": "object", "properties": fields, "required": names, "additionalProperties": false });
        let said = self.complete(json!({
            "model": self.chat,
            "messages": messages(system, prompt),
            "response_format": { "type": "json_schema", "json_schema": { "name": "answer", "schema": schema } },
        }))?;
        // Another attempt may get JSON.
        serde_json::from_str(&said)
            .map_err(|_| Failure::transient("no-json", format!("the model said `{said}`")))
    }

    /// The vectors of texts, in their order.
    pub fn vectors(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Failure> {
        let answer = self.post("embeddings", &json!({ "model": self.embedding, "input": texts }))?;
        let vectors: Option<Vec<Vec<f32>>> =
            answer["data"].as_array().into_iter().flatten().map(vector).collect();
        let vectors = vectors.filter(|vectors| vectors.len() == texts.len());
        vectors
            .ok_or_else(|| Failure::transient("no-vectors", "the model gave no vector for some of the texts"))
    }

    fn complete(&self, body: Value) -> Result<String, Failure> {
        let answer = self.post("chat/completions", &body)?;
        let said = answer["choices"][0]["message"]["content"].as_str().map(str::to_owned);
        said.ok_or_else(|| Failure::transient("no-answer", "the model said nothing"))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let answer = http::post(format!("{}/{path}", self.url)).json(body.to_string()).send()?;
        Ok(serde_json::from_str(&answer.successful()?.text())?)
    }
}

fn messages(system: &str, prompt: &str) -> Value {
    json!([{ "role": "system", "content": system }, { "role": "user", "content": prompt }])
}

fn vector(data: &Value) -> Option<Vec<f32>> {
    data["embedding"].as_array()?.iter().map(|part| Some(part.as_f64()? as f32)).collect()
}
