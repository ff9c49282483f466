//! Requests that somebody carries in the place of the network: under the same rules, and nothing leaves.

use lockstep_core::effect::Ending;
use lockstep_core::grant::http::{SecretUse, Why};
use lockstep_core::outcome::{Interruption, Outcome};

use super::*;
use crate::{Carrying, Incoming, NotCarried, Outgoing};

/// Gives these answers one after the other, and notes what it was asked.
#[derive(Debug, Default)]
struct Mail {
    answers: Mutex<Vec<Result<Incoming, NotCarried>>>,
    sent: Mutex<Vec<Outgoing>>,
}

impl Carrier for Mail {
    fn carry(&self, sent: Outgoing) -> Carrying<'_> {
        self.sent.lock().unwrap().push(sent);
        Box::pin(std::future::ready(self.answers.lock().unwrap().remove(0)))
    }
}

/// A lab whose requests are carried, under a rule for a server that is nowhere.
fn carried(rule: Rule, answers: Vec<Result<Incoming, NotCarried>>) -> (Lab, Arc<Mail>) {
    let mail = Arc::new(Mail { answers: answers.into(), ..Mail::default() });
    let mut lab = Lab::new([Rule { network: Network::Public, ..rule }]);
    lab.carrier = Some(mail.clone());
    (lab, mail)
}

fn says(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Incoming, NotCarried> {
    let header = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    Ok(Incoming { status, headers: headers.iter().map(header).collect(), body: body.into() })
}

const URL: &str = "http://server.test/a?b=1";

#[tokio::test]
async fn what_would_leave_is_handed_over_with_all_that_the_host_adds() {
    let secret = SecretUse { name: "key".into(), header: "x-key".into(), format: "{}".into() };
    let rule = Rule { secret: Some(secret), idempotency: Some("x-once".into()), ..rule(80) };
    let (mut lab, mail) = carried(rule, vec![says(201, &[("x-back", "yes")], "not-so-secret-key")]);
    lab.secrets = [("key".to_owned(), b"not-so-secret-key".to_vec())].into();
    let told = lab.ask(get(URL)).await;
    assert_eq!((&told["ok"]["status"], body(&told)), (&json!(201), "[secret]".to_owned()));
    assert_eq!(told["ok"]["headers"], json!([["x-back", "yes"]]));
    let sent = mail.sent.lock().unwrap().remove(0);
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("GET", URL));
    let value =
        |name: &str| sent.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.len());
    assert_eq!((value("x-key"), value("x-once")), (Some(17), Some(32)));
    assert!(lab.names.asked.lock().unwrap().is_empty(), "nobody has looked for an address");
}

#[tokio::test]
async fn rules_and_bounds_hold_as_for_the_network() {
    let (lab, mail) = carried(Rule { response_bytes: 4, ..rule(80) }, vec![says(200, &[], "12345")]);
    assert_eq!(lab.refused(get(URL)).await, "\"too-large\"");
    assert!(lab.refused(get("http://other.test/")).await.contains(r#""why":"host""#));
    assert_eq!(mail.sent.lock().unwrap().len(), 1, "what is denied is handed to nobody");
    let away = says(302, &[("location", "/inner")], "");
    let (lab, mail) = carried(Rule { redirects: true, ..rule(80) }, vec![away, says(200, &[], "there")]);
    assert_eq!(body(&lab.ask(get(URL)).await), "there");
    assert_eq!(mail.sent.lock().unwrap()[1].url, "http://server.test/inner");
}

#[tokio::test]
async fn whoever_carries_may_say_whatever_a_guest_can_be_told() {
    for (why, told, ending) in [
        (NotCarried::Timeout, r#""timeout""#, "failed: no answer in time"),
        (NotCarried::TooLarge, r#""too-large""#, "failed: the answer is too large"),
        (NotCarried::Connect("c".into()), r#"{"connect":"c"}"#, "not made: no connection: c"),
        (NotCarried::Tls("t".into()), r#"{"tls":"t"}"#, "not made: no secure connection: t"),
        (NotCarried::Protocol("p".into()), r#"{"protocol":"p"}"#, "failed: no proper answer: p"),
        (NotCarried::Invalid("i".into()), r#"{"invalid-request":"i"}"#, "not made: no request: i"),
        (NotCarried::Refused("no".into()), r#"{"refused":"no"}"#, "not made: refused: no"),
        (
            NotCarried::Denied(Why::Path),
            r#"{"denied":{"capability":"http","what":"GET http://server.test/a?b","why":"path"}}"#,
            "not made: it is denied: path",
        ),
    ] {
        let (lab, _) = carried(rule(80), vec![Err(why)]);
        assert_eq!(lab.refused(get(URL)).await, told);
        let ended = lab.notes.ended.lock().unwrap().remove(0);
        let ended = match ended {
            Ending::Failed { told } => format!("failed: {told}"),
            Ending::NotMade { told } => format!("not made: {told}"),
            Ending::Answered { told, .. } => format!("answered: {told}"),
        };
        assert_eq!(ended, ending);
    }
}

#[tokio::test]
async fn a_call_that_may_be_made_once_is_unknown_when_it_may_have_arrived() {
    let once = || Rule { at_most_once: true, ..rule(80) };
    let (lab, _) = carried(once(), vec![Err(NotCarried::Timeout)]);
    assert_eq!(lab.report(get(URL)).await.outcome, Outcome::Interrupted(Interruption::UnknownEffect));
    let (lab, _) = carried(once(), vec![Err(NotCarried::Connect("c".into()))]);
    assert_eq!(lab.refused(get(URL)).await, r#"{"connect":"c"}"#);
}
