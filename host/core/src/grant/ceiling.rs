//! A grant under the operator's ceiling: of everything what both allow, and a line for whatever the
//! ceiling takes away, so that a step is not loaded and then denied what its grant promised.
//!
//! Two things are narrowed without a line: what a grant has by default, since nobody asked for it; and
//! the fields of an HTTP rule that still lets requests through, since [`HttpGrant::choose`] judges each.

mod tools;

use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::time::Duration;

use super::http::HttpGrant;
use super::{
    Access, ApprovalGrant, Denied, DirGrant, Grant, KvGrant, Limits, OnDenied, Randomness, ScratchGrant,
    StateGrant, UpdatesGrant, WallClock,
};
use crate::table::size;

const FILE: &str = "[ceiling] of lockstep.toml";

impl Grant {
    /// What this grant and a ceiling both allow, and a line for everything that the ceiling takes away.
    ///
    /// A table that is not in the ceiling is not granted. `[limits]` and other sizes of the ceiling are
    /// the most there can be; those that it leaves out are what every step has. `[config]` of a ceiling
    /// lets any values through if it has none, else those alone. Folders are compared by their paths,
    /// which must be real ones: absolute, without links.
    ///
    /// # Panics
    ///
    /// If the grant is under a ceiling already: a second one would take the place of the first.
    pub fn within(&self, ceiling: &Grant) -> (Grant, Vec<String>) {
        let mut lines = Lines(Vec::new());
        let grant = Grant {
            component: self.component.clone(),
            http: lines.http(&self.http, &ceiling.http),
            tools: lines.tools(&self.tools, &ceiling.tools),
            approval: lines.approval(self.approval, ceiling.approval),
            state: lines.state(self.state, ceiling.state),
            updates: lines.updates(self.updates, ceiling.updates),
            kv: lines.stores(&self.kv, &ceiling.kv),
            dirs: lines.folders(&self.dirs, &ceiling.dirs),
            config: lines.config(self.config.as_ref(), ceiling.config.as_ref()),
            scratch: lines.scratch(self.scratch, ceiling.scratch),
            wall: lines.wall(self.wall, ceiling.wall),
            random: random(self.random, ceiling.random),
            limits: lines.limits(&self.limits, &ceiling.limits),
            on_denied: OnDenied {
                http: stricter(self.on_denied.http, ceiling.on_denied.http),
                tools: stricter(self.on_denied.tools, ceiling.on_denied.tools),
            },
        };
        (grant, lines.0)
    }
}

/// What the ceiling takes away.
struct Lines(Vec<String>);

impl Lines {
    fn missing(&mut self, what: &str) {
        self.0.push(format!("{what} is not in {FILE}; add it there, or remove it from the grant"));
    }

    fn above(&mut self, key: &str, asked: &str, most: &str) {
        self.0.push(format!(
            "{key} is {asked} and at most {most} in {FILE}; raise it there, or lower it in the grant"
        ));
    }

    /// Two tables of which each may be missing.
    fn both<T>(&mut self, table: &str, grant: Option<T>, ceiling: Option<T>) -> Option<(T, T)> {
        match (grant, ceiling) {
            (Some(grant), Some(ceiling)) => Some((grant, ceiling)),
            (Some(_), None) => {
                self.missing(table);
                None
            }
            (None, _) => None,
        }
    }

    /// The smaller of two numbers; what nobody asked for goes without a line.
    fn least<T: Copy + PartialOrd>(&mut self, key: &Key<'_, T>, asked: T, most: T) -> T {
        if asked <= most {
            return asked;
        }
        if asked != key.plain {
            self.above(key.name, &(key.shown)(asked), &(key.shown)(most));
        }
        most
    }

    fn http(&mut self, grant: &HttpGrant, ceiling: &HttpGrant) -> HttpGrant {
        for rule in &grant.rules {
            let meets = rule.meets_any(&ceiling.rules);
            if let Err(why) = meets {
                let what = format!("[[http]] {}: its {}", rule.name(), why.as_str());
                self.missing(&what);
            }
        }
        assert!(grant.ceiling.is_none(), "a grant goes under one ceiling");
        HttpGrant { rules: grant.rules.clone(), ceiling: Some(ceiling.rules.clone()) }
    }

