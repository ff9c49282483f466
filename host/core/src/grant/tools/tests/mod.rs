//! Tools, arguments and schemas as data; then what must hold for any of them.

mod args;
mod choose;
mod pin;
mod schema;

use proptest::prelude::*;
use serde_json::Value;

use super::{Tool, ToolsGrant};
use crate::grant::parse;

/// The rules of tables as a grant has them.
fn grant(tables: &str) -> ToolsGrant {
    parse(&format!("grant = 1\n{tables}")).unwrap_or_else(|findings| panic!("{findings:?}")).tools
}

const GITHUB: &str = "[[tools]]\nmcp = \"github\"\nallow = [\"get_issue\", \"search.issues\"]\n\
    args = { get_issue = { owner = \"acme\", repo = [\"shop\", \"docs\"], page = 1 } }\napprove = [\"get_issue\"]\n\
    [[tools]]\ncomponent = \"pdf\"\nallow = [\"text\"]\n";

fn tool(name: &str, description: &str, schema: Value) -> Tool {
    Tool { name: name.into(), description: description.into(), schema }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "(?s).{0,12}".prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no others", |float| serde_json::Number::from_f64(float)
            .map(Value::Number)),
    ]
}
