//! The walls around a guest, by name. They all stand, always; only a build for tests (feature `prove`)
//! can leave one out, so that what is shown to be stopped is shown to get through without it.

use std::time::Duration;

use lockstep_core::grant::Limits;

/// A wall that an attack runs into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wall {
    /// Computing time is counted.
    Cpu,
    /// Fuel is counted.
    Fuel,
    /// Memories and tables are counted.
    Memory,
    /// Handles of resources are counted.
    Handles,
    /// What one host call may carry is bounded.
    HostCallBytes,
    /// The wall-clock limit of an attempt.
    Timeout,
    /// Events of an attempt are counted.
    Events,
    /// Bytes of an event are counted.
    EventBytes,
    /// Bytes of the log are counted.
    LogBytes,
    /// Calls that leave the run are counted.
    HostCalls,
    /// Imports are held against the grant.
    Imports,
    /// The bytes of a component are held against the digest of its grant.
    Digest,
    /// Compiling happens within a budget.
    CompileBudget,
    /// Compiled code is held against its MAC.
    CacheMac,
    /// Requests are held against the rules.
    Rules,
    /// Addresses are held against the rule's network.
    Network,
    /// The address that was checked is the one that is dialed.
    Pinning,
    /// Tools are held against the rules.
    Tools,
    /// Arguments of tools are held against the rules.
    ToolArguments,
    /// Tools are held against what was accepted.
    Pin,
    /// A tool has the rights of its own grant.
    ToolGrant,
    /// Calls of tools are counted over a run.
    ToolCalls,
    /// A person is asked where a grant says so.
    Approval,
    /// Redirects are not followed, or held against the rules.
    Redirects,
    /// Headers that are the host's are refused.
    Headers,
    /// Bytes of a response are counted.
    ResponseBytes,
    /// The time of a call is bounded.
    CallTimeout,
    /// Sockets and name lookup are denied.
    Sockets,
    /// Secrets are scrubbed from what comes back.
    Scrub,
    /// A folder is left by no path.
    Dirs,
    /// A folder that is granted for reading is only read.
    ReadOnly,
    /// Bytes and files of the scratch folder are counted.
    Scratch,
    /// Keys of a store are confined to the prefix.
    Prefix,
    /// An attempt has an instance of its own.
    FreshInstance,
    /// What a failed attempt wrote is dropped.
    Transaction,
}

/// Which walls stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walls {
    #[cfg(any(test, feature = "prove"))]
    without: Option<Wall>,
}

impl Walls {
    /// All but one: for tests alone.
    #[cfg(any(test, feature = "prove"))]
    pub fn without(wall: Wall) -> Walls {
        Walls { without: Some(wall) }
    }

    /// All but one, if this build can leave any out.
    pub fn left_out(wall: Wall) -> Option<Walls> {
        #[cfg(any(test, feature = "prove"))]
        let walls = Some(Walls::without(wall));
        #[cfg(not(any(test, feature = "prove")))]
        let walls = {
            let _ = wall;
            None
        };
        walls
    }

    /// Whether a wall stands.
    pub fn stands(self, wall: Wall) -> bool {
        #[cfg(any(test, feature = "prove"))]
        let stands = self.without != Some(wall);
        #[cfg(not(any(test, feature = "prove")))]
        let stands = {
            let _ = wall;
            true
        };
        stands
    }

    /// The limits of a grant, without those whose wall does not stand.
    pub(crate) fn limits(self, granted: &Limits) -> Limits {
        fn held<T>(stands: bool, granted: T, without: T) -> T {
            if stands { granted } else { without }
        }
        Limits {
            memory: held(self.stands(Wall::Memory), granted.memory, usize::MAX),
            cpu: held(self.stands(Wall::Cpu), granted.cpu, Duration::MAX),
            fuel: held(self.stands(Wall::Fuel), granted.fuel, 0),
            events: held(self.stands(Wall::Events), granted.events, usize::MAX),
            event_bytes: held(self.stands(Wall::EventBytes), granted.event_bytes, usize::MAX),
            host_calls: held(self.stands(Wall::HostCalls), granted.host_calls, u32::MAX),
            log_bytes: held(self.stands(Wall::LogBytes), granted.log_bytes, usize::MAX),
        }
    }
}
