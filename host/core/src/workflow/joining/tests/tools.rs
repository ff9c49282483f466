//! Tools that are components, and the grants that allow them.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::bench::{contract, tell, text};
use crate::grant;
use crate::workflow::{Joined, join, parse};

/// What is said of a workflow with these tools, whose step has this grant.
fn check(tools: &str, allowed: &str, files: &[(&str, &str)], expected: Expect) {
    let own = format!("[steps.pay.grant]\n{allowed}");
    let text = format!("{}{tools}", text("", &[("pay", &own, "")]));
    let file = parse(&text).unwrap_or_else(|findings| panic!("{}\n{text}", tell(&findings)));
    let mut contract = contract("start -> stop");
    contract.imports.clear();
    let contracts = BTreeMap::from([("pay".to_owned(), Arc::new(contract))]);
    let grants = files.iter().map(|(name, text)| ((*name).to_owned(), grant::parse(text).unwrap()));
    let told = match join(&file, &contracts, &grants.collect()) {
        Ok(Joined { workflow, warnings }) => {
            let tool = |tool: &crate::workflow::ToolNode| {
                format!(
                    "{} is {} with {} folder\n",
                    tool.name,
                    tool.component,
                    tool.grant.scratch.map_or("no", |_| "a")
                )
            };
            format!("{}{}", workflow.tools.iter().map(tool).collect::<String>(), tell(&warnings))
        }
        Err(findings) => tell(&findings),
    };
    expected.assert_eq(&told);
}

const ALLOW: &str = "tools = [{ component = \"pdf\", allow = [\"text\"] }]";

