use serde_json::{Value, json};

use super::prompt::{Passage, Prompt};
use super::words::{Glossary, alike, words};
use super::{CHAT, EMBEDDING, NO_ANSWER, NOTICE, answer, begin, embed, fields};
use crate::KEY;

const PASSAGES: &str = r#"<passage n="1">A step is a function. Each attempt has 64 MiB of memory and 2 s of computing.</passage>
<passage n="2" file="b.md">Secrets are the host's, and no step sees them.
A parcel takes three days.</passage>"#;

fn prompt(text: &str) -> Prompt {
    Prompt::read(
        &json!([{ "role": "system", "content": "You answer." }, { "role": "user", "content": text }]),
    )
    .unwrap()
}

fn answered(question: &str, more: &str) -> String {
    answer::answer(&prompt(&format!("{PASSAGES}\n{more}\n<question>{question}</question>")))
}

fn filled(properties: &Value, text: &str) -> Value {
    fields::fill(&json!({ "type": "object", "properties": properties }), &prompt(text))
}

#[test]
fn words_are_alike_that_are_written_alike() {
    for (one, other, expected) in [
        ("attempt", "attempts", true),
        ("attempts", "attemps", true),
        ("approve", "approval", true),
        ("computing", "computed", true),
        ("see", "sees", true),
        ("order", "border", false),
        ("state", "stale", false),
        ("2026", "2025", false),
        ("cat", "dog", false),
    ] {
        assert_eq!(alike(one, other), expected, "{one} {other}");
    }
}

#[test]
fn words_that_say_nothing_are_left_out_and_none_comes_twice() {
    assert_eq!(words("What does a Step see? The step's `on-retry`, 2 s."), ["step", "see", "retry", "2"]);
}

#[test]
fn a_prompt_has_its_parts_between_tags_and_the_last_one_holds() {
    let prompt = prompt(
        "<q>one</q> <question>a <b> c</question><question>last</question> <passage>no number</passage>",
    );
    assert_eq!(prompt.part("question"), "last");
    assert_eq!(prompt.part("answer"), "");
    assert_eq!(prompt.passages(), []);
    let other = Prompt::read(&json!([{ "content": PASSAGES }])).unwrap();
    assert_eq!(
        other.passages()[1],
        Passage {
            number: "2",
            text: "Secrets are the host's, and no step sees them.\nA parcel takes three days."
        }
    );
    assert!(Prompt::read(&json!([])).is_none() && Prompt::read(&json!("text")).is_none());
}

#[test]
fn an_answer_is_the_sentence_that_says_most_of_the_question_with_the_number_of_its_passage() {
    assert_eq!(
        answered("How much memory has an attempt?", ""),
        "Each attempt has 64 MiB of memory and 2 s of computing. [1]"
    );
    assert_eq!(answered("How long does a parcel take?", ""), "A parcel takes three days. [2]");
}

#[test]
fn what_no_passage_says_is_no_answer() {
    assert_eq!(answered("How far is the moon?", ""), NO_ANSWER);
    assert_eq!(answered("", ""), NO_ANSWER);
    assert_eq!(answer::answer(&prompt("<question>How far is the moon?</question>")), NO_ANSWER);
}

#[test]
fn a_question_in_two_parts_is_answered_by_two_sentences() {
    let answer = answered("Who sees secrets, and how long takes a parcel?", "");
    assert_eq!(answer, "Secrets are the host's, and no step sees them. [2] A parcel takes three days. [2]");
}

#[test]
fn words_of_the_glossary_count_as_the_words_that_they_mean() {
    assert_eq!(answered("Can a plugin read my password?", ""), NO_ANSWER);
    let glossary = "<glossary>\nstep: plugin\nsecret: password\n</glossary>";
    assert_eq!(
        answered("Can a plugin read my password?", glossary),
        "Secrets are the host's, and no step sees them. [2]"
    );
}

#[test]
fn other_passages_make_another_answer() {
    let other = PASSAGES.replace("64 MiB", "128 MiB").replace("n=\"1\"", "n=\"7\"");
    let prompt = prompt(&format!("{other}<question>How much memory has an attempt?</question>"));
    assert_eq!(answer::answer(&prompt), "Each attempt has 128 MiB of memory and 2 s of computing. [7]");
}

