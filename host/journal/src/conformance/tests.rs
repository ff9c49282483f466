//! The suite can fail: for each way a backend may be wrong, a backend that is, and the check that
//! finds it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lockstep_core::blob::Digest;
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::{
    Answer, Commit, Due, Error, Journal, Keys, Message, MessageId, Put, Query, Row, Summary,
};
use lockstep_core::run::{RunId, Seq};
use lockstep_core::workflow::{Graph, Revision};

use crate::Memory;

/// What is wrong with a backend.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    WritesPartOfAGroup,
    LetsGapsPass,
    CountsCommits,
    DropsNul,
    SignsTimes,
    ForgetsOrder,
    ListsOldestFirst,
    ListsTheLastAgain,
    ListsAnyStatus,
    ForgetsSessions,
    WakesTheLastAgain,
    WakesAnyRevision,
    WakesByTimeAlone,
    FoldsCase,
    KnowsNoAlias,
    PurgesNothing,
    PurgesMessages,
    LosesShared,
    KeepsShared,
    ReadsFromTheBeginning,
    DeliversTwice,
    DeliversNewestFirst,
    DropsAnswers,
    ReplacesGraphs,
    EndsAtEachRow,
    ForgetsWhatContinues,
    FoldsKeys,
    TakesPrefixesForPatterns,
    ListsKeysByLetters,
    ListsTheLastKeyAgain,
    KnowsNoQuota,
    CountsWhatIsReplaced,
    CountsTheWholeStore,
    KnowsNoEnd,
}

use Fault::*;

type Check = fn(&dyn Journal);

/// A backend with one fault.
struct Faulty {
    sound: Memory,
    fault: Fault,
}

