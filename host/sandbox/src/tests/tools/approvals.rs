//! Calls of tools that a person decides on.

use lockstep_core::effect::{Ending, Keep};
use lockstep_core::outcome::{Interruption, Outcome};

use super::*;

const RISKY: &str =
    "allow = [\"pay\", \"balance\"]\napprove = [\"pay\"]\nargs = { pay = { to = [\"ann\", \"bob\"] } }\n";

fn pay_ann(cents: i64) -> Value {
    call("pay", &json!({ "cents": cents, "to": "ann" }))
}

#[tokio::test]
async fn a_person_is_asked_about_the_call_with_its_arguments_and_what_they_have_to_fit() {
    let lab = Lab::new(RISKY);
    lab.answers(Leave::Ask);
    let report = lab.report(pay_ann(5)).await;
    assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Approval));
    assert_eq!(lab.bank.heard().len(), 0);
    let begun = lab.begun();
    let ask = begun[0].ask.as_ref().unwrap();
    assert_eq!(
        (&*ask.why, ask.proposal.arguments.as_str()),
        ("its rule says `approve`", r#"{"cents":5,"to":"ann"}"#)
    );
    let schema: Value = serde_json::from_str(ask.proposal.schema.as_ref().unwrap().as_str()).unwrap();
    assert_eq!(schema["properties"]["to"], json!({ "enum": ["ann", "bob"] }));
    let lab = Lab::new(RISKY);
    lab.ask(call("balance", &json!({"cents": 1}))).await;
    assert_eq!((lab.begun()[0].ask.is_some(), lab.begun()[0].keep), (false, Keep::Attempt));
}

#[tokio::test]
async fn without_the_wall_nobody_is_asked() {
    let lab = Lab::new(RISKY).without(Wall::Approval);
    lab.ask(pay_ann(5)).await;
    assert!(lab.begun()[0].ask.is_none());
    assert_eq!(lab.bank.heard().len(), 1);
}

#[tokio::test]
async fn the_guest_is_told_why_a_person_refuses() {
    let lab = Lab::new(RISKY);
    lab.answers(Leave::Refused("too much".into()));
    assert_eq!(lab.ask(pay_ann(5)).await, r#"{"refused":"too much"}"#);
    assert_eq!(lab.bank.heard().len(), 0);
}

#[tokio::test]
async fn what_a_person_has_changed_goes_out_if_the_grant_and_the_schema_let_it() {
    for (changed, expected) in [
        (json!({"cents": 4, "to": "bob"}), Ok(r#"pay {"cents":4,"to":"bob"}"#)),
        (json!({"cents": 4, "to": "eve"}), Err("the grant does not allow `to` so")),
        (json!({"cents": 0, "to": "bob"}), Err("0 is less than the minimum of 1")),
    ] {
        let lab = Lab::new(RISKY);
        lab.answers(Leave::GoWith(Json::trusted(changed.to_string())));
        let told = lab.ask(pay_ann(5)).await;
        match expected {
            Ok(heard) => assert_eq!(lab.bank.heard(), [heard]),
            Err(why) => assert!(told.contains(why) && lab.bank.heard().is_empty(), "{told}"),
        }
    }
}

#[tokio::test]
async fn a_guest_that_asks_for_one_call_and_makes_another_has_not_been_approved() {
    let lab = Lab::new(RISKY);
    lab.ask(pay_ann(5)).await;
    lab.ask(pay_ann(500)).await;
    let begun = lab.begun();
    assert_ne!(begun[0].id, begun[1].id, "what was said of one says nothing of the other");
}

#[tokio::test]
async fn what_no_rule_allows_is_asked_about_where_the_grant_says_so() {
    let lab =
        Lab::new("allow = [\"pay\"]\nargs = { pay = { to = \"ann\" } }\n[on-denied]\ntools = \"ask\"\n");
    for (event, why) in [
        (call("close", &json!({"cents": 5})), "no rule of its grant allows it: tool"),
        (call("pay", &json!({"cents": 5, "to": "eve"})), "no rule of its grant allows it: argument"),
    ] {
        lab.answers(Leave::Ask);
        let report = lab.report(event).await;
        assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Approval));
        assert_eq!(&*lab.begun().pop().unwrap().ask.unwrap().why, why);
    }
    let denied = lab.ask(call("nothing", &json!({}))).await;
    assert!(denied.contains(r#""why":"tool""#), "what no server has is denied: {denied}");
    assert_eq!(lab.bank.heard().len(), 0);
}

#[tokio::test]
async fn a_person_cannot_go_beyond_the_operators_ceiling() {
    let grant = "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\n[on-denied]\ntools = \"ask\"\n";
    for (above, is_asked) in [("\"pay\", \"close\"", true), ("\"pay\"", false)] {
        let mut lab = Lab::with(grant);
        let ceiling = format!("grant = 1\n[[tools]]\nmcp = \"bank\"\nallow = [{above}]\n");
        let (narrowed, lines) = lab.grant.within(&grant::parse(&ceiling).unwrap());
        assert_eq!(lines, Vec::<String>::new());
        lab.grant = narrowed;
        lab.answers(Leave::Ask);
        let report = lab.report(call("close", &json!({"cents": 5}))).await;
        assert_eq!(report.outcome == Outcome::Interrupted(Interruption::Approval), is_asked, "{above}");
    }
}

#[tokio::test]
async fn a_change_that_does_not_fit_leaves_nothing_that_nobody_knows_of() {
    let lab = Lab::new(&format!("{RISKY}effects = \"at-most-once\"\n"));
    lab.answers(Leave::GoWith(Json::trusted(r#"{"cents":4,"to":"eve"}"#)));
    lab.ask(pay_ann(5)).await;
    assert!(matches!(lab.notes.ended.lock().unwrap()[..], [Ending::NotMade { .. }]));
}

#[tokio::test]
async fn what_a_person_lets_through_beyond_the_arguments_may_be_changed_within_the_ceiling_alone() {
    let grant = "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\nargs = { pay = { to = \"ann\" } }\n\
                 [on-denied]\ntools = \"ask\"\n";
    let ceiling = "grant = 1\n[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\n\
                   args = { pay = { to = [\"ann\", \"bob\", \"eve\"] } }\n";
    for (changed, expected) in [
        (r#"{"cents":4,"to":"bob"}"#, Some(r#"pay {"cents":4,"to":"bob"}"#)),
        (r#"{"cents":4,"to":"mallory"}"#, None),
    ] {
        let mut lab = Lab::with(grant);
        (lab.grant, _) = lab.grant.within(&grant::parse(ceiling).unwrap());
        lab.answers(Leave::GoWith(Json::trusted(changed)));
        lab.ask(call("pay", &json!({"cents": 5, "to": "eve"}))).await;
        let asked = lab.begun();
        let schema = asked[0].ask.as_ref().unwrap().proposal.schema.as_ref().unwrap();
        assert!(schema.as_str().contains(r#""enum":["ann","bob","eve"]"#), "{schema}");
        assert!(asked[0].at_most_once, "a person says yes to one call");
        assert_eq!(lab.bank.heard(), expected.into_iter().collect::<Vec<_>>());
    }
}
