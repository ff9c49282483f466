//! The stores of keys and values that steps were granted: kept by the journal beside all runs, with the
//! time of the host's clock.

use std::fmt;
use std::sync::Arc;

use lockstep_core::grant::KvGrant;
use lockstep_core::journal::{Error, Journal, Keys, Put, Quota};
use lockstep_sandbox::{Deciding, KeyValue, Unreadable};

use crate::clock::Clock;

/// The stores of keys and values of a journal, for attempts that no host makes.
pub fn stores(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Arc<dyn KeyValue> {
    Arc::new(Stores { journal, clock })
}

/// The stores of a journal.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}

impl KeyValue for Stores {
    fn get<'a>(&'a self, store: &'a str, key: &'a str) -> Deciding<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.journal.kv_get(store, key, self.clock.now()).await.map_err(unreadable) })
    }

    fn set<'a>(
        &'a self,
        store: &'a str,
        key: &'a str,
        value: Vec<u8>,
        within: &'a KvGrant,
    ) -> Deciding<'a, bool> {
        let now = self.clock.now();
        let put = Put {
            store: store.to_owned(),
            key: key.to_owned(),
            value,
            now,
            expires_at: within.ttl.map(|ttl| now.after(ttl)),
            within: Quota { prefix: within.prefix.clone(), bytes: within.bytes },
        };
        Box::pin(async move { self.journal.kv_set(put).await.map_err(unreadable) })
    }

    fn delete<'a>(&'a self, store: &'a str, key: &'a str) -> Deciding<'a, ()> {
        Box::pin(async move { self.journal.kv_delete(store, key).await.map_err(unreadable) })
    }

    fn keys<'a>(
        &'a self,
        store: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Deciding<'a, Vec<String>> {
        let (store, prefix, after) = (store.to_owned(), prefix.to_owned(), after.map(str::to_owned));
        let keys = Keys { store, prefix, after, now: self.clock.now(), limit };
        Box::pin(async move { self.journal.kv_keys(&keys).await.map_err(unreadable) })
    }
}

fn unreadable(why: Error) -> Unreadable {
    Unreadable(why.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use lockstep_core::event::Timestamp;
    use lockstep_core::grant::Access;
    use lockstep_journal::Memory;

    use super::*;

    #[derive(Default)]
    struct At(AtomicU64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn part(bytes: u64, ttl: Option<Duration>) -> KvGrant {
        KvGrant { store: "s".into(), prefix: "p/".into(), access: Access::ReadWrite, bytes, ttl }
    }

    #[tokio::test]
    async fn a_value_lives_as_long_as_its_grant_says_by_the_hosts_clock() {
        let clock = Arc::new(At::default());
        let stores = Stores { journal: Arc::new(Memory::new()), clock: clock.clone() };
        let (short, ever) = (part(100, Some(Duration::from_millis(10))), part(100, None));
        assert!(stores.set("s", "p/short", b"1".to_vec(), &short).await.unwrap());
        assert!(stores.set("s", "p/ever", b"2".to_vec(), &ever).await.unwrap());
        let keys = async || stores.keys("s", "p/", None, 10).await.unwrap();
        assert_eq!(keys().await, ["p/ever", "p/short"]);
        clock.0.store(10, Ordering::Relaxed);
        assert_eq!(keys().await, ["p/ever"]);
        assert_eq!(stores.get("s", "p/short").await.unwrap(), None);
        stores.delete("s", "p/ever").await.unwrap();
        assert_eq!(keys().await, [""; 0]);
    }

    #[tokio::test]
    async fn a_part_of_a_store_is_as_large_as_its_grant_says() {
        let stores = Stores { journal: Arc::new(Memory::new()), clock: Arc::new(At::default()) };
        let part = part(10, None);
        assert!(stores.set("s", "p/a", vec![0; 4], &part).await.unwrap());
        assert!(!stores.set("s", "p/b", vec![0; 1], &part).await.unwrap());
        assert!(stores.set("s", "p/b", Vec::new(), &part).await.unwrap());
    }
}