impl Journal for Faulty {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            match self.fault {
                WritesPartOfAGroup => self.write_each(group).await,
                CountsCommits => Ok(self.write_each(group).await? + 1),
                LetsGapsPass => self.sound.commit(group).await.or(Ok(1)),
                DeliversTwice => self.sound.commit(group.into_iter().map(taking_nothing).collect()).await,
                _ => self.sound.commit(group).await,
            }
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            let mut rows = self.sound.load(run).await?;
            match self.fault {
                DropsNul => rows.iter_mut().for_each(drop_nul),
                SignsTimes => rows.iter_mut().for_each(|row| row.at = signed(row.at)),
                ForgetsOrder => rows.reverse(),
                LosesShared => rows.iter_mut().filter(|row| row.shared.is_some()).for_each(lose),
                _ => {}
            }
            Ok(rows)
        })
    }

    fn ends<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Seq>> {
        Box::pin(async move {
            match self.fault {
                EndsAtEachRow => Ok(self.sound.load(run).await?.iter().map(|row| row.seq).collect()),
                _ => self.sound.ends(run).await,
            }
        })
    }

    fn blob<'a>(&'a self, digest: &'a Digest, offset: u64, length: u64) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let offset = if self.fault == ReadsFromTheBeginning { 0 } else { offset };
            let found = self.sound.blob(digest, offset, length).await?;
            Ok(if self.fault == KeepsShared { found.or(Some(Vec::new())) } else { found })
        })
    }

    fn keep<'a>(&'a self, graph: &'a Graph) -> Answer<'a, ()> {
        self.sound.keep(graph)
    }

    fn graph<'a>(&'a self, revision: &'a Revision) -> Answer<'a, Option<Graph>> {
        Box::pin(async move {
            let kept = self.sound.graph(revision).await?;
            let other = |graph| Graph { json: Json::trusted("{}"), ..graph };
            Ok(if self.fault == ReplacesGraphs { kept.map(other) } else { kept })
        })
    }

    fn runs<'a>(&'a self, query: &'a Query) -> Answer<'a, Vec<(RunId, Summary)>> {
        Box::pin(async move {
            let mut asked = query.clone();
            match self.fault {
                ListsAnyStatus => asked.statuses.clear(),
                ForgetsSessions => asked.session = None,
                ForgetsWhatContinues => asked.continues = None,
                ListsTheLastAgain => asked.before = None,
                _ => {}
            }
            let mut runs = self.sound.runs(&asked).await?;
            if self.fault == ListsOldestFirst {
                runs.reverse();
            }
            Ok(runs)
        })
    }

    fn named<'a>(&'a self, text: &'a str, limit: u32) -> Answer<'a, Vec<RunId>> {
        Box::pin(async move {
            let mut found = match self.fault {
                FoldsCase => self.sound.named(&text.to_ascii_lowercase(), limit).await?,
                _ => self.sound.named(text, limit).await?,
            };
            if self.fault == KnowsNoAlias {
                found.retain(|run| run.as_str().starts_with(text));
            }
            Ok(found)
        })
    }

    fn effects_since<'a>(&'a self, workflow: &'a str, from: Timestamp) -> Answer<'a, Vec<Row>> {
        self.sound.effects_since(workflow, from)
    }

    fn due<'a>(&'a self, due: &'a Due) -> Answer<'a, Vec<(Timestamp, RunId)>> {
        Box::pin(async move {
            let mut asked = due.clone();
            match self.fault {
                WakesTheLastAgain => asked.after = None,
                WakesAnyRevision => asked.revision = Revision::named("r1"),
                _ => {}
            }
            let mut found = self.sound.due(&asked).await?;
            if self.fault == WakesByTimeAlone {
                found.reverse();
                found.sort_by_key(|(at, _)| *at);
            }
            Ok(found)
        })
    }

    fn purge<'a>(&'a self, run: &'a RunId) -> Answer<'a, ()> {
        Box::pin(async move {
            match self.fault {
                PurgesNothing => Ok(()),
                PurgesMessages => {
                    let waiting = self.sound.inbox(u32::MAX).await?.into_iter();
                    for message in waiting.filter(|message| message.run == *run) {
                        self.sound.reply(message.id, Vec::new()).await?;
                    }
                    self.sound.purge(run).await
                }
                _ => self.sound.purge(run).await,
            }
        })
    }

    fn post<'a>(&'a self, run: &'a RunId, body: Vec<u8>) -> Answer<'a, MessageId> {
        self.sound.post(run, body)
    }

    fn inbox(&self, limit: u32) -> Answer<'_, Vec<Message>> {
        Box::pin(async move {
            let mut found = self.sound.inbox(limit).await?;
            if self.fault == DeliversNewestFirst {
                found.reverse();
            }
            Ok(found)
        })
    }

    fn reply(&self, message: MessageId, body: Vec<u8>) -> Answer<'_, ()> {
        self.sound.reply(message, body)
    }

    fn replied(&self, message: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let answer = self.sound.replied(message).await?;
            Ok(answer.filter(|_| self.fault != DropsAnswers))
        })
    }

    fn kv_get<'a>(&'a self, store: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            match self.fault {
                FoldsKeys => self.sound.kv_get(store, &key.to_ascii_lowercase(), now).await,
                KnowsNoEnd => self.sound.kv_get(store, key, Timestamp(0)).await,
                _ => self.sound.kv_get(store, key, now).await,
            }
        })
    }

    fn kv_set(&self, mut put: Put) -> Answer<'_, bool> {
        Box::pin(async move {
            let before = self.sound.kv_get(&put.store, &put.key, put.now).await?;
            match self.fault {
                FoldsKeys => put.key = put.key.to_ascii_lowercase(),
                KnowsNoQuota => put.within.bytes = u64::MAX,
                CountsWhatIsReplaced if before.is_some() => put.within.bytes = 0,
                CountsTheWholeStore => put.within.prefix.clear(),
                _ => {}
            }
            self.sound.kv_set(put).await
        })
    }

    fn kv_delete<'a>(&'a self, store: &'a str, key: &'a str) -> Answer<'a, ()> {
        self.sound.kv_delete(store, key)
    }

    fn kv_keys<'a>(&'a self, keys: &'a Keys) -> Answer<'a, Vec<String>> {
        Box::pin(async move {
            let mut asked = keys.clone();
            match self.fault {
                TakesPrefixesForPatterns => asked.prefix.retain(|char| char != '%'),
                ListsTheLastKeyAgain => {
                    asked.after = asked.after.map(|after| after[..after.len() - 1].into())
                }
                KnowsNoEnd => asked.now = Timestamp(0),
                _ => {}
            }
            let mut found = self.sound.kv_keys(&asked).await?;
            if self.fault == ListsKeysByLetters {
                found.sort_by_key(|key| key.to_lowercase());
            }
            Ok(found)
        })
    }
}

impl Faulty {
    async fn write_each(&self, group: Vec<Commit>) -> Result<u64, Error> {
        let mut number = 0;
        for commit in group {
            number = self.sound.commit(vec![commit]).await?;
        }
        Ok(number)
    }
}

