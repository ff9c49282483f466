//! Components that are tools: under their own grant, in an instance of their own, and no deeper than they may.

use lockstep_core::effect::{Ending, Keep};
use lockstep_core::outcome::{Interruption, Outcome};
use lockstep_hostile::tools::{nested, tool};

use super::*;
use crate::ToolComponent;

/// What a grant has to say for the tools of a component with this name.
fn rule(component: &str, allow: &str) -> String {
    format!("[[tools]]\ncomponent = \"{component}\"\nallow = [\"{allow}\"]\n")
}

fn own(key: &str) -> String {
    format!("grant = 1\n[config]\nkey = {key}\n")
}

impl Lab {
    async fn load(&self, name: &str, bytes: &[u8], grant: &str) -> Result<ToolComponent, Error> {
        let grant = grant::parse(grant).unwrap_or_else(|why| panic!("{grant}: {why:?}"));
        self.sandbox().load_tool(name, bytes, &grant, &self.toolbox).await
    }

    async fn put(&mut self, name: &str, bytes: &[u8], grant: &str) {
        let loaded = self.load(name, bytes, grant).await.unwrap();
        self.toolbox.components.insert(name.into(), loaded);
    }
}

#[tokio::test]
async fn a_component_says_what_it_is_when_it_is_loaded_and_is_called_like_any_tool() {
    let mut lab = Lab::with(&rule("kit", "echo"));
    lab.put("kit", &tool(), &own("7")).await;
    let names =
        lab.toolbox.components["kit"].tools().iter().map(|tool| tool.name.clone()).collect::<Vec<_>>();
    assert_eq!(names, ["config", "echo", "fail", "noise", "spin", "trap"]);
    assert_eq!(lab.ask(call("echo", &json!({"n": 5}))).await, r#"{"n":5}"#);
    let told = lab.ask(call("echo", &json!({"n": "5"}))).await;
    assert!(told.starts_with(r#"{"invalid-arguments":"/n:"#), "{told}");
    assert_eq!(&*lab.begun()[0].what, r#"component:kit/echo {"n":5}"#);
}

#[tokio::test]
async fn a_tool_has_the_rights_of_its_own_grant_and_not_those_of_its_caller() {
    let with_config = rule("kit", "config") + "[config]\nkey = 13\n";
    let mut lab = Lab::with(&with_config);
    lab.put("kit", &tool(), &own("7")).await;
    assert_eq!(lab.ask(call("config", &json!({}))).await, "7");
    let mut open = Lab::with(&with_config).without(Wall::ToolGrant);
    open.put("kit", &tool(), &own("7")).await;
    assert_eq!(open.ask(call("config", &json!({}))).await, "13", "without the wall it reads its caller's");
    // A caller that has more does not lend it either.
    let refused = lab.load("kit", &tool(), "grant = 1\n").await.unwrap_err().to_string();
    assert!(refused.contains("`wasi:config/store@0.2.0-rc.1` is not granted"), "{refused}");
}

#[tokio::test]
async fn a_tool_that_breaks_has_failed_and_its_caller_goes_on() {
    for (name, told) in [
        ("fail", r#"{"failed":"no-change: one of the tests"}"#),
        ("noise", r#"{"failed":"what it returned is no JSON: expected value at line 1 column 1"}"#),
        ("spin", r#"{"failed":"the attempt computed longer than its 50ms"}"#),
    ] {
        let mut lab = Lab::with(&rule("kit", name));
        lab.put("kit", &tool(), &(own("7") + "[limits]\ncpu = \"50ms\"\n")).await;
        assert_eq!(lab.ask(call(name, &json!({}))).await, told);
    }
    let mut lab = Lab::with(&rule("kit", "trap"));
    lab.put("kit", &tool(), &own("7")).await;
    let told = lab.ask(call("trap", &json!({}))).await;
    assert!(told.contains("unreachable"), "{told}");
}

#[tokio::test]
async fn what_a_tool_calls_belongs_to_the_call_that_it_is_for() {
    let mut lab = Lab::with(&(rule("outer", "outer") + "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\n"));
    lab.put("kit", &tool(), &own("7")).await;
    lab.put("outer", &nested(), &("grant = 1\n".to_owned() + &rule("kit", "echo"))).await;
    assert_eq!(lab.ask(call("outer", &json!({"n": 5}))).await, r#"{"n":5}"#);
    let begun = lab.begun();
    let told: Vec<_> = begun.iter().map(|intent| (&*intent.what, intent.within)).collect();
    let outer = (r#"component:outer/outer {"n":5}"#, None);
    assert_eq!(told, [outer, (r#"component:kit/echo {"n":5}"#, Some(begun[0].id))]);
    // What the caller may call is not the tool's to call.
    assert_eq!(lab.ask(call("outer", &json!({"n": "x"}))).await, r#"{"failed":"lost: outer"}"#);
}

#[tokio::test]
async fn a_call_of_a_tool_that_waits_for_a_person_makes_its_caller_wait() {
    let mut lab = Lab::with(&rule("outer", "outer"));
    lab.put("kit", &tool(), &own("7")).await;
    let asks = "grant = 1\n".to_owned() + &rule("kit", "echo") + "approve = [\"echo\"]\n";
    lab.put("outer", &nested(), &asks).await;
    for (leave, why) in [
        (Leave::Ask, Interruption::Approval),
        (Leave::Unknown, Interruption::UnknownEffect),
        (Leave::Unsteady, Interruption::Unsteady),
    ] {
        lab.answers(leave);
        lab.answers(Leave::Go);
        let report = lab.report(call("outer", &json!({"n": 5}))).await;
        assert_eq!(report.outcome, Outcome::Interrupted(why));
    }
    let begun = lab.begun();
    let moments: Vec<_> =
        begun.iter().filter_map(|intent| intent.ask.as_ref()).map(|ask| ask.moment).collect();
    assert_eq!(moments.len(), 3, "the inner call asks, and with it what the caller was told is kept");
}

#[tokio::test]
async fn components_call_each_other_no_deeper_than_four() {
    let mut lab = Lab::with(&rule("d", "outer"));
    lab.put("kit", &tool(), &own("7")).await;
    let one = |of: &str, tool: &str| "grant = 1\n".to_owned() + &rule(of, tool);
    lab.put("a", &nested(), &one("kit", "echo")).await;
    for (name, of) in [("b", "a"), ("c", "b")] {
        lab.put(name, &nested(), &one(of, "outer")).await;
    }
    let refused = lab.load("d", &nested(), &one("c", "outer")).await.unwrap_err().to_string();
    assert_eq!(refused, "it calls tools that call tools, more than 4 deep");
}

#[tokio::test]
async fn what_is_no_tool_is_refused_at_load() {
    let lab = Lab::with("");
    let refused = lab.load("a", &lockstep_hostile::component("fill"), "grant = 1\n").await;
    assert!(refused.unwrap_err().to_string().contains("a tool exports `lockstep:step/tool`"));
}

#[tokio::test]
async fn a_tool_that_wants_what_only_a_run_has_is_refused_at_load() {
    let lab = Lab::with("");
    for import in ["blob", "state", "timer", "updates"] {
        let items = format!("import lockstep:step/{import}@0.1.0; export lockstep:step/tool@0.1.0;");
        let component = lockstep_hostile::worlds::component(&lockstep_hostile::worlds::world("", &items));
        let grant = "grant = 1\n[state]\nrun = \"rw\"\n[updates]\n";
        let refused = lab.load("a", &component, grant).await.unwrap_err().to_string();
        let told = format!("it imports `lockstep:step/{import}@0.1.0`, and a tool has no run of its own");
        assert!(refused.starts_with(&told), "{refused}");
    }
}

#[tokio::test]
async fn the_calls_of_a_tool_are_counted_by_its_own_grant() {
    let mut lab = Lab::with(&rule("outer", "outer"));
    lab.put("kit", &tool(), &own("7")).await;
    let few = "grant = 1\n".to_owned() + &rule("kit", "echo") + "[limits]\nhost-calls = 0\n";
    lab.put("outer", &nested(), &few).await;
    let told = lab.ask(call("outer", &json!({"n": 5}))).await;
    assert!(told.starts_with(r#"{"failed":"it made more than 0 calls"#), "{told}");
}

#[tokio::test]
async fn a_tool_that_may_be_called_once_and_waits_for_a_person_is_called_again_and_makes_no_call_twice() {
    let mut lab = Lab::with(&(rule("outer", "outer") + "effects = \"at-most-once\"\n"));
    lab.put("kit", &tool(), &own("7")).await;
    let asks = "grant = 1\n".to_owned() + &rule("kit", "echo") + "approve = [\"echo\"]\n";
    lab.put("outer", &nested(), &asks).await;
    lab.answers(Leave::Ask);
    lab.answers(Leave::Go);
    let report = lab.report(call("outer", &json!({"n": 5}))).await;
    assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Approval));
    let told = "a person decides about a call".into();
    assert_eq!(*lab.notes.ended.lock().unwrap(), [Ending::NotMade { told }], "it is not left as unknown");
    let [outer, inner] = &lab.begun()[..] else { panic!() };
    assert_eq!((outer.at_most_once, inner.at_most_once, inner.keep), (true, false, Keep::Delivery));
}

#[tokio::test]
async fn lists_are_counted_like_calls() {
    let lab = Lab::with("[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\n[limits]\nhost-calls = 0\n");
    let told = super::super::told(lab.report(list()).await);
    assert!(told.starts_with("limit host-calls"), "{told}");
}

#[tokio::test]
async fn what_a_tool_is_denied_is_told_as_the_tools() {
    let mut lab = Lab::with(&rule("outer", "outer"));
    lab.put("kit", &tool(), &own("7")).await;
    lab.put("outer", &nested(), &("grant = 1\n".to_owned() + &rule("kit", "config"))).await;
    lab.ask(call("outer", &json!({"n": 5}))).await;
    let denied = lab.notes.denied.lock().unwrap();
    assert_eq!((&*denied[0].what, denied[0].tool.as_deref()), ("component:kit/echo", Some("outer")));
}
