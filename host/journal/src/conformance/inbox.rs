//! Checks of the inbox: what is posted is delivered until a commit takes it or somebody answers.

use lockstep_core::journal::{Commit, Journal, Message, MessageId};

use super::hostile::values;
use super::{commit, commit_of, numbers, refused, run, wait, write};

/// The oldest first, no more than asked for, and its run need not be known.
pub fn messages_are_delivered_in_order(journal: &dyn Journal) {
    assert_eq!(inbox(journal, 9), []);
    let posted = [1, 2, 1].map(|which| post(journal, which, "hello"));
    assert!(posted.is_sorted_by(|a, b| a < b), "each has a number of its own, and they grow: {posted:?}");
    assert_eq!(inbox(journal, 9), posted);
    assert_eq!(inbox(journal, 2), posted[..2]);
    assert_eq!(inbox(journal, 0), []);
}

/// Bodies and answers are bytes.
pub fn messages_come_back_as_they_went_in(journal: &dyn Journal) {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let bodies = values().into_iter().map(String::into_bytes).chain([all_bytes]);
    for (which, body) in (1..).zip(bodies) {
        let id = wait(journal.post(&run(which), body.clone())).expect("a message can be posted");
        let told = wait(journal.inbox(1)).expect("an inbox");
        assert!(told == [Message { id, run: run(which), body: body.clone() }], "body {which} is another");
        wait(journal.reply(id, body.clone())).expect("a message can be answered");
        assert!(replied(journal, id) == Some(body), "answer {which} is another");
    }
}

/// A message that a commit takes is not delivered again; it can still be answered.
pub fn a_commit_takes_its_message(journal: &dyn Journal) {
    let posted = [1, 2, 1].map(|which| post(journal, which, "hello"));
    write(journal, vec![taking(commit(1, 1..=1), posted[0]), commit(2, 1..=1)]);
    assert_eq!(inbox(journal, 9), posted[1..]);
    assert_eq!(replied(journal, posted[0]), None);
    reply(journal, posted[0], "done");
    assert_eq!(replied(journal, posted[0]).as_deref(), Some(&b"done"[..]));
}

/// A commit without rows takes its message too, and begins no run.
pub fn a_commit_of_nothing_takes_its_message(journal: &dyn Journal) {
    let posted = [1, 2].map(|which| post(journal, which, "hello"));
    write(journal, vec![taking(commit_of(1, Vec::new()), posted[0])]);
    assert_eq!(inbox(journal, 9), posted[1..]);
    assert!(numbers(journal, 1).is_empty());
}

/// A message is taken with the group that takes it, or not at all.
pub fn a_refused_group_takes_no_message(journal: &dyn Journal) {
    let posted = post(journal, 1, "hello");
    refused(journal, vec![taking(commit(1, 1..=1), posted), commit(2, 2..=2)]);
    refused(journal, vec![taking(commit(1, 3..=3), posted)]);
    assert_eq!(inbox(journal, 9), [posted]);
}

/// Taking what is not there, or what was taken before, harms nothing.
pub fn a_message_may_be_taken_twice(journal: &dyn Journal) {
    let posted = [1, 1].map(|which| post(journal, which, "hello"));
    for (row, message) in (1..).zip([posted[0], posted[0], MessageId(u64::MAX), MessageId(0)]) {
        write(journal, vec![taking(commit(1, row..=row), message)]);
    }
    assert_eq!(inbox(journal, 9), posted[1..]);
    assert_eq!(numbers(journal, 1), [1, 2, 3, 4]);
}

/// A message that was answered is not delivered any more, and its answer is there to be read.
pub fn an_answer_is_there_for_whoever_asked(journal: &dyn Journal) {
    let posted = [1, 1, 1].map(|which| post(journal, which, "hello"));
    reply(journal, posted[1], "");
    assert_eq!(replied(journal, posted[1]), Some(Vec::new()));
    assert_eq!([replied(journal, posted[0]), replied(journal, MessageId(u64::MAX))], [None, None]);
    assert_eq!(inbox(journal, 9), [posted[0], posted[2]]);
}

/// Whoever asked may have read it.
pub fn the_first_answer_stays(journal: &dyn Journal) {
    let posted = post(journal, 1, "hello");
    ["one", "two"].iter().for_each(|body| reply(journal, posted, body));
    assert_eq!(replied(journal, posted).as_deref(), Some(&b"one"[..]));
    let unknown = MessageId(posted.0 + 1);
    reply(journal, unknown, "nobody asked");
    assert_eq!(replied(journal, unknown), None);
    assert_eq!(post(journal, 1, "now somebody does"), unknown);
    assert_eq!(replied(journal, unknown), None);
}

/// With a run go its messages, but for those that still want an answer.
pub fn purging_leaves_what_waits_for_an_answer(journal: &dyn Journal) {
    let posted = [1, 1, 1, 2].map(|which| post(journal, which, "hello"));
    write(journal, vec![taking(commit(1, 1..=1), posted[0])]);
    [posted[1], posted[3]].iter().for_each(|message| reply(journal, *message, "done"));
    wait(journal.purge(&run(1))).expect("it is known");
    assert_eq!(replied(journal, posted[1]), None);
    assert!(replied(journal, posted[3]).is_some(), "the message of another run");
    assert_eq!(inbox(journal, 9), [posted[2]]);
    reply(journal, posted[2], "purged");
    assert_eq!(replied(journal, posted[2]).as_deref(), Some(&b"purged"[..]));
    assert!(post(journal, 1, "again") > posted[3], "a number is never given twice");
}

fn taking(commit: Commit, message: MessageId) -> Commit {
    Commit { takes: Some(message), ..commit }
}

fn post(journal: &dyn Journal, which: u64, body: &str) -> MessageId {
    wait(journal.post(&run(which), body.into())).expect("a message can be posted")
}

fn reply(journal: &dyn Journal, message: MessageId, body: &str) {
    wait(journal.reply(message, body.into())).expect("a message can be answered");
}

fn replied(journal: &dyn Journal, message: MessageId) -> Option<Vec<u8>> {
    wait(journal.replied(message)).expect("an answer can be read")
}

fn inbox(journal: &dyn Journal, limit: u32) -> Vec<MessageId> {
    wait(journal.inbox(limit)).expect("an inbox").iter().map(|message| message.id).collect()
}