fn taking_nothing(commit: Commit) -> Commit {
    Commit { takes: None, ..commit }
}

fn drop_nul(row: &mut Row) {
    row.payload.iter_mut().for_each(|payload| payload.retain(|byte| *byte != 0));
}

fn lose(row: &mut Row) {
    row.payload = None;
}

fn signed(Timestamp(at): Timestamp) -> Timestamp {
    Timestamp(at.min(i64::MAX as u64))
}

fn is_found(fault: Fault, check: Check) -> bool {
    let journal = Faulty { sound: Memory::new(), fault };
    catch_unwind(AssertUnwindSafe(|| check(&journal))).is_err()
}

#[test]
fn a_backend_with_a_fault_fails_the_check_for_it() {
    let faults: [(Fault, Check); 35] = [
        (WritesPartOfAGroup, super::a_group_is_written_whole_or_not_at_all),
        (LetsGapsPass, super::a_skipped_row_is_refused),
        (CountsCommits, super::groups_are_numbered_one_by_one),
        (DropsNul, super::hostile_values_come_back),
        (SignsTimes, super::any_time_comes_back),
        (ForgetsOrder, super::rows_of_later_groups_follow),
        (ForgetsOrder, super::a_run_folds_from_what_was_stored),
        (ListsOldestFirst, super::runs_are_listed_newest_first),
        (ListsTheLastAgain, super::pages_of_a_listing_follow_each_other),
        (ListsAnyStatus, super::a_listing_holds_what_was_asked_for),
        (ForgetsSessions, super::a_listing_holds_what_was_asked_for),
        (WakesTheLastAgain, super::the_end_of_time_comes_last),
        (WakesAnyRevision, super::runs_of_another_revision_are_not_woken),
        (WakesByTimeAlone, super::runs_are_woken_soonest_first),
        (FoldsCase, super::a_run_is_named_by_its_alias),
        (KnowsNoAlias, super::the_newest_run_of_an_alias_is_meant),
        (PurgesNothing, super::a_purged_run_is_forgotten),
        (PurgesMessages, super::purging_leaves_what_waits_for_an_answer),
        (LosesShared, super::a_payload_comes_back_whole_at_every_length),
        (KeepsShared, super::shared_bytes_go_with_the_last_row_that_has_them),
        (ReadsFromTheBeginning, super::a_large_payload_can_be_read_by_its_digest_and_in_parts),
        (DeliversTwice, super::a_commit_takes_its_message),
        (DeliversNewestFirst, super::messages_are_delivered_in_order),
        (DropsAnswers, super::an_answer_is_there_for_whoever_asked),
        (ReplacesGraphs, super::a_graph_that_is_kept_stays),
        (EndsAtEachRow, super::groups_of_a_run_end_at_their_last_rows),
        (ForgetsWhatContinues, super::a_listing_holds_what_was_asked_for),
        (FoldsKeys, super::stores_and_keys_do_not_mix),
        (TakesPrefixesForPatterns, super::a_prefix_is_no_pattern),
        (ListsKeysByLetters, super::keys_are_listed_in_the_order_of_their_bytes),
        (ListsTheLastKeyAgain, super::pages_of_keys_follow_each_other),
        (KnowsNoQuota, super::a_part_of_a_store_holds_no_more_than_its_quota),
        (CountsWhatIsReplaced, super::what_is_replaced_does_not_count),
        (CountsTheWholeStore, super::a_quota_counts_only_what_begins_with_its_prefix),
        (KnowsNoEnd, super::a_value_is_not_there_from_its_end_on),
    ];
    for (fault, check) in faults {
        assert!(is_found(fault, check), "{fault:?} was not found");
    }
}

#[test]
fn random_operations_find_faults_too() {
    let faults = [
        WritesPartOfAGroup,
        LetsGapsPass,
        CountsCommits,
        DropsNul,
        ListsOldestFirst,
        ListsTheLastAgain,
        ListsAnyStatus,
        ForgetsSessions,
        WakesTheLastAgain,
        WakesByTimeAlone,
        KnowsNoAlias,
        PurgesNothing,
        PurgesMessages,
        DeliversTwice,
        DeliversNewestFirst,
        DropsAnswers,
        ReplacesGraphs,
        EndsAtEachRow,
        ForgetsWhatContinues,
    ];
    for fault in faults {
        assert!(is_found(fault, super::random_operations_match_a_model), "{fault:?} was not found");
    }
}
