//! Mails that are labelled by a model, or by a person, and handled by the step for their label.

use lockstep_local::{KEY, Serving, model, serve};
use serde_json::json;

use super::{MODEL, Place, Stubborn};

fn place() -> (Place, Serving) {
    let serving = model::begin(0, KEY).unwrap();
    (Place::new("triage", &[(MODEL, serving.port())]), serving)
}

#[test]
fn mails_become_tickets_of_the_desk_for_their_label() {
    place().0.golden();
}

#[test]
fn a_mail_that_nobody_has_a_label_for_in_time_goes_to_the_desk_for_everything() {
    let (place, _) = place();
    assert_eq!(place.run("not-for-us").code, 8);
    place.let_pass(&place.waits()[0]);
    let ended = place.take_up();
    let ticket: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&ticket["queue"], &ticket["labelled_by"]), (&json!("general"), &json!("nobody")));
}

#[test]
fn a_label_that_is_none_goes_to_a_person_and_not_astray() {
    for (said, why) in [
        (r#"{"label": "spam", "reason": "it is"}"#, r#"the model says "spam", which is no label"#),
        (r#"{"reason": "no label"}"#, "the model says null, which is no label"),
    ] {
        let serving = serve(Stubborn(said), 0, KEY).unwrap();
        let place = Place::new("triage", &[(MODEL, serving.port())]);
        assert_eq!(place.run("charged-twice").code, 8);
        assert_eq!(place.waits()[0]["asked"]["why"], why);
    }
}

#[test]
fn an_answer_that_is_no_json_is_asked_for_again_until_that_is_enough() {
    let serving = serve(Stubborn("It is about billing, I think."), 0, KEY).unwrap();
    let place = Place::new("triage", &[(MODEL, serving.port())]);
    let ended = place.changed("workflow.toml", "\"500ms\"", "\"1ms\"").run("charged-twice");
    assert_eq!((ended.code, serving.heard().len()), (1, 4), "{ended:?}");
    assert!(ended.stderr.contains("`no-json`: the model said `It is about billing"), "{}", ended.stderr);
}
