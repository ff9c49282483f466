//! Servers that fail, are lost, are slow or say too much: what the guest is told, and what the journal is.

use lockstep_core::effect::Ending;
use lockstep_core::grant::tools::Why;
use lockstep_core::outcome::{Interruption, Outcome};

use super::*;

/// What the guest is told of a fault, and how the call ended.
async fn faulted(fault: ToolFault, once: bool) -> (Result<String, Interruption>, Vec<Ending>) {
    let once = if once { "effects = \"at-most-once\"\n" } else { "" };
    let lab = Lab::new(&format!("allow = [\"pay\"]\n{once}"));
    lab.bank.answers.lock().unwrap().push(Err(fault));
    let report = lab.report(pay(5)).await;
    let told = match &report.outcome {
        Outcome::Interrupted(why) => Err(*why),
        _ => {
            let done: Value = serde_json::from_str(&answer(report)).unwrap();
            Ok(done["answer"]["err"].to_string())
        }
    };
    let ended = lab.notes.ended.lock().unwrap().clone();
    (told, ended)
}

fn not_made(told: &str) -> Vec<Ending> {
    vec![Ending::NotMade { told: told.into() }]
}

fn answered(answer: Option<&str>, told: &str) -> Vec<Ending> {
    vec![Ending::Answered { answer: answer.map(Json::trusted), told: told.into() }]
}

#[tokio::test]
async fn what_the_tool_itself_says_is_an_answer_and_is_kept_as_one() {
    let fault = ToolFault::Failed("no money".into());
    let told = || Ok(r#"{"failed":"no money"}"#.to_owned());
    assert_eq!(faulted(fault.clone(), false).await, (told(), answered(None, "no money")));
    assert_eq!(faulted(fault, true).await, (told(), answered(Some(r#"{"failed":"no money"}"#), "no money")));
    let told = || Ok(r#""too-large""#.to_owned());
    let ending = answered(Some(r#""too-large""#), "the result is too large");
    assert_eq!(faulted(ToolFault::TooLarge, true).await, (told(), ending));
}

#[tokio::test]
async fn a_call_that_never_reached_the_tool_can_be_made_again() {
    let fault = ToolFault::NotMade("it starts again in 4 s".into());
    for once in [false, true] {
        let told = Ok(r#"{"unavailable":"it starts again in 4 s"}"#.to_owned());
        assert_eq!(faulted(fault.clone(), once).await, (told, not_made("it starts again in 4 s")));
    }
}

#[tokio::test]
async fn a_call_that_was_lost_is_left_to_a_person_where_it_may_be_made_once() {
    let fault = ToolFault::Lost("it went down".into());
    let ending = vec![Ending::Failed { told: "it went down".into() }];
    assert_eq!(faulted(fault.clone(), false).await, (Ok(r#"{"unavailable":"it went down"}"#.into()), ending));
    assert_eq!(faulted(fault, true).await, (Err(Interruption::UnknownEffect), Vec::new()));
}

#[tokio::test]
async fn a_result_that_is_longer_than_the_rule_allows_does_not_reach_the_guest() {
    let lab = Lab::new("allow = [\"pay\"]\nresult-bytes = \"10B\"\n");
    assert_eq!(lab.ask(pay(5)).await, r#""too-large""#);
    assert_eq!(lab.bank.calls.lock().unwrap()[0].most, 10);
    let lab = Lab::new("allow = [\"pay\"]\nresult-bytes = \"11B\"\n");
    assert_eq!(lab.ask(pay(5)).await, r#"{"cents":5}"#);
}

#[tokio::test]
async fn a_server_that_hangs_is_left_after_the_rules_time() {
    for (once, expected) in [("", Some(r#""timeout""#)), ("effects = \"at-most-once\"\n", None)] {
        let mut lab = Lab::new(&format!("allow = [\"pay\"]\ntimeout = \"20ms\"\n{once}"));
        lab.toolbox.servers.insert("bank".into(), Arc::new(Slow));
        let report = lab.report(pay(5)).await;
        match expected {
            Some(told) => {
                let done: Value = serde_json::from_str(&answer(report)).unwrap();
                assert_eq!(done["answer"]["err"].to_string(), told);
            }
            None => assert_eq!(report.outcome, Outcome::Interrupted(Interruption::UnknownEffect)),
        }
    }
}

/// A server that cannot be started.
#[derive(Debug)]
struct Broken;

impl ToolServer for Broken {
    fn list(&self) -> Deciding<'_, Arc<[Tool]>> {
        Box::pin(std::future::ready(Err(crate::Unreadable("it does not start".into()))))
    }

    fn call<'a>(&'a self, _: &'a ToolCall) -> Calling<'a> {
        unreachable!("its tools are not known")
    }
}

#[tokio::test]
async fn a_server_that_does_not_start_is_told_of_and_its_tools_are_left_out() {
    let mut lab = Lab::new("allow = [\"pay\"]\n");
    lab.toolbox.servers.insert("bank".into(), Arc::new(Broken));
    assert_eq!(lab.ask(pay(5)).await, r#"{"unavailable":"it does not start"}"#);
    let report = lab.report(list()).await;
    assert_eq!(report.log[0].message, "the tools of bank are not to be had: it does not start");
}

#[tokio::test]
async fn what_was_called_before_is_answered_from_memory() {
    for (kept, told) in [
        (r#"{"result":{"paid":true}}"#, r#"{"paid":true}"#),
        (r#"{"failed":"no money"}"#, r#"{"failed":"no money"}"#),
        (r#""too-large""#, r#""too-large""#),
        (r#"{"said":"by a person"}"#, r#"{"said":"by a person"}"#),
    ] {
        let lab = Lab::new("allow = [\"pay\"]\non-retry = \"reuse\"\n");
        lab.answers(Leave::Recorded(Json::trusted(kept)));
        assert_eq!((lab.ask(pay(5)).await.as_str(), lab.bank.heard().len()), (told, 0));
    }
}

#[tokio::test]
async fn whoever_stands_in_for_a_server_may_say_whatever_a_guest_can_be_told() {
    for (fault, told, ending) in [
        (
            ToolFault::Invalid("no cups".into()),
            r#"{"invalid-arguments":"no cups"}"#,
            "no arguments for this tool: no cups",
        ),
        (ToolFault::Refused("not now".into()), r#"{"refused":"not now"}"#, "refused: not now"),
        (
            ToolFault::Denied(Why::Budget),
            r#"{"denied":{"capability":"tools","what":"bank/pay","why":"budget"}}"#,
            "denied: budget",
        ),
    ] {
        for once in [false, true] {
            assert_eq!(faulted(fault.clone(), once).await, (Ok(told.into()), not_made(ending)));
        }
    }
    let late = vec![Ending::Failed { told: "no result in time".into() }];
    assert_eq!(faulted(ToolFault::Timeout, false).await, (Ok("\"timeout\"".into()), late));
    assert_eq!(faulted(ToolFault::Timeout, true).await, (Err(Interruption::UnknownEffect), Vec::new()));
}
