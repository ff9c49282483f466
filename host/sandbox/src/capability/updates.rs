//! `lockstep:step/updates`: items for whoever watches the run. The watcher is told at once; the
//! outcome carries them all again, for good.

use std::sync::Arc;

use lockstep_core::grant::UpdatesGrant;
use lockstep_core::outcome::{Class, Update};

use super::bindings::lockstep::step::updates;
use super::check::{self, Name};
use crate::Watcher;
use crate::attempt::Guest;
use crate::fault::{Ended, bytes};

const NAME: Name = Name { what: "update's name", code: "update-name", longest: 64 };
/// Items of one attempt.
const MOST_ITEMS: usize = 10_000;

/// What an attempt has published.
pub(crate) struct Updates {
    granted: usize,
    left: usize,
    published: Vec<Update>,
    watcher: Option<Arc<dyn Watcher>>,
}

impl Updates {
    /// Without a grant the interface is not linked.
    pub(crate) fn new(grant: Option<&UpdatesGrant>, watcher: Option<Arc<dyn Watcher>>) -> Updates {
        let granted = grant.map_or(0, |grant| grant.bytes);
        Updates { granted, left: granted, published: Vec::new(), watcher }
    }

    /// All of them, in their order.
    pub(crate) fn end(self) -> Vec<Update> {
        self.published
    }

    fn publish(&mut self, name: &str, item: &str) -> Result<(), Ended> {
        let name = NAME.check(name)?;
        if self.published.len() == MOST_ITEMS {
            let message = format!("it published more than {MOST_ITEMS} updates; publish fewer, larger ones");
            return Err(Ended::failed(Class::Limit, "updates", message));
        }
        let left = self.left.checked_sub(name.len() + item.len());
        self.left = left.ok_or_else(|| {
            let most = bytes(self.granted);
            let message = format!(
                "it published more than {most} of updates; publish less, or raise `[updates] bytes` of its grant"
            );
            Ended::failed(Class::Limit, "updates", message)
        })?;
        let item = check::json(item, || format!("its update {name:?}"))?;
        let update = Update { name, item };
        if let Some(watcher) = &self.watcher {
            watcher.provisional(&update);
        }
        self.published.push(update);
        Ok(())
    }
}

impl updates::Host for Guest {
    fn publish(&mut self, name: String, item: String) -> wasmtime::Result<()> {
        self.work(|guest| {
            guest.hold(size_of::<Update>() + name.len() + item.len())?;
            guest.updates.publish(&name, &item)
        })
    }
}