    fn approval(&mut self, grant: ApprovalGrant, ceiling: ApprovalGrant) -> ApprovalGrant {
        let shown = |within: Duration| format!("{within:?}");
        let key = Key { name: "`approval.within`", plain: ApprovalGrant::default().within, shown };
        ApprovalGrant { within: self.least(&key, grant.within, ceiling.within) }
    }

    fn state(&mut self, grant: Option<StateGrant>, ceiling: Option<StateGrant>) -> Option<StateGrant> {
        let (grant, ceiling) = self.both("[state]", grant, ceiling)?;
        Some(StateGrant { run: self.access("`state.run`", grant.run, ceiling.run) })
    }

    fn access(&mut self, key: &str, asked: Access, most: Access) -> Access {
        match (asked, most) {
            (Access::ReadWrite, Access::Read) => {
                self.above(key, "to read and write", "to read");
                Access::Read
            }
            _ => asked,
        }
    }

    fn updates(
        &mut self,
        grant: Option<UpdatesGrant>,
        ceiling: Option<UpdatesGrant>,
    ) -> Option<UpdatesGrant> {
        let (grant, ceiling) = self.both("[updates]", grant, ceiling)?;
        let key = Key { name: "`updates.bytes`", plain: UpdatesGrant::default().bytes, shown: bytes };
        Some(UpdatesGrant { bytes: self.least(&key, grant.bytes, ceiling.bytes) })
    }

    fn stores(&mut self, grants: &[KvGrant], ceilings: &[KvGrant]) -> Vec<KvGrant> {
        grants.iter().filter_map(|grant| self.store(grant, ceilings)).collect()
    }

    fn store(&mut self, grant: &KvGrant, ceilings: &[KvGrant]) -> Option<KvGrant> {
        let has = |above: &&KvGrant| grant.store == above.store && grant.prefix.starts_with(&above.prefix);
        let above = widest(ceilings.iter().filter(has), |above| above.access);
        let Some(above) = above else {
            self.missing(&format!("[[kv]] `{}` with the prefix {:?}", grant.store, grant.prefix));
            return None;
        };
        let key = format!("`kv.access` of {}", grant.store);
        let size =
            Key { name: &format!("`kv.bytes` of {}", grant.store), plain: super::KV_BYTES, shown: bytes };
        Some(KvGrant {
            access: self.access(&key, grant.access, above.access),
            bytes: self.least(&size, grant.bytes, above.bytes),
            ttl: grant.ttl.into_iter().chain(above.ttl).min(),
            ..grant.clone()
        })
    }

    fn folders(&mut self, grants: &[DirGrant], ceilings: &[DirGrant]) -> Vec<DirGrant> {
        grants.iter().filter_map(|grant| self.folder(grant, ceilings)).collect()
    }

    fn folder(&mut self, grant: &DirGrant, ceilings: &[DirGrant]) -> Option<DirGrant> {
        let around = ceilings.iter().filter(|above| is_inside(&grant.host, &above.host));
        let Some(above) = widest(around, |above| above.access) else {
            self.missing(&format!("[[dir]] {}", grant.host.display()));
            return None;
        };
        let key = format!("`dir.access` of {}", grant.host.display());
        Some(DirGrant { access: self.access(&key, grant.access, above.access), ..grant.clone() })
    }

    fn config(
        &mut self,
        grant: Option<&BTreeMap<String, String>>,
        ceiling: Option<&BTreeMap<String, String>>,
    ) -> Option<BTreeMap<String, String>> {
        let (grant, ceiling) = self.both("[config]", grant, ceiling)?;
        let (kept, lost): (BTreeMap<_, _>, BTreeMap<_, _>) = grant
            .clone()
            .into_iter()
            .partition(|(key, value)| ceiling.is_empty() || ceiling.get(key) == Some(value));
        lost.iter().for_each(|(key, value)| self.missing(&format!("[config] {key:?} = {value:?}")));
        Some(kept)
    }

