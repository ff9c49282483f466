//! What a grant did not allow, whichever capability was asked: told to whoever keeps the calls of the delivery,
//! and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lockstep_core::effect::Denial;
use lockstep_core::grant::Denied;
use lockstep_core::outcome::Class;

use crate::Effects;
use crate::fault::Ended;

/// Bytes of what was asked that are told.
const LONGEST: usize = 512;

/// The denials of one attempt, for all that deny.
#[derive(Clone)]
pub(crate) struct Denials {
    effects: Option<Arc<dyn Effects>>,
    count: Arc<AtomicU32>,
    /// The tool that asks, where one does.
    tool: Option<Arc<str>>,
}

impl Denials {
    /// Without effects they are counted alone.
    pub(crate) fn new(effects: Option<Arc<dyn Effects>>) -> Denials {
        Denials { effects, count: Arc::default(), tool: None }
    }

    /// The same for what a tool asks for: counted together, and told as the tool's.
    pub(crate) fn of_tool(&self, name: &Arc<str>) -> Denials {
        Denials { tool: Some(name.clone()), ..self.clone() }
    }

    fn denial(&self, capability: &str, what: &str, why: &str) -> Denial {
        let tool = self.tool.clone();
        Denial { capability: capability.into(), what: what.into(), why: why.into(), tool }
    }

    /// Tells of one. Nobody waits for it to be written.
    pub(crate) fn tell(&self, denial: Denial) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if let Some(effects) = &self.effects {
            effects.denied(denial);
        }
    }

    /// Tells of one whose guest the grant lets go on with an error, or ends.
    pub(crate) fn refuse(
        &self,
        capability: &str,
        what: &str,
        why: &str,
        then: Denied,
    ) -> Result<Denial, Ended> {
        tracing::info!(%capability, %what, %why, "a step asked for what its grant does not allow");
        let denial = self.denial(capability, what, why);
        self.tell(denial.clone());
        match then {
            Denied::Error | Denied::Ask => Ok(denial),
            Denied::Fail => {
                let message = format!("it asked for `{what}`, which its grant denies: {why}");
                Err(Ended::failed(Class::Denied, capability, message))
            }
        }
    }

    /// The same, in the words of a capability.
    pub(crate) fn say(&self, capability: &str, what: &str, why: &str) {
        let what = &what[..what.floor_char_boundary(LONGEST)];
        self.tell(self.denial(capability, what, why));
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }
}
