//! Stores of keys and values and the configuration, as a guest reaches them: its part of a store, the
//! prefix that it never sees, and every bound with what lies just below it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lockstep_core::event::Json;
use lockstep_core::grant::{Access, Grant, KvGrant, Limits};
use lockstep_core::run::Given;
use lockstep_hostile::stores::{self, Deed, deed};

use super::http::Notes;
use super::script::{answer, wide};
use super::{LONG, contracted, identity, settings, told as failed};
use crate::{Allocator, Call, Deciding, KeyValue, Release, Sandbox, Settings, Unreadable, View, Wall, Walls};

/// Stores in memory, by store and key, whole.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<BTreeMap<(String, String), Vec<u8>>>);

impl Kept {
    pub(super) fn with(keys: &[(&str, &str)]) -> Arc<Kept> {
        let all =
            keys.iter().map(|(key, value)| (("cache".into(), (*key).into()), value.as_bytes().to_vec()));
        Arc::new(Kept(Mutex::new(all.collect())))
    }

    fn all(&self) -> Vec<String> {
        let kept = self.0.lock().unwrap();
        let tell = |((store, key), value): (&(String, String), &Vec<u8>)| {
            format!("{store} {key}={}", String::from_utf8_lossy(value))
        };
        kept.iter().map(tell).collect()
    }
}

impl KeyValue for Kept {
    fn get<'a>(&'a self, store: &'a str, key: &'a str) -> Deciding<'a, Option<Vec<u8>>> {
        let value = self.0.lock().unwrap().get(&(store.to_owned(), key.to_owned())).cloned();
        Box::pin(async move { Ok(value) })
    }

    fn set<'a>(
        &'a self,
        store: &'a str,
        key: &'a str,
        value: Vec<u8>,
        within: &'a KvGrant,
    ) -> Deciding<'a, bool> {
        let fits = (key.len() + value.len()) as u64 <= within.bytes;
        if fits {
            self.0.lock().unwrap().insert((store.to_owned(), key.to_owned()), value);
        }
        Box::pin(async move { Ok(fits) })
    }

    fn delete<'a>(&'a self, store: &'a str, key: &'a str) -> Deciding<'a, ()> {
        self.0.lock().unwrap().remove(&(store.to_owned(), key.to_owned()));
        Box::pin(async move { Ok(()) })
    }

    fn keys<'a>(
        &'a self,
        store: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Deciding<'a, Vec<String>> {
        let kept = self.0.lock().unwrap();
        let found = kept.keys().filter(|(of, key)| of == store && key.starts_with(prefix));
        let later =
            found.map(|(_, key)| key.clone()).filter(|key| after.is_none_or(|after| key.as_str() > after));
        let page = later.take(limit as usize).collect();
        Box::pin(async move { Ok(page) })
    }
}

/// Stores that nobody can use.
#[derive(Debug)]
struct Broken;

impl KeyValue for Broken {
    fn get<'a>(&'a self, _: &'a str, _: &'a str) -> Deciding<'a, Option<Vec<u8>>> {
        Box::pin(async { Err(Unreadable("the disk is full".into())) })
    }

    fn set<'a>(&'a self, _: &'a str, _: &'a str, _: Vec<u8>, _: &'a KvGrant) -> Deciding<'a, bool> {
        Box::pin(async { Err(Unreadable("the disk is full".into())) })
    }

    fn delete<'a>(&'a self, _: &'a str, _: &'a str) -> Deciding<'a, ()> {
        Box::pin(async { Err(Unreadable("the disk is full".into())) })
    }

    fn keys<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a str>, _: u32) -> Deciding<'a, Vec<String>> {
        Box::pin(async { Err(Unreadable("the disk is full".into())) })
    }
}

fn grant(access: Access) -> Grant {
    let part = |store: &str, prefix: &str| KvGrant {
        store: store.into(),
        prefix: prefix.into(),
        access,
        bytes: 2 << 20,
        ttl: None,
    };
    let config = [("currency", "EUR"), ("limit", "50000")].map(|(key, value)| (key.into(), value.into()));
    Grant {
        kv: vec![part("cache", "mine/"), part("wide", "")],
        config: Some(config.into()),
        ..Grant::default()
    }
}

fn release(grant: &Grant, limits: Limits, walls: Walls) -> Release {
    let (bytes, grant) = (stores::component(), Grant { limits, ..grant.clone() });
    let sandbox = Sandbox::new(&Settings { walls, ..settings(Allocator::OnDemand) }).unwrap();
    sandbox.load(&bytes, &[&contracted(&bytes, "done")], &grant).unwrap()
}

fn call(deeds: &[Deed], kv: Option<Arc<dyn KeyValue>>) -> Call {
    Call {
        moment: None,
        handler: 0,
        inputs: vec![Given::One(Json::trusted(stores::work(deeds)))],
        identity: identity(),
        state: View::default(),
        watcher: None,
        blobs: None,
        effects: None,
        kv,
        timeout: LONG,
    }
}

