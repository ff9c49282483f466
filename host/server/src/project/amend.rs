//! A grant with one rule more, as text: whatever else stands in it stays as it is, comments too. It knows
//! how TOML is written and which keys say what; whether the outcome grants what it should is for whoever
//! reads it again.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

/// What becomes of a grant.
#[derive(Clone, Debug)]
pub(crate) enum Amendment {
    /// A narrower copy of an `[[http]]` stands before it, that asks nobody. `lines` are those of the rule for
    /// one request alone.
    Narrowed { at: usize, lines: String },
    /// An `[[http]]` of these lines stands after the others.
    Added { lines: String },
    /// A tool is allowed by a `[[tools]]`, and nobody is asked about it.
    Tool { at: usize, tool: String },
}

/// The text with the amendment in it, and what is new, as lines. `path` leads to the tables of the grant.
pub(crate) fn amended(text: &str, path: &[&str], amendment: &Amendment) -> Result<(String, String), String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let mut grant: &mut dyn TableLike = document.as_table_mut();
    for key in path {
        let item = grant.get_mut(key).ok_or_else(|| format!("there is no `{}`", path.join(".")))?;
        grant = item.as_table_like_mut().ok_or_else(|| format!("`{}` is no table", path.join(".")))?;
    }
    let shown = match amendment {
        Amendment::Narrowed { at, lines } => {
            let rules = grant.get_mut("http").ok_or("it has no [[http]]")?;
            let rule = narrowed(rules, *at, &keys(lines)?).ok_or("it has another number of [[http]]")?;
            inserted(rules, *at, &rule)?;
            written(&rule)
        }
        Amendment::Added { lines } => {
            let rule = keys(lines)?;
            let rules = grant.entry("http").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
            let last = count(rules);
            inserted(rules, last, &rule)?;
            written(&rule)
        }
        Amendment::Tool { at, tool } => {
            let rules = grant.get_mut("tools").ok_or("it has no [[tools]]")?;
            let rule = element_mut(rules, *at).ok_or("it has another number of [[tools]]")?;
            opened(rule, tool)?;
            tools_written(rule)
        }
    };
    Ok((document.to_string(), shown))
}

/// The keys of the one `[[http]]` in these lines.
fn keys(lines: &str) -> Result<Table, String> {
    let document: DocumentMut = lines.parse().map_err(|error| format!("{error}"))?;
    let rule = document.get("http").and_then(|rules| element(rules, 0));
    rule.map(plain).ok_or_else(|| "there is no rule for it".to_owned())
}

/// A rule with the keys of a narrower one in their place, that asks nobody.
fn narrowed(rules: &Item, at: usize, narrower: &Table) -> Option<Table> {
    let mut rule = plain(element(rules, at)?);
    for (key, item) in narrower {
        // Where its host may be is said by the rule that it comes from.
        if key != "network" {
            rule.insert(key, item.clone());
        }
    }
    rule.insert("approve", value("never"));
    Some(rule)
}

/// Keys and values without the comments and spaces between them; tables within are written in one line.
fn plain(table: &dyn TableLike) -> Table {
    let mut plain = Table::new();
    for (key, item) in table.iter() {
        if let Ok(mut value) = item.clone().into_value() {
            value.decor_mut().clear();
            plain.insert(key, Item::Value(value));
        }
    }
    plain
}

fn element(rules: &Item, at: usize) -> Option<&dyn TableLike> {
    match rules {
        Item::ArrayOfTables(tables) => tables.get(at).map(|table| table as &dyn TableLike),
        Item::Value(Value::Array(array)) => {
            array.get(at)?.as_inline_table().map(|table| table as &dyn TableLike)
        }
        _ => None,
    }
}

fn count(rules: &Item) -> usize {
    match rules {
        Item::ArrayOfTables(tables) => tables.len(),
        Item::Value(Value::Array(array)) => array.len(),
        _ => 0,
    }
}