    fn scratch(
        &mut self,
        grant: Option<ScratchGrant>,
        ceiling: Option<ScratchGrant>,
    ) -> Option<ScratchGrant> {
        let (grant, ceiling) = self.both("[scratch]", grant, ceiling)?;
        let plain = ScratchGrant::default();
        let size = Key { name: "`scratch.bytes`", plain: plain.bytes, shown: bytes };
        let files = Key { name: "`scratch.files`", plain: plain.files, shown: number };
        Some(ScratchGrant {
            bytes: self.least(&size, grant.bytes, ceiling.bytes),
            files: self.least(&files, grant.files, ceiling.files),
        })
    }

    fn wall(&mut self, grant: WallClock, ceiling: WallClock) -> WallClock {
        match (grant, ceiling) {
            (WallClock::Real, WallClock::Delivery) => {
                self.missing("`wall = \"real\"` of [clock]");
                WallClock::Delivery
            }
            _ => grant,
        }
    }

    fn limits(&mut self, grant: &Limits, ceiling: &Limits) -> Limits {
        let plain = Limits::default();
        let mut size = |name, plain, asked, most| self.least(&Key { name, plain, shown: bytes }, asked, most);
        let memory = size("`limits.memory`", plain.memory, grant.memory, ceiling.memory);
        let event_bytes =
            size("`limits.event-bytes`", plain.event_bytes, grant.event_bytes, ceiling.event_bytes);
        let log_bytes = size("`limits.log-bytes`", plain.log_bytes, grant.log_bytes, ceiling.log_bytes);
        let cpu = Key { name: "`limits.cpu`", plain: plain.cpu, shown: |cpu: Duration| format!("{cpu:?}") };
        let events = Key { name: "`limits.events`", plain: plain.events, shown: number };
        let calls = Key { name: "`limits.host-calls`", plain: plain.host_calls, shown: number };
        Limits {
            memory,
            event_bytes,
            log_bytes,
            cpu: self.least(&cpu, grant.cpu, ceiling.cpu),
            events: self.least(&events, grant.events, ceiling.events),
            host_calls: self.least(&calls, grant.host_calls, ceiling.host_calls),
            fuel: self.fuel(grant.fuel, ceiling.fuel),
        }
    }

    /// 0 is no limit, on either side.
    fn fuel(&mut self, asked: u64, most: u64) -> u64 {
        let key = Key { name: "`limits.fuel`", plain: u64::MAX, shown: number };
        let endless = |fuel| if fuel == 0 { u64::MAX } else { fuel };
        match self.least(&key, endless(asked), endless(most)) {
            u64::MAX => 0,
            fuel => fuel,
        }
    }
}

/// A key that takes a number.
struct Key<'n, T> {
    name: &'n str,
    /// What every step has without asking.
    plain: T,
    /// For people.
    shown: fn(T) -> String,
}

fn number<T: ToString>(number: T) -> String {
    number.to_string()
}

fn bytes<T: TryInto<u64>>(bytes: T) -> String {
    size::show(bytes.try_into().unwrap_or(u64::MAX))
}

/// Of several entries that allow something, one that allows the most.
fn widest<'c, T>(entries: impl Iterator<Item = &'c T>, access: impl Fn(&T) -> Access) -> Option<&'c T> {
    entries.max_by_key(|entry| access(entry) == Access::ReadWrite)
}

/// Whether a real path is another one or lies in it.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let is_real = path.components().all(|part| !matches!(part, Component::ParentDir | Component::CurDir));
    is_real && path.starts_with(folder)
}

fn random(grant: Randomness, ceiling: Randomness) -> Randomness {
    match (grant, ceiling) {
        (Randomness::Real, Randomness::Real) => Randomness::Real,
        _ => Randomness::Seeded,
    }
}

fn stricter(grant: Denied, ceiling: Denied) -> Denied {
    match (grant, ceiling) {
        (_, Denied::Fail) => Denied::Fail,
        // Whatever a person says, the ceiling holds.
        (grant, Denied::Error | Denied::Ask) => grant,
    }
}
