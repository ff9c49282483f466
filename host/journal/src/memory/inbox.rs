//! The inbox of the journal in memory.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_core::journal::{Message, MessageId};
use lockstep_core::run::RunId;

/// **Invariant:** a message waits if no commit has taken it and nobody has answered it.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    last: u64,
    letters: BTreeMap<MessageId, Letter>,
    waiting: BTreeSet<MessageId>,
}

#[derive(Debug)]
struct Letter {
    run: RunId,
    body: Vec<u8>,
    reply: Option<Vec<u8>>,
}

impl Inbox {
    pub(super) fn post(&mut self, run: RunId, body: Vec<u8>) -> MessageId {
        self.last += 1;
        let id = MessageId(self.last);
        self.letters.insert(id, Letter { run, body, reply: None });
        self.waiting.insert(id);
        id
    }

    pub(super) fn take(&mut self, message: MessageId) {
        self.waiting.remove(&message);
    }

    pub(super) fn waiting(&self, limit: usize) -> Vec<Message> {
        let message = |id: &MessageId| {
            let Letter { run, body, .. } = &self.letters[id];
            Message { id: *id, run: run.clone(), body: body.clone() }
        };
        self.waiting.iter().take(limit).map(message).collect()
    }

    /// The first answer stays.
    pub(super) fn reply(&mut self, message: MessageId, body: Vec<u8>) {
        self.waiting.remove(&message);
        if let Some(letter) = self.letters.get_mut(&message) {
            letter.reply.get_or_insert(body);
        }
    }

    pub(super) fn replied(&self, message: MessageId) -> Option<Vec<u8>> {
        self.letters.get(&message).and_then(|letter| letter.reply.clone())
    }

    /// What waits goes on waiting: its sender wants an answer.
    pub(super) fn purge(&mut self, run: &RunId) {
        self.letters.retain(|id, letter| letter.run != *run || self.waiting.contains(id));
    }
}
