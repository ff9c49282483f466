//! Every key of a grant bites: a table with a row for each, and each row in a real attempt. The text of a
//! grant lets a deed through; the same text with another value of that key stops it, or makes it another.
//! The keys are those of the JSON Schemas, so one without a row fails here.

mod deeds;
mod keys;
mod rows;
mod shown;

use std::collections::BTreeSet;

use lockstep_core::grant::{self, Grant};
use lockstep_core::operator::{self, Operator};

use deeds::{Deed, Ground};
use rows::ROWS;
use shown::{OPERATORS, Shown, TIED};

/// A key of a grant, and what it does.
struct Row {
    /// The key, as people name it: `http.host`.
    key: &'static str,
    /// The grant that lets the deed through, without its first line.
    wide: &'static str,
    /// The same with another value of the key.
    narrow: &'static str,
    deed: Deed,
    /// What comes of the deed with the one.
    through: &'static str,
    /// And with the other.
    stopped: &'static str,
}

/// Secrets and servers of the operator that rules name.
const SECRETS: &str = "[secrets]\none = { env = \"ONE\" }\ntwo = { env = \"TWO\" }\n\
    [mcp.bank]\nurl = \"https://bank.example\"\n[mcp.slow]\nurl = \"https://slow.example\"\n";

fn granted(text: &str) -> Grant {
    grant::parse(&format!("grant = 1\n{text}")).unwrap_or_else(|findings| panic!("{text}: {findings:?}"))
}

/// A file of the operator's in which the tables of a grant are the ceiling.
fn ceiling(text: &str) -> Operator {
    let tables = text.replace("\n[", "\n[ceiling.").replace("[ceiling.[", "[[ceiling.");
    let text = format!("lockstep = 1\n{SECRETS}{tables}");
    operator::parse(&text).unwrap_or_else(|findings| panic!("{text}: {findings:?}"))
}

#[tokio::test]
async fn every_key_of_a_grant_bites() {
    for row in ROWS {
        let ground = Ground::new().await;
        let [wide, narrow] = [row.wide, row.narrow].map(|text| granted(&ground.text(&row.deed, text)));
        assert_eq!(ground.told(&row.deed, &wide).await, row.through, "{}: {}", row.key, row.wide);
        assert_eq!(ground.told(&row.deed, &narrow).await, row.stopped, "{}: {}", row.key, row.narrow);
    }
}

/// Either the grant is refused with a line about that table, or its deed ends as with the narrower grant.
#[tokio::test]
async fn every_key_of_a_ceiling_bites() {
    for row in ROWS.iter().filter(|row| !row.key.starts_with("dir.guest")) {
        let ground = Ground::new().await;
        let wide = granted(&ground.text(&row.deed, row.wide));
        let own = |text: &str| {
            let text = ground.text(&row.deed, text);
            text.lines()
                .filter(|line| !line.starts_with("guest = "))
                .fold(String::new(), |all, line| all + "\n" + line)
        };
        let [same, lower] = [row.wide, row.narrow].map(|text| ceiling(&own(text)).apply(&wide));
        let through = ground.told(&row.deed, &same.unwrap()).await;
        assert_eq!(through, row.through, "{}: under what it says itself", row.key);
        let (table, _) = row.key.split_once('.').unwrap();
        match lower {
            Ok(lowered) => {
                assert_eq!(ground.told(&row.deed, &lowered).await, row.stopped, "{}: {}", row.key, row.narrow)
            }
            Err(lines) => assert!(lines.len() == 1 && lines[0].contains(table), "{}: {lines:?}", row.key),
        }
    }
}

#[test]
fn every_key_of_a_grant_has_a_row() {
    let rows = ROWS.iter().map(|row| row.key.to_owned());
    let all: BTreeSet<String> = rows.chain(named(TIED)).collect();
    assert_eq!(all, keys::of(grant::SCHEMA));
}

#[test]
fn every_key_of_the_operator_has_a_row() {
    let ceilings =
        ROWS.iter().map(|row| format!("ceiling.{}", row.key)).filter(|key| key != "ceiling.dir.guest");
    let all: BTreeSet<String> = ceilings.chain(named(OPERATORS)).collect();
    assert_eq!(all, keys::of(operator::SCHEMA));
}

#[test]
fn what_is_shown_elsewhere_is_there() {
    for shown in TIED.iter().chain(OPERATORS) {
        assert!(shown.is_there(), "{}: no {} in {}", shown.key, shown.test, shown.file);
    }
}

fn named(all: &'static [Shown]) -> impl Iterator<Item = String> {
    all.iter().map(|shown| shown.key.to_owned())
}