#[test]
fn a_question_is_rewritten_by_the_glossary_that_comes_with_it() {
    let text = "<glossary>\nsecret: password, key\nattempt: try\n</glossary><question>Does it see my passwords?</question>";
    let expected = json!({ "words": [{ "word": "see", "also": [] }, { "word": "passwords", "also": ["secret", "key"] }] });
    assert_eq!(filled(&json!({ "words": { "type": "array" } }), text), expected);
    assert_eq!(Glossary::read("secret: password").others("moon"), [""; 0]);
}

#[test]
fn a_grade_is_what_the_answer_says_of_the_question() {
    let schema = json!({ "grade": { "type": "integer" }, "reason": { "type": "string" } });
    for (answer, grade, reason) in [
        ("Each attempt has 64 MiB of memory. [1]", 66, "it says 2 of the 3 words of the question, not: days"),
        ("Each attempt has memory for three days. [1] [2]", 100, "it says 3 of the 3 words of the question"),
        (
            "The attempt takes elephants.",
            16,
            "it says 1 of the 3 words of the question, but no passage says: elephants",
        ),
        ("", 0, "it says 0 of the 3 words of the question, not: memory, attempt, days"),
    ] {
        let text = format!(
            "{PASSAGES}<question>How much memory has an attempt after days?</question><answer>{answer}</answer>"
        );
        assert_eq!(filled(&schema, &text), json!({ "grade": grade, "reason": reason }), "{answer}");
    }
}

#[test]
fn a_label_is_the_one_whose_description_shares_most_words_with_the_text() {
    let schema = json!({ "label": { "enum": ["billing", "bug", "unsure"] }, "reason": { "type": "string" } });
    let labels = "<labels>\nbilling: invoices, refunds, payments\nbug: errors, crashes, something is broken\nspam: refund refunds\n</labels>";
    for (text, label, reason) in [
        ("My payment was refunded twice", "billing", "it says: payment, refunded"),
        ("It crashed with an error after the payment", "bug", "it says: crashed, error"),
        ("Hello there", "unsure", "no word of it belongs to a label"),
    ] {
        let filled = filled(&schema, &format!("{labels}<text>{text}</text>"));
        assert_eq!(filled, json!({ "label": label, "reason": reason }), "{text}");
    }
}

const INVOICE: &str = "Muster GmbH  ·  Leipzig\n\nInvoice no: RE/7     Date: March 9, 2026\n\n\
    Pos   What          Qty      Price         Amount\n\
    1     Bearing 6204  400   3,95 EUR   1.580,00 EUR\n\
    2     Chair                           45,00 EUR\n\
    Sum of all                         1.625,00 EUR\n\
    To pay                             1.625,00 EUR\n";

fn invoice(more: &str) -> Value {
    let schema = json!({
        "seller": { "description": "who wrote it: after `From:`, else at the top" },
        "number": { "description": "its number: after `Nr`, `Invoice no`" },
        "date": { "description": "its date: after `Date`" },
        "currency": { "description": "the currency of the amounts" },
        "lines": { "type": "array", "description": "no sums, such as after `Sum`" },
        "total": { "description": "the amount after `To pay`" },
        "tax": { "description": "the amount of the tax: after `VAT`" },
    });
    filled(&schema, &format!("<document>\n{INVOICE}</document>{more}"))
}

#[test]
fn fields_of_a_document_are_given_as_they_stand_there() {
    let lines = json!([
        { "description": "Bearing 6204", "quantity": "400", "unit_price": "3,95 EUR", "amount": "1.580,00 EUR" },
        { "description": "Chair", "quantity": null, "unit_price": null, "amount": "45,00 EUR" },
    ]);
    let expected = json!({
        "seller": "Muster GmbH", "number": "RE/7", "date": "March 9, 2026", "currency": "EUR", "lines": lines,
        "total": "1.625,00 EUR", "tax": null,
    });
    assert_eq!(invoice(""), expected);
}

#[test]
fn what_is_objected_to_is_looked_at_again_and_nothing_else() {
    let lines = json!([{ "amount": "9.00", "unit_price": "$4.00" }, { "amount": "1" }]);
    let draft = json!({ "date": "14.03.2026", "currency": "$", "lines": lines, "total": "1.625,00 EUR", "tax": null });
    let problems = [
        "date: unreadable `14.03.2026`",
        "currency: unreadable `$`",
        "lines[0].unit-price: unreadable `$4.00`",
        "lines[0].amount: 9.00, computed 8.00",
        "total: 9.00, computed 8.00",
        "tax: missing",
        "lines[7].amount: unreadable `x`",
        "nonsense",
    ];
    let again = invoice(&format!("<draft>{draft}</draft><problems>{}</problems>", problems.join("\n")));
    let lines = json!([{ "amount": "8.00", "unit_price": "4.00" }, { "amount": "1" }]);
    let expected = json!({ "date": "2026-03-14", "currency": "USD", "lines": lines, "total": "1.625,00 EUR", "tax": null });
    assert_eq!(again, expected);
}

