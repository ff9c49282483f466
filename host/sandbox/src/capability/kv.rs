//! `wasi:keyvalue/store`: parts of stores that outlive runs, by grant. What is asked goes out at once and
//! the guest waits; a key never leaves without the prefix of its grant. What the guest got wrong it is
//! told as an error of the interface; a store that fails ends the attempt.

use std::sync::Arc;

use lockstep_core::grant::{Access, Grant, KvGrant};
use lockstep_core::outcome::Class;
use wasmtime::component::{Resource, ResourceTable};

use super::check::Name;
use super::kv_bindings::wasi::keyvalue::store::{self, Error, KeyResponse};
use crate::attempt::Guest;
use crate::fault::{Ended, bytes};
use crate::{KeyValue, Unreadable, Wall};

/// The capability, as denials name it.
const NAME: &str = "kv";
const KEY: Name = Name { what: "key", code: "kv-key", longest: 512 };
/// Bytes of one value.
const LARGEST_VALUE: usize = 1 << 20;
/// Buckets that a guest may have open at once.
const MOST_BUCKETS: usize = 64;
/// Keys of one page.
const PAGE: u32 = 1000;

/// What the host does for a guest: an answer, an error that the guest is told, or its end.
type Told<T> = wasmtime::Result<Result<T, Error>>;

/// The buckets that an attempt has open.
pub(crate) struct Buckets {
    stores: Option<Arc<dyn KeyValue>>,
    open: ResourceTable,
}

/// A part of a store that a guest has open.
#[allow(unreachable_pub, reason = "generated code names it in public")]
pub struct Bucket {
    /// Which of the tables of the grant it is by.
    place: usize,
    /// The last keys of the pages that were listed, whole: a cursor is a place among them.
    pages: Vec<String>,
}

/// What is asked of a store, checked.
struct Asked {
    stores: Arc<dyn KeyValue>,
    grant: Arc<Grant>,
    place: usize,
    /// Whole.
    key: String,
}

impl Buckets {
    /// Without anybody who has stores there is none.
    pub(crate) fn new(stores: Option<Arc<dyn KeyValue>>) -> Buckets {
        let mut open = ResourceTable::new();
        open.set_max_capacity(MOST_BUCKETS);
        Buckets { stores, open }
    }
}

impl Asked {
    fn part(&self) -> &KvGrant {
        &self.grant.kv[self.place]
    }

    async fn get(&self) -> Result<Option<Vec<u8>>, Ended> {
        self.stores.get(&self.part().store, &self.key).await.map_err(failed)
    }

    async fn set(&self, value: Vec<u8>) -> Result<Result<(), Error>, Ended> {
        let part = self.part();
        let fits = self.stores.set(&part.store, &self.key, value, part).await.map_err(failed)?;
        let full = || {
            let most = bytes(usize::try_from(part.bytes).unwrap_or(usize::MAX));
            Error::Other(format!("the store is full: its keys and values may come to {most}; delete some"))
        };
        Ok(fits.then_some(()).ok_or_else(full))
    }

    async fn delete(&self) -> Result<(), Ended> {
        self.stores.delete(&self.part().store, &self.key).await.map_err(failed)
    }
}

impl Guest {
    /// The part of a store that a bucket is, with what stands before all its keys.
    fn bucket(&self, bucket: &Resource<Bucket>) -> wasmtime::Result<(usize, &str)> {
        let place = self.buckets.open.get(bucket)?.place;
        let is_confined = self.walls.stands(Wall::Prefix);
        Ok((place, if is_confined { &self.grant.kv[place].prefix } else { "" }))
    }

    /// What goes out for a key of a bucket, or why nothing does.
    fn asked(&mut self, bucket: &Resource<Bucket>, key: &str) -> Told<Asked> {
        self.calls.leaves()?;
        let (place, prefix) = self.bucket(bucket)?;
        let key = match KEY.check(key) {
            Ok(key) => format!("{prefix}{key}"),
            Err(why) => return Ok(Err(Error::Other(why.to_string()))),
        };
        let grant = self.grant.clone();
        let asked = self.buckets.stores.clone().map(|stores| Asked { stores, grant, place, key });
        self.cpu.worked();
        Ok(asked.ok_or(Error::NoSuchStore))
    }