fn inserted(rules: &mut Item, at: usize, rule: &Table) -> Result<(), String> {
    match rules {
        Item::ArrayOfTables(tables) => {
            tables.insert(at, rule.clone());
            Ok(())
        }
        Item::Value(Value::Array(array)) => {
            array.insert(at, rule.clone().into_inline_table());
            Ok(())
        }
        _ => Err("`http` is no list of tables".to_owned()),
    }
}

/// As it stands in a file of its own.
fn written(rule: &Table) -> String {
    let mut document = DocumentMut::new();
    let mut rules = ArrayOfTables::new();
    rules.push(rule.clone());
    document.insert("http", Item::ArrayOfTables(rules));
    document.to_string().trim().to_owned()
}

/// The nth of the tables in a list.
pub(crate) fn element_mut(rules: &mut Item, at: usize) -> Option<&mut dyn TableLike> {
    match rules {
        Item::ArrayOfTables(tables) => tables.get_mut(at).map(|table| table as &mut dyn TableLike),
        Item::Value(Value::Array(array)) => {
            array.get_mut(at)?.as_inline_table_mut().map(|table| table as &mut dyn TableLike)
        }
        _ => None,
    }
}

/// Takes a tool out of those that a person decides on, and puts it among those that are allowed.
fn opened(rule: &mut dyn TableLike, tool: &str) -> Result<(), String> {
    if let Some(asked) = rule.get_mut("approve") {
        let names = asked.as_array_mut().ok_or("`approve` is no list")?;
        names.retain(|name| name.as_str() != Some(tool));
        match names.is_empty() {
            // A list that says nothing is refused.
            true => drop(rule.remove("approve")),
            false if !names.to_string().contains('\n') => names.fmt(),
            false => {}
        }
    }
    let allowed = rule.entry("allow").or_insert_with(|| Item::Value(Value::Array(Array::new())));
    let names = allowed.as_array_mut().ok_or("`allow` is no list")?;
    if !names.iter().any(|name| name.as_str() == Some(tool)) {
        names.push(tool);
    }
    Ok(())
}

