//! A host that panics while it works for an attempt: that attempt fails, and nothing else does.

use std::sync::Arc;

use lockstep_core::blob::Digest;
use lockstep_core::outcome::Update;

use super::hostile::{With, told};
use super::script::{answer, call, deed, release, whole_grant, wide};
use crate::{Blobs, Call, Reading, Watcher};

/// Panics when it is told of an update.
#[derive(Debug)]
struct Brittle;

impl Watcher for Brittle {
    fn provisional(&self, _: &Update) {
        panic!("brittle, and its place is nobody's business");
    }
}

impl Blobs for Brittle {
    fn get<'a>(&'a self, _: &'a Digest, _: u64, _: u32) -> Reading<'a> {
        panic!("brittle, and its place is nobody's business");
    }
}

#[tokio::test]
async fn a_panic_in_a_host_call_fails_its_attempt_and_leaves_the_release_whole() {
    let release = release(&whole_grant(), wide());
    let brittle = Call {
        watcher: Some(Arc::new(Brittle)),
        blobs: Some(Arc::new(Brittle)),
        ..call(&[deed("publish", "here").value("1")])
    };
    let others = (0..8).map(|_| {
        let release = release.clone();
        tokio::spawn(async move { answer(release.attempt(call(&[deed("set", "a").value("1")])).await) })
    });
    let others: Vec<_> = others.collect();
    for _ in 0..20 {
        let report = release.attempt(brittle.clone()).await;
        assert_eq!(told(&report), "host host-panic");
        let text = format!("{report:?}");
        assert!(!text.contains("brittle") && !text.contains(".rs"), "{text}");
    }
    for other in others {
        assert_eq!(other.await.unwrap(), r#"{"value":null,"all":[]}"#);
    }
}

#[tokio::test]
async fn a_pool_has_its_slots_back_after_panics() {
    let with = With { allocator: crate::Allocator::Pooling, ..With::default() };
    let sandbox = with.sandbox();
    let release = with.release_in(&sandbox, "undo");
    for _ in 0..100 {
        let call = Call { watcher: Some(Arc::new(Brittle)), ..with.call(1) };
        assert_eq!(told(&release.attempt(call).await), "host host-panic");
    }
    assert_eq!(told(&release.attempt(with.call(1)).await), "emitted 0");
}