    /// The same for one that changes something.
    fn asked_to_change(&mut self, bucket: &Resource<Bucket>, key: &str) -> Told<Asked> {
        let asked = self.asked(bucket, key)?;
        Ok(asked.and_then(|asked| match asked.part().access {
            Access::ReadWrite => Ok(asked),
            Access::Read => {
                self.denials.say(NAME, &format!("change {} in {}", asked.key, asked.part().store), "access");
                Err(Error::AccessDenied)
            }
        }))
    }

    /// The keys that come after one, and whether there may be more after them.
    async fn page(&mut self, place: usize, prefix: &str, after: Option<&str>) -> Result<Page, Ended> {
        let Some(stores) = self.buckets.stores.clone() else { return Ok(Page::default()) };
        let grant = self.grant.clone();
        let mut keys = stores.keys(&grant.kv[place].store, prefix, after, PAGE + 1).await.map_err(failed)?;
        let has_more = keys.len() > PAGE as usize;
        keys.truncate(PAGE as usize);
        Ok(Page { keys, has_more })
    }
}

/// Keys of a store, whole.
#[derive(Default)]
struct Page {
    keys: Vec<String>,
    has_more: bool,
}

fn failed(why: Unreadable) -> Ended {
    Ended::failed(Class::Host, "kv", format!("a store of keys and values cannot be used: {why}"))
}

impl store::Host for Guest {
    fn open(&mut self, identifier: String) -> Told<Resource<Bucket>> {
        let place = self.grant.kv.iter().position(|part| part.store == identifier);
        let Some(place) = place.filter(|_| self.buckets.stores.is_some()) else {
            self.denials.say(NAME, &format!("open {identifier}"), "store");
            return Ok(Err(Error::NoSuchStore));
        };
        let bucket = self.buckets.open.push(Bucket { place, pages: Vec::new() });
        let many =
            |_| Error::Other(format!("it has more than {MOST_BUCKETS} buckets open; use one for all calls"));
        Ok(bucket.map_err(many))
    }
}

impl store::HostBucket for Guest {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Told<Option<Vec<u8>>> {
        match self.asked(&bucket, &key)? {
            Ok(asked) => Ok(Ok(asked.get().await?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Told<()> {
        let asked = match self.asked_to_change(&bucket, &key)? {
            Ok(asked) => asked,
            Err(error) => return Ok(Err(error)),
        };
        let length = value.len();
        if length > LARGEST_VALUE {
            let most = bytes(LARGEST_VALUE);
            let message = format!(
                "its value for the key {key:?} has {length} bytes; at most {most} are allowed, split it over several keys"
            );
            return Ok(Err(Error::Other(message)));
        }
        Ok(asked.set(value).await?)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Told<()> {
        match self.asked_to_change(&bucket, &key)? {
            Ok(asked) => Ok(Ok(asked.delete().await?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Told<bool> {
        match self.asked(&bucket, &key)? {
            Ok(asked) => Ok(Ok(asked.get().await?.is_some())),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn list_keys(&mut self, bucket: Resource<Bucket>, cursor: Option<u64>) -> Told<KeyResponse> {
        self.calls.leaves()?;
        let (place, prefix) = self.bucket(&bucket)?;
        let prefix = prefix.to_owned();
        let pages = &self.buckets.open.get(&bucket)?.pages;
        let page_of = |cursor| usize::try_from(cursor).ok().and_then(|page| pages.get(page).cloned());
        let after = match cursor.map(page_of) {
            Some(None) => return Ok(Err(Error::Other("its cursor is of no page of this bucket".into()))),
            Some(after) => after,
            None => None,
        };
        let Page { mut keys, has_more } = self.page(place, &prefix, after.as_deref()).await?;
        let pages = &mut self.buckets.open.get_mut(&bucket)?.pages;
        let cursor = has_more.then_some(pages.len() as u64);
        pages.extend(keys.last().filter(|_| has_more).cloned());
        keys.iter_mut().for_each(|key| drop(key.drain(..prefix.len())));
        Ok(Ok(KeyResponse { keys, cursor }))
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.buckets.open.delete(bucket)?;
        Ok(())
    }
}
