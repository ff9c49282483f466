//! Attacks 29 to 31, on what outlives an attempt: the state of its run, the memory of its instance, and
//! stores of keys and values.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::grant::{Access, Grant, KvGrant};
use lockstep_core::journal::{Journal, Keys, Put, Quota};
use lockstep_core::run::Change;
use lockstep_hostile::component;
use lockstep_hostile::stores::{self, Deed, deed};
use lockstep_journal::Memory;
use lockstep_runtime::archive;
use lockstep_sandbox::{Allocator, Wall};

use super::stage::Stage;
use super::{Case, Opposite, Trial, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "29a",
            "a trap after writing state",
            "trap unreachable, nothing visible",
            Wall::Transaction,
            |trial| Box::pin(undone(trial)),
        ),
        case(
            "29b",
            "the retry after such a trap",
            "2 attempts, both saw the old state",
            Wall::Transaction,
            |trial| Box::pin(retried(trial)),
        ),
        case(
            "30a",
            "a variable set by another attempt, from a pool",
            "its first value",
            Wall::FreshInstance,
            |trial| Box::pin(counted(trial, Allocator::Pooling)),
        ),
        case("30b", "a variable set by another attempt", "its first value", Wall::FreshInstance, |trial| {
            Box::pin(counted(trial, Allocator::OnDemand))
        }),
        case("31a", "`../` in a key", "confined", Wall::Prefix, |trial| {
            Box::pin(set(trial, "../theirs/new"))
        }),
        case("31b", "a NUL in a key", "refused", Opposite::Harmless, |trial| {
            Box::pin(set(trial, trial.pick("a\0b", "ab")))
        }),
        case("31c", "another step's prefix in a key", "confined", Wall::Prefix, |trial| {
            Box::pin(set(trial, "theirs/new"))
        }),
        case("31d", "another step's value", "none", Wall::Prefix, |trial| Box::pin(stolen(trial))),
    ]
}

/// What is seen of a run whose step writes state, tells of it, puts a blob and traps.
async fn undone(trial: Trial) -> anyhow::Result<String> {
    let played = Stage::new(trial, component("undo")).play("{\"n\":0}").await?;
    let records = played.records().await?;
    let visible = records.iter().filter(|record| {
        matches!(record.change, Change::State { .. } | Change::Update { .. } | Change::Blob { .. })
    });
    let visible = match visible.count() {
        0 => "nothing".to_owned(),
        some => format!("{some} rows"),
    };
    Ok(format!("{}, {visible} visible", played.told()))
}

/// How often it is attempted, and whether state was ever there to be seen.
async fn retried(trial: Trial) -> anyhow::Result<String> {
    let stage = Stage { attempts: 2, ..Stage::new(trial, component("undo")) };
    let played = stage.play("{\"n\":0}").await?;
    let attempts = played.notes.seen().ended.len();
    let Some(run) = archive::read(&*played.journal, &played.runs[0]).await? else {
        anyhow::bail!("the run is not known");
    };
    let is_old = run.state().entries().count() == 0;
    let saw = if is_old { "both saw the old state" } else { "there was new state" };
    Ok(format!("{attempts} attempts, {saw}"))
}

async fn counted(trial: Trial, allocator: Allocator) -> anyhow::Result<String> {
    let mut stage = Stage::new(trial, component("static"));
    stage.sandbox.allocator = allocator;
    let played = stage.play_all(vec!["{\"n\":0}".to_owned(); 3]).await?;
    let given = played.given()?;
    Ok(if given.starts_with("{\"n\":1,") { "its first value".to_owned() } else { given })
}

/// A step that has the part `mine/` of a store, in which `theirs/secret` is another's.
struct Bucket(Stage);

impl Bucket {
    fn new(trial: Trial) -> Bucket {
        let part = KvGrant {
            store: "shared".into(),
            prefix: "mine/".into(),
            access: Access::ReadWrite,
            bytes: 1 << 20,
            ttl: None,
        };
        let grant = Grant { kv: vec![part], config: Some([].into()), ..Grant::default() };
        Bucket(Stage { grant, ..Stage::new(trial, stores::component()) })
    }

    /// What comes of a deed, and all keys that there are then.
    async fn told(&self, key: Deed) -> anyhow::Result<(String, Vec<String>)> {
        let journal = Arc::new(Memory::new());
        journal.kv_set(theirs()).await?;
        let played = self.0.play_in(journal, vec![stores::work(&[deed("open", "shared"), key])]).await?;
        let told = stores::told(&played.given()?).pop().unwrap_or_default();
        let (prefix, now) = (String::new(), Timestamp(1));
        let all = Keys { store: "shared".into(), prefix, after: None, now, limit: 10 };
        Ok((told, played.journal.kv_keys(&all).await?))
    }
}

fn theirs() -> Put {
    Put {
        store: "shared".into(),
        key: "theirs/secret".into(),
        value: b"theirs".to_vec(),
        now: Timestamp(0),
        expires_at: None,
        within: Quota { prefix: String::new(), bytes: 1 << 20 },
    }
}

/// Where a key comes to lie.
async fn set(trial: Trial, key: &str) -> anyhow::Result<String> {
    let (told, keys) = Bucket::new(trial).told(deed("set", key).value("x")).await?;
    let others = keys.iter().filter(|key| *key != "theirs/secret" && !key.starts_with("mine/")).count();
    Ok(match (told.as_str(), others) {
        ("ok", 0) => "confined".to_owned(),
        ("ok", _) => "outside of its prefix".to_owned(),
        _ => "refused".to_owned(),
    })
}

async fn stolen(trial: Trial) -> anyhow::Result<String> {
    Ok(Bucket::new(trial).told(deed("get", "theirs/secret")).await?.0)
}