#[test]
fn what_no_rule_knows_is_null() {
    assert_eq!(
        filled(&json!({ "weather": { "type": "string" } }), "<text>rain</text>"),
        json!({ "weather": null })
    );
}

fn likeness(one: &str, other: &str) -> f64 {
    embed::vector(one).iter().zip(embed::vector(other)).map(|(one, other)| one * other).sum()
}

#[test]
fn vectors_of_texts_with_the_same_words_point_the_same_way() {
    assert!((likeness("A refund was approved", "approved refund") - 1.0).abs() < 0.01);
    let (near, far) = (
        likeness("an aproval of refunds", "approved refund"),
        likeness("a parcel to Norway", "approved refund"),
    );
    assert!(near > 0.4 && far.abs() < 0.2, "{near} {far}");
    assert!(embed::vector("of the").iter().all(|part| *part == 0.0));
}

fn call(path: &str, key: &str, body: &Value) -> (u16, Value) {
    let serving = begin(0, KEY).unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(format!("{}{path}", serving.url())).header("authorization", key);
    let mut answer = request.send(body.to_string()).unwrap();
    assert_eq!(answer.headers()["x-local-server"], NOTICE);
    (answer.status().as_u16(), serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap())
}

fn said(path: &str, body: &Value) -> (u16, Value) {
    call(path, &format!("Bearer {KEY}"), body)
}

#[test]
fn completions_come_in_the_form_of_the_protocol_and_say_what_made_them() {
    let ask = format!("{PASSAGES}<question>How long takes a parcel?</question>");
    let body = json!({ "model": CHAT, "messages": [{ "role": "user", "content": ask }] });
    let (status, answer) = said("/chat/completions", &body);
    assert_eq!((status, &answer["object"], &answer["model"]), (200, &json!("chat.completion"), &json!(CHAT)));
    assert_eq!(answer["choices"][0]["message"]["content"], "A parcel takes three days. [2]");
    assert_eq!(
        (&answer["choices"][0]["finish_reason"], &answer["system_fingerprint"]),
        (&json!("stop"), &json!(NOTICE))
    );
}

#[test]
fn embeddings_come_in_the_order_of_their_texts() {
    let (status, answer) = said("/embeddings", &json!({ "model": EMBEDDING, "input": ["one", "two"] }));
    assert_eq!((status, answer["data"].as_array().unwrap().len()), (200, 2));
    assert_eq!(answer["data"][1]["embedding"], json!(embed::vector("two")));
    assert_eq!((&answer["data"][1]["index"], &answer["model"]), (&json!(1), &json!(EMBEDDING)));
}

#[test]
fn what_it_cannot_do_is_refused_in_the_form_of_the_protocol() {
    let asks = |extra: Value| {
        let mut body = json!({ "model": CHAT, "messages": [{ "role": "user", "content": "hi" }] });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    for (path, body, status, code) in [
        ("/chat/completions", asks(json!({ "model": "gpt-5" })), 404, "model_not_found"),
        ("/chat/completions", asks(json!({ "stream": true })), 400, "unsupported"),
        ("/chat/completions", asks(json!({ "messages": [] })), 400, "unsupported"),
        (
            "/chat/completions",
            asks(json!({ "response_format": { "type": "json_object" } })),
            400,
            "unsupported",
        ),
        ("/embeddings", json!({ "model": EMBEDDING, "input": [] }), 400, "unsupported"),
        ("/embeddings", json!({ "model": EMBEDDING, "input": "a", "dimensions": 3 }), 400, "unsupported"),
        ("/images", json!({}), 404, "unknown_url"),
    ] {
        let (told, answer) = said(path, &body);
        assert_eq!((told, answer["error"]["code"].as_str()), (status, Some(code)), "{path} {body}");
    }
}

#[test]
fn whoever_does_not_show_the_key_gets_nothing() {
    for key in ["Bearer other", KEY, "Bearer "] {
        let (status, answer) = call("/embeddings", key, &json!({ "model": EMBEDDING, "input": "a" }));
        assert_eq!((status, &answer["error"]["code"]), (401, &json!("invalid_api_key")), "{key}");
    }
}
