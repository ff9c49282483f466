//! Which rule a call goes by, what it is made with, and what would let it through.

use expect_test::expect;
use proptest::prelude::*;
use serde_json::json;

use super::{GITHUB, grant, scalar};
use crate::effect::Denial;
use crate::grant::parse;
use crate::grant::tools::{Allowed, Arguments, ToolSource, ToolsRule, rule_that_allows};

#[test]
fn a_tool_is_called_by_the_name_that_is_allowed_and_by_no_other() {
    let grant = grant(GITHUB);
    let told = [
        "get_issue",
        "search.issues",
        "text",
        "Get_issue",
        "get_issue ",
        "get-issue",
        "get_issues",
        "",
        "github/get_issue",
    ]
    .map(|name| match grant.choose(name) {
        Ok(rule) => format!("{name:?}: {}, {}, asks {}\n", rule.name(), rule.what(name), rule.asks(name)),
        Err(why) => format!("{name:?}: {}\n", why.as_str()),
    });
    expect![[r#"
        "get_issue": github: get_issue, search.issues, github/get_issue, asks true
        "search.issues": github: get_issue, search.issues, github/search.issues, asks false
        "text": component:pdf: text, component:pdf/text, asks false
        "Get_issue": tool
        "get_issue ": tool
        "get-issue": tool
        "get_issues": tool
        "": tool
        "github/get_issue": tool
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn arguments_are_settled_by_the_rule() {
    let grant = grant(GITHUB);
    let rule = grant.choose("get_issue").unwrap();
    let told = [
        r#"{"repo": "shop", "n": 7}"#,
        r#"{"repo": "docs", "owner": "acme", "page": 1}"#,
        r#"{"repo": "docs", "owner": "Acme"}"#,
        r#"{"repo": "docs", "owner": null}"#,
        r#"{"repo": "docs", "owner": ["acme"]}"#,
        r#"{"repo": "docs", "page": 1.0}"#,
        r#"{"repo": "docs", "page": "1"}"#,
        r#"{"repo": "evil"}"#,
        r#"{"Repo": "shop"}"#,
        "{}",
    ]
    .map(|text| match rule.settle("get_issue", Arguments::read(text).unwrap()) {
        Ok(arguments) => format!("{}\n", arguments.text()),
        Err(refused) => format!("{}: {}\n", refused.why().as_str(), refused.what(rule, "get_issue")),
    });
    expect![[r#"
        {"n":7,"owner":"acme","page":1,"repo":"shop"}
        {"owner":"acme","page":1,"repo":"docs"}
        argument: github/get_issue owner="Acme"
        argument: github/get_issue owner=null
        argument: github/get_issue owner=["acme"]
        argument: github/get_issue page=1.0
        argument: github/get_issue page="1"
        argument: github/get_issue repo="evil"
        argument: github/get_issue repo
        argument: github/get_issue repo
    "#]]
    .assert_eq(&told.concat());
    let other = rule.settle("search.issues", Arguments::read(r#"{"owner":"evil"}"#).unwrap());
    assert_eq!(other.unwrap().text(), r#"{"owner":"evil"}"#);
}

#[test]
fn what_was_denied_is_allowed_by_lines_of_its_own() {
    let told = [
        ("github/create_issue", "tool"),
        ("component:pdf/text", "tool"),
        ("/create_issue", "tool"),
        ("github/create issue", "tool"),
        ("github/a\"]\nb", "tool"),
        ("git hub/a", "tool"),
        ("component:/a", "tool"),
        ("create_issue", "tool"),
        ("github/get_issue owner=\"evil\"", "argument"),
        ("github/search.issues a.b=7", "argument"),
        ("github/a/b.c x=\"\\u001b[31m\\n\u{7f}\"", "argument"),
        ("github/a x=true", "argument"),
        ("github/a x=0.5", "argument"),
        ("github/a x=18446744073709551615", "argument"),
        ("github/a x={}", "argument"),
        ("github/a x=", "argument"),
        ("github/a x", "argument"),
        ("github/a", "argument"),
        ("github/a", "pin"),
        ("github/a", "budget"),
        ("github/a", "nonsense"),
    ]
    .map(|(what, why)| {
        let denial = Denial { capability: "tools".into(), what: what.into(), why: why.into(), tool: None };
        match rule_that_allows(&denial) {
            Some(text) => format!("{text}\n"),
            None => format!("none for {what:?}, {why}\n\n"),
        }
    });
    expect![[r#"
        [[tools]]
        mcp = "github"
        allow = ["create_issue"]

        [[tools]]
        component = "pdf"
        allow = ["text"]

        [[tools]]
        mcp = "server"    # the one that has the tool
        allow = ["create_issue"]

        none for "github/create issue", tool

        none for "github/a\"]\nb", tool

        none for "git hub/a", tool

        none for "component:/a", tool

        none for "create_issue", tool

        # together with what the grant has of this tool
        [[tools]]
        mcp = "github"
        allow = ["get_issue"]
        args = { get_issue = { owner = ["evil"] } }

        # together with what the grant has of this tool
        [[tools]]
        mcp = "github"
        allow = ["search.issues"]
        args = { "search.issues" = { "a.b" = [7] } }

        # together with what the grant has of this tool
        [[tools]]
        mcp = "github"
        allow = ["a/b.c"]
        args = { "a/b.c" = { x = ["\u001b[31m\n\u007F"] } }

        # together with what the grant has of this tool
        [[tools]]
        mcp = "github"
        allow = ["a"]
        args = { a = { x = [true] } }

        # together with what the grant has of this tool
        [[tools]]
        mcp = "github"
        allow = ["a"]
        args = { a = { x = [0.5] } }

        none for "github/a x=18446744073709551615", argument

        none for "github/a x={}", argument

        none for "github/a x=", argument

        none for "github/a x", argument

        none for "github/a", argument

        none for "github/a", pin

        none for "github/a", budget

        none for "github/a", nonsense

    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn what_no_rule_allows_a_person_may_allow_this_once() {
    let server = ToolSource::Server("github".into());
    let grant = grant(GITHUB);
    let arguments = Arguments::read(r#"{"owner":"evil"}"#).unwrap();
    let told = ["get_issue", "delete_repo"].map(|tool| {
        let rule = grant.proposed(&server, tool, &arguments).unwrap();
        let settled = rule.settle(tool, arguments.clone()).unwrap();
        format!("{}, asks {}, once {}: {}\n", rule.name(), rule.asks(tool), rule.at_most_once, settled.text())
    });
    expect![[r#"
        github: get_issue, search.issues, asks true, once true: {"owner":"evil"}
        github: delete_repo, asks true, once true: {"owner":"evil"}
    "#]]
    .assert_eq(&told.concat());
    assert_eq!(grant.proposed(&ToolSource::Server("pdf".into()), "text", &arguments), None);
}

#[test]
fn a_person_allows_no_call_that_the_ceiling_does_not() {
    let above = "[[tools]]\nmcp = \"github\"\nallow = [\"get_issue\", \"search.issues\", \"close\"]\n\
                 args = { get_issue = { owner = [\"acme\", \"other\"] } }\nresult-bytes = 9\n";
    let whole = |tables: &str| parse(&format!("grant = 1\n{tables}")).unwrap();
    let (under, _) = whole(GITHUB).within(&whole(above));
    let server = ToolSource::Server("github".into());
    let told = [
        ("get_issue", r#"{"owner":"other"}"#),
        ("get_issue", r#"{"owner":"evil"}"#),
        ("get_issue", "{}"),
        ("close", r#"{"owner":"evil"}"#),
        ("delete_repo", "{}"),
    ]
    .map(|(tool, text)| match under.tools.proposed(&server, tool, &Arguments::read(text).unwrap()) {
        Some(rule) => format!("{tool} {text}: {}, of {} bytes\n", rule.name(), rule.result_bytes),
        None => format!("{tool} {text}: nobody is asked\n"),
    });
    expect![[r#"
        get_issue {"owner":"other"}: github: get_issue, search.issues, of 9 bytes
        get_issue {"owner":"evil"}: nobody is asked
        get_issue {}: nobody is asked
        close {"owner":"evil"}: github: close, of 9 bytes
        delete_repo {}: nobody is asked
    "#]]
    .assert_eq(&told.concat());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_lines_that_are_proposed_allow_the_call(name in "[a-z_.:/-]{1,8}", argument in "[a-z.\"'\\\\=\\[\\]#-]{1,6}", value in scalar()) {
        let rule = ToolsRule {
            from: ToolSource::Server("s".into()),
            args: [(name.clone(), [(argument.clone(), Allowed::Fixed(json!([])))].into())].into(),
            ..grant("[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\n").rules.remove(0)
        };
        let asked = Arguments::read(&json!({ argument: value }).to_string()).unwrap();
        let refused = rule.settle(&name, asked.clone()).unwrap_err();
        let denial = Denial { capability: "tools".into(), what: refused.what(&rule, &name).into(), why: refused.why().as_str().into(), tool: None };
        if let Some(text) = rule_that_allows(&denial) {
            let grant = parse(&format!("grant = 1\n{text}"));
            let tools = grant.map_err(|findings| TestCaseError::fail(format!("{text}\n{findings:?}")))?.tools;
            prop_assert_eq!(tools.choose(&name).unwrap().settle(&name, asked.clone()), Ok(asked), "{}", text);
        }
    }
}
