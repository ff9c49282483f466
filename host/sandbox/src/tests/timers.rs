//! Timers: what an attempt wishes is handed over if it succeeds, clamped and bounded.

use std::time::Duration;

use lockstep_core::outcome::TimerWish;

use super::script::{Deed, attempt, deed, done};
use super::told;

fn start(name: &str, after_ms: i64) -> Deed {
    deed("start", name).n(after_ms)
}

fn set(name: &str, after: Duration) -> TimerWish {
    TimerWish::Set { name: name.into(), after }
}

#[tokio::test]
async fn timers_are_wishes_in_the_guests_order() {
    let emitted = done(attempt(&[start("a", 1500), deed("cancel", "b"), start("a", 0)]).await);
    let cancel = TimerWish::Cancel { name: "b".into() };
    assert_eq!(emitted.timers, [set("a", Duration::from_millis(1500)), cancel, set("a", Duration::ZERO)]);
}

#[tokio::test]
async fn waits_are_clamped_to_ten_years() {
    let most = 10 * 365 * 24 * 60 * 60 * 1000;
    for (asked, given) in [(most - 1, most - 1), (most, most), (most + 1, most), (-1, most)] {
        let emitted = done(attempt(&[start("a", asked)]).await);
        assert_eq!(emitted.timers, [set("a", Duration::from_millis(given as u64))], "{asked}");
    }
}

#[tokio::test]
async fn timer_names_are_bounded_and_of_plain_text() {
    let long = "t".repeat(128);
    done(attempt(&[start(&long, 1), deed("cancel", &long)]).await);
    let mut all = String::new();
    for name in [&format!("{long}t"), "", "a\u{9b}b"] {
        let told = [told(attempt(&[start(name, 1)]).await), told(attempt(&[deed("cancel", name)]).await)];
        assert_eq!(told[0], told[1]);
        all += &format!("{}\n", told[0]);
    }
    expect_test::expect![[r#"
        limit timer-name: its timer's name has 129 bytes; give it one of at most 128
        invalid timer-name: its timer's name is empty; give it a name
        invalid timer-name: its timer's name "a\u{9b}b" holds a control character; leave it out
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn an_attempt_wishes_at_most_1000_times() {
    let most = [start("a", 1).times(999), deed("cancel", "a")];
    assert_eq!(done(attempt(&most).await).timers.len(), 1000);
    let [many, cancel] = most;
    for more in [start("a", 1), deed("cancel", "a")] {
        expect_test::expect![
            "limit timers: it set and cancelled timers more than 1000 times; one timer can stand for several things"
        ]
        .assert_eq(&told(attempt(&[many.clone(), cancel.clone(), more]).await));
    }
}