/// What comes of deeds in the bucket of the store `cache`.
async fn told(kept: &Arc<Kept>, access: Access, walls: Walls, deeds: &[Deed]) -> Vec<String> {
    let limits = Limits { host_calls: 10_000, ..wide() };
    let deeds = [&[deed("open", "cache")], deeds].concat();
    let report = release(&grant(access), limits, walls).attempt(call(&deeds, Some(kept.clone()))).await;
    let mut told = stores::told(&answer(report));
    assert_eq!(told.remove(0), "ok");
    told
}

#[tokio::test]
async fn keys_are_set_read_listed_and_deleted_under_a_prefix_that_nobody_sees() {
    let kept = Kept::with(&[("mine/old", "1"), ("theirs/old", "2")]);
    let deeds = [
        deed("get", "old"),
        deed("get", "new"),
        deed("set", "new").value("3"),
        deed("get", "new"),
        deed("exists", "new"),
        deed("list", ""),
        deed("delete", "old"),
        deed("exists", "old"),
        deed("delete", "old"),
    ];
    let told = told(&kept, Access::ReadWrite, Walls::default(), &deeds).await;
    assert_eq!(told, ["ok 1", "none", "ok", "ok 3", "ok 1", "ok 2 old", "ok", "ok", "ok"]);
    assert_eq!(kept.all(), ["cache mine/new=3", "cache theirs/old=2"]);
}

#[tokio::test]
async fn only_granted_stores_are_opened() {
    let all = ["cache", "wide", "Cache", "cache/", "mine/", "", "other"].map(|store| deed("open", store));
    let release = release(&grant(Access::Read), wide(), Walls::default());
    let opened = stores::told(&answer(release.attempt(call(&all, Some(Kept::with(&[])))).await));
    let no = "no-such-store";
    assert_eq!(opened, ["ok", "ok", no, no, no, no, no]);
    let none = stores::told(&answer(release.attempt(call(&all[..1], None)).await));
    assert_eq!(none, [no]);
}

#[tokio::test]
async fn another_steps_keys_are_out_of_reach_but_without_the_wall() {
    for key in ["theirs/secret", "../theirs/secret", "/theirs/secret"] {
        let kept = Kept::with(&[("theirs/secret", "s"), ("mine", "beside")]);
        let deeds = [deed("get", key), deed("set", key).value("x"), deed("list", "")];
        let told = told(&kept, Access::ReadWrite, Walls::default(), &deeds).await;
        assert_eq!(told, ["none", "ok", &format!("ok 1 {key}")]);
        let mine = format!("cache mine/{key}=x");
        assert_eq!(kept.all(), ["cache mine=beside", &mine, "cache theirs/secret=s"]);
    }
    let kept = Kept::with(&[("theirs/secret", "s")]);
    let deeds = [deed("get", "theirs/secret"), deed("set", "theirs/secret").value("x"), deed("list", "")];
    let without = told(&kept, Access::ReadWrite, Walls::without(Wall::Prefix), &deeds).await;
    assert_eq!(without, ["ok s", "ok", "ok 1 theirs/secret"]);
    assert_eq!(kept.all(), ["cache theirs/secret=x"]);
}

#[tokio::test]
async fn a_part_that_is_only_read_is_not_written() {
    let kept = Kept::with(&[("mine/a", "1")]);
    let deeds = [deed("set", "a").value("2"), deed("delete", "a"), deed("get", "a"), deed("list", "")];
    let read = told(&kept, Access::Read, Walls::default(), &deeds).await;
    assert_eq!(read, ["access-denied", "access-denied", "ok 1", "ok 1 a"]);
    assert_eq!(kept.all(), ["cache mine/a=1"]);
    let both = told(&kept, Access::ReadWrite, Walls::default(), &deeds).await;
    assert_eq!(both, ["ok", "ok", "none", "ok"]);
}

#[tokio::test]
async fn what_is_denied_of_a_store_is_told_to_whoever_keeps_the_calls_and_counted() {
    let (kept, notes) = (Kept::with(&[]), Arc::new(Notes::default()));
    let deeds = [deed("open", "other"), deed("open", "cache"), deed("set", "a").value("1")];
    let call = Call { effects: Some(notes.clone()), ..call(&deeds, Some(kept)) };
    let report = release(&grant(Access::Read), wide(), Walls::default()).attempt(call).await;
    assert_eq!(report.usage.denied, 2);
    assert_eq!(notes.denials(), ["kv open other: store", "kv change mine/a in cache: access"]);
}