fn tools_written(rule: &dyn TableLike) -> String {
    let line = |key: &str| {
        let mut value = rule.get(key)?.as_value()?.clone();
        value.decor_mut().clear();
        Some(format!("\n{key} = {value}"))
    };
    let lines = ["mcp", "component", "allow", "approve"].into_iter().filter_map(line);
    format!("[[tools]]{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const RULE: &str = "[[http]]\nhost = \"pay.example\"\nmethods = [\"POST\"]\npaths = [\"/v1/a\"]\nquery = []\nnetwork = \"private\"\n";

    fn check(text: &str, path: &[&str], amendment: &Amendment, expected: Expect) {
        let (text, shown) = amended(text, path, amendment).unwrap();
        expected.assert_eq(&format!("{text}--\n{shown}\n"));
    }

    #[test]
    fn a_narrower_rule_stands_before_the_one_that_asks_and_all_else_stays() {
        let text = "# ours\ngrant = 1\n\n[state] # counts\nrun = \"rw\"\n\n# reads\n[[http]]\nhost = \"a.example\"\n\n# pays\n[[http]]\nhost = \"*.example\" # all of them\nmethods = [\n  \"POST\", # pay\n]\napprove = \"writes\"\neffects = \"at-most-once\"\n[http.secret]\nname = \"key\"\nheader = \"authorization\"\n\n[limits]\nmemory = \"1MiB\"\n";
        check(
            text,
            &[],
            &Amendment::Narrowed { at: 1, lines: RULE.into() },
            expect![[r#"
            # ours
            grant = 1

            [state] # counts
            run = "rw"

            # reads
            [[http]]
            host = "a.example"

            [[http]]
            host = "pay.example"
            methods = ["POST"]
            approve = "never"
            effects = "at-most-once"
            secret = { name = "key", header = "authorization" }
            paths = ["/v1/a"]
            query = []

            # pays
            [[http]]
            host = "*.example" # all of them
            methods = [
              "POST", # pay
            ]
            approve = "writes"
            effects = "at-most-once"
            [http.secret]
            name = "key"
            header = "authorization"

            [limits]
            memory = "1MiB"
            --
            [[http]]
            host = "pay.example"
            methods = ["POST"]
            approve = "never"
            effects = "at-most-once"
            secret = { name = "key", header = "authorization" }
            paths = ["/v1/a"]
            query = []
        "#]],
        );
    }

    #[test]
    fn the_first_rule_of_a_workflow_may_ask_and_a_rule_may_be_added_to_one_line() {
        let text = "workflow = \"w\"\n\n[steps.a]\ncomponent = \"a.wasm\"\n\n[[steps.a.grant.http]]\nhost = \"pay.example\"\nport = 444\n\n[steps.b]\ngrant = { http = [{ host = \"b.example\" }] }\n";
        check(
            text,
            &["steps", "a", "grant"],
            &Amendment::Narrowed { at: 0, lines: RULE.into() },
            expect![[r#"
            workflow = "w"

            [steps.a]
            component = "a.wasm"

            [[steps.a.grant.http]]
            host = "pay.example"
            port = 444
            methods = ["POST"]
            paths = ["/v1/a"]
            query = []
            approve = "never"

            [[steps.a.grant.http]]
            host = "pay.example"
            port = 444

            [steps.b]
            grant = { http = [{ host = "b.example" }] }
            --
            [[http]]
            host = "pay.example"
            port = 444
            methods = ["POST"]
            paths = ["/v1/a"]
            query = []
            approve = "never"
        "#]],
        );
        let (text, _) =
            amended(text, &["steps", "b", "grant"], &Amendment::Added { lines: RULE.into() }).unwrap();
        let line = r#"grant = { http = [{ host = "b.example" }, { host = "pay.example", methods = ["POST"], paths = ["/v1/a"], query = [], network = "private" }] }"#;
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_tool_is_allowed_and_asked_about_no_more() {
        let text = "grant = 1\n[[tools]]\nmcp = \"git\"\nallow = [\"a\"]\n\n[[tools]]\nmcp = \"github\" # ours\nallow = [\"search\", \"create\"]\napprove = [\"create\", \"close\"]\n";
        let tool = |tool: &str| Amendment::Tool { at: 1, tool: tool.into() };
        check(
            text,
            &[],
            &tool("create"),
            expect![[r#"
            grant = 1
            [[tools]]
            mcp = "git"
            allow = ["a"]

            [[tools]]
            mcp = "github" # ours
            allow = ["search", "create"]
            approve = ["close"]
            --
            [[tools]]
            mcp = "github"
            allow = ["search", "create"]
            approve = ["close"]
        "#]],
        );
        let (none, _) = amended(&text.replace(", \"close\"", ""), &[], &tool("create")).unwrap();
        assert!(!none.contains("approve"), "{none}");
        let (_, shown) = amended(text, &[], &tool("delete")).unwrap();
        assert!(shown.contains("allow = [\"search\", \"create\", \"delete\"]\n"), "{shown}");
        assert!(amended(text, &[], &Amendment::Tool { at: 2, tool: "a".into() }).is_err());
    }

    #[test]
    fn what_is_not_there_is_not_amended() {
        let added = Amendment::Added { lines: RULE.into() };
        let narrowed = Amendment::Narrowed { at: 1, lines: RULE.into() };
        assert!(amended("a = 1\n", &["steps", "a", "grant"], &added).is_err());
        assert!(amended("[[http]]\nhost = \"a\"\n", &[], &narrowed).is_err());
        assert!(amended("http = 1\n", &[], &added).is_err());
        assert!(amended("<", &[], &added).is_err());
    }
}
