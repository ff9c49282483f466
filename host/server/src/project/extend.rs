//! A workflow with one step more, as text: whatever else stands in it stays as it is, comments too.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// The text with a step that is built from `steps/NAME`, and with the grant of what it uses.
pub(crate) fn with_step(text: &str, name: &str, uses: &[&str]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let steps = document.entry("steps").or_insert_with(|| {
        let mut steps = Table::new();
        steps.set_implicit(true);
        Item::Table(steps)
    });
    let steps = steps.as_table_mut().ok_or("`steps` is no table of its own; write [steps.NAME]")?;
    let mut step = Table::new();
    step.decor_mut().set_prefix("\n");
    step.insert("component", value(format!("components/{name}.wasm")));
    step.insert("source", value(format!("steps/{name}")));
    if let Some(grant) = grant(uses) {
        step.insert("grant", Item::Table(grant));
    }
    steps.insert(name, Item::Table(step));
    Ok(document.to_string())
}

/// What needs no grant is given none.
fn grant(uses: &[&str]) -> Option<Table> {
    let mut grant = Table::new();
    grant.decor_mut().set_prefix("\n");
    grant.set_implicit(true);
    for one in uses {
        match *one {
            "state" => inline(&mut grant, "state", "run", "rw"),
            "updates" => inline(&mut grant, "updates", "bytes", "64KiB"),
            "http" => listed(&mut grant, "http", "host", "api.example.com", "methods", "GET"),
            "tools" => listed(&mut grant, "tools", "mcp", "files", "allow", "read_text_file"),
            _ => {}
        }
    }
    (!grant.is_empty()).then_some(grant)
}

fn inline(grant: &mut Table, table: &str, key: &str, text: &str) {
    let mut inner = InlineTable::new();
    inner.insert(key, text.into());
    grant.insert(table, Item::Value(Value::InlineTable(inner)));
    grant.set_implicit(false);
}

/// The first rule of a list: what is allowed stands there to be changed.
fn listed(grant: &mut Table, table: &str, key: &str, text: &str, list: &str, element: &str) {
    let mut rule = Table::new();
    rule.decor_mut().set_prefix("\n");
    rule.insert(key, value(text));
    rule.insert(list, value(Array::from_iter([element])));
    let mut rules = ArrayOfTables::new();
    rules.push(rule);
    grant.insert(table, Item::ArrayOfTables(rules));
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_step_is_added_after_the_others_and_all_else_stays() {
        let text = "workflow = \"w\"       # ours\nstart = \"a\"\nstop = [\"b\"]\n\n# first\n[steps.one]\ncomponent = \"one.wasm\"\n";
        let added = with_step(text, "two", &["run", "state", "http", "tools"]).unwrap();
        expect![[r#"
            workflow = "w"       # ours
            start = "a"
            stop = ["b"]

            # first
            [steps.one]
            component = "one.wasm"

            [steps.two]
            component = "components/two.wasm"
            source = "steps/two"

            [steps.two.grant]
            state = { run = "rw" }

            [[steps.two.grant.http]]
            host = "api.example.com"
            methods = ["GET"]

            [[steps.two.grant.tools]]
            mcp = "files"
            allow = ["read_text_file"]
        "#]]
        .assert_eq(&added);
    }

    #[test]
    fn a_step_that_uses_nothing_granted_has_no_grant() {
        let added = with_step("workflow = \"w\"\n", "two", &["run", "timer"]).unwrap();
        expect![[r#"
            workflow = "w"

            [steps.two]
            component = "components/two.wasm"
            source = "steps/two"
        "#]]
        .assert_eq(&added);
        assert!(with_step("steps = 1\n", "two", &[]).is_err());
    }
}
