//! Checks that a backend keeps bytes and not a database's own idea of text, JSON or integers.

use lockstep_core::event::Timestamp;
use lockstep_core::journal::Journal;
use lockstep_core::run::{Change, Record, Seq, Status};

use super::records::{answered, commit_of, event, record_of, state, update};
use super::{encoded, load, run, write};

/// Text that databases, terminals and shells would like to be something else.
pub(super) const TEXTS: [&str; 8] = [
    "",
    "\0",
    "a\0b",
    "'; drop table row; --",
    "%_*?[a]\\",
    " \n\t",
    "\u{202e}\u{feff}",
    "\u{10ffff}\u{fffe}",
];

/// Values whose text is not to be touched: escapes that databases refuse, numbers that floats
/// round, keys that object types merge, and more bytes than fit a page.
pub fn hostile_values_come_back(journal: &dyn Journal) {
    let values = values();
    for (which, kind) in (1..).zip([event, answered, state, update]) {
        let records = (1..).zip(&values).map(|(seq, json)| record_of(seq, kind(json))).collect();
        write(journal, vec![commit_of(which, records)]);
        let rows = load(journal, &run(which));
        let stored = rows.iter().map(|row| row.payload.as_deref().expect("each has a value"));
        assert!(stored.eq(values.iter().map(|json| json.as_bytes())), "a value came back changed");
    }
}

/// The same for text inside a decision.
pub fn hostile_reasons_come_back(journal: &dyn Journal) {
    let change = |reason: &str| Change::Status { status: Status::Failed, reason: Some(reason.to_owned()) };
    let records = (1..).zip(TEXTS).map(|(seq, reason)| record_of(seq, change(reason))).collect();
    let commit = commit_of(1, records);
    write(journal, vec![commit.clone()]);
    assert_eq!(load(journal, &run(1)), encoded(&commit));
}

/// Times are unsigned and use all their bits, and need not grow.
pub fn any_time_comes_back(journal: &dyn Journal) {
    let times = [0, u64::MAX, 1, i64::MAX as u64, i64::MAX as u64 + 1];
    let records = (1..).zip(times).map(|(seq, at)| Record {
        seq: Seq(seq),
        at: Timestamp(at),
        change: Change::Late { delivery: Seq(u64::MAX) },
    });
    let commit = commit_of(1, records.collect());
    write(journal, vec![commit.clone()]);
    assert_eq!(load(journal, &run(1)), encoded(&commit));
}

/// JSON texts, and a few that are none: a backend is not the one to judge.
pub(super) fn values() -> Vec<String> {
    let fixed = [
        r#""\u0000""#,
        "\"\0\"",
        r#""\ud800""#,
        r#"["\udfff\ud800"]"#,
        "18446744073709551615",
        "-9223372036854775808",
        "0.1000000000000000055511151231257827",
        "1E+400",
        r#"{"":""}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"b":1, "a":2}"#,
        " \n[ ]\t",
        "\"\u{7f}\u{85}\u{2028}\u{feff}\u{10ffff}\"",
        "\"%s ? :a $1 ' \\\" ;--\"",
        "",
    ];
    let long = [format!("\"{}\"", "x".repeat(1 << 20)), format!("\"{}\"", "\u{1f980}".repeat(1 << 18))];
    fixed.into_iter().map(str::to_owned).chain(long).collect()
}
