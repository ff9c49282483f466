//! Invoices that a model reads, and reads again until the rules have no objection or have had enough.

use std::sync::atomic::{AtomicUsize, Ordering};

use lockstep_local::{Answer, Asked, KEY, Service, Serving, model, serve};
use serde_json::{Value, json};

use super::{MODEL, Place};

fn place() -> (Place, Serving) {
    let serving = model::begin(0, KEY).unwrap();
    (Place::new("extract-model", &[(MODEL, serving.port())]), serving)
}

/// What was read of an invoice of one chair, with this date and this number.
fn draft(date: &str, number: &str) -> Value {
    json!({
        "seller": "Muster", "number": number, "date": date, "currency": "EUR", "tax": null, "total": "90.00",
        "lines": [{ "description": "Chair", "quantity": null, "unit_price": null, "amount": "90.00" }],
    })
}

/// A model that says something else each time.
struct Fickle<F>(AtomicUsize, F);

impl<F: Fn(usize) -> Value + Send + Sync + 'static> Service for Fickle<F> {
    fn notice(&self) -> &'static str {
        "a stand-in of the tests"
    }

    fn answer(&self, _: &Asked) -> Answer {
        let said = self.1(self.0.fetch_add(1, Ordering::SeqCst));
        Answer::ok(json!({ "choices": [{ "message": { "content": said.to_string() } }] }))
    }
}

/// What comes of a document, and how often the model was asked, if it says this.
fn read_by(says: impl Fn(usize) -> Value + Send + Sync + 'static) -> (Value, usize) {
    let serving = serve(Fickle(AtomicUsize::new(0), says), 0, KEY).unwrap();
    let place = Place::new("extract-model", &[(MODEL, serving.port())]);
    (place.result("delivery-note"), serving.heard().len())
}

#[test]
fn invoices_are_read_and_corrected_or_given_up_with_reasons() {
    place().0.golden();
}

#[test]
fn the_model_is_told_what_the_rules_object_to() {
    let (place, serving) = place();
    place.result("oak-boards");
    let prompts: Vec<String> = serving
        .heard()
        .iter()
        .map(|asked| asked.body["messages"][1]["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(prompts.len(), 3);
    assert!(
        !prompts[0].contains("<problems>") && prompts[0].contains("Ashdown Timber Ltd"),
        "{}",
        prompts[0]
    );
    assert!(prompts[1].contains("date: unreadable `3 Feb 2026`"), "{}", prompts[1]);
    assert!(prompts[2].contains("lines[0].amount: 190.50, computed 109.50"), "{}", prompts[2]);
}

#[test]
fn a_model_that_never_gets_it_right_is_asked_so_often_and_no_more() {
    let (result, asked) = read_by(|time| draft(&format!("day {time}"), "7"));
    assert_eq!((&result["rounds"], asked), (&json!(5), 6));
    assert_eq!(result["reasons"], json!(["date: unreadable `day 5`"]));
}

#[test]
fn a_model_that_repeats_itself_is_not_asked_again() {
    let (result, asked) = read_by(|_| draft("some day", "7"));
    assert_eq!((&result["rounds"], asked), (&json!(0), 2));
}

#[test]
fn what_was_not_objected_to_stays_as_it_was_read_first() {
    let (result, _) = read_by(|time| match time {
        0 => draft("14.03.2026", "7"),
        _ => draft("2026-03-14", "8"),
    });
    assert_eq!((&result["number"], &result["date"]), (&json!("7"), &json!("2026-03-14")));
    assert_eq!(result["corrections"], json!(["date: `14.03.2026`, read again as `2026-03-14`"]));
}