#[test]
fn a_tool_has_its_own_grant_wherever_it_stands() {
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"",
        ALLOW,
        &[],
        expect![[r#"
        pdf is pdf.wasm with no folder
        warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
    "#]],
    );
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"\ngrant = { scratch = {} }",
        ALLOW,
        &[],
        expect![[r#"
        pdf is pdf.wasm with a folder
        warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
    "#]],
    );
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"\ngrant = \"g/pdf.toml\"",
        ALLOW,
        &[("pdf", "grant = 1\n[scratch]")],
        expect![[r#"
            pdf is pdf.wasm with a folder
            warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
        "#]],
    );
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"\ngrant = \"g/pdf.toml\"",
        ALLOW,
        &[],
        expect![[r#"
        error: w:8: tool `pdf`: its grant `g/pdf.toml` was not read
    "#]],
    );
}

#[test]
fn a_grant_that_names_no_tool_of_the_workflow_is_refused() {
    check(
        "",
        ALLOW,
        &[],
        expect![[r#"
        warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
        error: w:4: step `pay`: its grant allows tools of the component `pdf`, and the workflow has none of that name; add a table `[tools.pdf]`
    "#]],
    );
    check(
        "[tools.pdff]\ncomponent = \"pdf.wasm\"",
        ALLOW,
        &[],
        expect![[r#"
        warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
        error: w:4: step `pay`: its grant allows tools of the component `pdf`, and the workflow has none of that name; did you mean `pdff`?
        warning: w:8: tool `pdff`: no grant allows it; add `[[tools]]` with `component = "pdff"`, or remove the table
    "#]],
    );
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"\n[[tools.pdf.grant.tools]]\ncomponent = \"ocr\"\nallow = [\"read\"]",
        ALLOW,
        &[],
        expect![[r#"
            warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
            error: w:8: tool `pdf`: its grant allows tools of the component `ocr`, and the workflow has none of that name; add a table `[tools.ocr]`
        "#]],
    );
}

#[test]
fn a_tool_that_no_grant_allows_is_told_of() {
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"",
        "",
        &[],
        expect![[r#"
        pdf is pdf.wasm with no folder
        warning: w:7: tool `pdf`: no grant allows it; add `[[tools]]` with `component = "pdf"`, or remove the table
    "#]],
    );
}

#[test]
fn a_tool_has_no_run_and_never_calls_itself() {
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"\ngrant = { state = { run = \"r\" }, updates = {} }",
        ALLOW,
        &[],
        expect![[r#"
            warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
            error: w:8: tool `pdf`: its grant has `[state]`, and a tool has no run of its own; remove the table
            error: w:8: tool `pdf`: its grant has `[updates]`, and a tool has no run of its own; remove the table
        "#]],
    );
    check(
        "[tools.pdf]\ncomponent = \"pdf.wasm\"\n[[tools.pdf.grant.tools]]\ncomponent = \"ocr\"\nallow = [\"read\"]\n\
         [tools.ocr]\ncomponent = \"ocr.wasm\"\n[[tools.ocr.grant.tools]]\ncomponent = \"pdf\"\nallow = [\"text\"]\n",
        ALLOW,
        &[],
        expect![[r#"
            warning: w:4: step `pay`: its grant has a table `[[tools]]`, and the component imports no `lockstep:step/tools`; remove the table
            error: w:8: tool `pdf`: its grant lets it call itself, or what calls it; remove one of the [[tools]]
            error: w:13: tool `ocr`: its grant lets it call itself, or what calls it; remove one of the [[tools]]
        "#]],
    );
}

/// What is said of a tool that imports these, where a step calls it.
fn imports(given: &str, names: &[(&str, crate::contract::Class)], expected: Expect) {
    use crate::contract::{Import, Support};
    let text = text("", &[("pay", &format!("[steps.pay.grant]\n{ALLOW}"), "")]);
    let file = parse(&format!("{text}[tools.pdf]\ncomponent = \"pdf.wasm\"\n{given}")).unwrap();
    let mut step = contract("start -> stop");
    step.imports.clear();
    let mut tool = contract("start -> stop");
    let import =
        |(name, class): &(&str, _)| Import { name: (*name).into(), class: *class, support: Support::Now };
    tool.imports = names.iter().map(import).collect();
    let contracts = [("pay".to_owned(), Arc::new(step)), ("pdf".to_owned(), Arc::new(tool))].into();
    let told = match join(&file, &contracts, &BTreeMap::new()) {
        Ok(joined) => tell(&joined.warnings),
        Err(findings) => tell(&findings),
    };
    expected.assert_eq(&told.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn what_a_tool_asks_for_and_is_not_granted_is_told_all_at_once_with_the_table_to_add() {
    use crate::contract::Class;
    let all = [
        ("lockstep:step/http@0.1.0", Class::Granted),
        ("lockstep:step/state@0.1.0", Class::Granted),
        ("lockstep:step/timer@0.1.0", Class::Free),
        ("lockstep:step/log@0.1.0", Class::Free),
        ("wasi:config/store@0.2.0-rc.1", Class::Granted),
    ];
    imports(
        "source = \"pdf\"\n",
        &all,
        expect![[r#"
        error: w:8: tool `pdf`: imports `lockstep:step/state@0.1.0`, and a tool has no run of its own; build the component without it
        error: w:8: tool `pdf`: imports `lockstep:step/timer@0.1.0`, and a tool has no run of its own; build the component without it
        error: w:8: tool `pdf`: imports `lockstep:step/http@0.1.0`, which is not granted; add to [tools.pdf.grant] (or to grants/pdf.toml): `http = [{ host = "api.example.com", methods = ["GET"] }]`
        error: w:8: tool `pdf`: imports `wasi:config/store@0.2.0-rc.1`, which is not granted; add to [tools.pdf.grant] (or to grants/pdf.toml): `config = { key = "value" }`
    "#]],
    );
    imports(
        "",
        &all[4..],
        expect![[r#"
        error: w:8: tool `pdf`: imports `wasi:config/store@0.2.0-rc.1`, which is not granted; make a grant with `lockstep grant draft pdf.wasm -o grants/pdf.toml`, and write `grant = "grants/pdf.toml"`
    "#]],
    );
    imports("[tools.pdf.grant.config]\nkey = 1\n", &all[3..], expect![[r#""#]]);
}