#[tokio::test]
async fn keys_and_values_are_bounded_and_the_guest_is_told() {
    let kept = Kept::with(&[]);
    let key = |length: usize| "k".repeat(length);
    let deeds = [
        deed("set", &key(512)).value("v"),
        deed("set", &key(513)).value("v"),
        deed("get", ""),
        deed("get", "a\0b"),
        deed("exists", "a\u{1b}[31m"),
        deed("set", "large").size(1 << 20),
        deed("set", "large").size((1 << 20) + 1),
    ];
    let told = told(&kept, Access::ReadWrite, Walls::default(), &deeds).await;
    assert_eq!(
        told,
        [
            "ok",
            "other: its key has 513 bytes; give it one of at most 512",
            "other: its key is empty; give it a name",
            "other: its key \"a\\0b\" holds a control character; leave it out",
            "other: its key \"a\\u{1b}[31m\" holds a control character; leave it out",
            "ok",
            "other: its value for the key \"large\" has 1048577 bytes; at most 1 MiB are allowed, \
             split it over several keys",
        ]
    );
}

#[tokio::test]
async fn a_full_store_is_told_and_the_attempt_goes_on() {
    let kept = Kept::with(&[]);
    let mut grant = grant(Access::ReadWrite);
    grant.kv[0].bytes = 10;
    let deeds = [deed("open", "cache"), deed("set", "key").value("123"), deed("set", "key").value("12")];
    let report = release(&grant, wide(), Walls::default()).attempt(call(&deeds, Some(kept.clone()))).await;
    let full = "other: the store is full: its keys and values may come to 10 bytes; delete some";
    assert_eq!(stores::told(&answer(report)), ["ok", full, "ok"]);
}

#[tokio::test]
async fn keys_come_in_pages_of_a_thousand() {
    let kept = Kept::with(&[("mind", ""), ("mine0", "")]);
    let deeds = [
        deed("set", "key-000000").value("v").times(2001),
        deed("list", ""),
        deed("list", "").cursor(0),
        deed("list", "").cursor(1),
        deed("list", "").cursor(2),
        deed("list", "").cursor(u64::MAX),
    ];
    let told = told(&kept, Access::ReadWrite, Walls::default(), &deeds).await;
    let unknown = "other: its cursor is of no page of this bucket";
    assert_eq!(
        told,
        ["ok", "ok 1001000 key-000999", "ok 2001000 key-001999", "ok 1 key-002000", unknown, unknown]
    );
}

#[tokio::test]
async fn calls_and_buckets_are_counted() {
    let kept = Kept::with(&[]);
    let limits = Limits { host_calls: 100, ..wide() };
    let sets = |times| [deed("open", "cache"), deed("set", "key-000000").value("v").times(times)];
    let attempt = async |deeds: &[Deed], walls| {
        release(&grant(Access::ReadWrite), limits, walls).attempt(call(deeds, Some(kept.clone()))).await
    };
    assert_eq!(stores::told(&answer(attempt(&sets(100), Walls::default()).await))[1], "ok");
    assert_eq!(
        failed(attempt(&sets(101), Walls::default()).await),
        "limit host-calls: it made more than 100 calls that leave its run; make fewer, \
         or raise `[limits] host-calls` of its grant"
    );
    assert_eq!(stores::told(&answer(attempt(&sets(101), Walls::without(Wall::HostCalls)).await))[1], "ok");
    let opens = [deed("open", "cache").times(65)];
    assert_eq!(
        stores::told(&answer(attempt(&opens, Walls::default()).await)),
        ["other: it has more than 64 buckets open; use one for all calls"]
    );
}

#[tokio::test]
async fn a_store_that_fails_is_the_hosts_fault() {
    for op in ["get", "set", "delete", "exists", "list"] {
        let deeds = [deed("open", "cache"), deed(op, "k")];
        let release = release(&grant(Access::ReadWrite), wide(), Walls::default());
        assert_eq!(
            failed(release.attempt(call(&deeds, Some(Arc::new(Broken)))).await),
            "host kv: a store of keys and values cannot be used: the disk is full",
            "{op}"
        );
    }
}

#[tokio::test]
async fn the_configuration_is_the_grants_table_and_nothing_else() {
    let deeds = [
        deed("config", "currency"),
        deed("config", "limit"),
        deed("config", "PATH"),
        deed("config", ""),
        deed("all-config", ""),
    ];
    let report = release(&grant(Access::Read), wide(), Walls::default()).attempt(call(&deeds, None)).await;
    assert_eq!(stores::told(&answer(report)), ["ok EUR", "ok 50000", "none", "none", "ok 2 currency"]);
}

#[test]
fn neither_is_linked_without_its_table() {
    let bytes = stores::component();
    let sandbox = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
    let load = |grant: &Grant| sandbox.load(&bytes, &[&contracted(&bytes, "done")], grant);
    let whole = grant(Access::Read);
    load(&whole).unwrap();
    let refusal = |grant: Grant| load(&grant).err().unwrap().to_string();
    let no_kv = refusal(Grant { kv: Vec::new(), ..whole.clone() });
    assert!(no_kv.contains("`wasi:keyvalue/store@0.2.0-draft` is not granted"), "{no_kv}");
    let no_config = refusal(Grant { config: None, ..whole });
    assert!(no_config.contains("`wasi:config/store@0.2.0-rc.1` is not granted"), "{no_config}");
}
